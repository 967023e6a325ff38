import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel, tf } from '../api/index.js';
import { ownConfig, printConfig } from '../lib/models/config.js';
import { initialiseFrom } from '../lib/models/initialise.js';
import { torchShape, toTorch } from '../lib/models/layout.js';
import { writeEachTensor, type TensorToWrite } from '../lib/models/safetensors.js';
import { outlineNetwork } from '../lib/models/variants.js';
import { CONFIG_FILE, WEIGHTS_FILE } from '../lib/models/weights.js';

/**
 * The largest model of the family loads without its weights lying in memory twice: writes EfficientNet-L2 with drawn numbers (1.9 GB, one tensor at
 * a time), loads it in a process of its own, labels an image, and compares the peak of that process with the size of the file. Fails
 * above 1.6.
 *
 *   npm run test:l2 [-- MODEL]          Linux only: the peak is read from /proc
 */
const MOST = 1.6;
const PARAMETERS = 480_309_308; // timm 1.0.31
const [, file, name = 'tf_efficientnet_l2', folder] = process.argv;

if (folder === undefined) await compare();
else await load(folder);

async function compare(): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'noisy-student-l2-'));
  try {
    await write(place);
    const { size } = statSync(join(place, WEIGHTS_FILE));
    const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, file!, name, place], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`loading ended with ${status}\n${stderr}`);
    const { parameters, start, loaded, labelled, seconds } = JSON.parse(stdout) as Record<'parameters' | 'start' | 'loaded' | 'labelled' | 'seconds', number>;
    const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
    console.log(`${name}: ${parameters.toLocaleString('en')} parameters, ${mebibytes(size)} of weights, loaded in ${seconds.toFixed(1)} s`);
    console.log(`peak: ${mebibytes(start)} with TensorFlow alone, ${mebibytes(loaded)} after loading, ${mebibytes(labelled)} after one image of 475 px`);
    console.log(`after loading: ${(loaded / size).toFixed(2)} times the weights, at most ${MOST}`);
    if (loaded / size > MOST || (name.endsWith('_l2') && parameters !== PARAMETERS)) process.exitCode = 1;
  } finally {
    rmSync(place, { recursive: true });
  }
}

async function write(place: string): Promise<void> {
  const network = outlineNetwork(name, { classes: 1000, channels: 3 });
  const labels = Array.from({ length: 1000 }, (_, index) => `class ${index}`);
  const config = ownConfig(network, { labels, size: 475, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], tag: 'drawn', noisyStudent: {} });
  const tensors = network.tensors.map((tensor): [string, TensorToWrite] => [
    tensor.name,
    {
      dtype: 'F32',
      shape: torchShape(tensor),
      values: () => toTorch(initialiseFrom({ ...network, tensors: [tensor] }, { seed: 1, generation: 0 })[tensor.name]!, tensor),
    },
  ]);
  await writeEachTensor(join(place, WEIGHTS_FILE), new Map(tensors), { format: 'pt' });
  writeFileSync(join(place, CONFIG_FILE), printConfig(network, config));
}

async function load(place: string): Promise<void> {
  tf.ones([1]).dataSync();
  const start = peak();
  const began = performance.now();
  const model = await createModel(`local-dir:${place}`);
  const seconds = (performance.now() - began) / 1000;
  const loaded = peak();
  tf.tidy(() => model.forward(tf.zeros([1, 475, 475, 3])).dataSync());
  const parameters = model.trainableVariables.reduce((sum, { size }) => sum + size, 0);
  console.log(JSON.stringify({ parameters, start, loaded, labelled: peak(), seconds }));
}

/** Bytes: the most of this process's memory that was resident at once. */
function peak(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kibibytes) * 1024;
}
