import { availableParallelism, cpus } from 'node:os';
import { createDevice, type Device, type DeviceOptions } from '../../lib/device/process.js';
import { tensorFlowEnvironment } from '../../lib/tensor/runtime.js';

/** A device as workers/worker.ts creates it, whose words are lost: those of one that fails are in the error. */
export function openDevice({ killAfterMs = 80_000 }: Pick<Partial<DeviceOptions>, 'killAfterMs'> = {}): Device {
  return createDevice({
    node: process.execPath,
    environment: deviceEnvironment(),
    processor: cpus()[0]?.model ?? 'unknown',
    loaderThreads: Math.min(4, Math.max(1, availableParallelism() - 1)),
    progressMs: 500,
    stallMs: 20 * 60_000,
    killAfterMs,
    recycleAboveBytes: 8e9,
    log: () => undefined,
  });
}

/** TF_NUM_INTRAOP_THREADS and TF_NUM_INTEROP_THREADS of this process hold, as for a worker. */
export function deviceEnvironment(): Record<string, string> {
  const environment = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const chosen = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined);
  const [intraOp = 1, interOp = availableParallelism()] = [chosen('TF_NUM_INTRAOP_THREADS'), chosen('TF_NUM_INTEROP_THREADS')];
  return { ...environment, ...tensorFlowEnvironment({ intraOp, interOp }) };
}
