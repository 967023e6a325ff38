/**
 * Workflows as long as nobody has time for, on a real server with activities that compute nothing. Fails where a history, a payload or the
 * memory of the workflow worker, which is a process of its own, grows with the length of the work.
 *
 *   npm run simulate                              both parts
 *   npm run simulate -- generations [COUNT]       a run of 1,000 generations
 *   npm run simulate -- pool [IMAGES]             a pool of 10^8 images in shards of 4,096
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { labelPool, LabelPoolInput } from '../workflows/label-pool.js';
import { statusQuery } from '../workflows/messages.js';
import { queuesOf } from '../workflows/queues.js';
import { fakeActivities } from '../test/workflows/fake-activities.js';
import { startRun } from '../test/workflows/runs.js';
import { exampleSpec } from '../test/workflows/spec.js';
import { openWorld, sizesOf, type Sizes, type World } from './simulate/world.js';

/** Of one execution: what the server warns of is ten times as much. */
const MOST_EVENTS = 5_000;
const MOST_PAYLOAD = 10_000;
/** Of the worker's memory from a fifth of the way to the end: the collector's tides. */
const MOST_GROWTH = 1.25;
const SAMPLES = 10;

const PARTS: Readonly<Record<string, (world: World, size: number | undefined) => Promise<string[]>>> = { generations, pool };

const [wanted, size] = process.argv.slice(2);
const parts = Object.entries(PARTS).filter(([name]) => wanted === undefined || name === wanted);
if (parts.length === 0) throw new Error(`${wanted} is not one of ${Object.keys(PARTS).join(', ')}`);
for (const [name, simulate] of parts) {
  const world = await openWorld();
  try {
    for (const fault of await simulate(world, size === undefined ? undefined : Number(size))) {
      console.error(`simulation of ${name} failed: ${fault}`);
      process.exitCode = 1;
    }
  } finally {
    await world.close();
  }
}

async function generations(world: World, count = 1_000): Promise<string[]> {
  const { client } = world.server;
  const started = performance.now();
  const fakes = fakeActivities();
  const finished = () => fakes.calls.filter(({ name }) => name === 'recordModel').length - 1;
  const { handle } = await startRun(world.server, 'long', { fakes, limits: { generations: count } });
  const memory = await watch(world, { of: count, done: finished }, async () => {
    const { generations, omitted, ...status } = await handle.query(statusQuery);
    return `status ${JSON.stringify({ generations, omitted, ...status }).length} bytes, ${generations.length} generations told and ${omitted?.generations ?? 0} not`;
  });
  const status = await handle.result();
  const seconds = (performance.now() - started) / 1000;

  const told = status.generations.length + (status.omitted?.generations ?? 0);
  const children = Array.from({ length: count }, (_, index) => `long/generation-${index}`);
  const sizes = {
    run: await sizesOf(client, ['long']),
    generation: await sizesOf(client, [...children, 'long/baseline']),
    labels: await sizesOf(
      client,
      children.slice(1).map((id) => `${id}/labels`),
    ),
  };
  console.log(`${count} generations in ${seconds.toFixed(0)} s, ${(seconds / count).toFixed(2)} s for each`);
  return [
    ...faultsOf(sizes),
    ...growthOf(memory),
    ...(status.state === 'done' && told === count ? [] : [`${told} generations are told, and the run is ${status.state}`]),
  ];
}

async function pool(world: World, images = 1e8): Promise<string[]> {
  const { client, queuePrefix, fakes: byRun } = world.server;
  const fakes = fakeActivities();
  byRun.set('pool', fakes);
  const labelling = { ...exampleSpec().generations[1]!.labelling, shard: 4_096 };
  const shards = Math.ceil(images / labelling.shard);
  const ref = (phase: 'train' | 'prepare') => ({ phase, key: 'a'.repeat(64), digest: 'b'.repeat(64) });
  const input: LabelPoolInput = { generation: 1, labelling, model: ref('train'), dataset: ref('prepare'), images, queues: queuesOf(queuePrefix) };
  const started = performance.now();
  const handle = await client.workflow.start<typeof labelPool>('labelPool', { workflowId: 'pool', taskQueue: input.queues.workflows, args: [input] });
  const labelled = () => fakes.calls.reduce((sum, { input: { first, last } }) => sum + Number(last) - Number(first) + 1, 0);
  const memory = await watch(world, { of: shards, done: labelled }, () => Promise.resolve(`${labelled()} shards`));
  const result = await handle.result();
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${images} images in ${shards} shards, ${fakes.calls.length} activities: ${seconds.toFixed(0)} s, ${((1000 * seconds) / shards).toFixed(1)} ms for each shard`,
  );
  return [
    ...faultsOf({ labels: await sizesOf(client, ['pool']) }),
    ...growthOf(memory),
    ...(result.shards === shards ? [] : [`${result.shards} of ${shards} shards were labelled`]),
  ];
}

/** Looks at the worker's memory ten times on the way. Returns the bytes of each look. */
async function watch(world: World, { of, done }: { of: number; done(): number }, tell: () => Promise<string>): Promise<number[]> {
  const memory: number[] = [];
  for (let sample = 1; sample <= SAMPLES; sample++) {
    while (done() < Math.floor((of * sample) / SAMPLES)) await delay(100);
    memory.push(await world.workerMemory());
    console.log(`${String(done()).padStart(6)} of ${of}: worker ${(memory.at(-1)! / 2 ** 20).toFixed(0)} MiB, ${await tell()}`);
  }
  return memory;
}

function faultsOf(sizes: Readonly<Record<string, Sizes>>): string[] {
  return Object.entries(sizes).flatMap(([name, { executions, events, bytes, payload }]) => {
    console.log(`${name}: ${executions} executions, at most ${events} events and ${bytes} bytes of history, largest payload ${payload} bytes`);
    const isTooLong = events >= MOST_EVENTS ? [`a history of ${name} has ${events} events`] : [];
    return payload >= MOST_PAYLOAD ? [...isTooLong, `a payload of ${name} has ${payload} bytes`] : isTooLong;
  });
}

function growthOf(memory: readonly number[]): string[] {
  const [early, late] = [memory[1]!, memory.at(-1)!];
  return late > early * MOST_GROWTH ? [`the worker's memory grew from ${early} to ${late} bytes`] : [];
}
