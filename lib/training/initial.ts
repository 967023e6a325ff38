import { PipelineError } from '../errors.js';
import { initialiseFrom } from '../models/initialise.js';
import type { Network } from '../models/outline.js';
import { loadAdapted, type Weights } from '../models/weights.js';
import type { Frozen } from './frozen.js';

export interface InitialNumbers {
  readonly seed: number;
  readonly generation: number;
  /** Folder of the weights to start from; undefined = a fresh network. */
  readonly folder: string | undefined;
  readonly frozen: Frozen;
  /** One line on what was changed or left out to fit. */
  warn(message: string): void;
}

/**
 * The numbers that a training begins with: a fresh network's, over which those of a folder are laid. What the folder does not give,
 * such as the classifier of other classes, is drawn as for a fresh network.
 * Throws SPEC_INVALID where such a tensor is frozen, and what reading the folder throws.
 */
export async function initialNumbers(network: Network, { seed, generation, folder, frozen, warn }: InitialNumbers): Promise<Weights> {
  if (folder === undefined) return initialiseFrom(network, { seed, generation });
  const { tensors, fresh, adapted } = await loadAdapted(folder, network);
  const random = fresh.find((name) => frozen.tensor(name));
  if (random !== undefined) {
    throw new PipelineError(
      'SPEC_INVALID',
      `${folder}: ${adapted.join('; ')}, so ${random} begins at random, but freeze keeps it as it begins · take the group head out of freeze`,
    );
  }
  for (const sentence of adapted) warn(`${folder}: ${sentence}`);
  const drawn = network.tensors.filter(({ name }) => fresh.includes(name));
  return { ...tensors, ...initialiseFrom({ ...network, tensors: drawn }, { seed, generation }) };
}
