import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chooseTensorflow } from './accelerator.mjs';
import { openFolder } from './place.mjs';
import { bundleFolder } from './wheels.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Inside the package's own node_modules, in a checkout and where it is installed: it vanishes with the package, and with the addon in a checkout. */
const RECORD = join(ROOT, 'node_modules', '.cache', 'noisy-student', 'places.json');

/**
 * What every step may read. `places` says, under the name of the step that fills it, where things lie once
 * set-up is through.
 */
export function createContext({ accelerator, withoutData, environment, say }) {
  const context = {
    root: ROOT,
    isCheckout: existsSync(join(ROOT, 'package-lock.json')), // npm packs none
    cache: join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'noisy-student'),
    lock: JSON.parse(readFileSync(join(ROOT, 'scripts/binaries.lock.json'), 'utf8')),
    platform: `${process.platform}-${process.arch}`,
    ...chooseTensorflow(accelerator ?? recordedPlaces().libtensorflow?.accelerator),
    compiler: environment.CXX || 'g++',
    dataMirror: environment.NOISY_STUDENT_DATA_MIRROR,
    withoutData,
    say,
  };
  return { ...context, places: placesIn(context) };
}

/** Writes a place down for the programs that start afterwards, which then need not know how it is derived. */
export function recordPlace({ places }, step) {
  const recorded = recordedPlaces();
  if (JSON.stringify(places[step]) === JSON.stringify(recorded[step])) return;
  openFolder(dirname(RECORD));
  writeFileSync(`${RECORD}.${process.pid}`, `${JSON.stringify({ ...recorded, [step]: places[step] }, null, 2)}\n`);
  renameSync(`${RECORD}.${process.pid}`, RECORD);
}

function placesIn(context) {
  const { accelerator, tensorflow: bundle } = context;
  const server = context.lock.bundles['temporal-server'].unpack[0];
  return {
    libtensorflow: { accelerator, bundle, folder: join(bundleFolder(context, bundle), 'tensorflow') },
    server: join(bundleFolder(context, 'temporal-server'), server),
    data: join(context.cache, 'data', 'fashion-mnist'),
  };
}

function recordedPlaces() {
  return existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')) : {};
}
