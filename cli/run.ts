import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import { storeSettings } from '../lib/store/open-store.js';
import { type Changes } from '../workers/compare-specs.js';
import { ensureSearchAttributes, givenConnection, localConnection } from '../workers/connection.js';
import { describeChanges } from '../workers/describe-changes.js';
import { keepSpec, type KnownSpec } from '../workers/known-specs.js';
import { requireProgram } from '../workers/places.js';
import { redactionHere } from '../workers/redaction-here.js';
import { followRun } from '../workers/follow-run.js';
import { resultOf, startOrAttach, type StartedRun } from '../workers/start-run.js';
import { supervise, type Supervisor } from '../workers/supervisor.js';
import type { RunStatus } from '../workflows/messages.js';
import type { noisyStudent } from '../workflows/noisy-student.js';
import type { Environment } from './environment.js';
import { intendedRun } from './intended-run.js';
import { Interrupted, interruption } from './interruption.js';
import { EXIT, type Outcome } from './outcome.js';
import { progressPrinter, type ProgressPrinter } from './progress.js';
import { present } from './result.js';
import { inHome } from './status.js';
import { talkOver, type ConnectedClient } from './session.js';

export interface RunOptions {
  readonly file: string;
  /** Instead of the name with the digest. */
  readonly id?: string;
  readonly everySeconds: number;
  readonly environment: Environment;
  readonly json: boolean;
}

/**
 * Starts the run of a pipeline or attaches to it, follows it to its end and prints what came out. Without a given
 * server it brings its own, with a worker, and starts again what dies.
 */
export async function run({ file, id, everySeconds, environment, json }: RunOptions): Promise<Outcome> {
  const { home, homeOption, serverProgram } = environment;
  storeSettings(process.env); // the worker reads them too, but its end would be no answer
  const found = intendedRun({ file, ...(id !== undefined && { id }) }, environment, json);
  if ('refused' in found) return found.refused;
  const { run: runId, spec, digest, locations, before } = found.intended;
  const printer = progressPrinter({ json, stream: process.stderr, everySeconds, now: () => performance.now() });
  const hint = waitingHint(runId, home, printer);

  const { signal: interrupted, urgent } = interruption();
  const trouble = new AbortController();
  let moved = new AbortController();
  const given = givenConnection(process.env);
  const supervisor = given
    ? null
    : await supervise({
        home,
        serverProgram: requireProgram(serverProgram),
        signal: interrupted,
        onEvent: (line) => printer.say(line),
        onGiveUp: (error) => trouble.abort(error),
        onMove: () => moved.abort(),
      });

  /** Over one connection: until the run ends, a signal comes, something died too often, or the server has another address. */
  async function follow(client: ConnectedClient, signal: AbortSignal, isFirst: boolean): Promise<Outcome> {
    const text = readFileSync(file, 'utf8');
    if (given) await ensureSearchAttributes(client.connection.operatorService, given.namespace);
    const start = async () => startOrAttach(client, { run: runId, spec, specDigest: digest, locations, text: redactionHere()(text) });
    const again = { handle: client.workflow.getHandle<typeof noisyStudent>(runId), isAttached: true, changes: null };
    const started = isFirst ? await start() : again;
    const { handle, isAttached } = started;
    keepSpec(home, { run: runId, spec, specDigest: digest }, text);
    printer.say(`${isAttached ? 'attached to' : 'started'} run ${runId}${linkTo(supervisor, runId)}`);
    if (isFirst) sayChanges(started, before && { before: before.known, changes: before.changes }, printer);
    if (isFirst) await sayWhoElse(client, runId, homeOption, printer);
    for await (const view of followRun(client, handle, { everyMs: 2000, signal })) {
      hint(view.status);
      printer.show(view);
    }
    return present(inHome(await resultOf(handle), home), { json, homeOption });
  }

  try {
    for (let isFirst = true; ; isFirst = false) {
      moved = new AbortController();
      const signal = AbortSignal.any([interrupted, trouble.signal, moved.signal]);
      try {
        return await talkOver(given ?? localConnection(supervisor!.address), (client) => follow(client, signal, isFirst), signal);
      } catch (error) {
        if (!moved.signal.aborted || interrupted.aborted || trouble.signal.aborted) throw error;
      } finally {
        printer.end();
      }
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    printer.say(
      supervisor
        ? `stopping run ${runId} at a checkpoint; run the command again to go on`
        : `detached; run ${runId} goes on, and the command attaches to it again`,
    );
    return { exitCode: EXIT.interrupted };
  } finally {
    await supervisor?.close(urgent);
  }
}

function linkTo(supervisor: Supervisor | null, runId: string): string {
  return supervisor?.ui ? ` · ${supervisor.ui}/namespaces/default/workflows/${encodeURIComponent(runId)}` : '';
}

/** A run that waits for a person says once why, and what to type. */
function waitingHint(runId: string, home: string, printer: ProgressPrinter): (status: RunStatus) => void {
  let told = '';
  return ({ state, failure, allowed }) => {
    const waits = state === 'awaiting-fix' || state === 'paused';
    const why = failure ? `${failure.message} (${failure.phase})\n` : '';
    if (waits && told !== state + why) {
      printer.say(`${why}run ${runId} waits · in another terminal: npx noisy-student ${allowed.join('|')} ${runId} --home ${home}`);
    }
    told = waits ? state + why : '';
  };
}

/** Runs that share a server share its workers: without this line a person would wonder why nothing moves. */
async function sayWhoElse(client: Client, runId: string, homeOption: string, printer: ProgressPrinter): Promise<void> {
  for await (const { workflowId } of client.workflow.list({ query: "WorkflowType = 'noisyStudent' AND ExecutionStatus = 'Running' AND State = 'running'" })) {
    if (workflowId !== runId)
      printer.say(`run ${workflowId} is under way too, and both take turns · end it by: npx noisy-student stop ${workflowId}${homeOption}`);
  }
}

/** What the pipeline changes in the run under way; of a run that is started, what it changes against the one of that id or name before. */
function sayChanges({ isAttached, changes }: StartedRun, known: { before: KnownSpec; changes: Changes } | null, printer: ProgressPrinter): void {
  const since = isAttached ? changes : known?.changes;
  if (!since) return;
  printer.say(isAttached ? 'it goes on with the changed pipeline:' : `against ${known!.before.run}, whose artifacts it finds:`);
  for (const line of describeChanges(since)) printer.say(`  ${line}`);
}
