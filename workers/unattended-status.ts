import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import type { CurrentPhase, GenerationResult, PhaseOutcome, RunState, RunStatus } from '../workflows/messages.js';
import type { noisyStudent, RunInput } from '../workflows/noisy-student.js';
import { decode, inputOf } from './run-input.js';

/** What `status` says of a run that no worker answers for: it accepts nothing, and waits where it is. */
export type UnattendedStatus = RunStatus & { readonly unattended: true };

/** What the server tells of a run by itself: its history holds the results so far, its search attributes the place. */
export async function unattendedStatus(handle: WorkflowHandle<typeof noisyStudent>, description: WorkflowExecutionDescription): Promise<UnattendedStatus> {
  const history = await handle.fetchHistory();
  const { events } = history;
  const { input, told } = inputOf(history);
  const generations = new Map((told?.generations ?? []).map((status) => [status.generation, status]));
  let baseline = told?.baseline ?? null;
  const phases: PhaseOutcome[] = [...(told?.phases ?? [])];
  for (const { childWorkflowExecutionCompletedEventAttributes: child, activityTaskCompletedEventAttributes: activity } of events ?? []) {
    const payload = (child ?? activity)?.result?.payloads?.[0];
    if (!payload) continue;
    if (child) {
      const result = decode(payload) as GenerationResult;
      if (child.workflowExecution?.workflowId?.endsWith('/baseline')) baseline = result.status;
      else generations.set(result.status.generation, result.status);
      phases.push(...result.phases);
    } else {
      const { poolImages, mean, size, reused, why, seconds } = decode(payload) as PhaseOutcome & { poolImages?: number; mean?: unknown; size?: number };
      const phase = poolImages !== undefined ? 'prepare' : mean !== undefined ? 'import' : size !== undefined ? (`prepare ${size} px` as const) : undefined;
      if (phase !== undefined) phases.push({ phase, generation: null, role: null, reused, why, seconds });
    }
  }
  return {
    run: description.workflowId,
    state: String(description.searchAttributes['State']?.[0] ?? 'running') as RunState,
    generations: [...generations.values()],
    ...(baseline && { baseline }),
    report: null,
    current: placeOf(description, input),
    phases,
    ...(told?.omitted && { omitted: told.omitted }),
    allowed: [],
    unattended: true,
  };
}

/** Of the generation whose workflow is open, or of the run itself between two of them. */
function placeOf({ workflowId, searchAttributes, raw }: WorkflowExecutionDescription, { spec }: RunInput): CurrentPhase | null {
  const phase = searchAttributes['Phase']?.[0] as CurrentPhase['phase'] | undefined;
  if (phase === undefined) return null;
  const child = raw.pendingChildren?.[0]?.workflowId;
  if (!child) return { phase, generation: null, role: null, model: null, workflowId };
  const open = child.endsWith('/baseline') ? spec.baseline : spec.generations[Number(child.split('/generation-')[1])];
  return { phase, generation: open?.index ?? null, role: open?.role ?? null, model: open?.model ?? null, workflowId: child };
}
