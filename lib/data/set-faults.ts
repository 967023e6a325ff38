import { PipelineError } from '../errors.js';
import type { DataSpec, SourceSpec } from '../spec/resolved.js';
import type { SetName } from './dataset.js';
import type { Draw } from './split.js';
import type { Refusal } from './source.js';

/** The block of the pipeline file that describes a set. */
export const SPEC_KEY: Readonly<Record<SetName, 'labelled' | 'validation' | 'test' | 'unlabelled'>> = {
  labelled: 'labelled',
  validation: 'validation',
  test: 'test',
  pool: 'unlabelled',
};

/** Faults named in one message; more would not be read. */
const NAMED = 5;

/** Throws CLASSES_DIFFER, or DATA_INVALID if there are too few classes to tell apart, or too many to number. */
export function checkClasses(data: DataSpec, classes: Readonly<Record<'labelled' | 'validation' | 'test', readonly string[]>>): void {
  const { labelled } = classes;
  if (labelled.length < 2 || labelled.length > 65_536) {
    throw new PipelineError(
      'DATA_INVALID',
      `${nameOf(data, 'labelled')} has ${count(labelled.length, 'class', 'classes')}${labelled.length ? ` (${list(labelled)})` : ''}, but must have 2 to 65,536`,
    );
  }
  for (const set of ['validation', 'test'] as const) {
    const lacking = labelled.filter((name) => !classes[set].includes(name));
    const extra = classes[set].filter((name) => !labelled.includes(name));
    const faults = [lacking.length && `lacks ${list(lacking)}`, extra.length && `has ${list(extra)} besides`].filter(Boolean);
    if (faults.length > 0) {
      throw new PipelineError(
        'CLASSES_DIFFER',
        `${nameOf(data, set)} ${faults.join(' and ')}; it must have the classes of ${nameOf(data, 'labelled')}: ${list(labelled)}`,
      );
    }
  }
}

/** Throws DATASET_EMPTY or DATA_INVALID if a class cannot give what the set wants; `available` counts what there is for a draw. */
export function checkEnough(data: DataSpec, set: SetName, draws: readonly Draw[], available: (draw: Draw) => number): void {
  const { perClass } = data[SPEC_KEY[set]];
  const least = set === 'pool' ? 1 : (perClass ?? 1);
  const short = draws.filter((draw) => available(draw) < least);
  if (short.length === 0) return;
  const faults = short.map((draw) =>
    draw.label === null ? 'no image' : `${count(available(draw), 'image', 'images')} of class ${JSON.stringify(draw.label)}`,
  );
  const wanted = set === 'pool' || perClass === null ? 'at least 1' : `${perClass} (perClass)`;
  const code = short.some((draw) => available(draw) === 0) ? 'DATASET_EMPTY' : 'DATA_INVALID';
  throw new PipelineError(
    code,
    `${nameOf(data, set)} has ${named(faults)} that can be read and no other set has, but wants ${wanted} · add images${perClass === null ? '' : ', or lower perClass'}`,
  );
}

/** Throws DATA_CORRUPT if more of the files that were tried are unreadable than the pipeline allows. */
export function checkCorrupt(data: DataSpec, set: SetName, tried: number, lost: readonly Refusal[]): void {
  if (lost.length <= data.corruptShare * tried) return;
  const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;
  throw new PipelineError(
    'DATA_CORRUPT',
    `${nameOf(data, set)}: ${lost.length} of ${tried} files are unreadable (${percent(lost.length / tried)}), but data.corruptShare allows ${percent(data.corruptShare)} · ` +
      `${named(
        lost.map(({ id, reason }) => `${id}: ${reason}`),
        '; ',
      )} · mend or remove them, or raise data.corruptShare`,
    { evidence: { set, tried, unreadable: lost.length, first: lost.slice(0, NAMED).map(({ id, reason }) => ({ id, reason })) } },
  );
}

/** A quota per class needs labels to count by. */
export function checkPoolQuota(data: DataSpec, hasLabels: boolean): void {
  if (hasLabels || data.unlabelled.perClass === null) return;
  throw new PipelineError(
    'DATA_INVALID',
    `${nameOf(data, 'pool')} has no labels, but perClass is ${data.unlabelled.perClass}; images without labels cannot be counted per class · leave perClass out`,
  );
}

export function nameOf(data: DataSpec, set: SetName): string {
  const { path }: SourceSpec = data[SPEC_KEY[set]];
  return `data.${SPEC_KEY[set]} (${path})`;
}

function list(names: readonly string[]): string {
  return named(names.map((name) => JSON.stringify(name)));
}

function named(faults: readonly string[], separator = ', '): string {
  const rest = faults.length - NAMED;
  return faults.slice(0, NAMED).join(separator) + (rest > 0 ? ` and ${rest} more` : '');
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
