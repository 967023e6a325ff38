import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** [what happens to an idle child, how it ends] */
const ENDS: [name: string, act: (child: ChildProcess) => void][] = [
  ['its worker is gone', (child) => child.disconnect()],
  ['SIGTERM', (child) => child.kill('SIGTERM')],
  ['a request to stop', (child) => child.send({ type: 'stop' })],
];

for (const [name, act] of ENDS) {
  test(`an idle device process ends well on: ${name}`, async () => {
    const child = await readyChild();
    act(child);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
}

test("a terminal's Ctrl-C is the worker's to interpret: the device process goes on", async () => {
  const child = await readyChild();
  child.kill('SIGINT');
  child.send({ type: 'run', job: { kind: 'train', generation: {}, dataset: '/does/not/exist' } });
  const [answer] = (await once(child, 'message')) as [{ type: string }];
  assert.equal(answer.type, 'failed');
  child.disconnect();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

async function readyChild(): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('../../lib/device/child.ts', import.meta.url));
  const child = fork(file, [JSON.stringify({ processor: 'test', intraOp: '1', eager: false, loaderThreads: 0 })], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    serialization: 'advanced',
  });
  assert.deepEqual(await once(child, 'message'), [{ type: 'ready' }, undefined]);
  return child;
}
