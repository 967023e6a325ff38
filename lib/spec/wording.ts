import type { ErrorCode } from '../errors.js';
import type { Issue, IssueKind, IssueOf, SpecError } from './issues.js';
import { pointer } from './schema.js';
import type { SpecDocument } from './parse.js';

/** Every issue in words, in the order of the file. */
export function specErrors(issues: readonly Issue[], file: string, document: Pick<SpecDocument, 'position'>): SpecError[] {
  const inOrder = [...issues].sort((a, b) => a.offset - b.offset);
  return inOrder.map((issue) => ({
    code: WORDING[issue.kind].code,
    kind: issue.kind,
    file,
    ...document.position(issue.offset),
    path: pointer(issue.path),
    message: message(issue),
    ...(issue.suggestion === undefined ? {} : { suggestion: issue.suggestion }),
  }));
}

/** `pipelines/cifar.yaml:14:12  /seed is "one", but must be … .` and the suggestion as a question. */
export function inOneLine({ file, line, column, message, suggestion }: SpecError): string {
  const question = suggestion === undefined || suggestion.startsWith('/') ? '' : ` Did you mean ${isPlainValue(suggestion) ? suggestion : quoted(suggestion)}?`;
  return `${file}:${line}:${column}  ${message}${question}`;
}

/** A number or boolean in quotes would be text again. */
function isPlainValue(suggestion: string): boolean {
  return suggestion === 'true' || suggestion === 'false' || Number.isFinite(Number(suggestion));
}

function message(issue: Issue): string {
  const words = WORDING[issue.kind].words as (issue: Issue, at: string) => string;
  return words(issue, pointer(issue.path) || 'The pipeline');
}

/** The wording of every kind of issue: where, what was found, what is allowed, what to do. */
const WORDING: { readonly [Kind in IssueKind]: { readonly code: ErrorCode; readonly words: (issue: IssueOf<Kind>, at: string) => string } } = {
  unreadable: { code: 'SPEC_UNREADABLE', words: ({ reason }) => `The file cannot be read: ${reason}.` },
  empty: { code: 'SPEC_UNREADABLE', words: () => 'The file is empty, but must hold a pipeline; pipelines/own-images.yaml is a template.' },
  syntax: { code: 'SPEC_UNREADABLE', words: ({ reason }) => `This is not YAML: ${reason}.` },
  'several-documents': { code: 'SPEC_UNREADABLE', words: () => 'A second document begins here, but a pipeline file holds one.' },
  'yaml-version': { code: 'SPEC_UNREADABLE', words: ({ found }) => `The file asks for YAML ${found}, but is read as YAML 1.2; remove this line.` },
  tag: { code: 'SPEC_UNREADABLE', words: ({ found }, at) => `${at} has the tag ${found}, but tags are not used here; write the value without it.` },
  'merge-key': { code: 'SPEC_UNREADABLE', words: (_, at) => `${at} is a merge key, which YAML 1.2 does not have; write the keys out.` },
  'key-not-text': { code: 'SPEC_UNREADABLE', words: (_, at) => `${at} has a key that is not text; write a plain word and a colon.` },
  'duplicate-key': { code: 'SPEC_UNREADABLE', words: ({ firstLine }, at) => `${at} is written twice, first in line ${firstLine}; remove one.` },
  'unknown-anchor': { code: 'SPEC_UNREADABLE', words: ({ found }) => `*${found} has no anchor &${found} before it.` },
  'cyclic-alias': { code: 'SPEC_UNREADABLE', words: ({ found }) => `*${found} stands inside its own anchor &${found}.` },
  'too-large': { code: 'SPEC_UNREADABLE', words: ({ allowed }, at) => `${at} makes the pipeline too large; ${allowed}.` },

  'wrong-value': { code: 'SPEC_INVALID', words: ({ found, allowed }, at) => `${at} is ${found}, but must be ${allowed}.` },
  'missing-key': { code: 'SPEC_INVALID', words: ({ allowed }, at) => `${at} is missing; it must be ${allowed}.` },
  'unknown-key': {
    code: 'SPEC_INVALID',
    words: ({ key, parent, allowed }) =>
      `${quoted(key)} is not a key of ${parent}; its ${allowed.length === 1 ? 'key is' : 'keys are'} ${listed(allowed, 'and')}.`,
  },
  'misplaced-key': {
    code: 'SPEC_INVALID',
    words: ({ key, parent, places }) => `${quoted(key)} is not a key of ${parent}; it belongs ${listed(places.map(placed), 'or')}.`,
  },
  'other-variant': {
    code: 'SPEC_INVALID',
    words: ({ key, found, allowed }, at) => `${at} does not go with ${quoted(found)}; ${quoted(key)} is a key of ${listed(allowed.map(quoted), 'and')}.`,
  },

  'unknown-model': {
    code: 'MODEL_UNKNOWN',
    words: ({ found, allowed }, at) => `${at} is ${quoted(found)}, but must be one of ${listed(allowed, 'or')}.`,
  },
  'unknown-weights': {
    code: 'MODEL_UNKNOWN',
    words: ({ found, reason }, at) => `${at} is ${quoted(found)}, but ${reason}.`,
  },
  'untold-model': {
    code: 'SPEC_INVALID',
    words: ({ weights }, at) => `${at} is missing, and the weights ${quoted(weights)} do not tell it before they are there; write the name of their model.`,
  },
  'other-model': {
    code: 'SPEC_INVALID',
    words: ({ model, weights, told }, at) =>
      `${at} is ${quoted(model)}, but the weights ${quoted(weights)} are of ${quoted(told)}; remove the model, or take weights of ${quoted(model)}.`,
  },
  'unknown-group': {
    code: 'SPEC_INVALID',
    words: ({ found, model, allowed }, at) => `${at} has ${listed(found.map(quoted), 'and')}, but the layer groups of ${model} are ${listed(allowed, 'and')}.`,
  },
  'all-frozen': {
    code: 'SPEC_INVALID',
    words: ({ model }, at) => `${at} freezes every layer group of ${model}, which leaves nothing to train; leave one out, such as head.`,
  },
  'frozen-at-random': {
    code: 'SPEC_INVALID',
    words: (_, at) => `${at} freezes layers of a fresh network, which would stay as random as they begin; write weights beside it, or remove it.`,
  },
  'small-resolution': {
    code: 'SPEC_INVALID',
    words: ({ found, size }, at) => `${at} is ${found}, but must be larger than /data/image/size, which is ${size} (pixels).`,
  },
  'smaller-student': {
    code: 'SPEC_INVALID',
    words: ({ model, parameters, teacher, teacherParameters }, at) =>
      `${at} is ${quoted(model)} with ${counted(parameters)} parameters, but its teacher ${quoted(teacher)} has ${counted(teacherParameters)}; a student is at least as large. Take a larger one, or write allowSmaller: true beside it.`,
  },
  'no-noise': {
    code: 'SPEC_INVALID',
    words: (_, at) => `${at} leaves every student without noise, but a noisy student needs some: randAugment, crop, flip, dropout above 0 or survival below 1.`,
  },
  'no-pseudo-labels': {
    code: 'SPEC_INVALID',
    words: ({ found }, at) => `${at} is ${found}, so that a student's step has no pseudo-labelled image; round(batch × unlabelledRatio) must be at least 1.`,
  },
  'too-long': {
    code: 'SPEC_INVALID',
    words: ({ bytes, allowed }, at) =>
      `${at} has ${counted(bytes)} bytes with everything written out that its generations inherit and where its data lies, but may have ${counted(allowed)}; shorten paths and lists, or take fewer students.`,
  },
  'useless-key': { code: 'SPEC_INVALID', words: ({ why }, at) => `${at} has no effect, because ${why}; remove it.` },
  'long-warm-up': {
    code: 'SPEC_INVALID',
    words: ({ warmupSteps, steps }, at) => `${at} leaves a warm-up of ${warmupSteps} steps in a training of ${steps}, but warmupSteps must be below steps.`,
  },
  'channel-count': {
    code: 'SPEC_INVALID',
    words: ({ found, allowed }, at) =>
      `${at} has ${found} ${found === 1 ? 'number' : 'numbers'}, but must have ${allowed}, one for each of data.image.channels.`,
  },

  'no-such-data': {
    code: 'DATA_MISSING',
    words: ({ found, missing, folders }, at) =>
      `${at} is ${quoted(found)}, but ${missing} ${folders.length === 0 ? 'does not exist' : `is not in ${listed(folders, 'or')}`}.`,
  },
  'broken-data': { code: 'DATA_INVALID', words: ({ found, reason }, at) => `${at} is ${quoted(found)}, but ${reason}.` },
  'no-classes': {
    code: 'DATA_INVALID',
    words: ({ found }, at) => `${at} is ${quoted(found)}, but no folder is in it; a set with labels has one folder per class.`,
  },
  'one-class': {
    code: 'DATA_INVALID',
    words: ({ found, name }, at) => `${at} is ${quoted(found)}, but all its images are of the class ${quoted(name)}; there must be at least 2 classes.`,
  },
  'classes-differ': {
    code: 'CLASSES_DIFFER',
    words: ({ set, lacking, extra }, at) => `${at} has other classes than /data/labelled/path: ${differences(set, lacking, extra)}.`,
  },
  'too-few-images': {
    code: 'DATA_INVALID',
    words: ({ asks, found, name, source }, at) => `${at} ${asks}, but ${quoted(source)} has ${found} of the class ${quoted(name)}.`,
  },
  'shared-path': {
    code: 'SPEC_INVALID',
    words: ({ set, other }, at) => `${at} takes every image of its path, which leaves none for /data/${other} on the same path; give /data/${set} a perClass.`,
  },
  'two-formats': {
    code: 'SPEC_INVALID',
    words: ({ found, other }, at) => `${at} is ${quoted(found)}, but ${other} on the same path has another format.`,
  },
};

/** At most this many names are listed; the rest is counted. */
const NAMES = 10;

export function listed(words: readonly string[], last: 'and' | 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}

function placed(block: string): string {
  return block === '' ? 'at the top level' : `under ${block}`;
}

function differences(set: string, lacking: readonly string[], extra: readonly string[]): string {
  const parts = [lacking.length > 0 ? `${set} lacks ${named(lacking)}` : '', extra.length > 0 ? `only ${set} has ${named(extra)}` : ''];
  return parts.filter((part) => part !== '').join(', and ');
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, NAMES).map(quoted);
  return listed(names.length > NAMES ? [...shown, `${names.length - NAMES} more`] : shown, 'and');
}

function counted(count: number): string {
  return count.toLocaleString('en-GB');
}
