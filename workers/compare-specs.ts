import type { GenerationSpec, ResolvedSpec } from '../lib/spec/resolved.js';
import { isBlock, type Block } from '../lib/spec/schema.js';
import { nameOf } from '../workflows/details.js';
import { otherIdentity } from '../workflows/identity.js';
import { phasesOf, type SpecPhase } from './spec-phases.js';

/** What a change of a pipeline means for a run of it. Everything follows from the keys of the phases. */
export interface Changes {
  readonly fields: readonly FieldChange[];
  /** What makes it another experiment: see `workflows/identity.ts`. */
  readonly identity: readonly string[];
  /** Names of the phases of the new pipeline whose artifacts are those of the old one, in order. */
  readonly stays: readonly string[];
  /** The others: what is computed again, or for the first time. */
  readonly again: readonly ChangedPhase[];
  /** Names of phases that the new pipeline has no more. */
  readonly gone: readonly string[];
}

export interface FieldChange {
  /** Whose it is: `teacher`, `student 2`, `baseline`; null = the whole run's. */
  readonly of: string | null;
  /** `training.steps`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /** The first phase whose own key it changes; null = none, which makes it a live one. */
  readonly from: string | null;
}

export interface ChangedPhase {
  readonly name: string;
  /** The changed fields in its own key. None: another phase brings it something new. */
  readonly fields: readonly FieldChange[];
  /** The first of the phases that bring it something new, where no field does. */
  readonly because: string | null;
}

export function compareSpecs(before: ResolvedSpec, after: ResolvedSpec): Changes {
  const [old, now] = [keysOf(before), keysOf(after)];
  const again = [...now.values()].filter(({ phase, whole }) => old.get(phase.name)?.whole !== whole);
  const fields = differences(before, after).map(({ applied, ...field }) => {
    const then = keysOf(applied);
    const direct = again.filter(({ phase: { name } }) => then.get(name)?.own !== old.get(name)?.own).map(({ phase: { name } }) => name);
    return { field: { ...field, from: direct.find((name) => name !== REPORT) ?? null }, direct };
  });
  const names = again.map(({ phase: { name } }) => name);
  return {
    fields: fields.map(({ field }) => field),
    identity: otherIdentity(before, after),
    stays: [...now.keys()].filter((name) => !names.includes(name)),
    again: again.map(({ phase: { name, inputs } }) => {
      const own = fields.filter(({ direct }) => direct.includes(name)).map(({ field }) => field);
      return { name, fields: own, because: own.length > 0 ? null : (inputs.find((input) => names.includes(input)) ?? null) };
    }),
    gone: [...old.keys()].filter((name) => !now.has(name)),
  };
}

/** Every change of a pipeline is in its key. */
export const REPORT = 'report';

interface PhaseKeys {
  readonly phase: SpecPhase;
  /** With the names of the phases before it for what they bring: it changes with what the phase itself reads of the pipeline. */
  readonly own: string;
  /** With their keys: it changes with whatever goes in. */
  readonly whole: string;
}

/** Keys that stand for the true ones, which nobody knows before the phases were computed. They are equal where the true ones are. */
export function keysOf(spec: ResolvedSpec): ReadonlyMap<string, PhaseKeys> {
  const keys = new Map<string, PhaseKeys>();
  const weights = spec.generations[0]!.weights ?? '';
  for (const phase of phasesOf(spec, 'run', { weights: { config: '', weights }, files: 'files' })) {
    const [own] = phase.keys((name) => ({ digests: [name] }));
    const [whole] = phase.keys((name) => ({ digests: [keys.get(name)!.whole] }));
    keys.set(phase.name, { phase, own: own!, whole: whole! });
  }
  return keys;
}

interface Difference extends Omit<FieldChange, 'from'> {
  /** The old pipeline with this change alone. */
  readonly applied: ResolvedSpec;
}

function differences(before: ResolvedSpec, after: ResolvedSpec): readonly Difference[] {
  const { generations: old, baseline: oldBaseline, ...oldRun } = before;
  const { generations: now, baseline: nowBaseline, ...nowRun } = after;
  const shared = Math.min(old.length, now.length);
  const withGeneration = (index: number, own: object): ResolvedSpec => ({ ...before, generations: old.with(index, own as GenerationSpec) });
  const names = (generations: readonly GenerationSpec[]) => generations.slice(1).map(({ model }) => model);
  return [
    ...leaves(oldRun, nowRun).map((leaf) => ({ of: null, ...shown(leaf), applied: { ...before, ...(leaf.applied as ResolvedSpec) } })),
    ...old
      .slice(0, shared)
      .flatMap((own, index) =>
        leaves(own, now[index]).map((leaf) => ({ of: nameOf(own.role, index), ...shown(leaf), applied: withGeneration(index, leaf.applied as object) })),
      ),
    ...(old.length === now.length
      ? []
      : [
          {
            of: null,
            path: 'students',
            before: names(old),
            after: names(now),
            applied: { ...before, generations: [...old.slice(0, shared), ...now.slice(shared)] },
          },
        ]),
    ...leaves(oldBaseline, nowBaseline).map((leaf) => ({
      of: leaf.path === '' ? null : 'baseline',
      ...(leaf.path === '' ? { path: 'baseline', before: presence(oldBaseline), after: presence(nowBaseline) } : shown(leaf)),
      applied: { ...before, baseline: leaf.applied as GenerationSpec | null },
    })),
  ];
}

function presence(baseline: GenerationSpec | null): string {
  return baseline === null ? 'none' : 'same-compute';
}

interface Leaf {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /** The old value with this change alone. */
  readonly applied: unknown;
}

function shown({ path, before, after }: Leaf) {
  return { path, before, after };
}

/** The smallest parts that differ. Blocks of another name, lists, and what is missing on one side differ as a whole. */
function leaves(before: unknown, after: unknown, path = ''): readonly Leaf[] {
  if (!isBlock(before) || !isBlock(after) || (path !== '' && before['name'] !== after['name']))
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after, applied: after }];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    leaves(before[key], after[key], path === '' ? key : `${path}.${key}`).map((leaf) => ({ ...leaf, applied: withKey(before, key, leaf.applied) })),
  );
}

function withKey(block: Block, key: string, value: unknown): object {
  const { [key]: _, ...rest } = block;
  return value === undefined ? rest : { ...rest, [key]: value };
}
