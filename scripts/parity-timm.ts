import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createModel, tf } from '../api/index.js';
import { normalisePixels } from '../lib/data/eval-transform.js';
import { weightsOf } from '../lib/models/catalogue.js';
import { saveSavedModel } from '../lib/models/saved-model.js';
import { isOfTimm, modelNames } from '../lib/models/variants.js';
import { loadModel } from '../lib/models/weights.js';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { startAgainWith } from './bench/environment.js';
import { pythonEnvironment } from './bench/peers.js';

/**
 * The same logits here and in timm, both ways: a folder that is written here and loaded there with strict=True, and one that timm writes and
 * that is loaded here; and a SavedModel, in TensorFlow of Python. Prints a table model x size x largest difference, relative to the largest
 * logit, and fails where one is above 1e-4. The first call makes the Python environment of `npm run bench:peers` (6 GB).
 *
 *   npm run parity-timm -- [--models efficientnet_b0,…] [--sizes 64x64,97x131] [--with-l2]
 */
const { values: options } = parseArgs({
  options: {
    models: { type: 'string' },
    sizes: { type: 'string', default: '64x64,97x131,225x225' },
    'with-l2': { type: 'boolean', default: false },
  },
});
await startAgainWith(tensorFlowEnvironment({ interOp: availableParallelism() }));

const MOST = 1e-4;
const CLASSES = 11;
const names = options.models?.split(',') ?? modelNames().filter((name) => isOfTimm(name) && (options['with-l2'] || !name.endsWith('_l2')));
const sizes = options.sizes.split(',').map((size) => size.split('x').map(Number) as [height: number, width: number]);

const python = pythonEnvironment(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'noisy-student'));
const folder = mkdtempSync(join(tmpdir(), 'noisy-student-parity-'));
const peer = spawn(python, [fileURLToPath(new URL('parity-timm/peer.py', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: peer.stdout });
const ended = once(peer, 'exit').then(([code]) => {
  throw new Error(`the Python process ended with ${code}`);
});
ended.catch(() => undefined); // whoever asks next learns of it
let worst = 0;
try {
  console.log("model                height x width  ours in timm  timm's here  SavedModel");
  for (const name of names) for (const [height, width] of sizes) await compare(name, height, width);
  console.log(`largest difference: ${worst.toExponential(1)}, allowed ${MOST}`);
  if (worst > MOST) process.exitCode = 1;
} finally {
  peer.kill();
  rmSync(folder, { recursive: true });
}

async function compare(name: string, height: number, width: number): Promise<void> {
  const at = (place: string) => join(folder, place);
  const shape = [2, height, width, 3] as const;
  const bytes = Uint8Array.from({ length: 2 * height * width * 3 }, (_, i) => (i * 2654435761) >>> 24);
  const { mean, std } = weightsOf(name)[0].config; // what timm writes into the folder, and the SavedModel normalises by
  const images = normalisePixels({ pixels: bytes, channels: 3 }, mean, std);
  await writeFile(at('images'), images);
  await writeFile(at('pixels'), Float32Array.from(bytes));

  const theirs = await ask({ save: at('theirs'), name, seed: 1, classes: CLASSES, images: at('images'), shape });
  const here = await logitsHere(at('theirs'), images, shape, at('ours'));
  const there = await ask({ load: at('ours'), images: at('images'), shape });
  await saveSavedModel(at('served'), await loadModel(at('ours')), { size: { height, width } });
  const served = await ask({ serve: at('served'), images: at('pixels'), shape });
  for (const place of ['theirs', 'ours', 'served']) rmSync(at(place), { recursive: true });

  const differences = [difference(here, there), difference(theirs, here), difference(here, served)];
  worst = Math.max(worst, ...differences);
  const size = `${height} x ${width}`;
  console.log(`${name.padEnd(21)}${size.padEnd(16)}${differences.map((value) => value.toExponential(1).padEnd(14)).join('')}`.trimEnd());
}

/** timm's folder here, and what is written of it for timm. */
async function logitsHere(source: string, images: Float32Array, shape: readonly [number, number, number, number], written: string): Promise<number[][]> {
  const model = await createModel(`local-dir:${source}`);
  const logits = tf.tidy(() => model.forward(tf.tensor4d(images, [...shape])).arraySync()) as number[][];
  await model.save(written);
  model.dispose();
  return logits;
}

async function ask(task: object): Promise<number[][]> {
  peer.stdin.write(`${JSON.stringify(task)}\n`);
  const [line] = (await Promise.race([once(answers, 'line'), ended])) as [string];
  return JSON.parse(line) as number[][];
}

/** Largest difference, as a share of the largest logit. */
function difference(a: readonly number[][], b: readonly number[][]): number {
  const [x, y] = [a.flat(), b.flat()];
  const largest = Math.max(...x.map(Math.abs));
  return Math.max(...x.map((value, i) => Math.abs(value - y[i]!))) / largest;
}
