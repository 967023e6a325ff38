import { BINS, type ClassStatistics, type SelectionStatistics } from '../labels/selection-statistics.js';
import { CHARTED, classBars, confidenceHistogram } from './charts.js';
import { count, decimal, percent } from './numbers.js';
import { columns, figure, paragraph, table } from './page.js';
import { BLUE, GREY, legend, ORANGE, series } from './series.js';

/** What the teacher said about the pool, and what of it the student saw. */
export async function pseudoLabels(selection: SelectionStatistics): Promise<string> {
  const isCharted = selection.classes.length <= CHARTED;
  return [
    paragraph(facts(selection).join(' ')),
    ...selection.warnings.slice(0, WARNINGS).map(({ message }) => paragraph(`Warning: ${message}.`, 'warning')),
    ...(selection.warnings.length > WARNINGS
      ? [paragraph(`Warnings of ${selection.warnings.length - WARNINGS} more classes are in summary.json.`, 'warning')]
      : []),
    columns([...(isCharted ? [await balance(selection)] : []), await confidences(selection)]),
    classTable(selection.classes),
  ].join('\n');
}

const WARNINGS = 20;

function facts({ images, aboveFloor, coverage, confidence, rows, unique, accuracy, churn }: SelectionStatistics): string[] {
  return [
    `Of ${count(images)} pool images, ${count(aboveFloor)} (${percent(coverage)}) reach the confidence floor ${confidence.floor}.`,
    `The student saw ${count(unique)} of them as ${count(rows)} rows.`,
    ...(accuracy ? [`${percent(accuracy.pool)} of the pool’s labels and ${percent(accuracy.selected)} of the rows’ are the hidden true ones.`] : []),
    ...(churn ? [`${count(churn.changed)} images (${percent(churn.share)}) changed their class since the generation before.`] : []),
  ];
}

const BEFORE = series('before selection: images predicted as the class', GREY);
const AFTER = series('after selection: rows, with repetitions', BLUE);

async function balance({ classes }: SelectionStatistics): Promise<string> {
  const bars = classes.flatMap(({ class: name, before, rows }) => [
    { class: name, series: BEFORE.title, images: before },
    { class: name, series: AFTER.title, images: rows },
  ]);
  const chart = await classBars('Images of each class before and after selection; the table below has the numbers', bars, [BEFORE, AFTER]);
  return `<div>${legend([BEFORE, AFTER])}${figure(chart, 'Classes before and after selection.')}</div>`;
}

const RIGHT = series('the label is right', BLUE);
const WRONG = series('the label is wrong', ORANGE);
const UNKNOWN = series('no hidden label', GREY);
const LABELLED = series('images', BLUE);

async function confidences({ confidence: { floor, mean, histogram }, accuracy }: SelectionStatistics): Promise<string> {
  const pieces = histogram.flatMap((images, i) => {
    const at = { from: i / BINS, to: (i + 1) / BINS };
    if (!accuracy) return [{ ...at, series: LABELLED.title, low: 0, high: images }];
    const known = accuracy.bins[i]!;
    const right = Math.round(known.images * (known.accuracy ?? 0));
    return [
      { ...at, series: RIGHT.title, low: 0, high: right },
      { ...at, series: WRONG.title, low: right, high: known.images },
      { ...at, series: UNKNOWN.title, low: known.images, high: images },
    ];
  });
  const bins = pieces.filter(({ low, high }) => high > low);
  const isUnknown = bins.some((bin) => bin.series === UNKNOWN.title);
  const shown = accuracy ? [RIGHT, WRONG, ...(isUnknown ? [UNKNOWN] : [])] : [LABELLED];
  const label = `Histogram of the teacher's confidence over the pool; the mean is ${decimal(mean, 3)}, the floor ${floor}`;
  const chart = await confidenceHistogram(label, bins, floor, shown);
  return `<div>${legend(shown, ['faint: below the floor'])}${figure(chart, `Confidence of the teacher over the pool, ${decimal(mean, 3)} in the mean.`)}</div>`;
}

/** All classes, or of many those with the fewest images of their own: there the student may learn something wrong. */
function classTable(classes: readonly ClassStatistics[]): string {
  const isWhole = classes.length <= CHARTED;
  const shown = isWhole ? classes : [...classes].sort((a, b) => a.unique - b.unique).slice(0, FEWEST);
  return table({
    caption: isWhole
      ? 'Pool images by the class they were predicted as'
      : `The ${FEWEST} of ${count(classes.length)} predicted classes with the fewest images; summary.json has all`,
    columns: COLUMNS,
    rows: shown.map((row) => [
      row.class,
      count(row.before),
      count(row.aboveFloor),
      count(row.unique),
      count(row.rows),
      decimal(row.duplication, 2),
      decimal(row.lowestConfidence, 3),
      percent(row.accuracy),
    ]),
  });
}

const FEWEST = 20;

const COLUMNS = {
  class: 'text',
  predicted: 'number',
  'above the floor': 'number',
  'images kept': 'number',
  rows: 'number',
  'rows per image': 'number',
  'lowest confidence': 'number',
  'labels right': 'number',
} as const;
