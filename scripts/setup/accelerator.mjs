import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SetupFailure } from './failure.mjs';

const BUNDLES = { cpu: 'tensorflow-cpu', cuda: 'tensorflow-cuda' };

/**
 * Which build of libtensorflow to use: for `auto` the one for NVIDIA cards where a driver is found. A choice that
 * was made stays until another one is: an image built for cards then also runs on a machine without one.
 */
export function chooseTensorflow(accelerator = 'auto') {
  if (accelerator !== 'auto' && !(accelerator in BUNDLES)) {
    throw new SetupFailure(`--accelerator ${accelerator}: unknown · allowed are auto, ${Object.keys(BUNDLES).join(', ')}`);
  }
  const found = accelerator === 'auto' ? detectAccelerator() : accelerator;
  return { accelerator, tensorflow: BUNDLES[found] };
}

/** CUDA builds exist for Linux on x64 only. nvidia-smi is asked second: it takes up to a second to answer. */
function detectAccelerator() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'cpu';
  return existsSync('/proc/driver/nvidia/version') || spawnSync('nvidia-smi', ['-L']).status === 0 ? 'cuda' : 'cpu';
}
