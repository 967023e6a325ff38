import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordModel, type TrainedModel } from '../../activities/record-model.js';
import { writeReport, type WriteReportInput } from '../../activities/write-report.js';
import type { PhaseResult } from '../../activities/publish-once.js';
import type { ReportedGeneration } from '../../lib/report/input.js';
import { references, runName } from '../../lib/store/references.js';
import type { ArtifactRef, ArtifactStore, Phase } from '../../lib/store/store.js';
import { readRunModels } from '../../lib/report/run-models.js';
import type { Summary } from '../../lib/report/summary.js';
import { writeRun } from '../report/run-folders.js';
import { freshDeps, run } from './support.js';

test('a report is written once, and stands in the run’s own folder after every run', async (t) => {
  const deps = await freshDeps(t);
  const input = await publishRun(deps.store, deps.home);
  const first = await run(writeReport(deps), input);
  assert.equal(first.path, join('runs', 'clothes-1', 'report.html'));
  const published = await readdir(await deps.store.open(first.artifact));
  const report = published.filter((file) => file !== 'manifest.json');
  assert.deepEqual((await readdir(join(deps.home, 'runs', 'clothes-1'))).sort(), [...report, 'models.json'].sort());
  assert.ok(published.includes('summary.json'));
  const models = await readRunModels(deps.home, 'clothes-1');
  const summary = JSON.parse(await readFile(join(deps.home, 'runs', 'clothes-1', 'summary.json'), 'utf8')) as Summary;
  assert.equal(models.generations.length, 3, 'all that the last record leads to');
  assert.deepEqual(
    [...summary.generations, summary.baseline].map((row) => [row!.generation.role, row!.generation.index]),
    [
      ['teacher', 0],
      ['student', 1],
      ['student', 2],
      ['baseline', 2],
    ],
  );
  const written = await readFile(join(deps.home, first.path), 'utf8');
  await rm(join(deps.home, first.path));
  const second = await run(writeReport(deps), input);
  assert.deepEqual([first.reused, second.reused], [false, true]);
  assert.equal(await readFile(join(deps.home, second.path), 'utf8'), written);
});

test('a run whose report is there is done', async (t) => {
  const deps = await freshDeps(t);
  const input = await publishRun(deps.store, deps.home);
  const { begin, stateOf } = references(deps.store.notes);
  await begin(runName('clothes-1'));
  await run(writeReport(deps), input);
  assert.equal(await stateOf(runName('clothes-1')), 'done');
});

test('another run of the same results has a report of its own', async (t) => {
  const deps = await freshDeps(t);
  const input = await publishRun(deps.store, deps.home);
  await run(writeReport(deps), input);
  const other = await run(writeReport(deps), { ...input, run: 'clothes-2' });
  assert.equal(other.reused, false);
  assert.match(await readFile(join(deps.home, other.path), 'utf8'), /clothes-2/);
});

test('a report tells the pipeline as it is, also of models that were recorded before a change which left them the same', async (t) => {
  const deps = await freshDeps(t);
  const input = await publishRun(deps.store, deps.home);
  const [teacher] = input.spec.generations;
  const now = { ...teacher!, training: { ...teacher!.training, checkpointEvery: 77 } };
  await run(writeReport(deps), { ...input, spec: { ...input.spec, generations: input.spec.generations.with(0, now) } });
  const summary = JSON.parse(await readFile(join(deps.home, 'runs', 'clothes-1', 'summary.json'), 'utf8')) as Summary;
  assert.equal(summary.generations[0]!.generation.training.checkpointEvery, 77);
});

/** The artifacts of a run, in a store. */
async function publishRun(store: ArtifactStore, home: string): Promise<WriteReportInput> {
  const folders = await writeRun(join(home, 'folders'));
  let artifacts = 0;
  const publish = async (phase: Phase, folder: string): Promise<ArtifactRef> => {
    const key = String(artifacts++).padStart(64, '0');
    const work = await store.workFolder(key, 'test');
    await cp(folder, work, { recursive: true });
    const { digest } = await store.publish(phase, key, work, { seconds: 1 });
    return { phase, key, digest };
  };
  const model = async ({ train, selection, evaluation, seconds }: ReportedGeneration): Promise<TrainedModel> => ({
    train: await publish('train', train),
    selection: selection === null ? null : await publish('select', selection),
    evaluation: await publish('evaluate', evaluation),
    seconds,
  });
  let record: ArtifactRef | null = null;
  for (const folder of [...folders.generations, ...(folders.baseline ? [folders.baseline] : [])]) {
    const { artifact }: PhaseResult = await run(recordModel({ store, clock: () => 0 }), {
      generation: folder.generation,
      ...(await model(folder)),
      before: record,
    });
    record = artifact;
  }
  const { run: id, spec, specDigest } = folders;
  return { run: id, spec, specDigest, dataset: await publish('prepare', folders.dataset), record: record! };
}
