// Places one version of libtensorflow, and the addon compiled against it, and prints where the addon lies. What is
// there already stays. The version that the lock pins is the one that set-up uses; any other lies beside its addon.
//
//   node scripts/bench/place-tensorflow.mjs 2.15.1     or: pinned

import { join } from 'node:path';
import { compileAddon } from '../setup/addon.mjs';
import { createContext } from '../setup/context.mjs';
import { SetupFailure } from '../setup/failure.mjs';
import { bundleFolder, fetchBundle } from '../setup/wheels.mjs';

const BUNDLE = 'tensorflow-cpu';

/** For Python 3.10 there is a wheel of every version from 2.8 to 2.21; of Python nothing is used. */
const PYTHON = '3.10';

try {
  console.log(JSON.stringify(await placeTensorflow(process.argv[2])));
} catch (error) {
  console.error(`bench: ${error instanceof SetupFailure ? error.message : error.stack}`);
  process.exitCode = 1;
}

async function placeTensorflow(asked) {
  const context = createContext({ accelerator: 'cpu', environment: process.env, say: (line) => console.error(`bench: ${line}`) });
  const pinned = context.lock.bundles[BUNDLE].version;
  const version = asked === 'pinned' ? pinned : asked;
  const home = join(context.cache, 'bench-tensorflow', version);
  const bundled = version === pinned ? context : { ...context, cache: home, lock: lockOf(version, context) };
  await fetchBundle(bundled, BUNDLE);
  const libtensorflow = { bundle: `libtensorflow ${version}`, folder: join(bundleFolder(bundled, BUNDLE), 'tensorflow') };
  const addonFolder = join(home, 'addon');
  compileAddon({ ...context, places: { libtensorflow }, addonFolder });
  return { version, addon: join(addonFolder, 'tfjs_binding.node') };
}

/** The lock as it would be with this version. pip does not say beforehand how large a wheel is: 280 MB is the largest so far. */
function lockOf(version, { lock, platform }) {
  const bundle = lock.bundles[BUNDLE];
  const wheels = bundle.wheels.filter((wheel) => wheel.platform === platform);
  const unpinned = wheels.map(({ name }) => ({ name, version, platform, megabytes: 280, sha256: null, python: PYTHON }));
  const tags = lock.platforms[platform] ?? [];
  const newer = tags.map((tag) => tag.replace('manylinux_2_17', 'manylinux_2_27')); // the glibc that 2.21 is built for
  return {
    platforms: { [platform]: [...new Set([...tags, ...newer])] },
    bundles: { [BUNDLE]: { ...bundle, version, wheels: unpinned } },
  };
}
