import { setImmediate } from 'node:timers/promises';
import type { ImageSet } from '../data/image-set.js';
import { PipelineError } from '../errors.js';
import type { LabellingSpec } from '../spec/resolved.js';
import type { CompiledStep } from '../tensor/compile.js';
import { inferSlots } from './compiled-model.js';
import { fastestBatch, type Probe } from './fastest-batch.js';
import { laneOf } from './lanes.js';
import type { Predictor } from './predictor.js';

export interface LogitsBatch {
  /** Position of the first image in its set. */
  readonly from: number;
  readonly count: number;
  /** [count, classes] */
  readonly logits: Float32Array;
}

export interface LogitsRange {
  readonly from: number;
  readonly to: number;
  readonly batch: LabellingSpec['batch'];
  /** Monotonic milliseconds. */
  now(): number;
}

/**
 * Logits of the images `from` (inclusive) to `to` (exclusive) of a set: clean images, no noise. Position p is always
 * computed in slot p mod `batch` of a full batch, whose empty slots are black images: an image's bits depend
 * neither on where the range ends nor on how the set was split. The next batch is read while one is computed and used; the event
 * loop gets a turn after every batch.
 *
 * Throws WEIGHTS_INVALID if a logit is not a finite number.
 */
export async function* predictLogits(predictor: Predictor, images: ImageSet, range: LogitsRange): AsyncGenerator<LogitsBatch> {
  const { from, to } = range;
  if (from === to) return;
  const batch = range.batch === 'auto' ? fastestOf(predictor, images, range) : range.batch;
  const read = (start: number) => {
    const [first, end] = [Math.max(start, from), Math.min(start + batch, to)];
    const pixels = first < end ? images.readRange(first, end) : Promise.resolve(new Uint8Array());
    pixels.catch(() => undefined); // whoever takes it learns of it
    return pixels;
  };
  let ahead = read(from - (from % batch));
  for (let start = from - (from % batch); start < to; start += batch) {
    const first = Math.max(start, from);
    const count = Math.min(start + batch, to) - first;
    const pixels = await ahead;
    ahead = read(start + batch);
    const logits = forwardSlots(predictor, pixels, images.dataset.image, { slot: first - start, count, batch });
    await refuseNonFinite(logits, predictor, images, first);
    yield { from: first, count, logits };
    await setImmediate();
  }
}

/** Found at the first range of a model, and again where that was of other images or too short to tell. */
function fastestOf(predictor: Predictor, images: ImageSet, range: LogitsRange): number {
  const { size } = images.dataset.image;
  const { fastest } = predictor;
  const wasCutShort = fastest && fastest.batch >= fastest.images && range.to - range.from > fastest.images;
  if (fastest?.size !== size || wasCutShort) predictor.fastest = { batch: probeBatch(predictor, images, range), images: range.to - range.from, size };
  return predictor.fastest!.batch;
}

/** The batch that labels fastest, on black images. Its graph is kept, those of the others are not. */
function probeBatch(predictor: Predictor, { dataset: { image } }: ImageSet, { from, to, now }: LogitsRange): number {
  const { size, channels } = image;
  const graphs = new Map<number, CompiledStep>();
  const probe = (batch: number): Probe => {
    const compiled = predictor.compile();
    graphs.set(batch, compiled);
    const black = new Uint8Array(batch * size * size * channels);
    const peak = process.resourceUsage().maxRSS;
    const compute = () => forwardSlots({ ...predictor, compiled }, black, image, { slot: 0, count: batch, batch });
    const began = now();
    compute(); // records
    const started = now();
    compute();
    const ended = now();
    return { ms: ended - started, spentMs: ended - began, bytes: (process.resourceUsage().maxRSS - peak) * 1024 };
  };
  const unit = laneOf(size, GPU_UNIT);
  const fastest = fastestBatch(probe, { unit, images: to - from, memoryBytes: PROBE_BYTES, budget: PROBE_MS });
  for (const [batch, compiled] of graphs) if (batch !== fastest) compiled.dispose();
  predictor.compiled.dispose();
  predictor.compiled = graphs.get(fastest)!;
  return fastest;
}

const GPU_UNIT = 8; // images
const PROBE_BYTES = 2 ** 30;
const PROBE_MS = 2_000;

function forwardSlots(
  { compiled }: Pick<Predictor, 'compiled'>,
  pixels: Uint8Array,
  { size, channels }: { size: number; channels: number },
  slots: { slot: number; count: number; batch: number },
): Float32Array {
  return inferSlots(compiled, pixels, [size, size, channels], slots).values;
}

async function refuseNonFinite(logits: Float32Array, { folder, network }: Predictor, images: ImageSet, first: number): Promise<void> {
  const index = logits.findIndex((logit) => !Number.isFinite(logit));
  if (index === -1) return;
  const position = first + Math.floor(index / network.classes);
  const [id] = await images.ids(position, position + 1);
  throw new PipelineError(
    'WEIGHTS_INVALID',
    `${folder}: the model answers ${logits[index]} for image ${id} of the ${images.set} set, but logits are finite numbers · train it again, with a lower rate`,
  );
}
