import { transformsOf } from '../noise/rand-augment.js';
import type { NoiseAttestation } from '../training/outputs.js';
import { count, decimal, percent } from './numbers.js';
import { columns, paragraph, table } from './page.js';

/** What was asked for beside what was counted while it was drawn, so that nobody has to believe a setting. */
export function renderNoise(noise: NoiseAttestation): string {
  return `${paragraph(`Counted over ${count(noise.measured.images)} images while they were drawn.`, 'note')}\n${columns([`<div>${general(noise)}${branches(noise)}</div>`, ...operations(noise)])}`;
}

function general({ asked: { randAugment, crop, flip }, dropout, measured }: NoiseAttestation): string {
  const applied = measured.ops.reduce((sum, { perImage }) => sum + perImage, 0);
  return table({
    caption: 'Noise of images and features',
    columns: { noise: 'text', asked: 'text', measured: 'number' },
    rows: [
      ['operations per image', randAugment ? decimal(randAugment.ops * randAugment.probability, 2) : 'off', decimal(applied, 3)],
      ['images shifted', crop ? `pad ${crop.pad} px` : 'off', percent(measured.shiftShare)],
      ['images flipped', flip === 'none' ? 'off' : flip, percent(measured.flipShare)],
      ['images unchanged', '–', percent(measured.unchangedShare)],
      ['features dropped', dropout.asked === 0 ? 'off' : percent(dropout.asked), percent(dropout.measured)],
    ],
  });
}

function operations({ asked: { randAugment }, measured }: NoiseAttestation): string[] {
  if (!randAugment) return [];
  const { dialect, magnitude, spread, increasing } = randAugment;
  const levels = spread === 'uniform' ? `levels from 0 to ${magnitude}` : spread === 'none' ? `level ${magnitude}` : `levels ${magnitude} ± ${spread}`;
  const rows = measured.ops
    .filter(({ name }) => transformsOf(randAugment).includes(name))
    .map(({ name, perImage, meanLevel }) => [name, decimal(perImage, 4), decimal(meanLevel, 2)]);
  return [
    table({
      caption: `RandAugment in ${dialect}’s dialect: ${levels} of 10${increasing ? ', every operation stronger with the level' : ''}`,
      columns: { operation: 'text', 'per image': 'number', 'mean level': 'number' },
      rows,
    }),
  ];
}

/** Only blocks whose input goes around them can be dropped. */
function branches({ asked, survival }: NoiseAttestation): string {
  if (asked.survival === 1) return paragraph('Stochastic depth was off: no branch was dropped.', 'note');
  const rows = survival.filter(({ skip }) => skip).map(({ block, asked: keep, measured }) => [block, percent(keep), percent(measured)]);
  return table({ caption: 'Stochastic depth: images that kept a block’s branch', columns: { block: 'text', asked: 'number', measured: 'number' }, rows });
}
