import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram, SetupFailure } from './failure.mjs';

/** Installs the npm packages of package-lock.json, unless exactly these are installed. Where the package is installed itself, npm has done so. */
export function installPackages({ root, isCheckout, say }) {
  if (!isCheckout || isInstalledAsLocked(root)) return;
  say('packages: installing what package-lock.json pins');
  const remedy = 'it comes with Node.js: install it from https://nodejs.org';
  const npm = runProgram('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { folder: root, remedy });
  if (!npm.ok) throw new SetupFailure(`packages: npm ci failed: ${npm.reason} · run it in ${root} to see all it says`);
}

/**
 * npm leaves a record of what it installed inside node_modules. To compare that with the lock also notices what
 * a plain `npm install` did, which a stamp of our own would not.
 */
function isInstalledAsLocked(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = packagesIn(record);
  const hasDevelopment = Object.values(installed).some((entry) => entry.dev);
  // Optional packages are those of other platforms; an image may be built with --omit=dev.
  const mayLack = (entry) => entry.optional || entry.devOptional || (entry.dev && !hasDevelopment);
  return Object.entries(packagesIn(join(root, 'package-lock.json')))
    .filter(([folder]) => folder !== '') // the project itself
    .every(([folder, entry]) => (installed[folder] ? installed[folder].version === entry.version : mayLack(entry)));
}

function packagesIn(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
