import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.js';
import { ownConfig } from '../models/config.js';
import { saveModel, WEIGHTS_FILE } from '../models/weights.js';
import { survivalByDepth } from '../noise/masks.js';
import { describeRandAugment, type RandAugmentTable } from '../noise/rand-augment.js';
import { measuredNoise, type MeasuredNoise, type NoiseTally } from '../noise/tally.js';
import type { GenerationSpec, NoiseSpec } from '../spec/resolved.js';
import { sha256Of } from '../store/manifest.js';
import { printMetrics, type MetricsRow } from './metrics.js';
import type { RunProgress } from './progress.js';
import type { TrainState } from './state.js';
import type { StepPlan } from './step.js';

/** `result.json`: the training in a few numbers. */
export interface TrainResult {
  readonly model: string;
  /** Trained numbers. */
  readonly parameters: number;
  readonly steps: number;
  /** Images seen, repeats included. */
  readonly images: number;
  /** Parts in which the last batches were computed; absent where memory did for the whole. */
  readonly microBatches?: number;
  /** The last line of `metrics.jsonl`. */
  readonly final: MetricsRow;
  /** SHA-256 of model.safetensors. */
  readonly weightsSha256: string;
}

/** `noise.json`: what was asked for, and what was really on, counted while it was drawn. */
export interface NoiseAttestation {
  readonly asked: NoiseSpec;
  /** The arguments that each operation could get; null = RandAugment was off. */
  readonly randAugment: RandAugmentTable | null;
  /** Share of the head's features that was dropped. */
  readonly dropout: { readonly asked: number; readonly measured: number | null };
  /** Share of images that kept a block's branch: by the linear depth rule, and as counted (null: nothing was drawn). */
  readonly survival: readonly { readonly block: string; readonly skip: boolean; readonly asked: number; readonly measured: number | null }[];
  readonly measured: MeasuredNoise;
  readonly counted: NoiseTally;
}

/** Writes everything that a finished training publishes; equal trainings write equal bytes. The model's weights are the average. */
export async function writeOutputs(folder: string, { generation, dataset, plan, state, progress, batch }: FinishedTraining): Promise<TrainResult> {
  const { network } = plan;
  const average: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(state.average)) average[name] = await tensor.data<'float32'>();
  const { classes, image, mean, std } = dataset;
  const noisyStudent = { role: generation.role, generation: generation.index };
  const config = ownConfig(network, { labels: classes, size: image.size, mean, std, tag: 'noisy_student', noisyStudent });
  await saveModel(folder, network, average, config);

  const result: TrainResult = {
    model: network.name,
    parameters: Object.values(state.weights).reduce((sum, { size }) => sum + size, 0),
    steps: progress.step,
    images: progress.step * batch,
    ...(progress.microBatches && { microBatches: progress.microBatches }),
    final: progress.metrics.rows.at(-1)!,
    weightsSha256: await sha256Of(join(folder, WEIGHTS_FILE)),
  };
  await writeFile(join(folder, 'metrics.jsonl'), printMetrics(progress.metrics));
  await writeFile(join(folder, 'noise.json'), printJson(attest(generation.noise, plan, progress.noise)));
  await writeFile(join(folder, 'result.json'), printJson(result));
  return result;
}

export interface FinishedTraining {
  readonly generation: GenerationSpec;
  readonly dataset: Dataset;
  readonly plan: StepPlan;
  readonly state: TrainState;
  readonly progress: RunProgress;
  /** Images per step. */
  readonly batch: number;
}

function attest(asked: NoiseSpec, { network: { blocks } }: StepPlan, counted: NoiseTally): NoiseAttestation {
  const measured = measuredNoise(counted);
  const keep = survivalByDepth(asked.survival, blocks);
  return {
    asked,
    randAugment: asked.randAugment && describeRandAugment(asked.randAugment),
    dropout: { asked: asked.dropout, measured: measured.dropoutShare },
    survival: blocks.map(({ name, skip }, i) => ({ block: name, skip, asked: keep[i]!, measured: measured.survival[i] ?? null })),
    measured,
    counted,
  };
}

function printJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
