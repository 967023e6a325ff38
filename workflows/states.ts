import { ContinueAsNew, isCancellation, upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from './search-attributes.js';

/**
 * Keeps a child's search attribute `State` true, also at its end: a workflow that is over keeps its last value,
 * and would else be found as running for ever.
 */
export async function withState<R>(work: () => Promise<R>): Promise<R> {
  setState('running');
  try {
    const result = await work();
    setState('done');
    return result;
  } catch (error) {
    if (!(error instanceof ContinueAsNew)) setState(isCancellation(error) ? 'stopped' : 'failed');
    throw error;
  }
}

function setState(state: 'running' | 'done' | 'stopped' | 'failed'): void {
  upsertSearchAttributes(searchAttributes({ State: state }));
}
