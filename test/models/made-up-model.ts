import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPublished } from '../../lib/models/catalogue.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { saveModel } from '../../lib/models/weights.js';
import { fillWeights } from './fill.js';

/**
 * The files of a published set of weights, `architecture.tag`, with numbers that are made up: those that the golden logits belong to; or
 * with a `spread` a fresh network's, the logits multiplied by it. The first are of no use for a deep network and a large picture: a change in the
 * last digit of a pixel changes the answer.
 */
export async function madeUpModel(name: string, { spread }: { readonly spread?: number } = {}): Promise<Record<string, Buffer>> {
  const [architecture, tag] = name.split('.') as [string, string];
  const { config } = findPublished({ architecture, tag });
  const network = outlineNetwork(architecture, { classes: config.numClasses, channels: config.inputSize[0] });
  const tensors = spread === undefined ? fillWeights(network) : spreadOut(initialiseFrom(network, { seed: 1, generation: 0 }), spread);
  const folder = await mkdtemp(join(tmpdir(), 'noisy-student-made-up-'));
  try {
    await saveModel(folder, network, tensors, { labels: null, descriptions: {}, pretrained: config, others: {}, noisyStudent: {} });
    const files = ['config.json', 'model.safetensors'];
    return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file))] as const)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function spreadOut(tensors: Readonly<Record<string, Float32Array>>, spread: number): Record<string, Float32Array> {
  return { ...tensors, 'classifier.weight': tensors['classifier.weight']!.map((weight) => weight * spread) };
}
