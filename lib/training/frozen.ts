import { layerGroup } from '../models/layer-groups.js';
import type { FreezeSpec } from '../spec/resolved.js';

/** What of a network stays as it was while the rest is trained. */
export interface Frozen {
  /** Of a weight, or of a batch norm's running statistics, by timm's name. */
  tensor(name: string): boolean;
  /** Of a batch norm, such as `blocks.0.0.bn1`: whether it uses its running statistics. */
  norm(name: string): boolean;
}

/** Of nothing where nothing is said. Throws MODEL_INVALID for a name that is no layer's. */
export function frozenBy(freeze: FreezeSpec | undefined): Frozen {
  const groups: ReadonlySet<string> = new Set(freeze?.groups);
  const isFrozen = (name: string): boolean => groups.has(layerGroup(name));
  const norm = (name: string): boolean => freeze?.norms === 'frozen' && isFrozen(name);
  return { tensor: (name) => (isStatistic(name) ? norm(name) : isFrozen(name)), norm };
}

/** The entries of a table by name that are trained. */
export function trainedOf<T>(table: Readonly<Record<string, T>>, frozen: Frozen): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([name]) => !frozen.tensor(name)));
}

function isStatistic(name: string): boolean {
  return name.endsWith('.running_mean') || name.endsWith('.running_var');
}
