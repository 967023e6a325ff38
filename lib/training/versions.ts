import { runtimeFacts } from '../tensor/runtime.js';

/** What the process that starts the training knows and the training cannot find out by itself. */
export interface HostFacts {
  /** Model of the processor, as the operating system names it. */
  readonly processor: string;
  /** TF_NUM_INTRAOP_THREADS of this process. */
  readonly intraOp: string;
  /** Steps run operation by operation instead of compiled: slower, to debug. */
  readonly eager: boolean;
  /** Threads that draw batches and save checkpoints; they change no byte. */
  readonly loaderThreads: number;
}

/** Equal bytes are promised for equal versions only. They stand in every checkpoint and in the model's manifest. */
export interface Versions {
  readonly libtensorflow: string;
  /** Threads within one operation: another count adds in another order. */
  readonly intraOp: string;
  readonly processor: string;
  readonly device: 'cpu' | 'gpu';
  readonly execution: 'eager' | 'compiled';
}

export function currentVersions({ processor, intraOp, eager }: Omit<HostFacts, 'loaderThreads'>): Versions {
  const { libtensorflow, gpu } = runtimeFacts();
  return { libtensorflow, intraOp, processor, device: gpu ? 'gpu' : 'cpu', execution: eager ? 'eager' : 'compiled' };
}

/** One sentence on what differs between a checkpoint and this process, or undefined when nothing does. */
export function versionWarning(checkpoint: Versions, current: Versions): string | undefined {
  const changed = (Object.keys(current) as (keyof Versions)[]).filter((name) => checkpoint[name] !== current[name]);
  if (changed.length === 0) return undefined;
  const list = changed.map((name) => `${name} was ${checkpoint[name]} and is ${current[name]}`).join(', ');
  return `resuming under other conditions: ${list} · the result is as good, but its bytes may differ from an undisturbed run's`;
}
