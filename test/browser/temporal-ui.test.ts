import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameLocator, Page } from 'playwright-core';
import { openPage, screenshot, useChromium, type Heard } from './chromium.js';
import { RUN, useWatchedRun } from './watched-run.js';

const chromium = useChromium();
const run = useWatchedRun();

/** Tall, because the UI scrolls inside: a screenshot shows what the window shows. */
const WINDOW = { width: 1280, height: 1500 };

const NEWS = 'newsfeed.temporal.io';

/** Opens a page of the UI and waits for its heading, looks at it, and wants no complaint and nothing from elsewhere. */
async function look(address: string, heading: string, shot: string, see: (page: Page) => Promise<void>): Promise<void> {
  const { page, heard } = await openPage(chromium, { viewport: WINDOW });
  // The UI asks its maker for news. That is its own affair, so it gets none.
  const none = { json: { version: 'https://jsonfeed.org/version/1.1', title: '', items: [] }, headers: { 'access-control-allow-origin': '*' } };
  await page.route(`https://${NEWS}/**`, (route) => route.fulfill(none));
  await page.goto(address);
  await page.getByRole('heading', { level: 1 }).filter({ hasText: heading }).waitFor();
  await see(page);
  await screenshot(page, `ui-${shot}`);
  checkHeard(heard);
  await page.close();
}

function checkHeard({ complaints, requests, failedRequests }: Heard): void {
  assert.deepEqual(complaints, []);
  // Requests that wait for news of a run are given up when a person goes on.
  assert.deepEqual(
    failedRequests.filter((request) => !request.endsWith('net::ERR_ABORTED')),
    [],
  );
  const elsewhere = requests.map((request) => new URL(request)).filter(({ hostname, protocol }) => protocol.startsWith('http') && hostname !== '127.0.0.1');
  assert.deepEqual(elsewhere.filter(({ hostname }) => hostname !== NEWS).map(String), []);
}

/** Waits until all of it can be seen. */
async function seeTexts(page: Page, ...texts: readonly (string | RegExp)[]): Promise<void> {
  for (const text of texts) await page.getByText(text).filter({ visible: true }).first().waitFor();
}

/** Waits for lines of JSON, which the UI colours word by word. */
async function seeJson(page: Page, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) await page.locator('.cm-content').filter({ hasText: line }).first().waitFor();
}

/** The UI draws Markdown in frames of their own, in this order. */
const FRAMES = ['summary', 'details', 'current details'] as const;

function frame(page: Page, name: (typeof FRAMES)[number]): FrameLocator {
  return page.frameLocator(`iframe >> nth=${FRAMES.indexOf(name)}`);
}

const CHILDREN = ['generation-0', 'generation-1', 'generation-1/labels', 'generation-2', 'generation-2/labels'].map((child) => `${RUN}/${child}`);

test('the list tells a run and its children apart by their ids', async () => {
  await look(`${run.ui}/namespaces/default/workflows`, 'Workflows', 'list', async (page) => {
    for (const id of [RUN, ...CHILDREN]) await page.getByRole('link', { name: id, exact: true }).waitFor();
  });
});

test('the timeline of a run has a row that speaks for each model', async () => {
  await look(await run.pageOf(RUN, 'timeline'), RUN, 'timeline', (page) =>
    seeTexts(page, /28 px images/, 'teacher · t0 · 600 steps', 'student 1 · t1 · 600 steps', 'student 2 · t1 · 600 steps'),
  );
});

test('the timeline of a generation says which phase it is in', async () => {
  const id = `${RUN}/generation-2`;
  await look(await run.pageOf(id, 'timeline'), id, 'generation-timeline', (page) =>
    seeTexts(page, 'labels 10 images', /confidence ≥ 0.5/, /trainModel • t1 600 steps/),
  );
});

test('the timeline of a pool has a row for each shard, and says which one was tried again', async () => {
  const id = `${RUN}/generation-1/labels`;
  await look(await run.pageOf(id, 'timeline'), id, 'labels-timeline', (page) => seeTexts(page, /shard 1\/3/, /shard 2\/3/, /shard 3\/3/, /^2 • labelShards/));
});

test('the metadata say what the run is: its summary, its models and its pipeline', async () => {
  await look(await run.pageOf(RUN, 'user-metadata'), RUN, 'metadata', async (page) => {
    await frame(page, 'summary').getByText('fashion-mnist · 4 models').waitFor();
    await frame(page, 'details').getByText('efficientnet_t0 → efficientnet_t1 → efficientnet_t1 → baseline').waitFor();
    await frame(page, 'details').getByText('baseline: same-compute').waitFor();
  });
});

test('the current details say where the run is, in a table of its generations', async () => {
  await look(await run.pageOf(RUN, 'user-metadata'), RUN, 'current-details', async (page) => {
    const details = frame(page, 'current details');
    await details.getByText('running · student 2 · train · accepts pause, stop').waitFor();
    const rows = (await details.locator('table').first().innerText()).split('\n');
    assert.match(rows.at(-2)!, /t0.*60\.00\s%/, 'the teacher');
    assert.match(rows.at(-1)!, /t1.*70\.00\s%.*75\.00\s%/, 'student 1, with the accuracy of its labels');
  });
});

test('the relationships show the run with its generations, and their labelling', async () => {
  await look(await run.pageOf(RUN, 'relationships'), RUN, 'relationships', async (page) => {
    await page
      .getByRole('link', { name: `${RUN}/generation-0` })
      .first()
      .waitFor();
    await page.getByText('Expand All').click();
    for (const id of CHILDREN) await page.getByRole('link', { name: id, exact: true }).first().waitFor();
  });
});

test('a run can be found by its spec, generation, phase, state and best accuracy', async () => {
  await look(await run.pageOf(RUN, 'search-attributes'), RUN, 'search-attributes', async (page) => {
    await seeJson(page, '"NoisyStudentSpec": "fashion-mnist"', '"Generation": 2', '"Phase": "train"', '"State": "running"', '"BestTop1": 0.7');
  });
  await look(
    `${run.ui}/namespaces/default/workflows?query=${encodeURIComponent("State = 'running' AND Generation = 2 AND NoisyStudentSpec = 'fashion-mnist'")}`,
    'Workflows',
    'search',
    async (page) => {
      await page.getByRole('link', { name: RUN, exact: true }).waitFor();
      assert.equal(await page.getByRole('link', { name: `${RUN}/generation-1`, exact: true }).count(), 0);
    },
  );
});

test('the pending activity shows how far the training is', async () => {
  const id = `${RUN}/generation-2`;
  await look(await run.pageOf(id, 'pending-activities'), id, 'pending', async (page) => {
    await seeTexts(page, 'trainModel', 'Heartbeat Details', /\d+ remaining/);
    await seeJson(page, '"step": 1', '"of": 2');
  });
});

test('a run that is done shows all models, and where its report is', async () => {
  await run.finish();
  await look(await run.pageOf(RUN, 'timeline'), RUN, 'done-timeline', (page) => seeTexts(page, 'baseline · t1 · 600 steps', /writeReport • 4 models/));
  await look(await run.pageOf(RUN, 'user-metadata'), RUN, 'done-details', async (page) => {
    const details = frame(page, 'current details');
    await details.getByText(`runs/${RUN}/report.html`).waitFor();
    const table = await details.locator('table').first().innerText();
    for (const row of [/t0.*60\.00\s%/, /t1.*70\.00\s%/, /t1.*80\.00\s%/, /baseline.*80\.00\s%/]) assert.match(table, row);
  });
});
