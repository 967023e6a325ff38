import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findWeights } from '../../lib/models/catalogue.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { saveModel } from '../../lib/models/weights.js';
import { fillWeights } from '../../test/models/fill.js';

/** The files of a published set of weights, `architecture.tag`, with numbers that are made up: those that the golden logits belong to, the logits multiplied by `spread`. */
export async function madeUpModel(name: string, { spread = 1 }: { readonly spread?: number } = {}): Promise<Record<string, Buffer>> {
  const [architecture, tag] = name.split('.') as [string, string];
  const { config } = findWeights({ architecture, tag });
  const network = outlineNetwork(architecture, { classes: config.numClasses, channels: config.inputSize[0] });
  const filled = fillWeights(network);
  const tensors = Object.fromEntries(
    Object.entries(filled).map(([tensor, values]) => [tensor, tensor.startsWith('classifier.') ? values.map((value) => value * spread) : values]),
  );
  const folder = await mkdtemp(join(tmpdir(), 'noisy-student-made-up-'));
  try {
    await saveModel(folder, network, tensors, { labels: null, descriptions: {}, pretrained: config, others: {}, noisyStudent: {} });
    const files = ['config.json', 'model.safetensors'];
    return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file))] as const)));
  } finally {
    await rm(folder, { recursive: true });
  }
}
