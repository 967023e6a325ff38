import { checkClassCount, checkDuplicateFormats, checkEnoughImages, checkPaths, checkSameClasses, checkSharedPaths } from './check-data.js';
import { checkFreezes, checkResolutions, checkTeacherModel, checkWeights } from './check-fine-tuning.js';
import type { Issue } from './issues.js';
import { pseudoBatch } from './resolve.js';
import type { NoiseSpec } from './resolved.js';
import { pointer } from './schema.js';
import { origin, type Subject } from './subject.js';
import { nearest } from '../nearest.js';

/** What a schema cannot say: rules between keys, and between the pipeline and the machine. */
const CHECKS: readonly ((subject: Subject) => Issue[])[] = [
  checkWeights,
  checkTeacherModel,
  checkModelNames,
  checkFreezes,
  checkResolutions,
  checkStudentSizes,
  checkNoise,
  checkPseudoLabels,
  checkTeacherKeys,
  checkWarmUp,
  checkChannelStatistics,
  checkPoolPerClass,
  checkPaths,
  checkDuplicateFormats,
  checkSharedPaths,
  checkClassCount,
  checkSameClasses,
  checkEnoughImages,
];

/** Every broken rule once, though several generations inherit the key at fault. */
export function ruleIssues(subject: Subject): Issue[] {
  const issues = CHECKS.flatMap((check) => check(subject));
  return [...new Map(issues.map((issue) => [`${issue.kind} ${pointer(issue.path)}`, issue])).values()];
}

function checkModelNames({ generations, models, issue }: Subject): Issue[] {
  return generations.flatMap(({ path, model }) => {
    if (model === undefined || models.names.includes(model)) return [];
    return [issue('unknown-model', [...path, 'model'], { found: model, allowed: models.names }, nearest(model, models.names))];
  });
}

/** Noisy Student is knowledge expansion: each student has at least as many parameters as the generation before it. */
function checkStudentSizes({ pipeline, generations, sets, models, isFaulty, issue }: Subject): Issue[] {
  const survey = sets.find(({ key }) => key === 'labelled')?.survey;
  const classes = (survey && 'classes' in survey && survey.classes?.size) || 10; // Only the last layer depends on it.
  const channels = pipeline.data?.image?.channels ?? 3;
  return generations.slice(1).flatMap(({ path, model, allowSmaller }, index) => {
    const teacher = generations[index]?.model;
    if (!isKnown(model) || !isKnown(teacher) || allowSmaller || isFaulty([...path, 'allowSmaller'])) return [];
    const [parameters, teacherParameters] = [model, teacher].map((name) => models.parameters(name, classes, channels)) as [number, number];
    return parameters < teacherParameters ? [issue('smaller-student', [...path, 'model'], { model, parameters, teacher, teacherParameters })] : [];
  });

  function isKnown(model: string | undefined): model is string {
    return model !== undefined && models.names.includes(model);
  }
}

function checkNoise({ generations, isWritten, issue }: Subject): Issue[] {
  const students = generations.slice(1);
  if (students.length === 0 || !students.every(({ blocks }) => isSilent(blocks.noise))) return [];
  return [issue('no-noise', isWritten(['noise']) ? ['noise'] : ['students'], {})];
}

function isSilent({ randAugment, crop, flip, dropout, survival }: NoiseSpec): boolean {
  return randAugment === null && crop === null && flip === 'none' && dropout === 0 && survival === 1;
}

function checkPseudoLabels(subject: Subject): Issue[] {
  return subject.generations.slice(1).flatMap((generation) => {
    const { batch, unlabelledRatio } = generation.blocks.training;
    const path = origin(subject, generation, [
      ['training', 'unlabelledRatio'],
      ['training', 'batch'],
    ]);
    if (pseudoBatch({ batch, unlabelledRatio }) >= 1 || path === undefined) return [];
    return [subject.issue('no-pseudo-labels', path, { found: String(path.at(-1) === 'batch' ? batch : unlabelledRatio) })];
  });
}

function checkTeacherKeys({ isWritten, issue }: Subject): Issue[] {
  const paths = ['unlabelledRatio', 'unlabelledWeight'].map((key) => ['teacher', 'training', key]);
  return paths.filter((path) => isWritten(path)).map((path) => issue('useless-key', path, { why: 'a teacher sees no pseudo-labels' }));
}

function checkWarmUp(subject: Subject): Issue[] {
  return subject.generations.flatMap((generation) => {
    const { steps, schedule } = generation.blocks.training;
    const keys = [
      ['training', 'schedule', 'warmupSteps'],
      ['training', 'steps'],
    ];
    const path = origin(subject, generation, keys, [['training', 'schedule', 'name']]);
    if (schedule.warmupSteps < steps || path === undefined) return [];
    return [subject.issue('long-warm-up', path, { warmupSteps: schedule.warmupSteps, steps })];
  });
}

function checkChannelStatistics({ pipeline, isFaulty, issue }: Subject): Issue[] {
  const { channels = 3, ...image } = pipeline.data?.image ?? {};
  return (['mean', 'std'] as const).flatMap((key) => {
    const numbers = image[key];
    return numbers && numbers.length !== channels && !isFaulty(['data', 'image', 'channels'])
      ? [issue('channel-count', ['data', 'image', key], { found: numbers.length, allowed: channels })]
      : [];
  });
}

/** The pool of a folder may be nested in any way, so there are no classes to take images of. */
function checkPoolPerClass({ sets, issue }: Subject): Issue[] {
  return sets
    .filter(({ key, format, perClass }) => key === 'unlabelled' && format === 'folder' && perClass !== null)
    .map(() => issue('useless-key', ['data', 'unlabelled', 'perClass'], { why: 'the folders of an unlabelled set are not classes' }));
}
