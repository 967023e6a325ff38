import { stringify } from 'yaml';
import type { ResolvedSpec } from '../spec/resolved.js';
import { classBars, confusionMatrix, curves } from './charts.js';
import { renderNoise } from './noise.js';
import { escape, figure, page, table } from './page.js';
import type { GenerationSummary, Summary } from './summary.js';

/** The run as one self-contained page: table, curves, then each model, then what was set aside. */
export async function renderReport(summary: Summary, spec: ResolvedSpec): Promise<string> {
  const models = [...summary.generations, ...(summary.baseline ? [summary.baseline] : [])];
  const details = await Promise.all(models.map((model) => renderModel(model, summary.dataset.classes)));
  return page(
    `${summary.name}: Noisy Student run ${summary.run}`,
    [
      `<h1>${escape(summary.name)}</h1>`,
      `<p>Run <code>${escape(summary.run)}</code>. ${headline(summary)}</p>`,
      modelsTable(models),
      '<h2>Training</h2>',
      figure(await curves(curvePoints(models, 'labelledLoss'), 'labelled loss'), 'Cross-entropy on labelled images, with noise.'),
      figure(await curves(curvePoints(models, 'labelledTop1'), 'labelled top-1'), 'Top-1 on the labelled images of each batch, with noise.'),
      ...details,
      renderData(summary),
      '<h2>Experiment</h2>',
      `<p>Digest <code>${escape(summary.specDigest)}</code>. Every default is written out.</p>`,
      `<pre>${escape(stringify(spec, { aliasDuplicateObjects: false }))}</pre>`,
    ].join('\n'),
  );
}

/** One row per model; figures in per cent. */
function modelsTable(models: readonly GenerationSummary[]): string {
  const head = ['model', 'network', 'parameters', 'validation top-1', 'test top-1', 'test top-5', 'pool kept', 'unique', 'pseudo-label accuracy', 'seconds'];
  const rows = models.map(({ title, generation, training, evaluation, selection, seconds }) => [
    title,
    generation.model,
    training.parameters.toLocaleString('en'),
    percent(evaluation.validation.top1),
    percent(evaluation.test.top1),
    percent(evaluation.test.top5),
    selection ? selection.rows.toLocaleString('en') : '–',
    selection ? selection.unique.toLocaleString('en') : '–',
    selection?.accuracy ? percent(selection.accuracy.pool) : '–',
    seconds.toFixed(1),
  ]);
  return table([head, ...rows]);
}

function headline({ gainOverBaseline, baseline }: Summary): string {
  if (gainOverBaseline === null || !baseline) return '';
  const points = `${gainOverBaseline < 0 ? '−' : '+'}${Math.abs(gainOverBaseline).toFixed(2)} points`;
  return `The last student is ${points} from the baseline on the test set: the same network, noise, steps and images per step, on the labels alone.`;
}

function curvePoints(models: readonly GenerationSummary[], metric: string) {
  return models.flatMap(({ title, metrics }) =>
    metrics.flatMap((line) => (typeof line[metric] === 'number' ? [{ step: line.step, value: line[metric], series: title }] : [])),
  );
}

async function renderModel(model: GenerationSummary, classes: readonly string[]): Promise<string> {
  const { title, generation, selection, evaluation, noise } = model;
  const parts = [`<h2>${escape(title)}: ${escape(generation.model)}</h2>`];
  if (selection) {
    const bars = selection.classes.flatMap(({ class: name, before, rows }) => [
      { class: name, series: 'labelled as, before selection', count: before },
      { class: name, series: 'rows, after selection', count: rows },
    ]);
    parts.push('<h3>Pseudo-labels</h3>');
    parts.push(...selection.warnings.map(({ message }) => `<p class="warning">${escape(message)}</p>`));
    parts.push(figure(await classBars(bars, 'images'), `Of ${selection.images.toLocaleString('en')} images ${percent(selection.coverage)} reach confidence ${selection.confidence.floor}.`));
    parts.push(pseudoLabelTable(selection));
  }
  parts.push('<h3>Test set</h3>');
  parts.push(figure(await confusionMatrix(classes, evaluation.test.confusion), `${evaluation.test.images.toLocaleString('en')} test images, top-1 ${percent(evaluation.test.top1)}.`));
  parts.push('<h3>Noise that was on</h3>', renderNoise(noise));
  return parts.join('\n');
}

function pseudoLabelTable({ classes, churn, accuracy }: NonNullable<GenerationSummary['selection']>): string {
  const rows = classes.map((c) => [
    c.class,
    String(c.before),
    String(c.aboveFloor),
    String(c.unique),
    String(c.rows),
    c.duplication === null ? '–' : c.duplication.toFixed(2),
    c.lowestConfidence === null ? '–' : c.lowestConfidence.toFixed(3),
    percent(c.accuracy),
  ]);
  const facts = [
    accuracy && `Labels agree with the hidden ones for ${percent(accuracy.pool)} of the pool and ${percent(accuracy.selected)} of the selected rows.`,
    churn && `${percent(churn.share)} of the pool changed its class since the last generation.`,
  ].filter(Boolean);
  return `<p>${facts.join(' ')}</p>${table([['class', 'labelled as', 'above the floor', 'unique kept', 'rows', 'copies', 'lowest confidence', 'accuracy'], ...rows])}`;
}

const LISTED = 50;

/** What was set aside while preparing, so that nobody has to wonder where an image went. */
function renderData({ dataset, duplicates, quarantine }: Summary): string {
  const sets = Object.entries(dataset.sets).map(([set, images]) => [set, images.toLocaleString('en')]);
  const more = (rows: readonly unknown[]): string => (rows.length > LISTED ? `<p>The first ${LISTED} of ${rows.length}.</p>` : '');
  return [
    '<h2>Data</h2>',
    table([['set', 'images'], ...sets]),
    `<h3>Duplicates across sets: ${duplicates.length}</h3>`,
    duplicates.length ? table([['image', 'set', 'same pixels as', 'in', 'dropped'], ...duplicates.slice(0, LISTED).map((d) => [d.id, d.set, d.same.id, d.same.set, d.dropped ? 'yes' : 'no'])]) : '',
    more(duplicates),
    `<h3>Unreadable files: ${quarantine.length}</h3>`,
    quarantine.length ? table([['file', 'set', 'reason'], ...quarantine.slice(0, LISTED).map((q) => [q.id, q.set, q.reason])]) : '',
    more(quarantine),
  ].join('\n');
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(2)} %`;
}
