import { allHandlersFinished, CancellationScope, condition, isCancellation, setHandler, workflowInfo } from '@temporalio/workflow';
import {
  ALLOWED,
  pauseUpdate,
  phaseSignal,
  resumeUpdate,
  retryUpdate,
  reviseUpdate,
  statusQuery,
  stopUpdate,
  type RunFailure,
  type RunMessage,
  type RunState,
} from './messages.js';
import type { RunInput } from './noisy-student.js';
import { REPAIRS } from './options.js';
import { checkRevision, endIfRevised, isAgain, revise } from './revise.js';
import type { Results, Run } from './run-state.js';
import { allowedNow, announce, failureOf, statusOf } from './status.js';
import { NOTHING_TOLD, tell, untell, type Told } from './told.js';

const NOTHING: Results = { prepared: null, finished: 0, teachers: [], record: null, baseline: null, report: null, repairs: 0 };

/** Thrown when somebody stopped the run. */
export class Stopped extends Error {}

/** Makes a run that answers its messages. */
export function openRun(input: RunInput, results: Results = NOTHING, told: Told = NOTHING_TOLD): Run {
  const run: Run = { input, results, told, state: 'running', again: [], request: null, current: null, failure: null, scope: null, announced: {} };
  setHandler(statusQuery, () => statusOf(run), { description: 'Where the run is, and what it has found' });
  setHandler(phaseSignal, ({ current, finished }) => {
    run.current = current;
    run.told = tell(run.told, { phases: finished.filter((phase) => !isAgain(run, phase)) });
    endIfRevised(run);
    announce(run);
  });
  setHandler(pauseUpdate, () => ask(run, 'pause', () => run.state !== 'running'), only(run, 'pause', 'Stops at a checkpoint and frees the device'));
  setHandler(stopUpdate, () => ask(run, 'stop', () => ALLOWED[run.state].length === 0), only(run, 'stop', 'Ends the run at a checkpoint'));
  setHandler(resumeUpdate, () => goOn(run), only(run, 'resume', 'Goes on after a pause'));
  setHandler(retryUpdate, () => goOn(run), only(run, 'retry', 'Tries the failed phase again'));
  setHandler(reviseUpdate, (revision, again) => revise(run, revision, again), {
    validator: (revision, again) => checkRevision(run, revision, again),
    description: 'Goes on with another pipeline, from the phases that it changes',
  });
  return run;
}

/** Answers when it is carried out: the training has then written its checkpoint and the device is free. */
async function ask(run: Run, request: 'pause' | 'stop', isDone: () => boolean) {
  run.request = request;
  run.scope?.cancel();
  await condition(isDone);
  return statusOf(run);
}

function goOn(run: Run) {
  run.failure = null;
  enter(run, 'running');
  return statusOf(run);
}

/** What the run does not accept now is refused before it enters the history. */
function only(run: Run, message: RunMessage, description: string) {
  const validator = () => {
    const allowed = allowedNow(run);
    if (allowed.includes(message)) return;
    const state = run.request === null ? run.state : `about to ${run.request}`;
    throw new Error(`${message}: the run ${workflowInfo().workflowId} is ${state} and accepts ${allowed.join(' or ') || 'nothing more'}`);
  };
  return { validator, description };
}

export type Step = () => Promise<void>;

/**
 * Performs the next step so that it can be paused, stopped and repaired. Each of these ends what runs and, if the run
 * goes on, performs the step again, which finds in the store what was finished and resumes a training from its
 * checkpoint. Returns without the step's result if earlier steps have to be performed first, or if a revision has changed it.
 */
export async function perform(run: Run, nextStep: (run: Run) => Step | undefined): Promise<void> {
  for (;;) {
    await obey(run);
    run.again = [];
    const step = nextStep(run);
    if (step === undefined) return;
    const scope = new CancellationScope();
    run.scope = scope;
    try {
      return await scope.run(step);
    } catch (error) {
      if (isCancellation(error) && run.request !== null) continue;
      if (run.again.length > 0 && scope.consideredCancelled) continue;
      if (CancellationScope.current().consideredCancelled) throw error;
      const failure = failureOf(error, run.current);
      const hasVanished = VANISHED.includes(failure.code);
      if (!hasVanished || run.results.repairs >= REPAIRS) await awaitFix(run, failure);
      if (hasVanished) return startOver(run);
    } finally {
      run.scope = null;
    }
  }
}

/** Carries out what was asked for: waits through a pause, throws at a stop. */
async function obey(run: Run): Promise<void> {
  if (run.request === 'pause') {
    run.request = null;
    enter(run, 'paused');
    await untilGoingOn(run);
  }
  if (run.request === 'stop') throw new Stopped();
}

/** The attempts ran out, or could not help: a person puts the cause right and retries, or stops. */
async function awaitFix(run: Run, failure: RunFailure): Promise<void> {
  if (run.request === 'pause') run.request = null;
  run.failure = failure;
  enter(run, 'awaiting-fix');
  await untilGoingOn(run);
  if (run.request === 'stop') throw new Stopped();
}

async function untilGoingOn(run: Run): Promise<void> {
  await condition(() => run.state === 'running' || run.request === 'stop');
}

/** An artifact of an earlier step is gone or damaged. From the beginning everything else is found at once. */
const VANISHED: readonly string[] = ['ARTIFACT_MISSING', 'ARTIFACT_CORRUPT'];

function startOver(run: Run): void {
  run.results = { ...NOTHING, repairs: run.results.repairs + 1 };
  run.told = untell(run.told);
}

/** Waits until no message is being handled. A message that waits for the run must not be waited for in turn. */
export async function settleMessages(run: Run): Promise<void> {
  while (!allHandlersFinished()) {
    await condition(() => allHandlersFinished() || (run.request !== null && run.state === 'running'));
    if (run.state === 'running') await obey(run);
  }
}

export function enter(run: Run, state: RunState): void {
  run.state = state;
  if (state !== 'running' && state !== 'awaiting-fix') run.current = null;
  announce(run);
}
