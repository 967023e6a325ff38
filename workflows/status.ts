import { ApplicationFailure, setCurrentDetails, TemporalFailure, TimeoutFailure, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { shorten } from './call.js';
import { phaseName, runDetails } from './details.js';
import { ALLOWED, type CurrentPhase, type RunFailure, type RunMessage, type RunStatus } from './messages.js';
import type { Run } from './run-state.js';
import { searchAttributes, type SearchValues } from './search-attributes.js';
import { bestOf } from './told.js';

export function statusOf(run: Run): RunStatus {
  const { generations, baseline, phases, omitted } = run.told;
  return {
    run: workflowInfo().workflowId,
    state: run.state,
    generations,
    ...(baseline && { baseline }),
    report: run.results.report,
    current: run.current,
    phases,
    ...(omitted && { omitted }),
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
  setCurrentDetails(runDetails(statusOf(run), run.told.revisions));
  const values = searchValues(run);
  const changed = Object.entries(values).filter(([name, value]) => (run.announced[name as keyof SearchValues] ?? null) !== value);
  if (changed.length > 0) upsertSearchAttributes(searchAttributes(Object.fromEntries(changed)));
  run.announced = { ...run.announced, ...values };
}

function searchValues({ state, current, told }: Run): SearchValues {
  return {
    State: state,
    ...(current && { Phase: current.phase }),
    ...(current?.generation != null && { Generation: current.generation }),
    BestTop1: bestOf(told),
  };
}

/** The innermost failure says why; the ones around it only say where. */
export function failureOf(error: unknown, current: CurrentPhase | null): RunFailure {
  let innermost = error as Error;
  while (innermost instanceof TemporalFailure && innermost.cause instanceof Error) innermost = innermost.cause;
  return { code: codeOf(innermost), message: shorten(innermost.message, MESSAGE_CHARACTERS), phase: current === null ? 'the run' : phaseName(current) };
}

/** Beside what else a status says, in a payload below 10 KB. The worker's log has the whole. */
const MESSAGE_CHARACTERS = 500;

function codeOf(failure: Error): string {
  if (failure instanceof ApplicationFailure) return failure.type ?? 'UNEXPECTED';
  return failure instanceof TimeoutFailure ? `TIMEOUT_${failure.timeoutType}` : failure.name;
}
