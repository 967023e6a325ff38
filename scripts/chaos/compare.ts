import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Manifest } from '../../lib/store/store.js';

/** `phase/key` → what it holds: the digest of all its files. A report tells seconds, too, so of that it is the metrics of all trainings. */
export async function artifactsOf({ home, bucket }: { readonly home: string; readonly bucket?: string | undefined }): Promise<ReadonlyMap<string, string>> {
  const root = bucket ?? join(home, 'store');
  const found = new Map<string, string>();
  for (const phase of await readdir(join(root, 'artifacts'))) {
    if (phase === 'record') continue; // It names other artifacts, which are here themselves, and tells seconds.
    for (const name of await readdir(join(root, 'artifacts', phase))) {
      const file = join(root, 'artifacts', phase, bucket ? name : join(name, 'manifest.json'));
      const { key, digest, files } = JSON.parse(await readFile(file, 'utf8')) as Manifest;
      const metrics = files.find(({ path }) => path === 'metrics.jsonl');
      found.set(phase === 'report' ? 'report of the run' : `${phase}/${key}`, phase === 'report' ? metrics!.sha256 : digest);
    }
  }
  return found;
}

/** What differs from an undisturbed run, a line each. */
export function differences(calm: ReadonlyMap<string, string>, disturbed: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set([...calm.keys(), ...disturbed.keys()]);
  return [...names]
    .filter((name) => calm.get(name) !== disturbed.get(name))
    .map((name) => `${name}: ${disturbed.get(name) ?? 'absent'} instead of ${calm.get(name) ?? 'absent'}`);
}

/** Places of a home that hold something while a run is under way, and nothing after it. */
const EMPTY_AFTER = ['store/checkpoints', 'store/work', 'store/leases'];

/** Files that should not be there after a run, in its home and among temporary files. */
export async function strayFiles(home: string, temporary: string): Promise<readonly string[]> {
  const filesUnder = async (folder: string): Promise<string[]> => {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  };
  const stray = [...(await filesUnder(temporary)).filter((file) => !/^tsx-\d+\//.test(relative(temporary, file)))];
  for (const place of EMPTY_AFTER) stray.push(...(await filesUnder(join(home, place))));
  for (const file of await filesUnder(home)) if (/\.unfinished-|~$|\.tmp$/.test(file)) stray.push(file);
  return stray;
}

/** Processes that name the folder in their command line or their environment. Linux only. */
export function orphans(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const [command, environment] = ['cmdline', 'environ'].map((file) => read(`/proc/${pid}/${file}`));
      return command!.includes(folder) || environment!.includes(folder) ? [`${pid} ${command!.replaceAll('\0', ' ').slice(0, 200)}`] : [];
    });
}

/** Empty where the process went away while it was looked at, or is somebody else's. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
