import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GenerationStatus, PhaseOutcome, RunPhase } from '../../workflows/messages.js';
import { bestOf, NOTHING_TOLD, tell, tellRevision, untell, type Told } from '../../workflows/told.js';

const why = 'published before from the same images, selection, model, noise, training block and seed';

test('what is told of 1,000 generations stays below 8 KB, ends with the newest, and counts the rest', () => {
  let told: Told = NOTHING_TOLD;
  for (let generation = 0; generation < 1_000; generation++) {
    told = tell(told, { generation: row(generation), phases: phasesOf(generation) });
    assert.ok(Buffer.byteLength(JSON.stringify(told)) < 8_000, `${generation}`);
  }
  told = tell(told, { baseline: row(999), phases: [] });
  assert.ok(Buffer.byteLength(JSON.stringify(told)) < 8_000);
  assert.equal(told.generations.at(-1)!.generation, 999);
  assert.equal(told.phases.at(-1)!.generation, 999);
  assert.equal(told.generations.length + told.omitted!.generations, 1_000);
  assert.equal(told.phases.length + told.omitted!.phases, 4_000);
  assert.equal(told.phases.filter(({ reused }) => reused).length + told.omitted!.reused, 1_000);
  assert.equal(bestOf(told), row(500).test.top1, 'the best is known when it is not told any more');
});

test('of a teacher and eight students with a baseline every model is told', () => {
  let told: Told = NOTHING_TOLD;
  for (let generation = 0; generation <= 8; generation++) told = tell(told, { generation: row(generation), phases: phasesOf(generation) });
  told = tell(told, { baseline: row(8), phases: [] });
  assert.equal(told.generations.length, 9);
  assert.equal(told.omitted?.generations ?? 0, 0);
});

test('a phase that is told again is counted once', () => {
  const once = tell(NOTHING_TOLD, { phases: phasesOf(1) });
  assert.deepEqual(tell(once, { phases: phasesOf(1) }), once);
});

test('a model that a run comes to again stands where it stood', () => {
  let told: Told = NOTHING_TOLD;
  for (const generation of [0, 1, 0, 1]) told = tell(told, { generation: row(generation), phases: phasesOf(generation) });
  assert.deepEqual(
    told.generations.map(({ generation }) => generation),
    [0, 1],
  );
});

test('of many long changes the newest are told, and with all else they stay below 10 KB', () => {
  let told: Told = NOTHING_TOLD;
  for (let generation = 0; generation < 100; generation++) {
    told = tellRevision(tell(told, { generation: row(generation), phases: phasesOf(generation) }), `${generation} ${'é'.repeat(300)}`);
  }
  assert.match(told.revisions!.at(-1)!, /^99 /);
  assert.ok(Buffer.byteLength(JSON.stringify(told)) < 10_000);
});

test('a run that starts over tells its models anew, and its phases unless some were left out', () => {
  const short = tell(NOTHING_TOLD, { generation: row(0), phases: phasesOf(0) });
  assert.deepEqual(untell(short), { ...NOTHING_TOLD, phases: short.phases });
  let long = short;
  for (let generation = 1; generation < 30; generation++) long = tell(long, { generation: row(generation), phases: phasesOf(generation) });
  assert.deepEqual(untell(long), NOTHING_TOLD);
});

function row(generation: number): GenerationStatus {
  const top1 = generation === 500 ? 0.987654321012345 : 0.123456789012345;
  return {
    generation,
    model: 'tf_efficientnetv2_s',
    parameters: 21_458_488,
    validation: { top1, top5: top1 },
    test: { top1, top5: top1 },
    pool: { images: 100_000_000, kept: 130_000_000, unique: 81_000_000, labelAccuracy: 0.123456789012345 },
    seconds: 123456.789,
    weights: { key: 'a'.repeat(64), sha256: 'b'.repeat(64) },
  };
}

function phasesOf(generation: number): PhaseOutcome[] {
  return (['label', 'select', 'train', 'evaluate'] satisfies RunPhase[]).map((phase) => ({
    ...{ phase, generation, role: 'student', reused: phase === 'train', why, seconds: 123456.789 },
  }));
}
