import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { measure, print, type Contest } from './bench/measure.js';
import { pythonEnvironment, startPeer, type Peer } from './bench/peers.js';

/**
 * Times our step and our labels against PyTorch with timm (both layouts), TensorFlow's `tf.function` and Keras: the same model,
 * batch and work, in turn. The first call makes a Python environment of 6 GB from scripts/bench-peers/requirements.txt.
 *
 *   npm run bench:peers -- [--only step,label] [--rounds 5] [--json]
 */
const { values: options } = parseArgs({
  options: { only: { type: 'string', default: 'step,label' }, rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});

const cores = availableParallelism();
Object.assign(process.env, { ...tensorFlowEnvironment({ interOp: cores }), ...process.env }); // read when TensorFlow is first used, below

/** The thread settings at which each was fastest on 2 cores; tf.function at two, for neither wins at every size. */
const PEERS: readonly (readonly [name: string, threads: { intraOp: number; interOp: number }])[] = [
  ['torch', { intraOp: cores, interOp: 1 }],
  ['torch_nchw', { intraOp: cores, interOp: 1 }],
  ['tensorflow', { intraOp: 1, interOp: cores }],
  ['tensorflow', { intraOp: cores, interOp: cores }],
  ['keras', { intraOp: cores, interOp: cores }],
];

const python = pythonEnvironment(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'noisy-student'));
const peers = PEERS.map(([name, threads]) => startPeer(python, name, threads));
try {
  await print(measure(contests(), Number(options.rounds)), options.json);
} finally {
  for (const peer of peers) peer.close();
}

async function* contests(): AsyncGenerator<Contest> {
  const { B0_STEPS, startStep } = await import('./bench/step.js');
  const { B0_LABELS, startLabels } = await import('./bench/label.js');
  const chosen = options.only.split(',');
  if (chosen.includes('step')) for (const size of B0_STEPS) yield contest('step', size, startStep(size, { eager: false }), peers);
  if (chosen.includes('label')) for (const size of B0_LABELS) yield contest('label', size, startLabels(size, { eager: false }), peers);
}

function contest(
  kind: 'step' | 'label',
  { model, images, size, repeats }: { model: string; images: number; size: number; repeats: number },
  own: Pick<Contest, 'work' | 'run' | 'close'>,
  rivals: readonly Peer[],
): Contest {
  const prepared = new Map(rivals.map((peer) => [peer, undefined as Promise<void> | undefined]));
  return {
    ...own,
    rivals: rivals.map((peer) => ({
      name: peer.name,
      async run() {
        if (!prepared.get(peer)) prepared.set(peer, peer.prepare({ work: kind, model, images, size }));
        await prepared.get(peer);
        await peer.run(repeats);
      },
    })),
  };
}
