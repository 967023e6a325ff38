import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { NativeConnection } from '@temporalio/worker';
import { fakeActivities } from '../workflows/fake-activities.js';
import { executionsOf, startRun } from '../workflows/runs.js';
import { noServer, useServer } from '../workflows/server.js';
import { exampleSpec } from '../workflows/spec.js';
import { givenVersion } from '../../workers/deployment.js';
import { runWorkers } from '../../workers/run-workers.js';
import { isError } from '../store/contract.js';

const server = useServer({ roles: ['cpu', 'gpu'] });
const DEPLOYMENT = 'noisy-student';

describe('versions of a deployment', { skip: noServer }, () => {
  test('a run goes on with a version that is deployed meanwhile, and a generation ends with the one that it began with', async (t) => {
    await deploy(t, '1');
    const { handle, fakes } = await startRun(server, 'versions', { spec: exampleSpec() });
    const training = fakes.hold('trainModel', 1);
    await training.started;
    await deploy(t, '2');
    training.release();
    assert.equal((await handle.result()).state, 'done');
    assert.deepEqual(await versionsOf('versions'), ['1', '2']);
    assert.deepEqual(await versionsOf('versions/generation-1'), ['1']);
    assert.deepEqual(await versionsOf('versions/generation-2'), ['2']);
    assert.deepEqual(await versionsOf('versions/generation-2/labels'), ['2']);
  });
});

test('a version has a deployment and a build, or there is none', () => {
  const [TEMPORAL_DEPLOYMENT_NAME, TEMPORAL_WORKER_BUILD_ID] = ['lab', '0.2.0'];
  assert.deepEqual(givenVersion({ TEMPORAL_DEPLOYMENT_NAME, TEMPORAL_WORKER_BUILD_ID }), { deploymentName: 'lab', buildId: '0.2.0' });
  assert.equal(givenVersion({ TEMPORAL_DEPLOYMENT_NAME: '' }), undefined);
  for (const half of [{ TEMPORAL_DEPLOYMENT_NAME }, { TEMPORAL_WORKER_BUILD_ID }]) assert.throws(() => givenVersion(half), isError('COMMAND_INVALID'));
});

/** Starts a worker of that version, and makes it the one that new work goes to. */
async function deploy(t: TestContext, buildId: string): Promise<void> {
  const connection = await NativeConnection.connect({ address: server.address });
  const shutdown = new AbortController();
  const running = runWorkers({
    ...{ connection, namespace: 'default', roles: ['workflows'], activities: fakeActivities().activities, workflows: server.bundle },
    ...{ queuePrefix: server.queuePrefix, version: { deploymentName: DEPLOYMENT, buildId }, signal: shutdown.signal, onReady: () => undefined },
  });
  t.after(async () => {
    shutdown.abort();
    await running;
    await connection.close();
  });
  const { workflowService } = server.client;
  const current = () => workflowService.setWorkerDeploymentCurrentVersion({ namespace: 'default', deploymentName: DEPLOYMENT, buildId, identity: 'test' });
  for (;;) if (await current().then(() => true, isNotKnownYet)) return;
}

/** The server learns of a version when its worker asks for work. */
function isNotKnownYet(error: unknown): false {
  if ([NOT_FOUND, FAILED_PRECONDITION].includes((error as { code: number }).code)) return false;
  throw error;
}

const [NOT_FOUND, FAILED_PRECONDITION] = [5, 9]; // gRPC's numbers

/** By which builds the workflow tasks of a workflow were done, in order. */
async function versionsOf(workflowId: string): Promise<readonly string[]> {
  const events = (await executionsOf(server.client, workflowId)).flat();
  const builds = events.flatMap((event) => event.workflowTaskCompletedEventAttributes?.deploymentVersion?.buildId ?? []);
  return [...new Set(builds)];
}
