import type { Stage } from './family.js';
import type { Block, Network } from './outline.js';

/** A map that other networks build upon: the last one of its size. */
export interface Level {
  /** 0 = the stem; s + 1 = stage s. */
  readonly stage: number;
  /** timm's module whose output it is, and the one whose input is the map before its projection. */
  readonly module: string;
  readonly expansion: string;
  /** Channels of the map, and of the one before its projection. */
  readonly channels: number;
  readonly expanded: number;
  /** How many times smaller than the image it is. */
  readonly reduction: number;
}

/** The stem and the last map of every stage. */
export function everyStage({ stem, blocks }: Pick<Network, 'stem' | 'blocks'>): Level[] {
  let reduction = 2;
  const levels = [{ stage: 0, module: 'bn1', expansion: 'bn1', channels: stem, expanded: stem, reduction }];
  for (const { index, name, stage, stride, expand, mid, out } of blocks) {
    reduction *= stride;
    if (blocks[index + 1]?.stage === stage) continue;
    const expansion = `${name}.${expand === 1 ? 'conv_pw' : 'conv_pwl'}`;
    levels.push({ stage: stage + 1, module: `blocks.${stage}`, expansion, channels: out, expanded: mid, reduction });
  }
  return levels;
}

/** Levels end before every stage that the table gives a stride, kept or turned into dilation, and at the end (timm's rule). */
export function outlineLevels(stages: readonly Stage[], stem: number, blocks: readonly Block[]): Level[] {
  return everyStage({ stem, blocks }).filter(({ stage }) => stages[stage]?.stride !== 1);
}
