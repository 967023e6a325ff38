import { homedir } from 'node:os';
import { hubSettings } from '../lib/models/hub-settings.js';
import { locationsHere } from '../lib/redaction.js';
import { openStore, storeSettings } from '../lib/store/open-store.js';
import { describeChanges } from '../workers/describe-changes.js';
import { lookOutside } from '../workers/outside.js';
import { plan as planRun, type PlannedPhase } from '../workers/plan.js';
import { phaseName } from '../workflows/details.js';
import type { Environment } from './environment.js';
import { intendedRun } from './intended-run.js';
import { EXIT, type Outcome } from './outcome.js';
import { columns } from './table.js';

export interface PlanOptions {
  readonly file: string;
  readonly id?: string;
  readonly environment: Environment;
  readonly json: boolean;
}

/** What a run of the pipeline would do now, and why: from the store alone, without a server. */
export async function plan({ environment, json, ...pipeline }: PlanOptions): Promise<Outcome> {
  const found = intendedRun(pipeline, environment, json);
  if ('refused' in found) return found.refused;
  const { run, spec, locations, before } = found.intended;
  const { home } = environment;
  const store = await openStore(home, storeSettings(process.env), Date.now);
  const outside = await lookOutside(spec, locationsHere(locations, homedir()), { home, hub: hubSettings(process.env, homedir()), store });
  const phases = await planRun({ spec, run, before: before && before.known.spec, store, outside });
  if (json) return { exitCode: EXIT.done, stdout: `${JSON.stringify({ run, phases })}\n` };
  const lines = [
    `run ${run}${before ? `, against what ${before.known.run} had last:` : ''}`,
    ...(before ? describeChanges(before.changes).map((line) => `  ${line}`) : []),
    table(phases),
    total(phases),
  ];
  return { exitCode: EXIT.done, stdout: `${lines.join('\n')}\n` };
}

function table(phases: readonly PlannedPhase[]): string {
  const number = (value: number | undefined) => (value === undefined ? '' : value.toLocaleString('en'));
  const rows = phases.map((phase) => [phaseName(phase), phase.action, number(phase.images), number(phase.steps), number(phase.seconds), phase.why]);
  return columns([['', '', 'images', 'steps', 'seconds', ''], ...rows], [0, 1, 5]);
}

function total(phases: readonly PlannedPhase[]): string {
  const left = phases.filter(({ action }) => action !== 'reuse');
  const known = left.filter(({ seconds }) => seconds !== undefined);
  const seconds = known.reduce((sum, phase) => sum + phase.seconds!, 0);
  if (left.length === 0) return 'nothing has to be computed';
  const time = known.length === 0 ? 'nothing like them was measured yet' : `about ${Math.round(seconds)} s for ${known.length} of them, after phases like them`;
  return `${left.length} of ${phases.length} phases have to be computed; ${time}`;
}
