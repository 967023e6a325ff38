import { WorkflowNotFoundError } from '@temporalio/client';
import { PipelineError } from '../lib/errors.js';
import type { ArtifactName } from '../lib/store/collectable.js';
import { openStore, storeSettings } from '../lib/store/open-store.js';
import { references, runName, type References } from '../lib/store/references.js';
import type { ArtifactStore, Phase } from '../lib/store/store.js';
import { givenConnection } from '../workers/connection.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';
import { hasHistory, withClient } from './session.js';

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

/**
 * Lets go of what only this run used; the next gc takes it. A run that the server says is under way is refused, and one that is not done is
 * where no server can be asked, unless `isForced`. Throws RUN_UNKNOWN, COMMAND_INVALID, SERVER_UNREACHABLE.
 */
export async function forget({ what, isForced, environment, json }: PinCommand & { readonly isForced: boolean }): Promise<Outcome> {
  const { known } = await openKnown(environment);
  const state = await known.stateOf(runName(what));
  if (state === undefined) throw unknownRun(what, environment);
  const isAskable = givenConnection(process.env) !== undefined || hasHistory(environment.home);
  if (isAskable && (await isRunning(what, environment)))
    throw new PipelineError('COMMAND_INVALID', `run ${what} is under way · stop it first: noisy-student stop ${what}${environment.homeOption}`);
  if (!isAskable && state === 'under way' && !isForced)
    throw new PipelineError(
      'COMMAND_INVALID',
      `run ${what} is not done, and there is no server here to ask whether it goes on · set TEMPORAL_ADDRESS, or, if no server has it, add --force`,
    );
  await known.forget(runName(what));
  return said({ what, json }, { forgotten: true }, `${what} is forgotten: noisy-student gc${environment.homeOption} shows what can go`);
}

async function openKnown({ home }: Environment): Promise<{ store: ArtifactStore; known: References }> {
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

function unknownRun(run: string, { homeOption }: Environment): PipelineError {
  return new PipelineError('RUN_UNKNOWN', `the store knows no run ${run} · noisy-student list${homeOption} shows the runs that the server knows`);
}

async function isRunning(run: string, environment: Environment): Promise<boolean> {
  return withClient(environment, async (client) => {
    try {
      return (await client.workflow.getHandle(run).describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  });
}

function said({ what, json }: Pick<PinCommand, 'what' | 'json'>, fact: object, line: string): Outcome {
  return { exitCode: EXIT.done, stdout: json ? `${JSON.stringify({ what, ...fact })}\n` : `${line}\n` };
}
