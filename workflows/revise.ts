import { upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { nameOf, phaseName } from './details.js';
import { otherIdentity } from './identity.js';
import type { Revision, RunStatus } from './messages.js';
import type { Results, Run } from './run-state.js';
import { searchAttributes } from './search-attributes.js';
import { allowedNow, announce, statusOf } from './status.js';

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
  const hadModels = hasModels(run);
  run.input = { ...run.input, ...spec, revisions: [...(run.input.revisions ?? []), told].slice(-SHOWN_REVISIONS) };
  run.again = [...run.again, ...again];
  run.results = without(run.results, again);
  upsertMemo({ specDigest: spec.specDigest });
  const searched = { ...(isRenamed && { NoisyStudentSpec: spec.spec.name }), ...(hadModels && !hasModels(run) && { BestTop1: null }) };
  if (isRenamed || 'BestTop1' in searched) upsertSearchAttributes(searchAttributes(searched));
  if (run.state === 'awaiting-fix') {
    run.failure = null;
    run.state = 'running';
  }
  endIfRevised(run);
  announce(run);
  return statusOf(run);
}

function hasModels({ results: { generations, baseline } }: Run): boolean {
  return generations.length > 0 || baseline !== null;
}

/** What the UI shows of them. */
const SHOWN_REVISIONS = 5;

/** The phase that begins, or runs, is done again with the new pipeline: with the old one it is of no use. */
export function endIfRevised({ current, again, scope }: Run): void {
  if (current !== null && again.includes(phaseName(current))) scope?.cancel();
}

/** Whenever the next step is to be chosen: what a step brought of the phases that a revision changed meanwhile is forgotten. */
export function settleRevision(run: Run): void {
  run.results = without(run.results, run.again);
  run.again = [];
}

function without(results: Results, again: readonly string[]): Results {
  const isAgain = (name: string): boolean => again.includes(name);
  const isWhole = (model: string): boolean => !again.some((name) => name.endsWith(` of ${model}`));
  const { imported, prepared, larger = {}, generations, baseline, report, phases, repairs } = results;
  const changed = generations.findIndex((_, index) => !isWhole(nameOf(index === 0 ? 'teacher' : 'student', index)));
  return {
    ...(imported && !isAgain('import') && { imported }),
    prepared: isAgain('prepare') ? null : prepared,
    larger: Object.fromEntries(Object.entries(larger).filter(([size]) => !isAgain(`prepare ${size} px`))),
    generations: changed === -1 ? generations : generations.slice(0, changed),
    baseline: isWhole('baseline') ? baseline : null,
    report: isAgain('report') ? null : report,
    phases: phases.filter((phase) => !isAgain(phaseName(phase))),
    repairs,
  };
}
