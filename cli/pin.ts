import { PipelineError } from '../lib/errors.js';
import type { ArtifactName } from '../lib/store/collectable.js';
import { openStore, storeSettings } from '../lib/store/open-store.js';
import { references, runName, type References } from '../lib/store/references.js';
import type { ArtifactStore, Phase } from '../lib/store/store.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';

export interface PinCommand {
  /** A run, or `<phase>/<key>`. */
  readonly what: string;
  readonly environment: Environment;
  readonly json: boolean;
}

/** gc leaves alone what is pinned; of a run, all that it used. Throws RUN_UNKNOWN, ARTIFACT_MISSING. */
export async function pin({ what, environment, json }: PinCommand): Promise<Outcome> {
  const { store, known } = await openKnown(environment);
  const artifact = artifactIn(what);
  const pinnable = artifact ?? runName(what);
  await known.pin(pinnable); // first: gc may be about to take it
  if (await isThere(what, artifact, { store, known })) return said({ what, json }, { pinned: true }, `${what} is pinned: gc leaves it alone`);
  await known.unpin(pinnable);
  if (artifact) throw new PipelineError('ARTIFACT_MISSING', `the store has no ${what} · noisy-student gc --json and the manifests of a run name artifacts`);
  throw unknownRun(what, environment);
}

/** Throws COMMAND_INVALID where it is not pinned. */
export async function unpin({ what, environment, json }: PinCommand): Promise<Outcome> {
  const { known } = await openKnown(environment);
  if (!(await known.unpin(artifactIn(what) ?? runName(what))))
    throw new PipelineError('COMMAND_INVALID', `${what} is not pinned · noisy-student gc${environment.homeOption} shows what is`);
  return said({ what, json }, { pinned: false }, `${what} is not pinned any more`);
}

export async function openKnown({ home }: Environment): Promise<{ store: ArtifactStore; known: References }> {
  const store = await openStore(home, storeSettings(process.env), Date.now);
  return { store, known: references(store.notes) };
}

function artifactIn(what: string): ArtifactName | undefined {
  const [, phase, key] = /^([a-z-]+)\/([0-9a-f]{64})$/.exec(what) ?? [];
  return key === undefined ? undefined : { phase: phase as Phase, key };
}

async function isThere(what: string, artifact: ArtifactName | undefined, { store, known }: { store: ArtifactStore; known: References }): Promise<boolean> {
  return artifact ? (await store.stored(artifact)) !== undefined : (await known.stateOf(runName(what))) !== undefined;
}

export function unknownRun(run: string, { homeOption }: Environment): PipelineError {
  return new PipelineError('RUN_UNKNOWN', `the store knows no run ${run} · noisy-student list${homeOption} shows the runs that the server knows`);
}

export function said({ what, json }: Pick<PinCommand, 'what' | 'json'>, fact: object, line: string): Outcome {
  return { exitCode: EXIT.done, stdout: json ? `${JSON.stringify({ what, ...fact })}\n` : `${line}\n` };
}
