import { ApplicationFailure, setCurrentDetails, TemporalFailure, TimeoutFailure, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { phaseName, runDetails } from './details.js';
import { ALLOWED, type CurrentPhase, type PhaseOutcome, type RunFailure, type RunMessage, type RunStatus } from './messages.js';
import type { Run } from './run-state.js';
import { searchAttributes, type SearchValues } from './search-attributes.js';

export function statusOf(run: Run): RunStatus {
  const { generations, baseline, report, phases } = run.results;
  return {
    run: workflowInfo().workflowId,
    state: run.state,
    generations: generations.map(({ status }) => status),
    ...(baseline && { baseline: baseline.status }),
    report,
    current: run.current,
    phases,
    allowed: allowedNow(run),
    ...(run.failure && { failure: run.failure }),
  };
}

/** While it is on its way to a pause it can still be stopped. */
export function allowedNow({ state, request }: Run): readonly RunMessage[] {
  if (request === 'stop') return [];
  return ALLOWED[state].filter((message) => message !== request);
}

/** Tells the UI and the search what changed. Each change of a search attribute is an event, so only changes are sent. */
export function announce(run: Run): void {
  setCurrentDetails(runDetails(statusOf(run), run.input.revisions));
  const values = searchValues(run);
  const changed = Object.entries(values).filter(([name, value]) => run.announced[name as keyof SearchValues] !== value);
  if (changed.length > 0) upsertSearchAttributes(searchAttributes(Object.fromEntries(changed)));
  run.announced = { ...run.announced, ...values };
}

function searchValues({ state, current, results: { generations, baseline } }: Run): SearchValues {
  const models = baseline ? [...generations, baseline] : generations;
  const tops = models.flatMap(({ status }) => status.test.top1 ?? []);
  return {
    State: state,
    ...(current && { Phase: current.phase }),
    ...(current?.generation != null && { Generation: current.generation }),
    ...(tops.length > 0 && { BestTop1: Math.max(...tops) }),
  };
}

/** A phase that was computed and is found again after a pause was still computed in this run: the first outcome stands. */
export function withOutcomes(known: readonly PhaseOutcome[], more: readonly PhaseOutcome[]): readonly PhaseOutcome[] {
  const isKnown = (outcome: PhaseOutcome) =>
    known.some(({ phase, generation, role }) => phase === outcome.phase && generation === outcome.generation && role === outcome.role);
  return [...known, ...more.filter((outcome) => !isKnown(outcome))];
}

/** The innermost failure says why; the ones around it only say where. */
export function failureOf(error: unknown, current: CurrentPhase | null): RunFailure {
  let innermost = error as Error;
  while (innermost instanceof TemporalFailure && innermost.cause instanceof Error) innermost = innermost.cause;
  return { code: codeOf(innermost), message: innermost.message, phase: current === null ? 'the run' : phaseName(current) };
}

function codeOf(failure: Error): string {
  if (failure instanceof ApplicationFailure) return failure.type ?? 'UNEXPECTED';
  return failure instanceof TimeoutFailure ? `TIMEOUT_${failure.timeoutType}` : failure.name;
}
