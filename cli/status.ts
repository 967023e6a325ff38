import { join } from 'node:path';
import { PipelineError } from '../lib/errors.js';
import { openStore, storeSettings } from '../lib/store/open-store.js';
import { references, runName } from '../lib/store/references.js';
import { givenConnection } from '../workers/connection.js';
import { statusOf } from '../workers/start-run.js';
import type { RunStatus } from '../workflows/messages.js';
import { nameOf } from '../workflows/details.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';
import { hasHistory, withClient } from './session.js';
import { generationsTable, percent } from './table.js';

export async function status({ id, environment, json }: { id: string; environment: Environment; json: boolean }): Promise<Outcome> {
  const found = inHome(await withClient(environment, (client) => statusOf(client, id)), environment.home);
  const hint = `no worker answers for it; its pipeline goes on with it: npx noisy-student run PIPELINE${environment.homeOption}`;
  const lines = [printStatus(found), ...('unattended' in found ? [hint] : [])];
  return { exitCode: EXIT.done, stdout: json ? `${JSON.stringify(found)}\n` : `${lines.join('\n')}\n` };
}

/** The same, with the report where it lies on this machine, if it was written there. */
export function inHome<Status extends RunStatus>(status: Status, home: string): Status {
  return { ...status, report: status.report && join(home, status.report) };
}

export function printStatus(found: RunStatus): string {
  const { run, state, current, failure, allowed, report } = found;
  const place = current && [current.role && nameOf(current.role, current.generation), current.phase].filter(Boolean).join(' · ');
  return [
    `${run}: ${state}${place ? ` · ${place}` : ''}${allowed.length ? ` · accepts ${allowed.join(', ')}` : ''}`,
    ...(failure ? [`${failure.message} (${failure.phase})`] : []),
    ...(found.generations.length ? [generationsTable(found)] : []),
    ...(report === null ? [] : [`Report: ${report}`]),
  ].join('\n');
}

interface ListedRun {
  readonly run: string;
  readonly spec: string;
  readonly state: string;
  readonly phase: string;
  readonly bestTop1: number | null;
  readonly started: string;
  /** Whether gc leaves alone what it used; null where the store does not answer. */
  readonly pinned: boolean | null;
}

/** Parents only: a generation is seen in its run. Newest first. */
export async function list({ environment, json }: { environment: Environment; json: boolean }): Promise<Outcome> {
  const runs = await knownRuns(environment);
  if (json) return { exitCode: EXIT.done, stdout: `${JSON.stringify(runs)}\n` };
  const lines = runs.map(({ run, state, phase, bestTop1, started, pinned }) =>
    [run, state, phase, percent(bestTop1), started, ...(pinned ? ['pinned'] : [])].join('  '),
  );
  return { exitCode: EXIT.done, stdout: `${lines.join('\n') || 'no runs'}\n` };
}

async function knownRuns(environment: Environment): Promise<ListedRun[]> {
  if (!givenConnection(process.env) && !hasHistory(environment.home)) return []; // No server is started to say so.
  const pins = await pinsOf(environment);
  return withClient(environment, async (client) => {
    const found: ListedRun[] = [];
    for await (const {
      workflowId,
      searchAttributes,
      status: { name },
      startTime,
    } of client.workflow.list({ query: "WorkflowType = 'noisyStudent'" })) {
      if (found.some(({ run }) => run === workflowId)) continue; // An earlier execution of the same run.
      const value = (attribute: string): unknown => searchAttributes[attribute]?.[0];
      const text = (attribute: string): string => String(value(attribute) ?? '');
      // A run that was killed from outside keeps the last state it had written.
      const state = name === 'RUNNING' || name === 'COMPLETED' ? text('State') : name.toLowerCase();
      found.push({
        run: workflowId,
        spec: text('NoisyStudentSpec'),
        state,
        phase: text('Phase'),
        bestTop1: (value('BestTop1') as number | undefined) ?? null,
        started: startTime.toISOString(),
        pinned: pins && pins.has(runName(workflowId)),
      });
    }
    return found.sort((a, b) => b.started.localeCompare(a.started));
  });
}

/** The runs are the server's to tell, also where the store does not answer. */
async function pinsOf({ home }: Environment): Promise<ReadonlySet<string> | null> {
  try {
    const store = await openStore(home, storeSettings(process.env), Date.now);
    const pins = new Set<string>();
    for await (const name of references(store.notes).pins()) pins.add(name);
    return pins;
  } catch (error) {
    if (error instanceof PipelineError && ['STORE_REFUSED', 'STORE_UNREACHABLE'].includes(error.code)) return null;
    throw error;
  }
}
