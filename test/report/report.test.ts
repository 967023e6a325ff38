import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeReport } from '../../lib/report/report.js';
import { LISTED, type Duplicate, type Quarantined, type Summary } from '../../lib/report/summary.js';
import type { TrainResult } from '../../lib/training/outputs.js';
import { CLOTHES, withRun, type RunParts } from './run-folders.js';

async function pageOf(parts: RunParts): Promise<string> {
  return withRun(parts, async (input) => {
    await writeReport(input);
    return readFile(join(input.output, 'report.html'), 'utf8');
  });
}

/** Everything between tags, as a person reads it. */
function textOf(page: string): string {
  const body = page.slice(page.indexOf('<body>'));
  return body
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll(/\s+/g, ' ');
}

/** Fails with what is missing alone: a whole page in a message hides it. */
function checkSays(page: string, ...phrases: readonly (string | RegExp)[]): void {
  const text = textOf(page);
  assert.deepEqual(
    phrases.filter((phrase) => text.search(phrase) < 0),
    [],
  );
}

test('the page opens with the gain over the teacher and over the baseline, and how sure it is', async () => {
  checkSays(
    await pageOf({}),
    /Student 2 is right on 82\.50 % of the 10,000 test images: \+3\.72 points against the teacher, \+1\.42 points against the baseline\./,
    /standard error of at most about 0\.55 points/,
  );
});

test('a student worse than the baseline is said to be worse', async () => {
  checkSays(await pageOf({ top1: [0.8, 0.8, 0.8, 0.9] }), /−9\.90 points against the baseline/);
});

test('without a baseline the page says what cannot be told', async () => {
  const page = await pageOf({ hasBaseline: false });
  checkSays(page, 'There is no baseline');
  assert.ok(!page.includes('against the baseline'));
});

test('a model that started from weights and was trained at a larger size says so, and its curves are those of the first training', async () => {
  await withRun({}, async (input) => {
    const [teacher, ...students] = input.generations;
    const freeze = { groups: ['stem', 'blocks.0'], norms: 'frozen' } as const;
    const resolution = { size: 40, epochs: 1.5, batch: 32, rateFactor: 0.012, freeze: null };
    const tuned = join(input.output, '..', 'tuned');
    await mkdir(tuned);
    const result = JSON.parse(await readFile(join(teacher!.train, 'result.json'), 'utf8')) as TrainResult;
    const row = { ...result.final, step: 23, rate: 0.00018 };
    await writeFile(join(tuned, 'result.json'), JSON.stringify({ ...result, steps: 23, images: 736, final: row }));
    await writeFile(join(tuned, 'metrics.jsonl'), `${JSON.stringify(row)}\n`);
    const generation = { ...teacher!.generation, weights: 'hf-hub:timm/some', freeze, resolution };
    const generations = [{ ...teacher!, generation, base: teacher!.train, train: tuned }, ...students];
    const summary = await writeReport({ ...input, generations });
    assert.equal(summary.generations[0]!.metrics.length, 60);
    checkSays(
      await readFile(join(input.output, 'report.html'), 'utf8'),
      'It started from the weights hf-hub:timm/some, and kept stem, blocks.0 as they were, batch norms included.',
      'Then it was trained at 40 × 40 pixels: 23 steps of 32 labelled images without noise, at the rate 0.000180.',
    );
    const lines = (await readFile(join(input.output, 'metrics.jsonl'), 'utf8')).split('\n').filter((line) => line.includes('fine-tune'));
    assert.deepEqual(JSON.parse(lines.join()), { role: 'teacher', generation: 0, phase: 'fine-tune', ...row });
  });
});

test('each part that a reader looks for is there, once for each model', async () => {
  const page = await pageOf({ unpredicted: ['Shirt'] });
  const headings = [...page.matchAll(/<h2[^>]*>([^<]*)/g)].map(([, heading]) => heading);
  assert.deepEqual(headings, ['Results', 'Training', 'Teacher', 'Student 1', 'Student 2', 'Baseline', 'Data', 'Experiment']);
  assert.equal(page.match(/>Pseudo-labels it learnt from</g)?.length, 2);
  for (const part of ['On the test set', 'Noise that was on']) assert.equal(page.match(new RegExp(`>${part}<`, 'g'))?.length, 4, part);
  checkSays(
    page,
    'Warning: the teacher predicts no pool image as "Shirt"',
    /81\.20 % of the pool’s labels and 87\.40 % of the rows’ are the hidden true ones/,
    /3,900 images \(6\.78 %\) changed their class/,
    /features dropped 10\.00 % 10\.04 %/,
    /Digest c0ffee0+ : the same/,
    'name: clothes seed: 1 data: image: size: 28',
    /seconds Teacher efficientnet_t0 41,234 78\.78 % 99\.30 % 79\.10 % – – – 60\.3 /,
  );
});

test('images without a hidden label are neither right nor wrong', async () => {
  checkSays(await pageOf({ knownShare: 0.5 }), 'the label is right the label is wrong no hidden label');
  checkSays(await pageOf({}), 'the label is right the label is wrong faint');
});

test('equal artifacts give the same bytes in every file', async () => {
  const files = (input: { output: string }) =>
    readdir(input.output).then((names) => Promise.all(names.sort().map(async (name) => [name, await readFile(join(input.output, name), 'utf8')])));
  const once = () => withRun({}, async (input) => (await writeReport(input), files(input)));
  const [first, second] = [await once(), await once()];
  assert.deepEqual(
    first.map(([name]) => name),
    ['duplicates.jsonl', 'metrics.jsonl', 'quarantine.jsonl', 'report.html', 'summary.json'],
  );
  assert.deepEqual(first, second);
});

const HOSTILE = '"><script>alert(1)</script>&amp;\'';

test('what comes from data is text and never markup', async () => {
  const quarantine: Quarantined[] = [{ id: `${HOSTILE}.png`, set: 'pool', reason: `${HOSTILE} is no image` }];
  const duplicates: Duplicate[] = [{ id: HOSTILE, set: 'pool', same: { id: HOSTILE, set: 'test' }, dropped: true }];
  const page = await pageOf({ run: HOSTILE, classes: [HOSTILE, 'b', 'c'], unpredicted: [HOSTILE], quarantine, duplicates });
  assert.ok(!page.includes('<script'));
  assert.ok(textOf(page).includes(`${HOSTILE}.png pool ${HOSTILE} is no image`), 'the id reads as it is');
  assert.match([...page.matchAll(/<svg[^]*?<\/svg>/g)].join(''), /&gt;&lt;scr/, 'charts escape the name of a class');
});

/** Runs in which something is missing, many or null. */
const RUNS: Readonly<Record<string, RunParts>> = {
  'a teacher alone': { hasStudents: false },
  'no baseline': { hasBaseline: false },
  'no noise': { hasNoise: false },
  'no hidden labels': { hasHiddenLabels: false },
  'one line of metrics': { metricsRows: 1 },
  'no line of metrics': { metricsRows: 0 },
  'two classes, one of them never predicted': { classes: ['cat', 'dog'], unpredicted: ['dog'] },
  'one class': { classes: ['cat'] },
  'nothing right': { top1: [0, 0, 0, 0] },
  'everything right': { top1: [1, 1, 1, 1] },
  'as many classes as a chart shows': { classes: named(60) },
  'a thousand classes': { classes: named(1000), unpredicted: named(1000).slice(0, 30) },
  'a hundred thousand steps': { metricsRows: 10_000 },
};

function named(classes: number): string[] {
  return Array.from({ length: classes }, (_, i) => `class ${i}`);
}

for (const [name, parts] of Object.entries(RUNS)) {
  test(`the page is whole, small and free of gaps: ${name}`, async () => {
    const page = await pageOf(parts);
    assert.deepEqual(page.match(/NaN|undefined|Infinity|\[object/g) ?? [], []);
    assert.ok(page.length < 600_000, `${page.length} bytes`);
    checkPage(page);
  });
}

/** What a browser, a screen reader and a person without a network need. */
function checkPage(page: string): void {
  assert.equal(page.match(/<h1>/g)?.length, 1);
  for (const [tag] of page.matchAll(/<svg[^>]*>/g)) assert.match(tag, / role="img" aria-label="[^"]+" width="\d+" height="\d+" viewBox/);
  for (const [tag] of page.matchAll(/<th[ >][^>]*>?/g)) assert.match(tag, /scope="(col|row)"/);
  assert.equal(page.match(/<table>/g)?.length, page.match(/<caption>/g)?.length);
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length, 'ids are unique');
  for (const [, target] of page.matchAll(/ href="#([^"]*)"/g)) assert.ok(ids.includes(target!), `#${target} leads somewhere`);
  assert.deepEqual(
    [...page.replaceAll('xmlns="http://www.w3.org/2000/svg"', '').matchAll(/(https?:)?\/\/[a-z]|url\(|<(script|link rel="stylesheet|iframe|img)/g)],
    [],
    'nothing is fetched',
  );
  for (const name of ['section', 'table', 'figure', 'div', 'svg', 'g', 'tr', 'main', 'header']) {
    assert.equal(page.match(new RegExp(`<${name}[ >]`, 'g'))?.length ?? 0, page.match(new RegExp(`</${name}>`, 'g'))?.length ?? 0, `<${name}> is closed`);
  }
}

test('a chart of as many classes has a bar for each, and a cell for each pair that occurs', async () => {
  const page = await pageOf({ classes: CLOTHES });
  const [bars, , matrix] = [...page.slice(page.indexOf('id="student-1"')).matchAll(/<svg[^]*?<\/svg>/g)].map(([svg]) => svg);
  assert.equal(bars!.match(/fill="#4c78a8"/g)?.length, CLOTHES.length);
  assert.equal(matrix!.match(/fill="#4c78a8"/g)?.length, CLOTHES.length, 'the diagonal');
  assert.equal(matrix!.match(/fill="#d9730d"/g)?.length, 2 * CLOTHES.length, 'the errors');
});

test('long lists are cut, counted and kept whole beside the page', async () => {
  const quarantine = Array.from({ length: LISTED + 5 }, (_, i) => ({ id: `broken-${i}.png`, set: 'pool', reason: 'it is no image' }));
  await withRun({ quarantine }, async (input) => {
    await writeReport(input);
    const page = await readFile(join(input.output, 'report.html'), 'utf8');
    checkSays(page, `Unreadable files: ${LISTED + 5} The first ${LISTED} of ${LISTED + 5}; all are in quarantine.jsonl`);
    assert.ok(page.includes(`broken-${LISTED - 1}.png`) && !page.includes(`broken-${LISTED}.png`));
    const lines = (await readFile(join(input.output, 'quarantine.jsonl'), 'utf8')).trimEnd().split('\n');
    assert.equal(lines.length, LISTED + 5);
  });
});

test('the summary says as data what the page says in words, and the metrics of all trainings are in one file', async () => {
  await withRun({}, async (input) => {
    await writeReport(input);
    const summary = JSON.parse(await readFile(join(input.output, 'summary.json'), 'utf8')) as Summary;
    assert.equal(summary.gainOverTeacher?.toFixed(2), '3.72');
    assert.equal(summary.gainOverBaseline?.toFixed(2), '1.42');
    assert.deepEqual(
      summary.generations.map(({ title }) => title),
      ['Teacher', 'Student 1', 'Student 2'],
    );
    const lines = (await readFile(join(input.output, 'metrics.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(lines.length, 4 * 60);
    assert.deepEqual([lines[0]!['role'], lines.at(-1)!['role'], lines.at(-1)!['step']], ['teacher', 'baseline', 600]);
  });
});
