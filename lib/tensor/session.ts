import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GraphDef } from './graph-def.js';
import { nativeBackend } from './native.js';
import type { tf } from './runtime.js';

/** A libtensorflow session over one graph. `dispose` it: nothing else does. */
export interface Session {
  /** Feeds tensors to nodes, computes nodes; both by name. The caller owns what comes back. Blocks. */
  run(feeds: ReadonlyMap<string, tf.Tensor>, fetches: readonly string[]): tf.Tensor[];
  dispose(): void;
}

/**
 * Opens a session for a graph through the addon, which reads graphs from a folder only: one is made in `scratch` and is
 * gone when this returns. Throws what libtensorflow finds wrong with the graph.
 */
export function openSession(graph: GraphDef, scratch: string): Session {
  const backend = nativeBackend();
  const folder = mkdtempSync(join(scratch, 'graph-'));
  let id: number;
  try {
    writeFileSync(join(folder, 'saved_model.pb'), graph.savedModel());
    id = backend.binding.loadSavedModel(folder, 'serve');
  } finally {
    rmSync(folder, { recursive: true });
  }
  return {
    run(feeds, fetches) {
      const ids = backend.getInputTensorIds([...feeds.values()]);
      const made = backend.binding.runSavedModel(id, ids, [...feeds.keys()].join(','), fetches.join(','));
      return made.map((tensor) => backend.createOutputTensor(tensor));
    },
    dispose: () => backend.binding.deleteSavedModel(id),
  };
}
