import type { SetEvaluation } from '../evaluation/evaluation.js';
import { CHARTED, confusionMatrix } from './charts.js';
import { renderNoise } from './noise.js';
import { count, counted, decimal, percent } from './numbers.js';
import { columns, figure, heading, paragraph, table } from './page.js';
import { pseudoLabels } from './pseudo-labels.js';
import { BLUE, ORANGE } from './series.js';
import { startAndFineTuning } from './start-and-fine-tuning.js';
import type { GenerationSummary } from './summary.js';

/** One model: what it learnt from, how it does, and the noise it had. */
export async function modelSection(summary: GenerationSummary, classes: readonly string[]): Promise<string> {
  const { generation, training, selection, evaluation, noise } = summary;
  return [
    `${paragraph(`${generation.model}, ${count(training.parameters)} parameters, ${counted(training.steps, 'step')} of ${count(training.images / training.steps)} images${inParts(training)}.`)}`,
    ...startAndFineTuning(summary).map((sentence) => paragraph(sentence)),
    ...(summary.fineTuning ? [paragraph('What follows is the model after that, and the noise before.')] : []),
    ...(selection ? [heading(3, 'Pseudo-labels it learnt from'), await pseudoLabels(selection)] : []),
    heading(3, 'On the test set'),
    await testSet(evaluation.test, classes),
    heading(3, 'Noise that was on'),
    renderNoise(noise),
  ].join('\n');
}

/** With batch norms of their own, parts make another model than the whole would have. */
function inParts({ microBatches }: GenerationSummary['training']): string {
  return microBatches === undefined ? '' : `, at last in ${microBatches} parts one after the other, because memory ran out`;
}

async function testSet(test: SetEvaluation, classes: readonly string[]): Promise<string> {
  const { images, top1, top5, loss } = test;
  const summary = paragraph(`${count(images)} images: top-1 ${percent(top1)}, top-5 ${percent(top5)}, cross-entropy ${decimal(loss, 3)} nats.`);
  const tables = [weakest(test), confusions(test, classes)];
  if (classes.length > CHARTED) return `${summary}\n${columns(tables)}`;
  const label = `Confusion matrix of ${count(images)} test images, ${percent(top1)} on the diagonal. The tables beside it name the weakest classes and the most frequent confusions.`;
  const matrix = await confusionMatrix(label, classes, test.confusion, { right: BLUE, wrong: ORANGE });
  const caption = 'Images by true class (rows) and predicted class (columns): blue is right, orange wrong, and stronger means more of the row.';
  return `${summary}\n${columns([figure(matrix, caption, { isFixed: true }), `<div>${tables.join('\n')}</div>`])}`;
}

const SHOWN = 10;

function weakest({ perClass }: SetEvaluation): string {
  const order = [...perClass].filter(({ images }) => images > 0).sort((a, b) => a.top1! - b.top1!);
  const shown = order.slice(0, SHOWN);
  return table({
    caption: shown.length < order.length ? `The ${SHOWN} weakest of ${count(order.length)} classes` : 'Classes, the weakest first',
    columns: { class: 'text', images: 'number', right: 'number' },
    rows: shown.map(({ class: name, images, top1 }) => [name, count(images), percent(top1)]),
  });
}

function confusions({ confusion, perClass }: SetEvaluation, classes: readonly string[]): string {
  const wrong = confusion.flatMap((row, truth) => row.flatMap((n, predicted) => (n > 0 && predicted !== truth ? [{ truth, predicted, n }] : [])));
  const order = wrong.sort((a, b) => b.n - a.n).slice(0, SHOWN);
  if (order.length === 0) return paragraph('No test image was classed wrongly.', 'note');
  return table({
    caption: 'Most frequent confusions',
    columns: { 'true class': 'text', 'predicted as': 'text', images: 'number', 'share of the class': 'number' },
    rows: order.map(({ truth, predicted, n }) => [classes[truth]!, classes[predicted]!, count(n), percent(n / perClass[truth]!.images)]),
  });
}
