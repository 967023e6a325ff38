import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { startAgainWith } from './bench/environment.js';
import { measure, print, type Contest } from './bench/measure.js';
import { pythonEnvironment, startPeer, type Peer } from './bench/peers.js';
import { clearUpOnSignals } from './bench/scratch.js';

/**
 * The same work in turn, here and in other programs. The first call makes a Python environment of 6 GB from
 * scripts/bench-peers/requirements.txt.
 *
 *   npm run bench:peers -- [--only step,label,augment,jpeg,predict,memory] [--rounds 5] [--json]
 *
 * | subject | what is measured | against |
 * | --- | --- | --- |
 * | `step` | a training step of EfficientNet-B0 | PyTorch with timm (both layouts), `tf.function`, Keras |
 * | `label` | its labels, the model alone | the same |
 * | `augment` | RandAugment on one thread | timm's on Pillow |
 * | `jpeg` | JPEG files to labels in a file | timm's inference script with 2 workers |
 * | `predict` | 1,000 JPEG files to top-5 rows, as `noisy-student predict` does it | the same |
 * | `memory` | the peak of a training process | PyTorch's after the same steps |
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'step,label,augment,jpeg,predict,memory' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

const cores = availableParallelism();
await startAgainWith(tensorFlowEnvironment({ interOp: cores }));
clearUpOnSignals();

/** The thread settings at which each was fastest on 2 cores; tf.function at two, for neither wins at every size. */
const NETWORKS: readonly PeerChoice[] = [
  ['torch', { intraOp: cores, interOp: 1 }],
  ['torch_nchw', { intraOp: cores, interOp: 1 }],
  ['tensorflow', { intraOp: 1, interOp: cores }],
  ['tensorflow', { intraOp: cores, interOp: cores }],
  ['keras', { intraOp: cores, interOp: cores }],
];
const AUGMENT: readonly PeerChoice[] = [['timm_augment', { intraOp: 1, interOp: 1 }]];
const INFERENCE: readonly PeerChoice[] = [['timm_inference', { intraOp: cores, interOp: 1 }]];

type PeerChoice = readonly [name: string, threads: { intraOp: number; interOp: number }];

const python = pythonEnvironment(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'noisy-student'));
const peers = new Map<PeerChoice, Peer>();
const SUBJECTS: Readonly<Record<string, () => AsyncGenerator<Contest>>> = {
  async *step() {
    const { B0_STEPS, startStep } = await import('./bench/step.js');
    for (const { model, images, size, repeats, ...rest } of B0_STEPS) {
      const own = startStep({ model, images, size, repeats, ...rest }, { eager: false });
      yield contest(own, NETWORKS, { work: 'step', model, images, size }, repeats);
    }
  },
  async *label() {
    const { B0_LABELS, startLabels } = await import('./bench/label.js');
    for (const { model, images, size, repeats, ...rest } of B0_LABELS) {
      const own = startLabels({ model, images, size, repeats, ...rest }, { eager: false });
      yield contest(own, NETWORKS, { work: 'label', model, images, size }, repeats);
    }
  },
  async *augment() {
    const { AUGMENTATION, startAugmentation } = await import('./bench/augment.js');
    yield contest(startAugmentation(AUGMENTATION), AUGMENT, { work: 'augment', ...AUGMENTATION }, 1);
  },
  async *jpeg() {
    const { JPEGS, startJpegPool } = await import('./bench/jpeg.js');
    const { pool, ...own } = await startJpegPool(JPEGS);
    yield contest(own, INFERENCE, { work: 'jpeg', model: 'tf_efficientnet_b0', folder: pool, size: JPEGS.size }, 1);
  },
  async *predict() {
    const { PICTURES, startPredict } = await import('./bench/predict.js');
    const { pool, ...own } = await startPredict(PICTURES);
    yield contest(own, INFERENCE, { work: 'predict', model: 'tf_efficientnet_b0', folder: pool, size: PICTURES.size }, 1);
  },
  async *memory() {
    const [{ B0_STEPS }, { peakAgainst }] = [await import('./bench/step.js'), await import('./bench/memory.js')];
    for (const size of B0_STEPS) yield peakAgainst(size, 'torch', () => startPeer(python, ...NETWORKS[0]!));
  },
};

try {
  await print(measure(contests(), Number(options.rounds)), options.json);
} finally {
  for (const peer of peers.values()) peer.close();
}

async function* contests(): AsyncGenerator<Contest> {
  for (const name of options.only.split(',')) {
    const subject = SUBJECTS[name];
    if (!subject) throw new Error(`--only ${name} is not one of ${Object.keys(SUBJECTS).join(', ')}`);
    yield* subject();
  }
}

/** Our own work against that of peers, which are started and made ready when it is first their turn. */
function contest(
  own: Pick<Contest, 'work' | 'run' | 'close'>,
  choices: readonly PeerChoice[],
  work: Readonly<Record<string, unknown>>,
  repeats: number,
): Contest {
  const rivals = choices.map((choice) => {
    const [name, threads] = choice;
    let isReady = false;
    return {
      name: `${name} ${threads.intraOp}/${threads.interOp}`,
      async run() {
        const peer = peers.get(choice) ?? startPeer(python, name, threads);
        peers.set(choice, peer);
        if (!isReady) await peer.prepare(work);
        isReady = true;
        await peer.run(repeats);
      },
    };
  });
  return { ...own, rivals };
}
