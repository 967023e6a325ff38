import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';

/**
 * Runs that were started by an earlier release go on with this code. What was recorded then must make the same
 * decisions now; scripts/record-histories.ts records.
 */
const FOLDER = new URL('../histories/', import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
let workflowBundle: WorkflowBundleWithSourceMap;

before(async () => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
  workflowBundle = await bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)), logger });
});

/** Recordings, and how the first execution of each ends; `null` = it was recorded while the run was under way. */
const SHAPES = {
  whole: 'WORKFLOW_EXECUTION_COMPLETED',
  tuned: 'WORKFLOW_EXECUTION_COMPLETED',
  paused: 'WORKFLOW_EXECUTION_COMPLETED',
  revised: 'WORKFLOW_EXECUTION_COMPLETED',
  repaired: 'WORKFLOW_EXECUTION_COMPLETED',
  stopped: 'WORKFLOW_EXECUTION_COMPLETED',
  cancelled: 'WORKFLOW_EXECUTION_CANCELED',
  continued: 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
  midway: null,
  waiting: null,
  'awaiting-fix': null,
};

for (const [name, end] of Object.entries(SHAPES)) {
  test(`there is a recording of a run that is ${name}`, () => {
    const found = files.filter((file) => new RegExp(`^${name}-\\d+\\.`).test(file));
    assert.notEqual(found.length, 0);
    for (const file of found) {
      const last = readHistory(file).events.at(-1)!.eventType.replace('EVENT_TYPE_', '');
      assert.equal(/WORKFLOW_EXECUTION_[A-Z_]*(?:ED|NEW)$/.test(last) && !/UPDATE|SIGNALED|OPTIONS/.test(last) ? last : null, end);
    }
  });
}

for (const file of files) {
  test(`${file} is replayed as it was recorded`, () => replay(readHistory(file)));
}

for (const [what, file, from, to] of [
  ['another activity', 'whole-generation-0-', 'evaluateModel', 'judgeModel'],
  ['another child', 'whole-0', '/generation-1', '/generation-one'],
] as const) {
  test(`a history in which ${what} was started does not fit the code`, async () => {
    const altered = readText(files.find((name) => name.startsWith(file))!).replaceAll(from, to);
    await assert.rejects(replay(JSON.parse(altered)), DeterminismViolationError);
  });
}

async function replay(recorded: unknown): Promise<void> {
  const history = historyFromJSON(recorded);
  // The ids of children are made from it.
  const { workflowId } = history.events![0]!.workflowExecutionStartedEventAttributes!;
  await Worker.runReplayHistory({ workflowBundle }, history, workflowId!);
}

interface Recorded {
  readonly events: readonly { readonly eventType: string }[];
}

function readHistory(file: string): Recorded {
  return JSON.parse(readText(file)) as Recorded;
}

function readText(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}
