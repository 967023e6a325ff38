import { upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { nameOf, phaseName } from './details.js';
import { otherIdentity } from './identity.js';
import type { PhaseOutcome, Revision, RunStatus } from './messages.js';
import type { Results, Run } from './run-state.js';
import { searchAttributes } from './search-attributes.js';
import { allowedNow, announce, statusOf } from './status.js';
import { bestOf, NOTHING_TOLD, tellRevision, untell, type Told } from './told.js';

/** Refuses before anything enters the history: a run that ends, one that was revised meanwhile, and what is another experiment. */
export function checkRevision(run: Run, revision: Revision, again: readonly string[]): void {
  const { workflowId } = workflowInfo();
  const refuse = (why: string): never => {
    throw new Error(`revise: the run ${workflowId} ${why}`);
  };
  if (!allowedNow(run).includes('stop')) refuse(`is ${run.request === 'stop' ? 'about to stop' : run.state} and accepts nothing more`);
  if (typeof revision?.spec?.generations !== 'object' || typeof revision.specDigest !== 'string' || !Array.isArray(again))
    refuse('needs a resolved pipeline, its digest, and the phases that change');
  if (revision.from !== run.input.specDigest) refuse('has another pipeline by now than the one that this is a change of · run the command again');
  const other = otherIdentity(run.input.spec, revision.spec);
  if (other.length > 0) refuse(`cannot change its ${other.join(', ')}, which would be another experiment · give it another id`);
}

/**
 * Takes a new pipeline. `again`: the phases whose results it changes. Theirs are forgotten and what is known of the others stays; the phase that
 * runs is ended at a checkpoint if it is one of them, and else goes on. A run that waits for a fix tries again.
 */
export function revise(run: Run, { from: _, told, ...spec }: Revision, again: readonly string[]): RunStatus {
  const isRenamed = spec.spec.name !== run.input.spec.name;
  run.input = { ...run.input, ...spec };
  run.again = [...run.again, ...again];
  const areModelsValid = Array.from({ length: run.results.finished }, (_, index) => index).every((index) => isValid(again, index));
  run.results = validResults(run.results, again, areModelsValid);
  run.told = tellRevision(validTold(run.told, again, areModelsValid), told);
  upsertMemo({ specDigest: spec.specDigest });
  if (isRenamed) upsertSearchAttributes(searchAttributes({ NoisyStudentSpec: spec.spec.name }));
  if (run.state === 'awaiting-fix') {
    run.failure = null;
    run.state = 'running';
  }
  endIfRevised(run);
  announce(run);
  return statusOf(run);
}

/** The phase that begins, or runs, is done again with the new pipeline: with the old one it is of no use. */
export function endIfRevised(run: Run): void {
  if (run.current !== null && isAgain(run, run.current)) run.scope?.cancel();
}

/** Whether a revision changed the phase since the step that runs was chosen. */
export function isAgain({ again }: Pick<Run, 'again'>, phase: Pick<PhaseOutcome, 'phase' | 'generation' | 'role'>): boolean {
  return again.includes(phaseName(phase));
}

function isValid(again: readonly string[], model: number | 'baseline'): boolean {
  const name = model === 'baseline' ? model : nameOf(model === 0 ? 'teacher' : 'student', model);
  return !again.some((phase) => phase.endsWith(` of ${name}`));
}

/** A run hands on its newest models only: where an earlier one changes it goes through all of them again, and finds in the store what stays. */
function validResults(results: Results, again: readonly string[], areModelsValid: boolean): Results {
  const { imported, prepared, larger = {}, finished, teachers, record, baseline, report, repairs } = results;
  return {
    ...(imported && !again.includes('import') && { imported }),
    prepared: again.includes('prepare') ? null : prepared,
    larger: Object.fromEntries(Object.entries(larger).filter(([size]) => !again.includes(`prepare ${size} px`))),
    ...(areModelsValid ? { finished, teachers, record } : { finished: 0, teachers: [], record: null }),
    baseline: areModelsValid && isValid(again, 'baseline') ? baseline : null,
    report: again.includes('report') ? null : report,
    repairs,
  };
}

function validTold(told: Told, again: readonly string[], areModelsValid: boolean): Told {
  if (told.omitted && !areModelsValid) return untell(told); // Nobody knows which of those omitted still hold.
  const changed = told.generations.findIndex(({ generation }) => !isValid(again, generation));
  const generations = changed === -1 ? told.generations : told.generations.slice(0, changed);
  return {
    ...told,
    generations,
    baseline: isValid(again, 'baseline') ? told.baseline : null,
    phases: told.phases.filter((phase) => !isAgain({ again }, phase)),
    best: areModelsValid ? told.best : bestOf({ ...NOTHING_TOLD, generations }),
  };
}
