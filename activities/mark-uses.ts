import { references, runName } from '../lib/store/references.js';
import type { ArtifactStore } from '../lib/store/store.js';

/** Whose work is done at the moment. */
export interface Worked {
  readonly workflowId: string;
  /** Of this execution of the workflow. */
  readonly runId: string;
}

/**
 * The same store, which notes that the run uses a key before it looks the key up or works on it, so that `gc` leaves that alone. Once for each
 * execution of a workflow: a run that is started again notes anew what it uses. `current` says for whom a call is made.
 */
export function markingUses(store: ArtifactStore, current: () => Worked): ArtifactStore {
  const { begin, use } = references(store.notes);
  const executions = new Map<string, Execution>();

  async function mark(key: string): Promise<void> {
    const { workflowId, runId } = current();
    const run = runName(runOf(workflowId));
    const execution = executions.get(runId) ?? { begun: undefined, uses: new Map<string, Promise<void>>() };
    executions.set(runId, execution);
    const [oldest] = executions.keys();
    if (executions.size > REMEMBERED) executions.delete(oldest!);
    await (execution.begun ??= forgetFailure(begin(run), () => (execution.begun = undefined)));
    if (!execution.uses.has(key)) {
      execution.uses.set(
        key,
        forgetFailure(use({ run, execution: runId }, key), () => execution.uses.delete(key)),
      );
    }
    await execution.uses.get(key);
  }

  /** After the mark. */
  const marked =
    <Rest extends unknown[], Result>(keyOf: (...args: Rest) => string, work: (...args: Rest) => Promise<Result>) =>
    async (...args: Rest): Promise<Result> => {
      await mark(keyOf(...args));
      return work(...args);
    };
  return {
    ...store,
    find: marked((_phase, key) => key, store.find),
    workFolder: marked((key) => key, store.workFolder),
    publish: marked((_phase, key) => key, store.publish),
    open: marked(({ key }) => key, store.open),
    checkpoints: marked((key) => key, store.checkpoints),
  };
}

interface Execution {
  begun: Promise<void> | undefined;
  /** By key. */
  readonly uses: Map<string, Promise<void>>;
}

/** Executions of which a worker knows what it has noted; a run has three at a time. */
const REMEMBERED = 50;

/** A run's workflows have its id with `/generation-<n>`, `/baseline` and then `/labels` behind it. */
function runOf(workflowId: string): string {
  return workflowId.replace(/\/(generation-\d+|baseline)(\/labels)?$/, '');
}

/** What could not be noted is noted at the next call. */
function forgetFailure(note: Promise<void>, forget: () => void): Promise<void> {
  return note.catch((error: unknown) => {
    forget();
    throw error;
  });
}
