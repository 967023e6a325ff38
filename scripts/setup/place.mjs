import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SetupFailure } from './failure.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Fills a folder as one indivisible act: `fill` works in a temporary folder beside the destination, which is
 * then renamed. So a folder that exists is complete. Of two set-ups at once the first rename wins; the second
 * finds the same contents in place, because digests pin them, and throws its own copy away.
 */
export async function placeFolder(destination, fill) {
  const parent = dirname(destination);
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const temporary = mkdtempSync(join(parent, `.${basename(destination)}-`));
  try {
    await fill(temporary);
    renameUnlessPlaced(temporary, destination);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** A set-up that was killed could not tidy up. No set-up takes a day, so what is older belongs to none. */
function removeAbandoned(parent) {
  const temporaries = readdirSync(parent).filter((name) => name.startsWith('.'));
  for (const folder of temporaries.map((name) => join(parent, name))) {
    const changed = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    if (changed !== undefined && Date.now() - changed > DAY_MS) rmSync(folder, { recursive: true, force: true });
  }
}

function renameUnlessPlaced(temporary, destination) {
  try {
    renameSync(temporary, destination);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(error.code) || !existsSync(destination)) throw error;
  }
}

/** Makes a folder among the installed packages, which may be somebody else's, or read-only. */
export function openFolder(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch ({ code }) {
    const remedy = 'run set-up once as its owner, with XDG_CACHE_HOME set to a folder that everybody can read, and use the same setting afterwards';
    throw new SetupFailure(`cannot write into ${folder} (${code}) · ${remedy}; or install the package in a folder of your own`);
  }
}
