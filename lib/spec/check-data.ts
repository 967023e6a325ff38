import type { Issue } from './issues.js';
import type { ImageSet, Subject } from './subject.js';

export function checkPaths({ sets, issue }: Subject): Issue[] {
  return sets.flatMap(({ key, path, found, survey }) => {
    const at = ['data', key, 'path'];
    if ('missing' in found) return [issue('no-such-data', at, { found: path, missing: found.missing, folders: found.folders }, found.suggestion)];
    const reason = 'problem' in found ? found.problem : survey && 'problem' in survey ? survey.problem : undefined;
    return reason === undefined ? [] : [issue('broken-data', at, { found: path, reason })];
  });
}

/** Where a path was found is known by the path alone, so one path cannot mean two things. */
export function checkDuplicateFormats({ sets, issue }: Subject): Issue[] {
  return sets.flatMap((set, index) => {
    const other = sets.slice(0, index).find(({ path, format }) => path === set.path && format !== set.format);
    return other ? [issue('two-formats', ['data', set.key, 'format'], { found: set.format, other: `/data/${other.key}` })] : [];
  });
}

/** Sets on one path take their images in turn; one that takes them all leaves none to those after it. */
export function checkSharedPaths({ sets, isFaulty, issue }: Subject): Issue[] {
  return sets.flatMap((set, index) => {
    const next = sets.slice(index + 1).find((other) => isSamePlace(set, other));
    const at = ['data', set.key, 'path'];
    return next && set.perClass === null && !isFaulty(['data', set.key, 'perClass']) ? [issue('shared-path', at, { set: set.key, other: next.key })] : [];
  });
}

export function checkClassCount({ sets, issue }: Subject): Issue[] {
  return sets.flatMap((set) => {
    const names = classesOf(set);
    const at = ['data', set.key, 'path'];
    if (names?.length === 0) return [issue('no-classes', at, { found: set.path })];
    const [name] = names ?? [];
    return names?.length === 1 && name !== undefined && set.key === 'labelled' ? [issue('one-class', at, { found: set.path, name })] : [];
  });
}

export function checkSameClasses({ sets, issue }: Subject): Issue[] {
  const labelled = sets.find(({ key }) => key === 'labelled');
  const known = labelled && classesOf(labelled);
  if (!known || known.length === 0) return [];
  return sets.flatMap((set) => {
    const names = set.key === 'validation' || set.key === 'test' ? classesOf(set) : undefined;
    if (!names || names.length === 0) return [];
    const lacking = known.filter((name) => !names.includes(name));
    const extra = names.filter((name) => !known.includes(name));
    return lacking.length + extra.length === 0 ? [] : [issue('classes-differ', ['data', set.key, 'path'], { set: set.key, lacking, extra })];
  });
}

/** What the sets on one path take of each class adds up; the first set for which it is too much is at fault. */
export function checkEnoughImages({ sets, issue }: Subject): Issue[] {
  return sets.flatMap((set, index) => {
    const sharing = sets.slice(0, index + 1).filter((other) => other === set || isSamePlace(other, set));
    const taken = sharing.map(({ perClass }) => perClass ?? 0);
    const scarce = scarcest(set);
    const before = sum(taken.slice(0, -1));
    if (set.perClass === null || !scarce || sum(taken) <= scarce.count || before > scarce.count) return [];
    const asks =
      before === 0
        ? `asks for ${set.perClass} images of each class`
        : `makes ${sum(taken)} images of each class with the sets before it on this path (${taken.join(' + ')})`;
    return [issue('too-few-images', ['data', set.key, 'perClass'], { asks, found: scarce.count, name: scarce.name, source: set.path })];
  });
}

function scarcest({ survey }: ImageSet): { readonly name: string; readonly count: number } | undefined {
  const classes = survey && 'classes' in survey ? [...(survey.classes ?? [])] : [];
  return classes.map(([name, count]) => ({ name, count })).sort((a, b) => a.count - b.count)[0];
}

function classesOf({ survey }: ImageSet): string[] | undefined {
  return survey && 'classes' in survey && survey.classes ? [...survey.classes.keys()] : undefined;
}

function isSamePlace(a: ImageSet, b: ImageSet): boolean {
  return a.format === b.format && 'location' in a.found && 'location' in b.found && a.found.location === b.found.location;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
