import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { writeReport } from '../../lib/report/report.js';
import { writeRun } from '../report/run-folders.js';
import { DESKTOP, openPage, PHONE, screenshot, useChromium, type DrawnElement } from './chromium.js';

const chromium = useChromium();

let home: string;
let address: string;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'noisy-student-report-'));
  const input = await writeRun(home, {
    unpredicted: ['Shirt'],
    duplicates: [{ id: 'train/4711', set: 'pool', same: { id: 'test/12', set: 'test' }, dropped: true }],
    quarantine: [
      { id: 'cats/<script>alert(1)</script>.png', set: 'pool', reason: 'it is 0 bytes long' },
      { id: `${'a/very/long/path/'.repeat(8)}image.jpg`, set: 'pool', reason: 'the file ends before the image does' },
    ],
  });
  await writeReport(input);
  address = pathToFileURL(join(input.output, 'report.html')).href;
});
after(() => rm(home, { recursive: true, force: true }));

const VIEWS = [
  { name: 'desktop-light', viewport: DESKTOP, colorScheme: 'light' },
  { name: 'desktop-dark', viewport: DESKTOP, colorScheme: 'dark' },
  { name: 'phone-light', viewport: PHONE, colorScheme: 'light' },
  { name: 'phone-dark', viewport: PHONE, colorScheme: 'dark' },
] as const;

for (const { name, ...view } of VIEWS) {
  test(`the report opens whole, alone and without complaint: ${name}`, async () => {
    const { page, heard } = await openPage(chromium, view);
    await page.goto(address);
    await page.getByRole('heading', { level: 1, name: 'clothes' }).waitFor();
    await screenshot(page, `report-${name}`);

    for (const heading of ['Results', 'Training', 'Teacher', 'Student 1', 'Student 2', 'Baseline', 'Data', 'Experiment']) {
      assert.ok(await page.getByRole('heading', { level: 2, name: heading, exact: true }).isVisible(), heading);
    }
    assert.deepEqual(await page.locator('svg').evaluateAll(emptyPictures), []);
    assert.ok((await page.getByRole('img').count()) >= 11, 'three curves, and for the students two charts each, and four matrices');
    assert.deepEqual(await page.locator('html, body *').evaluateAll(wide, view.viewport.width), [], 'nothing sticks out of the page');
    assert.deepEqual(heard, { complaints: [], requests: [address], failedRequests: [] });
    await page.close();
  });
}

/** Pictures that take no room. */
function emptyPictures(pictures: readonly DrawnElement[]): string[] {
  return pictures.filter((picture) => picture.clientWidth < 100 || picture.clientHeight < 100).map(({ outerHTML }) => outerHTML.slice(0, 200));
}

/** Elements that reach over the page's edge and are not inside something that scrolls. */
function wide(elements: readonly DrawnElement[], width: number): string[] {
  const over = elements.filter(
    (element) => !element.closest('.scroll, pre') && Math.max(element.scrollWidth, element.getBoundingClientRect().right) > width + 1,
  );
  return over.map(({ outerHTML }) => outerHTML.slice(0, 100));
}

test('what is cut off can be scrolled to by the keyboard', async () => {
  const { page } = await openPage(chromium, { viewport: PHONE });
  await page.goto(address);
  const results = page.getByRole('region', { name: 'Each model, judged without noise' });
  await results.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((element) => element!.scrollLeft > 0, await results.elementHandle());
  await page.close();
});

test('a link of the contents leads to its part', async () => {
  const { page } = await openPage(chromium);
  await page.goto(address);
  await page.getByRole('navigation').getByRole('link', { name: 'Student 2' }).click();
  assert.ok(await inView(page, 'Student 2'));
  await page.close();
});

async function inView(page: Page, heading: string): Promise<boolean> {
  const box = await page.getByRole('heading', { level: 2, name: heading }).boundingBox();
  return box !== null && box.y >= 0 && box.y < DESKTOP.height;
}

test('on paper it is black on white, and no table is cut', async () => {
  const { page } = await openPage(chromium, { viewport: { width: 720, height: 1000 }, colorScheme: 'dark' }); // A4 less its margins
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.goto(address);
  await screenshot(page, 'report-print');
  assert.equal(await page.locator('body').evaluate((body: DrawnElement) => body.ownerDocument.defaultView.getComputedStyle(body).color), 'rgb(0, 0, 0)');
  assert.deepEqual(await page.locator('table, svg, pre').evaluateAll(cut, 720), []);
  await page.close();
});

function cut(elements: readonly DrawnElement[], width: number): string[] {
  return elements.filter((element) => element.getBoundingClientRect().right > width + 1).map(({ outerHTML }) => outerHTML.slice(0, 100));
}
