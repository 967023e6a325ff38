import { WorkflowNotFoundError } from '@temporalio/client';
import { PipelineError } from '../lib/errors.js';
import { runName } from '../lib/store/references.js';
import { givenConnection } from '../workers/connection.js';
import type { Environment } from './environment.js';
import type { Outcome } from './outcome.js';
import { openKnown, said, unknownRun, type PinCommand } from './pin.js';
import { hasHistory, withClient } from './session.js';

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
