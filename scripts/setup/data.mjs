import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runProgram, SetupFailure } from './failure.mjs';
import { placeFolder } from './place.mjs';

/** Fills the folder of the default data set from the first source that has it. */
export async function fetchData({ lock, places, dataMirror, withoutData, isCheckout, say }) {
  if (existsSync(places.data)) return;
  const { sources, files } = lock.data['fashion-mnist'];
  const reasons = [];
  for (const source of dataMirror ? [dataMirror, ...sources] : sources) {
    try {
      await placeFolder(places.data, async (folder) => {
        await fetchFrom(source, files, folder);
        for (const file of files) checkDigest(file, folder);
      });
      say(`data: Fashion-MNIST from ${source} into ${places.data}`);
      return;
    } catch (error) {
      reasons.push(`${source}: ${error.cause?.code ?? error.message}`);
    }
  }
  const missing = `data: no source has Fashion-MNIST (${reasons.join('; ')}) · name a folder or an address that has its four .gz files in NOISY_STUDENT_DATA_MIRROR`;
  if (!withoutData) throw new SetupFailure(isCheckout ? `${missing}, or go on without: npm run setup -- --without-data` : missing);
  say(`warning: ${missing}`);
}

/** A source is an address, a Debian package (`apt:NAME`) or a folder. */
function fetchFrom(source, files, folder) {
  if (/^https?:/.test(source)) return downloadFiles(source, files, folder);
  if (source.startsWith('apt:')) return unpackDebianPackage(source.slice('apt:'.length), files, folder);
  return copyFiles(source, files, folder);
}

async function downloadFiles(address, files, folder) {
  for (const { name } of files) {
    const response = await fetch(`${address.replace(/\/$/, '')}/${name}`, { signal: AbortSignal.timeout(300_000) });
    if (!response.ok) throw new SetupFailure(`answers ${response.status} for ${name}`);
    writeFileSync(join(folder, name), Buffer.from(await response.arrayBuffer()));
  }
}

/** Takes the files out of the package without installing it, which needs no root. */
function unpackDebianPackage(debianPackage, files, folder) {
  const temporary = mkdtempSync(join(tmpdir(), 'noisy-student-'));
  try {
    const download = () => runProgram('apt-get', ['download', debianPackage], { folder: temporary, remedy: 'only Debian and its kin have it' });
    let apt = download();
    // A fresh container has no package lists yet, and only root may fetch them.
    if (!apt.ok && process.getuid?.() === 0 && runProgram('apt-get', ['update']).ok) apt = download();
    if (!apt.ok) throw new SetupFailure(apt.reason);
    const [archive] = readdirSync(temporary);
    const dpkg = runProgram('dpkg', ['-x', archive, 'contents'], { folder: temporary });
    if (!dpkg.ok) throw new SetupFailure(dpkg.reason);
    copyFiles(join(temporary, 'contents/usr/share/datasets/fashion-mnist'), files, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function copyFiles(source, files, folder) {
  for (const { name } of files) {
    if (!existsSync(join(source, name))) throw new SetupFailure(`${name} is not there`);
    copyFileSync(join(source, name), join(folder, name));
  }
}

/**
 * The digest is that of the unpacked bytes: Debian rewrites the header of each .gz, so the packed bytes differ
 * from source to source while the images do not.
 */
function checkDigest({ name, unpackedSha256 }, folder) {
  const found = createHash('sha256')
    .update(gunzipSync(readFileSync(join(folder, name))))
    .digest('hex');
  if (found !== unpackedSha256) {
    throw new SetupFailure(`${name} has SHA-256 ${found} unpacked, scripts/binaries.lock.json pins ${unpackedSha256}`);
  }
}
