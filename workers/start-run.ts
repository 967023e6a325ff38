import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { PipelineError } from '../lib/errors.js';
import type { Locations, ResolvedSpec } from '../lib/spec/resolved.js';
import { pauseUpdate, resumeUpdate, retryUpdate, reviseUpdate, statusQuery, stopUpdate, type RunMessage, type RunStatus } from '../workflows/messages.js';
import type { noisyStudent } from '../workflows/noisy-student.js';
import { queuesOf } from '../workflows/queues.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import { compareSpecs, type Changes } from './compare-specs.js';
import { summariseChanges } from './describe-changes.js';
import { refuseOtherExperiment } from './known-specs.js';
import { inputOf } from './run-input.js';
import { unattendedStatus, type UnattendedStatus } from './unattended-status.js';

export type RunHandle = WorkflowHandle<typeof noisyStudent>;

export interface RunToStart {
  readonly run: string;
  readonly spec: ResolvedSpec;
  readonly specDigest: string;
  readonly locations: Locations;
  /** The spec as a person wrote it, without what others may not read: shown in the UI. */
  readonly text: string;
  /** See queues.ts. */
  readonly queuePrefix?: string;
}

/**
 * Starts a run, or attaches to the one that is under way under its id; if that has another pipeline, it goes on with this one. A run that
 * ended starts again and finds its artifacts. Throws COMMAND_INVALID where this pipeline is another experiment.
 */
export async function startOrAttach(client: Client, wanted: RunToStart): Promise<StartedRun> {
  for (let tries = 1; ; tries++) {
    const started = await start(client, wanted);
    if (started !== undefined) return { handle: started, isAttached: false, changes: null };
    const revised = await attach(client, wanted);
    if (revised !== undefined) return revised;
    if (tries === MOST_TRIES) throw new PipelineError('RUN_FAILED', `the run ${wanted.run} keeps ending and beginning · run the command again`);
  }
}

export interface StartedRun {
  readonly handle: RunHandle;
  readonly isAttached: boolean;
  /** Of the run under way: what this pipeline changed; null = nothing. */
  readonly changes: Changes | null;
}

/** A run may end between two looks at it. */
const MOST_TRIES = 5;

/** Undefined where one is under way. */
async function start(client: Client, { run, spec, specDigest, locations, text, queuePrefix }: RunToStart): Promise<RunHandle | undefined> {
  const models = [...spec.generations.map(({ model }) => model), ...(spec.baseline ? ['baseline'] : [])];
  try {
    return await client.workflow.start<typeof noisyStudent>('noisyStudent', {
      workflowId: run,
      taskQueue: queuesOf(queuePrefix).workflows,
      args: [{ spec, specDigest, locations, ...(queuePrefix !== undefined && { queuePrefix }) }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `${spec.name} · ${models.length} models`,
      staticDetails: `${models.join(' → ')}\n\n\`\`\`yaml\n${shown(text)}\n\`\`\``,
      memo: { specDigest },
      typedSearchAttributes: searchAttributes({ NoisyStudentSpec: spec.name, State: 'running' }),
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** Undefined where it has ended meanwhile. */
async function attach(client: Client, wanted: RunToStart): Promise<StartedRun | undefined> {
  const handle = client.workflow.getHandle<typeof noisyStudent>(wanted.run);
  const description = await handle.describe();
  if (isEnd(description)) return undefined;
  if (description.memo?.['specDigest'] === wanted.specDigest) return { handle, isAttached: true, changes: null };
  const { input } = inputOf(await handle.fetchHistory());
  if (input.specDigest === wanted.specDigest) return { handle, isAttached: true, changes: null };
  const changes = compareSpecs(input.spec, wanted.spec);
  refuseOtherExperiment(wanted.run, changes);
  const { spec, specDigest, locations } = wanted;
  const revision = { from: input.specDigest, spec, specDigest, locations, told: summariseChanges(changes) };
  try {
    await handle.executeUpdate(reviseUpdate, { args: [revision, [...changes.again.map(({ name }) => name), ...changes.gone]] });
    return { handle, isAttached: true, changes };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || (await hasEnded(handle))) return undefined;
    if (error instanceof WorkflowUpdateFailedError) throw new PipelineError('COMMAND_INVALID', error.cause?.message ?? error.message, { cause: error });
    throw error;
  }
}

/** As much of a text as fits into a payload of less than 10 KB, where it is written as JSON. */
function shown(text: string): string {
  let rest = SHOWN_BYTES;
  const signs = [...text];
  const cut = signs.findIndex((sign) => (rest -= Buffer.byteLength(JSON.stringify(sign)) - 2) < 0);
  return cut === -1 ? text : `${signs.slice(0, cut).join('')}…`;
}

const SHOWN_BYTES = 9_000;

async function hasEnded(handle: RunHandle): Promise<boolean> {
  return isEnd(await handle.describe());
}

/** Whether no execution of the run goes on. */
export function isEnd({ status: { name } }: WorkflowExecutionDescription): boolean {
  return name !== 'RUNNING' && name !== 'CONTINUED_AS_NEW';
}

/** Of a run that is over, its result; of one that runs, what a worker answers, or else what the server knows by itself. */
export async function statusOf(client: Client, run: string, { patienceMs = ANSWER_MS } = {}): Promise<RunStatus | UnattendedStatus> {
  const handle = client.workflow.getHandle<typeof noisyStudent>(run);
  try {
    const description = await handle.describe();
    const state = description.status.name;
    if (state === 'COMPLETED') return await handle.result();
    if (state !== 'RUNNING')
      throw new PipelineError('RUN_FAILED', `run ${run} ended as ${state.toLowerCase()} · run its pipeline again: what it published is used again`);
    const answer = await client.withDeadline(Date.now() + patienceMs, () => handle.query(statusQuery)).catch(() => undefined);
    return answer ?? (await unattendedStatus(handle, description));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new PipelineError('RUN_UNKNOWN', `no run is called ${run} · noisy-student list shows those that the server knows`);
    throw error;
  }
}

/** A worker answers within milliseconds, beside a training on all cores within a second. */
const ANSWER_MS = 3_000;
export const QUERY_MS = 10_000;

/** Sends a person's word to a run and answers with its status. Throws COMMAND_INVALID where the run does not accept it now. */
export async function sendUpdate(client: Client, run: string, message: RunMessage): Promise<RunStatus> {
  const update = { pause: pauseUpdate, resume: resumeUpdate, retry: retryUpdate, stop: stopUpdate }[message];
  try {
    const handle = client.workflow.getHandle<typeof noisyStudent>(run);
    // A message waits for a worker without end, so it is sent only where one answers. A run that is over refuses it by itself.
    if (!(await hasEnded(handle)) && 'unattended' in (await statusOf(client, run, { patienceMs: QUERY_MS })))
      throw new PipelineError('RUN_FAILED', `run ${run} is under way but no worker answers for it · run its pipeline again, or start a worker`);
    return await handle.executeUpdate(update);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new PipelineError('RUN_UNKNOWN', `run ${run} is not under way, so it cannot ${message} · noisy-student list shows those that the server knows`);
    if (error instanceof WorkflowUpdateFailedError) throw new PipelineError('COMMAND_INVALID', error.cause?.message ?? error.message, { cause: error });
    throw error;
  }
}

/** The result of a run that has ended; a failure becomes RUN_FAILED with its innermost reason. */
export async function resultOf(handle: RunHandle): Promise<RunStatus> {
  try {
    return await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    let reason: Error = error;
    while (reason.cause instanceof Error) reason = reason.cause;
    throw new PipelineError('RUN_FAILED', `run ${handle.workflowId} failed: ${reason.message}`, { cause: error });
  }
}
