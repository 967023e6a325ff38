import type { DataSpec, GenerationSpec, LabellingSpec, SelectionSpec } from '../lib/spec/resolved.js';
import type { Phase } from '../lib/store/store.js';
import { digest } from '../lib/spec/digest.js';

/**
 * The number of a phase's code: raise it when the code makes other results from the same inputs, and what was
 * published before is computed again.
 */
const FORMAT: Readonly<Record<Phase, number>> = { prepare: 1, 'hidden-labels': 1, import: 1, train: 3, label: 3, select: 1, evaluate: 3, record: 1, report: 1 };

/** What a key stands for, in a person's words: the reason for which a published artifact is used again. */
export const SAME: Readonly<Record<Phase, string>> = {
  prepare: 'the same files, data block and seed',
  'hidden-labels': 'the same files, data block and seed',
  import: 'the same weights',
  train: 'the same images, selection, model, noise, training block and seed',
  label: 'the same teacher, images and labelling block',
  select: 'the same pseudo-labels, selection block and seed',
  evaluate: 'the same model and images',
  record: 'the same artifacts',
  report: 'the same results',
};

/** `fingerprint` is that of the files' contents: see `datasetFingerprint`. */
export function prepareKey(data: DataSpec, seed: number, fingerprint: string): string {
  return keyOf('prepare', { data, seed }, [fingerprint]);
}

/** The pool's true labels come out of the same reading as the data set. */
export function hiddenLabelsKey(prepare: string): string {
  return keyOf('hidden-labels', {}, [prepare]);
}

/** The weights' own content: the same weights from any place are one artifact. */
export function importKey(content: { readonly config: string; readonly weights: string }): string {
  return keyOf('import', {}, [content.config, content.weights]);
}

/** `like`: the same images at the size of `data` instead of that of the data set with this digest. */
export function resizeKey(data: DataSpec, seed: number, inputs: { fingerprint: string; like: string }): string {
  return keyOf('prepare', { data, seed }, [inputs.fingerprint, inputs.like]);
}

/**
 * Neither the checkpoint interval nor the log interval changes what is learnt; labelling and selecting come in as the selection, and
 * the weights to start from, by whatever name, as `initial`. What a training has not is not in its key.
 */
export function trainKey(
  seed: number,
  { index, role, model, noise, training, freeze }: GenerationSpec,
  { dataset, selection, initial }: { dataset: string; selection: string | null; initial?: string | undefined },
): string {
  const { checkpointEvery: _checkpoint, logEvery: _log, ...learnt } = training;
  const inputs = [dataset, selection];
  return keyOf(
    'train',
    { seed, index, role, model, noise, training: learnt, ...(freeze && { freeze }) },
    initial === undefined ? inputs : [...inputs, initial],
  );
}

/** Pool positions from (inclusive) … to (exclusive) of the shard `index`, counted from 0. */
export function shardRange({ shard }: LabellingSpec, images: number, index: number): { from: number; to: number } {
  return { from: index * shard, to: Math.min(images, (index + 1) * shard) };
}

/** The batch is part of it: sums of another batch differ in the last bits. The number of images per shard is in the range. */
export function labelKey(
  { labels, temperature, batch }: LabellingSpec,
  range: { from: number; to: number },
  inputs: { model: string; dataset: string },
): string {
  return keyOf('label', { labels, temperature, batch, from: range.from, to: range.to }, [inputs.model, inputs.dataset]);
}

/** `labels`, `before` and `hidden` are the digests of the shards, of the last generation's shards, and of the true labels. */
export function selectKey(
  seed: number,
  generation: number,
  selection: SelectionSpec,
  inputs: { labels: readonly string[]; before: readonly string[] | null; hidden: string | null; dataset: string },
): string {
  return keyOf('select', { seed, generation, selection }, [inputs]);
}

export function evaluateKey(batch: LabellingSpec['batch'], inputs: { model: string; dataset: string }): string {
  return keyOf('evaluate', { batch }, [inputs.model, inputs.dataset]);
}

/** Everything that stands in it, artifacts by their whole reference: a record is where others are looked up. */
export function recordKey(record: object): string {
  return keyOf('record', record, []);
}

export function reportKey(run: string, specDigest: string, inputs: readonly (string | null)[]): string {
  return keyOf('report', { run, specDigest }, inputs);
}

function keyOf(phase: Phase, spec: object, inputs: readonly unknown[]): string {
  return digest({ phase, spec, inputs, format: FORMAT[phase] });
}
