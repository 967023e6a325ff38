import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { pauseUpdate, resumeUpdate, retryUpdate, reviseUpdate, stopUpdate } from '../workflows/messages.js';
import { digest } from '../lib/spec/digest.js';
import { compareSpecs } from '../workers/compare-specs.js';
import { historiesOf, startRun, untilState } from '../test/workflows/runs.js';
import { startTestServer, type TestServer } from '../test/workflows/server.js';
import { exampleSpec, shortSpec, tunedSpec } from '../test/workflows/spec.js';

/**
 * Records histories of the workflows as they are now, on a real server with fake activities, for the replay test:
 *
 *   node --import tsx scripts/record-histories.ts [NAME…]
 *
 * Without a name it records all. Run it for a release and commit the files. Files of earlier releases stay: runs that were
 * started with them may still be under way, and must go on.
 */
const FOLDER = new URL('../test/histories/', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** Name of a recording → what happens in it, and the ids of the workflows to record. */
const RECORDINGS: Readonly<Record<string, (server: TestServer, run: string) => Promise<readonly string[]>>> = {
  async whole(server, run) {
    const { handle } = await startRun(server, run, { spec: exampleSpec() });
    await handle.result();
    return [run, `${run}/generation-0`, `${run}/generation-2`, `${run}/generation-2/labels`, `${run}/baseline`];
  },

  async tuned(server, run) {
    const { handle } = await startRun(server, run, { spec: tunedSpec() });
    await handle.result();
    return [run, `${run}/generation-0`, `${run}/generation-2`, `${run}/baseline`];
  },

  async paused(server, run) {
    const { handle, fakes } = await startRun(server, run, { spec: shortSpec() });
    const training = fakes.hold('trainModel', 1);
    await training.started;
    await handle.executeUpdate(pauseUpdate);
    training.release();
    await handle.executeUpdate(resumeUpdate);
    await handle.result();
    return [run, `${run}/generation-1`];
  },

  async revised(server, run) {
    const spec = exampleSpec();
    const { handle, fakes } = await startRun(server, run, { spec });
    const training = fakes.hold('trainModel', 1);
    await training.started;
    const after = { ...spec, generations: spec.generations.map((each) => ({ ...each, training: { ...each.training, steps: 7 } })) };
    const { again, gone } = compareSpecs(spec, after);
    const revision = { from: 'f'.repeat(64), spec: after, specDigest: digest(after), locations: {}, told: 'training.steps 600 → 7' };
    await handle.executeUpdate(reviseUpdate, { args: [revision, [...again.map(({ name }) => name), ...gone]] });
    while (!training.wasCancelled) await nextTurn();
    training.release();
    await handle.result();
    return [run, `${run}/generation-1`];
  },

  async repaired(server, run) {
    const lost = ApplicationFailure.create({ message: 'DEVICE_LOST', type: 'DEVICE_LOST', nonRetryable: true });
    const vanished = ApplicationFailure.create({ message: 'ARTIFACT_MISSING', type: 'ARTIFACT_MISSING', nonRetryable: true });
    const prepare = (fakes: Awaited<ReturnType<typeof startRun>>['fakes']) => {
      fakes.failNext('trainModel', lost);
      fakes.failNext('selectLabels', vanished);
    };
    const { handle } = await startRun(server, run, { spec: shortSpec(), prepare });
    await untilState(handle, 'awaiting-fix');
    await handle.executeUpdate(retryUpdate);
    await handle.result();
    return [run];
  },

  async stopped(server, run) {
    const { handle, fakes } = await startRun(server, run, { spec: shortSpec() });
    await fakes.hold('labelShards').started;
    await handle.executeUpdate(stopUpdate);
    return [run, `${run}/generation-1`, `${run}/generation-1/labels`];
  },

  /** Taken while a student trains. */
  async midway(server, run) {
    const { fakes } = await startRun(server, run, { spec: exampleSpec() });
    await fakes.hold('trainModel', 1).started;
    return [run, `${run}/generation-1`];
  },

  /** Taken while it waits. */
  async waiting(server, run) {
    const { handle, fakes } = await startRun(server, run, { spec: shortSpec() });
    await fakes.hold('trainModel', 1).started;
    await handle.executeUpdate(pauseUpdate);
    return [run, `${run}/generation-1`];
  },

  /** Taken while somebody is waited for. */
  async 'awaiting-fix'(server, run) {
    const missing = ApplicationFailure.create({ message: 'DATA_MISSING', type: 'DATA_MISSING', nonRetryable: true });
    const { handle } = await startRun(server, run, { spec: shortSpec(), prepare: (fakes) => fakes.failNext('selectLabels', missing) });
    await untilState(handle, 'awaiting-fix');
    return [run, `${run}/generation-1`];
  },

  async cancelled(server, run) {
    const { handle, fakes } = await startRun(server, run, { spec: shortSpec() });
    await fakes.hold('labelShards').started;
    await handle.cancel();
    await handle.result().catch(() => undefined);
    return [run, `${run}/generation-1`, `${run}/generation-1/labels`];
  },

  async continued(server, run) {
    const spec = shortSpec();
    const { handle } = await startRun(server, run, { spec, limits: { historyEvents: 1, window: 2, shardsPerExecution: 1 } });
    await handle.result();
    return [run, `${run}/generation-1/labels`];
  },
};

const wanted = process.argv.slice(2);
const server = await startTestServer();
try {
  await mkdir(FOLDER, { recursive: true });
  for (const [name, record] of Object.entries(RECORDINGS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const id of await record(server, name)) {
      for (const [execution, history] of (await historiesOf(server.client, id)).entries()) {
        const file = `${id.replaceAll('/', '-')}${execution === 0 ? '' : `-${execution + 1}`}-${version}.json`;
        await writeFile(new URL(file, FOLDER), `${JSON.stringify(JSON.parse(historyToJSON(history)))}\n`);
        console.log(`${file}: ${history.events?.length} events`);
      }
    }
  }
} finally {
  await server.close();
}
