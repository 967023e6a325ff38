import { executeChild, sleep, type ChildWorkflowOptions } from '@temporalio/workflow';
import type { Workflow, WorkflowResultType } from '@temporalio/common';

/**
 * Runs a child under its speaking id and returns its result. The id is free again once the child has ended, so
 * starting a phase again looks the same as starting it first. Cancelling waits until the child has ended: its
 * training has then written a checkpoint.
 */
export async function runChild<W extends Workflow>(
  workflow: W,
  options: Pick<ChildWorkflowOptions, 'typedSearchAttributes' | 'staticSummary'> & { workflowId: string; args: Parameters<W> },
): Promise<WorkflowResultType<W>> {
  for (let waits = 0; ; waits++) {
    try {
      return await executeChild<Workflow>(workflow, {
        ...options,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
        parentClosePolicy: 'REQUEST_CANCEL', // A terminated run leaves checkpoints, too.
      });
    } catch (error) {
      // The child of a run that was terminated may still be writing its last checkpoint.
      if (!isStillRunning(error) || waits === LONGEST_WAITS) throw error;
      await sleep('2 seconds');
    }
  }
}

/** Two minutes: a checkpoint takes seconds, and the step before it a minute at most. */
const LONGEST_WAITS = 60;

/** By its name: the platform's workflow package does not export the class. */
function isStillRunning(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError';
}
