import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evaluation, SetEvaluation } from '../lib/evaluation/evaluation.js';
import type { LabellingSpec } from '../lib/spec/resolved.js';
import type { ArtifactRef } from '../lib/store/store.js';
import { attempt } from './attempt.js';
import { evaluateKey } from './keys.js';
import { publishOnce, type PhaseResult } from './publish-once.js';
import type { DeviceDeps } from './train-model.js';

export interface EvaluateInput {
  readonly generation: number;
  readonly model: ArtifactRef;
  readonly dataset: ArtifactRef;
  /** Images per forward pass. */
  readonly batch: LabellingSpec['batch'];
}

/** Shares, 0…1; null = the set has no image. */
export interface Accuracy {
  readonly top1: number | null;
  readonly top5: number | null;
}

export interface EvaluateResult extends PhaseResult {
  readonly validation: Accuracy;
  readonly test: Accuracy;
}

export const evaluateModel =
  ({ store, clock, device }: DeviceDeps) =>
  async ({ generation, model, dataset, batch }: EvaluateInput): Promise<EvaluateResult> =>
    attempt('evaluate', async (current) => {
      const { report } = current;
      const key = evaluateKey(batch, { model: model.digest, dataset: dataset.digest });
      const { manifest: _, ...result } = await publishOnce(current, { store, clock }, { phase: 'evaluate', key }, async ({ output, signal }) => {
        const job = { kind: 'evaluate', model: await store.open(model), dataset: await store.open(dataset), batch, output } as const;
        const { meta } = await device.run(job, { signal, onProgress: (progress) => report({ generation, ...progress }) });
        return meta;
      });
      const text = await readFile(join(await store.open(result.artifact), 'evaluation.json'), 'utf8');
      const { validation, test } = JSON.parse(text) as Evaluation;
      return { ...result, validation: accuracyOf(validation), test: accuracyOf(test) };
    });

function accuracyOf({ top1, top5 }: SetEvaluation): Accuracy {
  return { top1, top5 };
}
