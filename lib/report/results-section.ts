import type { SetEvaluation } from '../evaluation/evaluation.js';
import { count, duration, percent, points } from './numbers.js';
import { paragraph, table } from './page.js';
import { modelsOf, type Summary } from './summary.js';

/** The answer in a sentence, and a row for each model. */
export function resultsSection(summary: Summary): string {
  const models = modelsOf(summary);
  const seconds = models.reduce((sum, model) => sum + model.seconds, 0);
  const rows = models.map(({ title, generation, training, evaluation, selection, seconds: own }) => [
    title,
    generation.model,
    count(training.parameters),
    percent(evaluation.test.top1),
    percent(evaluation.test.top5),
    percent(evaluation.validation.top1),
    count(selection && selection.unique),
    count(selection && selection.rows),
    percent(selection?.accuracy?.pool ?? null),
    own.toFixed(1),
  ]);
  return [
    paragraph(answer(summary), 'headline'),
    ...certainty(summary).map((sentence) => paragraph(sentence, 'note')),
    table({ caption: 'Each model, judged without noise with its averaged weights', columns: COLUMNS, rows }),
    paragraph(
      `Pool images and rows: the images a student saw of the pool, and how many they are with repetitions. Label accuracy: pseudo-labels of the whole pool that are the hidden true ones. ` +
        `Seconds: of the first computation (labelling, selecting, training, evaluating), also where its result was used again; ${duration(seconds)} in all.`,
      'note',
    ),
  ].join('\n');
}

const COLUMNS = {
  model: 'text',
  network: 'text',
  parameters: 'number',
  'test top-1': 'number',
  'test top-5': 'number',
  'validation top-1': 'number',
  'pool images': 'number',
  'pool rows': 'number',
  'label accuracy': 'number',
  seconds: 'number',
} as const;

function answer({ generations, gainOverTeacher, gainOverBaseline }: Summary): string {
  const last = generations.at(-1);
  if (!last) return 'No model was trained.';
  const { images, top1 } = last.evaluation.test;
  const gains = [
    gainOverTeacher === null ? '' : `${points(gainOverTeacher)} against the teacher`,
    gainOverBaseline === null ? '' : `${points(gainOverBaseline)} against the baseline`,
  ].filter(Boolean);
  return `${last.title} is right on ${percent(top1)} of the ${count(images)} test images${gains.length ? `: ${gains.join(', ')}` : ''}.`;
}

/** What a reader must know before believing the difference. */
function certainty({ generations, baseline, gainOverBaseline }: Summary): string[] {
  const last = generations.at(-1);
  if (!last || last.generation.role !== 'student') return [];
  if (!baseline || gainOverBaseline === null) {
    return [
      'There is no baseline, so nobody can tell how much of the gain is the pool’s and how much the longer training’s: “baseline: same-compute” adds one.',
    ];
  }
  const error = standardError(last.evaluation.test, baseline.evaluation.test);
  return [
    `The baseline is the last student’s network with the same noise, steps and images per step, on the labels alone. ` +
      `By the choice of test images alone such a difference has a standard error of at most about ${error.toFixed(2)} points; other seeds vary it further.`,
  ];
}

/** Of a difference of two accuracies, in points, as if they were counted on independent images: on the same ones it is smaller. */
function standardError(...sets: readonly SetEvaluation[]): number {
  const variance = sets.reduce((sum, { top1, images }) => sum + (images === 0 ? 0 : ((top1 ?? 0) * (1 - (top1 ?? 0))) / images), 0);
  return 100 * Math.sqrt(variance);
}
