import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createFileStore } from '../../lib/store/file-store.js';
import { references, runName, type References } from '../../lib/store/references.js';
import type { ArtifactStore } from '../../lib/store/store.js';
import { backdate } from '../store/places.js';
import { freshHome } from '../workers/homes.js';

const KEYS = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64));
const [UNUSED, LIVE, DONE, LABEL] = KEYS as [string, string, string, string];

test('gc tells what can go and why, and removes nothing; with --yes it removes just that', async (t) => {
  const { home, store, isThere } = await oldStore(t);
  const dry = await command(home, 'gc');
  assert.equal(dry.code, 0);
  assert.match(dry.stdout, /train +1 +[\d.]+ MB +no run that is known uses it\n/);
  assert.match(dry.stdout, /label +1 +[\d.]+ kB +the runs that used it are done/);
  assert.match(dry.stdout, /work +1 +4 bytes +an attempt left it/);
  assert.match(dry.stdout, /Under way: live · forget RUN/);
  assert.ok(dry.stdout.includes(`nothing is removed yet: npx noisy-student gc --yes --home ${home}\n`), dry.stdout);
  assert.deepEqual(await isThere(), [true, true, true, true]);

  const { items, bytes, removed, underWay } = JSON.parse((await command(home, 'gc', '--yes', '--json')).stdout) as Listed;
  assert.deepEqual([removed, underWay], [true, ['live']]);
  assert.deepEqual(
    items.map(({ kind, key }) => [kind, key]).sort(),
    [
      ['artifact', UNUSED],
      ['artifact', LABEL],
      ['work', UNUSED],
    ].sort(),
  );
  assert.ok(bytes > 2_000_000);
  assert.deepEqual(await isThere(), [false, true, true, false]);
  assert.equal(await store.find('train', UNUSED), undefined);
  assert.deepEqual(await command(home, 'gc', '--yes'), { code: 0, stdout: 'Under way: live · forget RUN lets go of one that will not go on\nNothing can go.\n', stderr: '' }); // prettier-ignore
});

test('what is younger than --older-than stays', async (t) => {
  const { home, isThere } = await oldStore(t);
  await command(home, 'gc', '--yes', '--older-than', '5w');
  assert.deepEqual(await isThere(), [true, true, true, true]);
});

test('what is pinned stays until it is unpinned, and a run that is forgotten goes', async (t) => {
  const { home, isThere, known } = await oldStore(t);
  assert.equal((await command(home, 'pin', `train/${UNUSED}`)).stdout, `train/${UNUSED} is pinned: gc leaves it alone\n`);
  assert.equal((await command(home, 'pin', 'done')).code, 0);
  assert.equal((await command(home, 'forget', 'done')).code, 0);
  const { stdout } = await command(home, 'gc', '--yes');
  assert.ok(stdout.includes(`Pinned:    done, train/${UNUSED}\n`), stdout);
  assert.deepEqual(await isThere(), [true, true, true, true]);
  assert.equal((await command(home, 'unpin', `train/${UNUSED}`)).code, 0);
  assert.equal((await command(home, 'unpin', 'done')).code, 0);
  await command(home, 'gc', '--yes');
  assert.deepEqual(await isThere(), [false, true, false, false]);
  assert.equal(await known.stateOf(runName('live')), 'under way');
});

test('a run that is not done is forgotten only by force where no server can be asked', async (t) => {
  const { home, isThere } = await oldStore(t);
  const refused = await command(home, 'forget', 'live');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^COMMAND_INVALID run live is not done, and there is no server here to ask/);
  await command(home, 'gc', '--yes');
  assert.deepEqual(await isThere(), [false, true, true, false]);
  assert.equal((await command(home, 'forget', 'live', '--force')).code, 0);
  await command(home, 'gc', '--yes');
  assert.deepEqual(await isThere(), [false, false, true, false]);
});

for (const [args, code, message] of [
  [['pin', 'nobody'], 2, /^RUN_UNKNOWN the store knows no run nobody · /],
  [['pin', `train/${'e'.repeat(64)}`], 2, /^ARTIFACT_MISSING the store has no train\/e+ · /],
  [['unpin', 'done'], 2, /^COMMAND_INVALID done is not pinned · /],
  [['forget', 'nobody'], 2, /^RUN_UNKNOWN the store knows no run nobody · /],
  [['gc', '--older-than', '0h'], 2, /must be one hour or more/],
  [['gc', '--older-than', '59'], 2, /must be one hour or more/],
] as const) {
  test(`noisy-student ${args.join(' ').replace(/e{64}/, 'KEY')} is refused in a line, and changes nothing`, async (t) => {
    const { home, isThere, known } = await oldStore(t);
    const refused = await command(home, ...args);
    assert.deepEqual([refused.code, refused.stdout], [code, '']);
    assert.match(refused.stderr, message);
    assert.deepEqual(await isThere(), [true, true, true, true]);
    for await (const pinned of known.pins()) assert.fail(`${pinned} is pinned`);
  });
}

interface Listed {
  readonly removed: boolean;
  readonly bytes: number;
  readonly items: readonly { readonly kind: string; readonly key: string }[];
  readonly underWay: readonly string[];
}

/** A home whose store is a month old: artifacts that nobody, a run under way, and a run that is done used, the latter's labels, and half an attempt. */
async function oldStore(t: TestContext): Promise<{ home: string; store: ArtifactStore; known: References; isThere(): Promise<boolean[]> }> {
  const home = await freshHome(t);
  const root = join(home, 'store');
  const store = createFileStore(root);
  const known = references(store.notes);
  const artifacts = [
    ['train', UNUSED, undefined, 2_000_000],
    ['train', LIVE, 'live', 10],
    ['train', DONE, 'done', 10],
    ['label', LABEL, 'done', 2000],
  ] as const;
  for (const [phase, key, run, bytes] of artifacts) {
    if (run !== undefined) {
      await known.begin(runName(run));
      await known.use({ run: runName(run), execution: '1' }, key);
    }
    const folder = await store.workFolder(key, '1');
    await writeFile(join(folder, 'x.bin'), Buffer.alloc(bytes));
    await store.publish(phase, key, folder, { seconds: 1 });
  }
  await known.finish(runName('done'));
  for (const key of KEYS.slice(0, 2)) await mkdir(join(root, 'work', key), { recursive: true });
  for (const key of KEYS.slice(0, 2)) await writeFile(join(await store.workFolder(key, '2'), 'half'), 'half');
  backdate(root);
  return { home, store, known, isThere: async () => artifacts.map(([phase, key]) => existsSync(join(root, 'artifacts', phase, key))) };
}

async function command(home: string, ...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, TEMPORAL_ADDRESS: undefined, NOISY_STUDENT_HOME: undefined, NOISY_STUDENT_STORE: undefined };
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../cli/noisy-student.mjs'), ...args, '--home', home], { env });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (chunk: Buffer) => (said[stream] += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...said };
}
