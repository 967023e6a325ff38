import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PACKAGE_FOLDER } from '../../lib/package.js';
import type { Summary } from '../../lib/report/summary.js';
import { connectClient, localConnection } from '../../workers/connection.js';
import { startEmbeddedServer } from '../../workers/embedded-server.js';
import { serverProgram } from '../../workers/places.js';
import type { RunStatus } from '../../workflows/messages.js';
import { jpeg, noise, writeBytes, writePicture } from '../data/pictures.js';
import { payloadSizes } from '../workflows/runs.js';
import { noServer } from '../workflows/server.js';

/** The whole road with every real part: folders of images, a Temporal server, libtensorflow, DuckDB, the command. */
const SPEC = `
version: 1
name: tiny
data:
  image: { size: 16, channels: 3 }
  labelled: { format: folder, path: FOLDER/labelled }
  validation: { format: folder, path: validation }
  unlabelled: { format: folder, path: pool }
  test: { format: folder, path: test }
  corruptShare: 0.2
teacher: { model: efficientnet_t0, training: { steps: 8, batch: 8 } }
students: [{ model: efficientnet_t0 }]
baseline: none
noise: { flip: horizontal, dropout: 0.1 }
training: { steps: 6, batch: 4, unlabelledRatio: 2, schedule: { name: cosine, rate: 0.01, warmupSteps: 2 }, checkpointEvery: 3, logEvery: 2 }
labelling: { batch: 16, shard: 16 }
selection: { confidence: 0, perClass: 20, balance: duplicate }
`;

const BROKEN = ['pool/cut.jpg', 'pool/empty.png', 'pool/loop', 'pool/words.png'];

let folder: string;
const SECRETS = { HF_TOKEN: 'hf_planted_token', AWS_SECRET_ACCESS_KEY: 'planted-key', AWS_ENDPOINT_URL_S3: 'http://somebody:planted-password@127.0.0.1:1' };
const environment = () => ({ ...process.env, ...SECRETS, HOME: folder, TEMPORAL_ADDRESS: undefined, NOISY_STUDENT_HOME: undefined });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'noisy-student-run-'));
  await writeFile(join(folder, 'tiny.yaml'), SPEC.replace('FOLDER', folder));
  for (const [s, set] of ['labelled', 'validation', 'test'].entries()) {
    for (const [c, name] of ['cat', 'dog'].entries()) {
      for (let i = 0; i < 6; i++)
        await writePicture(join(folder, set, name, `${i}.png`), noise(100 * s + 10 * c + i, { width: 16, height: 16 }), { width: 16, height: 16 });
    }
  }
  for (let i = 0; i < 30; i++)
    await writePicture(join(folder, 'pool', `part-${i % 3}`, `${i}.png`), noise(1000 + i, { width: 16, height: 16 }), { width: 16, height: 16 });
  await writePicture(join(folder, 'pool', 'leak.png'), noise(200, { width: 16, height: 16 }), { width: 16, height: 16 }); // also in test
  await writeBytes(join(folder, 'pool/cut.jpg'), (await jpeg(7, { width: 64, height: 64 })).subarray(0, 900));
  await writeBytes(join(folder, 'pool/empty.png'), '');
  await writeBytes(join(folder, 'pool/words.png'), 'not a picture');
  await mkdir(join(folder, 'pool/part-0'), { recursive: true });
  await symlink(join(folder, 'pool'), join(folder, 'pool/loop'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('a run waits while too many files are broken, goes on once they are gone, and a second run computes nothing', { skip: noServer }, async () => {
  for (let i = 0; i < 5; i++) await writeBytes(join(folder, `labelled/cat/broken-${i}.png`), 'not a picture');
  const first = await command({ line: /"state":"awaiting-fix"/, act: mend }, 'run', join(folder, 'tiny.yaml'), '--json', '--id', 'tiny');
  assert.equal(first.code, 0, first.stderr);
  const status = JSON.parse(first.stdout) as RunStatus;
  assert.equal(status.state, 'done');
  assert.deepEqual(
    status.generations.map(({ generation, model }) => [generation, model]),
    [
      [0, 'efficientnet_t0'],
      [1, 'efficientnet_t0'],
    ],
  );
  assert.equal(status.generations[1]!.pool!.images, 30);
  assert.ok(status.phases.every(({ reused }) => !reused));

  const summary = JSON.parse((await command('report', status.run, '--json')).stdout) as Summary;
  assert.deepEqual(summary.quarantine.map(({ id }) => id).sort(), BROKEN);
  assert.equal(new Set(summary.quarantine.map(({ reason }) => reason)).size, BROKEN.length, 'each has a reason of its own');
  assert.deepEqual(
    summary.duplicates.map(({ id, dropped }) => [id, dropped]),
    [['pool/leak.png', true]],
  );
  const page = await readFile(status.report!, 'utf8');
  for (const id of [...BROKEN, 'pool/leak.png']) assert.ok(page.includes(id), `the page lists ${id}`);

  const second = await command('run', join(folder, 'tiny.yaml'), '--json', '--id', 'tiny');
  const again = JSON.parse(second.stdout) as RunStatus;
  assert.ok(again.phases.every(({ reused }) => reused));
  assert.deepEqual(again.generations, status.generations);

  const planned = await plan('tiny.yaml', '--id', 'tiny');
  assert.ok(
    planned.phases.every(({ action }) => action === 'reuse'),
    JSON.stringify(planned.phases),
  );
  assert.equal(planned.run, status.run);
  const keyOf = (phase: string, generation: number) => planned.phases.find((each) => each.phase === phase && each.generation === generation)!.key;
  assert.equal(keyOf('train', 1), status.generations[1]!.weights.key);

  const listed = JSON.parse((await command('list', '--json')).stdout) as { run: string; state: string }[];
  assert.deepEqual(
    listed.map(({ run, state }) => [run, state]),
    [[status.run, 'done']],
  );
  assert.deepEqual((JSON.parse((await command('status', status.run, '--json')).stdout) as RunStatus).generations, status.generations);
});

test('histories name no home and no secret, and hold no payload over 10 KB', { skip: noServer }, async (t) => {
  const server = await startEmbeddedServer({ home: join(folder, 'home'), program: await serverProgram(process.env), hasUi: false, ports: { grpc: 0, ui: 0 } });
  t.after(() => server.close());
  const client = await connectClient(localConnection(server.address));
  t.after(() => client.connection.close());
  const texts: string[] = [];
  const ids: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { events } = await handle.fetchHistory();
    assert.ok(Math.max(...(events ?? []).flatMap(payloadSizes)) < 10_000);
    texts.push(...textsIn(events), ...textsIn((await handle.describe()).raw));
    ids.push(workflowId);
  }
  const both = ['tiny', 'tiny/generation-0', 'tiny/generation-1', 'tiny/generation-1/labels'].flatMap((id) => [id, id]);
  assert.deepEqual(ids.sort(), both, 'all of the run, and of its second time');
  const has = (word: string) => texts.find((text) => text.includes(word));
  assert.ok(has('DATA_CORRUPT data.labelled (~/labelled): 5 of 17 files'), 'the failure is told, with a path that is good on any machine');
  assert.ok(has('"~/pool"'), 'and so are the places');
  for (const word of [folder, await realpath(folder), homedir(), PACKAGE_FOLDER.pathname, 'planted']) assert.equal(has(word), undefined);
});

for (const [what, from, to, redone, line] of [
  ['an interval', 'checkpointEvery: 3', 'checkpointEvery: 4', [], /checkpointEvery 3 → 4 \(teacher, student 1\): redoes no phase/],
  ['what is kept', 'perClass: 20', 'perClass: 10', ['select 1', 'train 1', 'evaluate 1'], /selection\.perClass 20 → 10 .*: select of student 1 again/],
] as const) {
  test(`a pipeline in which ${what} changed does again what its plan says, and no more`, { skip: noServer }, async () => {
    await writeFile(join(folder, 'changed.yaml'), SPEC.replace('FOLDER', folder).replace(from, to));
    const before = await plan('changed.yaml');
    const run = await command('run', join(folder, 'changed.yaml'), '--json');
    assert.equal(run.code, 0, run.stderr);
    const { phases } = JSON.parse(run.stdout) as RunStatus;
    const named = (each: readonly { phase: string; generation: number | null }[]) =>
      each.filter(({ phase }) => phase !== 'report').map(({ phase, generation }) => [phase, generation].filter((part) => part !== null).join(' '));
    assert.deepEqual(named(before.phases.filter(({ action }) => action === 'run')), redone);
    assert.deepEqual(named(phases.filter(({ reused }) => !reused)), redone);
    assert.match(run.stderr, line);
    assert.match(run.stderr, /against tiny(-[0-9a-f]{8})?, whose artifacts it finds/);
    const trained = before.phases.find(({ phase, action }) => phase === 'train' && action === 'run');
    if (trained) assert.ok(trained.seconds! > 0 && trained.steps === 6, 'the time of the training before it is known');
  });
}

test('another seed under the same id is refused, and is a run of its own under another', { skip: noServer }, async () => {
  await writeFile(join(folder, 'seed.yaml'), `${SPEC.replace('FOLDER', folder)}seed: 2\n`);
  for (const verb of ['run', 'plan']) {
    const refused = await command(verb, join(folder, 'seed.yaml'), '--id', 'tiny');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^COMMAND_INVALID seed of the run tiny cannot be changed: .* leave --id out/m);
  }
  assert.ok((await plan('seed.yaml')).phases.every(({ action }) => action === 'run'));
});

interface Plan {
  readonly run: string;
  readonly phases: readonly { phase: string; generation: number | null; key: string | null; action: string; seconds?: number; steps?: number }[];
}

async function plan(file: string, ...options: readonly string[]): Promise<Plan> {
  const { code, stdout, stderr } = await command('plan', join(folder, file), '--json', ...options);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Plan;
}

test('commands say by their exit code what went wrong', { skip: noServer }, async () => {
  await writeFile(join(folder, 'wrong.yaml'), SPEC.replace('version: 1', 'version: 2'));
  assert.equal((await command('run', join(folder, 'wrong.yaml'))).code, 2);
  assert.equal((await command('no-such-command')).code, 2);
  const unknown = await command('status', 'nobody');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^RUN_UNKNOWN no run is called nobody/m);
  const paused = await command('pause', 'nobody');
  assert.equal(paused.code, 2);
  const away = await command({ TEMPORAL_ADDRESS: '127.0.0.1:1' }, 'list');
  assert.equal(away.code, 4);
  assert.match(away.stderr, /^SERVER_UNREACHABLE no Temporal server answers at 127\.0\.0\.1:1/m);
});

/** The person removes what is broken, and says so. */
async function mend(): Promise<void> {
  for (let i = 0; i < 5; i++) await rm(join(folder, `labelled/cat/broken-${i}.png`));
  assert.equal((await command('retry', 'tiny')).code, 0);
}

/** Every text in an event or a description, also in its payloads. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (ArrayBuffer.isView(value)) return [Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Tells a command's standard error to `act`, once, when it matches. */
interface Watch {
  readonly line: RegExp;
  act(): Promise<void>;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function command(...given: readonly (string | Record<string, string> | Watch)[]): Promise<Ended> {
  const args = given.filter((part) => typeof part === 'string');
  const [watch] = given.filter((part): part is Watch => typeof part === 'object' && part['line'] instanceof RegExp);
  const extra = Object.assign({}, ...given.filter((part) => typeof part === 'object' && part !== watch)) as Record<string, string>;
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args, '--home', join(folder, 'home')], {
    env: { ...environment(), ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  let acting: Promise<void> | undefined;
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    if (watch?.line.test(stderr)) acting ??= watch.act();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  await acting;
  return { code, stdout, stderr };
}
