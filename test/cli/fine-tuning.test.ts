import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ownConfig } from '../../lib/models/config.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { CONFIG_FILE, loadModel, saveModel, WEIGHTS_FILE } from '../../lib/models/weights.js';
import { openRunModel, readRunModels } from '../../lib/report/run-models.js';
import type { Summary } from '../../lib/report/summary.js';
import { createFileStore } from '../../lib/store/file-store.js';
import { descendants } from '../../scripts/processes.js';
import { killProcess } from '../../workers/processes.js';
import type { RunStatus } from '../../workflows/messages.js';
import { startHubServer } from '../models/hub-server.js';
import { noServer } from '../workflows/server.js';
import { SETS, writeSets } from './small-run.js';

/** Weights for other classes, a frozen group, a larger size in the end: with every real part, from the command to the device. */
const spec = (weights: string) => `
version: 1
name: tuned
${SETS}
teacher: { weights: '${weights}', freeze: [stem, blocks.0], training: { steps: 6 } }
students: [{ model: efficientnet_t0 }]
baseline: none
noise: { flip: horizontal, dropout: 0.1 }
training: { steps: 4, batch: 4, unlabelledRatio: 2, schedule: { name: cosine, rate: 0.01, warmupSteps: 2 } }
resolution: { size: 24, epochs: 1.5, freeze: [stem] }
labelling: { batch: 16, shard: 16 }
selection: { confidence: 0 }
`;
const [MEAN, STD] = [
  [0.5, 0.4, 0.3],
  [0.2, 0.3, 0.4],
];

let folder: string;
let home: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'noisy-student-tuned-'));
  home = join(folder, 'home');
  const network = outlineNetwork('efficientnet_t0', { classes: 5, channels: 3 });
  const config = ownConfig(network, { labels: ['a', 'b', 'c', 'd', 'e'], size: 28, mean: MEAN, std: STD, tag: 'mine', noisyStudent: {} });
  await saveModel(join(folder, 'mine'), network, initialiseFrom(network, { seed: 5, generation: 0 }), config);
  await writeSets(folder);
});
after(() => rm(folder, { recursive: true, force: true }));

test(
  'a teacher starts from weights, each model is trained at a larger size, and the hub’s copy of the weights computes nothing anew',
  { skip: noServer },
  async () => {
    const status = await run('folder.yaml', spec('local-dir:mine'));
    assert.equal(status.state, 'done');
    assert.deepEqual(
      status.phases.map(({ phase, role }) => (role === null ? phase : `${role} ${phase}`)),
      [
        ...['import', 'prepare', 'prepare 24 px', 'teacher train', 'teacher fine-tune', 'teacher evaluate'],
        ...['label', 'select', 'train', 'fine-tune', 'evaluate'].map((phase) => `student ${phase}`),
        'report',
      ],
    );
    const summary = JSON.parse(await readFile(join(home, 'runs', status.run, 'summary.json'), 'utf8')) as Summary;
    assert.deepEqual([summary.dataset.mean, summary.dataset.std, summary.dataset.image.size], [MEAN, STD, 16], 'normalised as the weights were');
    assert.deepEqual(
      summary.generations.map(({ fineTuning }) => fineTuning?.training.steps),
      [5, 5], // 1.5 epochs of 12 images, 4 a step
    );
    assert.match(
      await readFile(status.report!, 'utf8'),
      /started from the weights local-dir:mine, and kept stem, blocks\.0 .*Then it was trained at 24 × 24 pixels/s,
    );

    const store = createFileStore(join(home, 'store'));
    const { generations } = await readRunModels(home, status.run);
    assert.equal(generations.length, 2);
    const [given, teacher] = await Promise.all([loadModel(join(folder, 'mine')), loadModel(await openRunModel(store, home, status.run, 0))]);
    assert.deepEqual(teacher.config.pretrained.inputSize, [3, 24, 24]);
    assert.deepEqual(teacher.tensors['conv_stem.weight'], given.tensors['conv_stem.weight'], 'frozen in both trainings');
    assert.notDeepEqual(teacher.tensors['blocks.0.0.conv_dw.weight'], given.tensors['blocks.0.0.conv_dw.weight'], 'frozen in the first alone');

    const file = async (name: string) => [name, await readFile(join(folder, 'mine', name))] as const;
    const hub = await startHubServer({ models: { 'somebody/pets': Object.fromEntries([await file(CONFIG_FILE), await file(WEIGHTS_FILE)]) } });
    try {
      const text = spec('hf-hub:somebody/pets').replace('teacher: {', 'teacher: { model: efficientnet_t0,');
      hub.cut(WEIGHTS_FILE, 30_000); // the hub dies under the download, and then says nothing until the worker is killed
      let isKilled = false;
      const isStalled = hub.stall(WEIGHTS_FILE, 20_000);
      const ofTheHub = await run('hub.yaml', text, { HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, 'cache') }, async (command) => {
        await isStalled;
        await killProcess(descendants(command).find(({ command: line }) => line.includes('workers/worker'))!.pid);
        isKilled = true;
      });
      assert.ok(isKilled, 'the worker was not killed');
      assert.ok(
        hub.requests.some(({ range }) => range !== undefined),
        'the download began again from nothing',
      );
      assert.deepEqual(
        ofTheHub.phases.filter(({ reused }) => !reused).map(({ phase }) => phase),
        ['report'],
      );
      assert.deepEqual(ofTheHub.generations, status.generations);
    } finally {
      await hub.close();
    }
  },
);

async function run(
  name: string,
  text: string,
  environment: Record<string, string> = {},
  meanwhile: (command: number) => Promise<void> = async () => undefined,
): Promise<RunStatus> {
  await writeFile(join(folder, name), text);
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'run', join(folder, name), '--json', '--home', home], {
    env: { ...process.env, TEMPORAL_ADDRESS: undefined, NOISY_STUDENT_HOME: undefined, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await Promise.race([meanwhile(child.pid!), ended]);
  const code = await ended;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as RunStatus;
}
