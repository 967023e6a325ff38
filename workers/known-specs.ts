import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PipelineError } from '../lib/errors.js';
import { runFolder } from '../lib/report/run-models.js';
import type { ResolvedSpec } from '../lib/spec/resolved.js';
import type { Changes } from './compare-specs.js';

/** `spec.yaml` is for a person; `spec.json` is the same pipeline resolved, which needs no look at the paths in it. */
const [WRITTEN, RESOLVED] = ['spec.yaml', 'spec.json'];

export interface KnownSpec {
  readonly run: string;
  readonly specDigest: string;
  readonly spec: ResolvedSpec;
}

/** The id of a run that nobody gave another. */
export function defaultRun({ name }: ResolvedSpec, specDigest: string): string {
  return `${name}-${specDigest.slice(0, 8)}`;
}

/** Throws COMMAND_INVALID where a changed pipeline may not go on under the id of the run that it was. */
export function refuseOtherExperiment(run: string, { identity }: Changes): void {
  if (identity.length === 0) return;
  throw new PipelineError(
    'COMMAND_INVALID',
    `${identity.join(', ')} of the run ${run} cannot be changed: its seed and its sets of images are what all its numbers are about · ` +
      'leave --id out or give another one, and it is a run of its own beside it',
  );
}

/** What a person may want to read beside the report, and what a changed pipeline is compared with. */
export function keepSpec(home: string, { run, specDigest, spec }: KnownSpec, text: string): void {
  const folder = runFolder(home, run);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, WRITTEN), text);
  writeFileSync(join(folder, RESOLVED), `${JSON.stringify({ run, specDigest, spec })}\n`);
}

/** The pipeline that a run of this home had last; else that of the latest run whose pipeline has the name; null where there is none. */
export function knownSpec(home: string, run: string, name: string): KnownSpec | null {
  const own = readKnown(runFolder(home, run));
  if (own) return own.known;
  const folders = namesIn(join(home, 'runs')).flatMap((folder) => readKnown(join(home, 'runs', folder)) ?? []);
  const named = folders.filter(({ known }) => known.spec.name === name);
  return named.sort((a, b) => b.at - a.at)[0]?.known ?? null;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Null where there is none, or another version of this program wrote it. */
function readKnown(folder: string): { readonly known: KnownSpec; readonly at: number } | null {
  try {
    const file = join(folder, RESOLVED);
    const known = JSON.parse(readFileSync(file, 'utf8')) as KnownSpec;
    return Array.isArray(known.spec.generations) ? { known, at: statSync(file).mtimeMs } : null;
  } catch {
    return null;
  }
}
