import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { PipelineError } from '../lib/errors.js';
import { loadSpec } from '../lib/spec/load.js';
import { connectClient, ensureSearchAttributes, givenConnection, localConnection } from '../workers/connection.js';
import { followRun, resultOf, startOrAttach } from '../workers/start-run.js';
import { supervise, type Supervisor } from '../workers/supervisor.js';
import { folderOf } from '../activities/write-report.js';
import type { RunStatus } from '../workflows/messages.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';
import { models } from './models.js';
import { progressPrinter, type ProgressPrinter } from './progress.js';
import { programOf } from './session.js';
import { generationsTable } from './table.js';
import { validate } from './validate.js';

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
  const { home, dataFolders, serverProgram } = environment;
  const loaded = loadSpec({ file, dataFolders, models });
  if (!loaded.ok) return validate({ file, dataFolders, models, json });
  const { spec, digest, locations } = loaded;
  const runId = id ?? `${spec.name}-${digest.slice(0, 8)}`;
  const printer = progressPrinter({ json, stream: process.stderr, everySeconds, now: () => performance.now() });

  const stop = new AbortController();
  const interrupted = interruption(stop);
  let problem: PipelineError | undefined;
  const given = givenConnection(process.env);
  const supervisor = given
    ? null
    : await supervise({
        home,
        serverProgram: programOf(serverProgram),
        onEvent: (line) => printer.say(line),
        onGiveUp: (error) => {
          problem = error;
          stop.abort();
        },
      });
  try {
    const settings = given ?? localConnection(supervisor!.address);
    const client = await connectClient(settings);
    try {
      if (given) await ensureSearchAttributes(client.connection.operatorService, settings.namespace);
      const text = readFileSync(file, 'utf8');
      const { handle, isAttached } = await startOrAttach(client, { run: runId, spec, specDigest: digest, locations, text });
      keepSpec(home, runId, text);
      printer.say(
        `${isAttached ? 'attached to' : 'started'} run ${runId}${supervisor?.ui ? ` · ${supervisor.ui}/namespaces/default/workflows/${encodeURIComponent(runId)}` : ''}`,
      );
      await sayWhoElse(client, runId, printer);
      const hint = waitingHint(runId, home, printer);
      for await (const view of followRun(client, handle, { everyMs: 1000, signal: stop.signal })) {
        hint(view.status);
        printer.show(view);
      }
      printer.end();
      if (problem) throw problem;
      if (interrupted()) return await detach(supervisor, runId, printer);
      return present(await resultOf(handle), json);
    } finally {
      await client.connection.close();
    }
  } finally {
    await supervisor?.close();
  }
}

/** The first Ctrl-C ends at a checkpoint, the second at once: nothing is lost either way, only the steps since a checkpoint. */
function interruption(stop: AbortController): () => boolean {
  let count = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (++count > 1) process.exit(EXIT.interrupted);
      stop.abort();
    });
  }
  return () => count > 0;
}

async function detach(supervisor: Supervisor | null, runId: string, printer: ProgressPrinter): Promise<Outcome> {
  printer.say(
    supervisor
      ? `stopping run ${runId} at a checkpoint; run the command again to go on`
      : `detached; run ${runId} goes on, and the command attaches to it again`,
  );
  await supervisor?.close();
  return { exitCode: EXIT.interrupted };
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
async function sayWhoElse(client: Client, runId: string, printer: ProgressPrinter): Promise<void> {
  for await (const { workflowId } of client.workflow.list({ query: "WorkflowType = 'noisyStudent' AND ExecutionStatus = 'Running' AND State = 'running'" })) {
    if (workflowId !== runId) printer.say(`run ${workflowId} is under way too, and both take turns · end it by: npx noisy-student stop ${workflowId}`);
  }
}

/** What a person may want to read beside the report; the report itself is written when the run is through. */
function keepSpec(home: string, runId: string, text: string): void {
  const folder = join(home, 'runs', folderOf(runId));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'spec.yaml'), text);
}

function present(status: RunStatus, json: boolean): Outcome {
  const exitCode = status.state === 'done' ? EXIT.done : EXIT.failed;
  if (json) return { exitCode, stdout: `${JSON.stringify(status)}\n` };
  const lines = [
    '',
    ...reuse(status),
    generationsTable(status),
    '',
    status.report === null ? `The run is ${status.state}; run the command again to go on.` : `Report:  ${status.report}`,
    'History: npx noisy-student server',
    '',
  ];
  return { exitCode, stdout: lines.join('\n') };
}

/** Which phases were not computed, and why not. */
function reuse({ phases }: RunStatus): string[] {
  const reused = phases.filter((phase) => phase.reused);
  if (reused.length === 0) return [];
  const title =
    reused.length === phases.length
      ? `All ${phases.length} phases are reused; nothing was computed.`
      : `${reused.length} of ${phases.length} phases are reused.`;
  const reasons = new Map(reused.map(({ phase, why }) => [phase, why]));
  return [title, ...[...reasons].map(([phase, why]) => `  ${phase.padEnd(8)}  ${why}`), ''];
}
