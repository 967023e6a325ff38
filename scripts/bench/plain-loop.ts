/**
 * The phases of a pipeline called one after another, without Temporal: no server, no worker, no heartbeat. What each does, publishes
 * and reads is what its activity does (activities/), under the same keys. It cannot be killed, paused or watched.
 *
 *   node --import tsx scripts/bench/plain-loop.ts PIPELINE HOME         prints a `LoopResult`
 */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluateKey, hiddenLabelsKey, labelKey, prepareKey, reportKey, selectKey, shardRange, trainKey } from '../../activities/keys.js';
import { publishOnce, type Published } from '../../activities/publish-once.js';
import type { TrainedModel } from '../../activities/record-model.js';
import { readDataset } from '../../lib/data/image-set.js';
import type { GenerationSpec } from '../../lib/spec/resolved.js';
import { createFileStore } from '../../lib/store/file-store.js';
import type { ArtifactRef, Phase } from '../../lib/store/store.js';
import { openDevice } from './device.js';
import { load } from './students.js';

export interface LoopResult {
  /** Milliseconds since 1970: when everything was loaded, and when the report lay in the home. */
  readonly up: number;
  readonly done: number;
  /** Of every model and the baseline, as a run's status has them. */
  readonly weights: readonly { readonly key: string; readonly sha256: string }[];
}

const [file, home] = process.argv.slice(2) as [string, string];
const { spec, digest, locations } = load(file);
const { seed } = spec;
const store = createFileStore(join(home, 'store'));
const device = openDevice();

const up = Date.now();
const { dataset, hidden } = await prepare();
const models: (Model & { readonly shards: readonly Published[] })[] = [];
for (const generation of spec.generations) {
  const [teacher, before] = [models.at(-1), models.at(-1)?.shards];
  const shards = teacher ? await label(generation, teacher.train) : [];
  const selection = teacher ? await select(generation, shards, before!.length > 0 ? before! : null) : null;
  models.push({ ...(await trainAndEvaluate(generation, shards, selection)), shards });
}
const baseline = spec.baseline && (await trainAndEvaluate(spec.baseline, [], null));
await report();
const done = Date.now();

await device.close();
const result: LoopResult = { up, done, weights: [...models, ...(baseline ? [baseline] : [])].map(({ weights }) => weights) };
process.stdout.write(`${JSON.stringify(result)}\n`);

/** The first call of a phase loads its code, as in a worker. */
async function prepare(): Promise<{ dataset: Published; hidden: ArtifactRef | null }> {
  const { datasetFingerprint, prepareDataset } = await import('../../lib/data/prepare.js');
  const { data } = spec;
  const key = prepareKey(data, seed, await datasetFingerprint(data, locations));
  const hiddenKey = hiddenLabelsKey(key);
  const dataset = await once('prepare', key, async (output) => {
    device.warm();
    const hiddenOutput = await store.workFolder(hiddenKey, 'loop');
    const { hiddenLabels } = await prepareDataset({ data, seed, locations, output, hiddenOutput });
    if (hiddenLabels) await store.publish('hidden-labels', hiddenKey, hiddenOutput, { seconds: 0 });
    await store.clear(hiddenKey);
    return {};
  });
  return { dataset, hidden: (await store.find('hidden-labels', hiddenKey)) ?? null };
}

/** The shards of the pool, in order. */
async function label({ labelling }: GenerationSpec, teacher: ArtifactRef): Promise<readonly Published[]> {
  const { sets } = await readDataset(await store.open(dataset.artifact));
  const shards: Published[] = [];
  for (let index = 0; index * labelling.shard < sets.pool; index++) {
    const { from, to } = shardRange(labelling, sets.pool, index);
    const key = labelKey(labelling, { from, to }, { model: teacher.digest, dataset: dataset.artifact.digest });
    shards.push(
      await once('label', key, async (output) => {
        const folders = { model: await store.open(teacher), dataset: await store.open(dataset.artifact), output };
        return (await device.run({ kind: 'label', from, to, labelling, ...folders })).meta;
      }),
    );
  }
  return shards;
}

async function select({ index, selection }: GenerationSpec, shards: readonly Published[], before: readonly Published[] | null): Promise<Published> {
  const digestsOf = (of: readonly Published[]) => of.map(({ artifact }) => artifact.digest);
  const filesOf = (of: readonly Published[]) => Promise.all(of.map(async ({ artifact }) => join(await store.open(artifact), 'labels.parquet')));
  const inputs = { labels: digestsOf(shards), before: before && digestsOf(before), hidden: hidden?.digest ?? null, dataset: dataset.artifact.digest };
  return once('select', selectKey(seed, index, selection, inputs), async (output) => {
    const { classes } = await readDataset(await store.open(dataset.artifact));
    const { selectLabels } = await import('../../lib/labels/select.js');
    await selectLabels({
      shards: await filesOf(shards),
      previous: before && (await filesOf(before)),
      classes,
      selection,
      seed,
      generation: index,
      hidden: hidden && (await store.open(hidden)),
      output,
    });
    return {};
  });
}

interface Model extends TrainedModel {
  readonly weights: LoopResult['weights'][number];
}

async function trainAndEvaluate(generation: GenerationSpec, shards: readonly Published[], selected: Published | null): Promise<Model> {
  const { artifact } = dataset;
  const selection = selected?.artifact ?? null;
  const key = trainKey(seed, generation, { dataset: artifact.digest, selection: selection?.digest ?? null });
  const trained = await once('train', key, async (output) => {
    const folders = {
      dataset: await store.open(artifact),
      selection: selection && (await store.open(selection)),
      checkpoints: await store.checkpoints(key),
      output,
    };
    return (await device.run({ kind: 'train', seed, generation, ...folders })).meta;
  });
  const train = trained.artifact;
  const { batch } = generation.labelling;
  const evaluated = await once('evaluate', evaluateKey(batch, { model: train.digest, dataset: artifact.digest }), async (output) => {
    const folders = { model: await store.open(train), dataset: await store.open(artifact), output };
    return (await device.run({ kind: 'evaluate', batch, ...folders })).meta;
  });
  const seconds = [...shards, ...(selected ? [selected] : []), trained, evaluated].reduce((sum, phase) => sum + phase.seconds, 0);
  const { sha256 } = trained.manifest.files.find(({ path }) => path === 'model.safetensors')!;
  return { train, selection, evaluation: evaluated.artifact, seconds, weights: { key, sha256 } };
}

async function report(): Promise<void> {
  const run = `${spec.name}-${digest.slice(0, 8)}`;
  const all = baseline ? [...models, baseline] : models;
  const artifacts = [dataset.artifact, ...all.flatMap(({ train, selection, evaluation }) => [train, selection, evaluation])];
  const digests = artifacts.map((ref) => ref?.digest ?? null);
  const opened = async (generation: GenerationSpec, { train, selection, evaluation, seconds }: Model) => ({
    generation,
    train: await store.open(train),
    selection: selection && (await store.open(selection)),
    evaluation: await store.open(evaluation),
    seconds,
  });
  const key = reportKey(run, digest, digests);
  const { artifact, manifest } = await once('report', key, async (output) => {
    const { writeReport } = await import('../../lib/report/report.js');
    await writeReport({
      run,
      spec,
      specDigest: digest,
      dataset: await store.open(dataset.artifact),
      generations: await Promise.all(spec.generations.map((generation, i) => opened(generation, models[i]!))),
      baseline: baseline && spec.baseline && (await opened(spec.baseline, baseline)),
      output,
    });
    return {};
  });
  const folder = join(home, 'runs', run);
  await mkdir(folder, { recursive: true });
  const published = await store.open(artifact);
  for (const { path } of manifest.files) await cp(join(published, path), join(folder, path));
}

/** Looks up the key, does the work and publishes it, as an activity does. */
async function once(phase: Phase, key: string, work: (output: string) => Promise<Readonly<Record<string, unknown>>>): Promise<Published> {
  const attempt = { name: 'loop', owner: 'loop', number: 1, signal: new AbortController().signal, report: () => undefined };
  return publishOnce(attempt, { store, clock: Date.now }, { phase, key }, ({ output }) => work(output));
}
