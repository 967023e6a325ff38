import { PipelineError } from '../errors.js';
import type { Network } from './outline.js';

/** Layers that are frozen, or get a rate, together: the stem, each stage and the head. */
export type LayerGroup = 'stem' | `blocks.${number}` | 'head';

/** The groups of a network in the order an image passes them. */
export function layerGroups({ tensors }: Network): LayerGroup[] {
  return [...new Set(tensors.map(({ name }) => layerGroup(name)))];
}

/** The group of a tensor, a batch norm or any other layer by timm's name. Throws MODEL_INVALID. */
export function layerGroup(name: string): LayerGroup {
  const [layer, stage] = name.split('.', 2);
  if (layer === 'blocks' && stage !== undefined && /^\d+$/.test(stage)) return `blocks.${Number(stage)}`;
  const group = GROUPS.get(layer ?? '');
  if (group) return group;
  throw new PipelineError('MODEL_INVALID', `no layer is named "${name}"; layers are ${[...GROUPS.keys()].join(', ')} and blocks.<stage>.<position>.`);
}

const GROUPS: ReadonlyMap<string, LayerGroup> = new Map([
  ['conv_stem', 'stem'],
  ['bn1', 'stem'],
  ['conv_head', 'head'],
  ['bn2', 'head'],
  ['classifier', 'head'],
]);
