import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ImageSet } from '../../lib/data/image-set.js';
import { readSelection, type Selection } from '../../lib/labels/selection-file.js';
import { emptyTally } from '../../lib/noise/tally.js';
import { batchDrawer, expandCopies, type BatchInputs, type DrawBatch } from '../../lib/training/batches.js';
import { labelTargets } from '../../lib/training/loss.js';
import { ALL_NOISE, TINY, tinyFolder } from './tiny.js';

const LABELLED = 4;
const PSEUDO = 6;
const NO_NOISE = { randAugment: null, crop: null, flip: 'none', dropout: 0, survival: 1 } as const;

let folder: string;
let labelled: ImageSet;
let pool: ImageSet;
let selection: Selection;
before(async () => {
  folder = await tinyFolder();
  labelled = await ImageSet.open(join(folder, 'dataset'), 'labelled');
  pool = await ImageSet.open(join(folder, 'dataset'), 'pool');
  selection = await readSelection(join(folder, 'selection'));
});
after(async () => {
  await labelled.close();
  await pool.close();
  await rm(folder, { recursive: true });
});

test('every labelled image comes once in each pass, and passes differ in order', async () => {
  const drawn = await positionsOf(drawer(), 'labelled', 5); // 20 draws = 2 passes over 10 images
  const [first, second] = [drawn.slice(0, TINY.labelled), drawn.slice(TINY.labelled)];
  const all = Array.from({ length: TINY.labelled }, (_, i) => i);
  assert.deepEqual([...first].sort(ascending), all);
  assert.deepEqual([...second].sort(ascending), all);
  assert.notDeepEqual(first, second);
});

test('a pool image comes as often in a pass as the selection copies it', async () => {
  const rows = selection.copies.reduce((sum, copies) => sum + copies, 0);
  const drawn = (await positionsOf(drawer(), 'pool', Math.ceil(rows / PSEUDO))).slice(0, rows);
  const counts = selection.positions.reduce((found, position) => ({ ...found, [position]: drawn.filter((one) => one === position).length }), {});
  assert.deepEqual(counts, Object.fromEntries([...selection.positions].map((position, i) => [position, selection.copies[i]])));
});

test('labels are smoothed and pseudo-labels are not', async () => {
  const { targets, positions } = await drawer({ labelSmoothing: 0.1 })(3, emptyTally());
  const labels = positions.labelled.map((position) => position % TINY.classes);
  assert.deepEqual(targets.slice(0, LABELLED * TINY.classes), labelTargets(labels, TINY.classes, 0.1));
  for (const [i, position] of positions.pool.entries()) {
    const entry = selection.positions.indexOf(position);
    const [found, expected] = [rowOf(targets, LABELLED + i), rowOf(selection.targets, entry)];
    assert.deepEqual(found, expected);
  }
});

test('without noise the images are those of the sets', async () => {
  const { images, positions, shape } = await drawer({ noise: NO_NOISE })(1, emptyTally());
  assert.deepEqual(shape, [LABELLED + PSEUDO, TINY.size, TINY.size, 1]);
  const expected = [...(await labelled.read(positions.labelled)), ...(await pool.read(positions.pool))];
  assert.deepEqual([...images], expected);
});

test('a step draws the same batch whatever was drawn before it, and another seed another', async () => {
  const [fresh, used, other] = [drawer(), drawer(), drawer({ seed: 2 })];
  for (const step of [0, 5, 1]) await used(step, emptyTally());
  const tallies = [emptyTally(), emptyTally()] as const;
  assert.deepEqual(await fresh(7, tallies[0]), await used(7, tallies[1]));
  assert.deepEqual(tallies[0], tallies[1]);
  assert.notDeepEqual((await other(7, emptyTally())).positions, (await fresh(7, emptyTally())).positions);
});

test('an image gets new noise in every pass, and its copies in one pass differ', async () => {
  const one: Selection = { positions: Uint32Array.of(3), labels: Uint16Array.of(0), copies: Uint32Array.of(3), targets: Float32Array.of(1, 0, 0) };
  const draw = drawer({ pseudo: { pool, selection: one, count: 6 } }); // two passes over the three copies
  const { images, positions } = await draw(0, emptyTally());
  assert.deepEqual(positions.pool, [3, 3, 3, 3, 3, 3]);
  const pixels = TINY.size * TINY.size;
  const looks = new Set(Array.from({ length: 6 }, (_, i) => images.slice((LABELLED + i) * pixels, (LABELLED + i + 1) * pixels).join()));
  assert.ok(looks.size >= 5, `${looks.size} of 6 differ`); // one operation may change nothing
});

test('copies become rows', () => {
  assert.deepEqual([...expandCopies(Uint32Array.of(2, 1, 3))], [0, 0, 1, 2, 2, 2]);
});

function drawer(changes: Partial<BatchInputs> = {}): DrawBatch {
  const pseudo = { pool, selection, count: PSEUDO };
  return batchDrawer({ seed: 1, generation: 1, noise: ALL_NOISE, labelled, labelledCount: LABELLED, labelSmoothing: 0, pseudo, ...changes });
}

async function positionsOf(draw: DrawBatch, set: 'labelled' | 'pool', steps: number): Promise<number[]> {
  const positions: number[] = [];
  for (let step = 0; step < steps; step++) positions.push(...(await draw(step, emptyTally())).positions[set]);
  return positions;
}

function rowOf(rows: Float32Array, row: number): number[] {
  return [...rows.subarray(row * TINY.classes, (row + 1) * TINY.classes)];
}

function ascending(a: number, b: number): number {
  return a - b;
}
