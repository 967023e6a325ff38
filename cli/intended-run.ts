import { pipelineModels } from '../lib/models/pipeline-models.js';
import { loadSpec } from '../lib/spec/load.js';
import type { Locations, ResolvedSpec } from '../lib/spec/resolved.js';
import { compareSpecs, type Changes } from '../workers/compare-specs.js';
import { defaultRun, knownSpec, refuseOtherExperiment, type KnownSpec } from '../workers/known-specs.js';
import { portablePaths } from '../workers/redaction-here.js';
import type { Environment } from './environment.js';
import type { Outcome } from './outcome.js';
import { validate } from './validate.js';

/** What a pipeline file and an id stand for, before anything starts. */
export interface IntendedRun {
  readonly run: string;
  readonly spec: ResolvedSpec;
  readonly digest: string;
  readonly locations: Locations;
  /** The pipeline that this run, or else the latest of that name, had last, and what differs; null: none, or nothing. */
  readonly before: { readonly known: KnownSpec; readonly changes: Changes } | null;
}

/** A faulty file gives the outcome of `validate`. Throws COMMAND_INVALID where the id is that of another experiment. */
export function intendedRun(
  { file, id }: { readonly file: string; readonly id?: string },
  { home, dataFolders }: Environment,
  json: boolean,
): { readonly intended: IntendedRun } | { readonly refused: Outcome } {
  const models = pipelineModels();
  const loaded = loadSpec({ file, dataFolders, models, portable: portablePaths() });
  if (!loaded.ok) return { refused: validate({ file, dataFolders, models, json }) };
  const { spec, digest, locations } = loaded;
  const run = id ?? defaultRun(spec, digest);
  const known = knownSpec(home, run, spec.name);
  const before = known && known.specDigest !== digest ? { known, changes: compareSpecs(known.spec, spec) } : null;
  if (before && before.known.run === run) refuseOtherExperiment(run, before.changes);
  return { intended: { run, spec, digest, locations, before } };
}
