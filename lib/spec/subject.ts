import type { Partly } from './defaults.js';
import type { Findings, Issue, IssueKind } from './issues.js';
import type { SpecDocument } from './parse.js';
import { blocksOf, type Blocks } from './resolve.js';
import type { Locations, SourceSpec } from './resolved.js';
import { salvage } from './salvage.js';
import { isBlock, type Path } from './schema.js';
import { findSource, surveySource, type Found, type Survey } from './sources.js';
import type { Pipeline } from './types.js';

/** The models that a pipeline may name. */
export interface Models {
  readonly names: readonly string[];
  /** Trainable parameters of a model for that many classes and channels. */
  parameters(name: string, classes: number, channels: number): number;
  /** Layer groups of a model, from the images to the logits. */
  groups(name: string): readonly string[];
  /** What the name of weights says before they are loaded. A relative folder is looked up in `folders`, in order. */
  weights(name: string, folders: readonly string[]): WeightsFound;
}

export type WeightsFound =
  /** `model` null: only the weights themselves tell it. `location`: of a folder on this machine. */
  { readonly model: string | null; readonly location?: string } | { readonly problem: string; readonly suggestion?: string };

export const SETS = ['labelled', 'validation', 'test', 'unlabelled'] as const;
export type SetKey = (typeof SETS)[number];

/** What the checks look at: what is usable of the pipeline, its generations, its sets as found on this machine. */
export interface Subject {
  readonly pipeline: Partly<Pipeline>;
  readonly generations: readonly Generation[];
  /** In the order in which they take their images. A set without format or path is not among them. */
  readonly sets: readonly ImageSet[];
  readonly models: Models;
  /** What the teacher starts from, where that is written. */
  readonly weights: { readonly name: string; readonly found: WeightsFound } | undefined;
  isWritten(path: Path): boolean;
  /** Something at, above or below the path is wrong already, so that what stands there now says little. */
  isFaulty(path: Path): boolean;
  /** An issue at a value, or at the nearest key around it that is written. */
  issue<Kind extends IssueKind>(kind: Kind, path: Path, facts: Findings[Kind], suggestion?: string): Issue;
}

export interface Generation {
  readonly path: Path;
  /** As written, or as the weights tell it. */
  readonly model: string | undefined;
  readonly allowSmaller: boolean;
  readonly blocks: Blocks;
}

export interface ImageSet extends SourceSpec {
  readonly key: SetKey;
  readonly found: Found;
  /** Of sets with labels that were found. */
  readonly survey: Survey | undefined;
}

export function subjectOf(document: SpecDocument, issues: readonly Issue[], folders: readonly string[], models: Models): Subject {
  const { pipeline, asWritten } = salvage(document.value, issues);
  const name = pipeline.teacher?.weights;
  const weights = name === undefined ? undefined : { name, found: models.weights(name, folders) };
  return {
    pipeline,
    generations: generationsOf(pipeline, weights && 'model' in weights.found ? (weights.found.model ?? undefined) : undefined),
    sets: setsOf(pipeline, folders),
    models,
    weights,
    isWritten: (path) => document.isWritten(asWritten(path)),
    isFaulty: (path) => issues.some((known) => known.path.length > 0 && (isWithin(known.path, path) || isWithin(path, known.path))),
    issue: (kind, path, facts, suggestion) => {
      const isKeyAtFault = kind === 'useless-key' || kind === 'no-noise';
      const offset = isKeyAtFault ? document.keyAt(asWritten(path)) : document.valueAt(asWritten(path));
      return { kind, path, offset, ...facts, ...(suggestion === undefined ? {} : { suggestion }) } as Issue;
    },
  };
}

/**
 * Where the value that a generation has was written: in its own block, else in the pipeline's; of several keys
 * the first that is. undefined if one of them, or of what they rest on, is at fault itself: then a default stands
 * in for it, which proves nothing.
 */
export function origin({ isWritten, isFaulty }: Subject, { path }: Generation, keys: readonly Path[], basis: readonly Path[] = []): Path | undefined {
  const both = (paths: readonly Path[]): Path[] => [...paths.map((key) => [...path, ...key]), ...paths];
  if (both([...keys, ...basis]).some((candidate) => isFaulty(candidate))) return undefined;
  return both(keys).find((candidate) => isWritten(candidate)) ?? path;
}

export function locationsOf({ sets, weights }: Subject): Locations {
  const places = sets.flatMap(({ path, found }) => ('location' in found ? [[path, found.location] as const] : []));
  const folder = weights && 'location' in weights.found ? weights.found.location : undefined;
  return Object.fromEntries(weights && folder !== undefined ? [...places, [weights.name, folder]] : places);
}

function isWithin(inner: Path, outer: Path): boolean {
  return outer.every((key, index) => inner[index] === key);
}

function generationsOf(pipeline: Partly<Pipeline>, toldModel: string | undefined): Generation[] {
  const written = [
    { path: ['teacher'], own: pipeline.teacher, model: pipeline.teacher?.model ?? toldModel, allowSmaller: false },
    ...(pipeline.students ?? []).map((own, index) => ({ path: ['students', index], own, model: own?.model, allowSmaller: own?.allowSmaller ?? false })),
  ];
  return written.map(({ path, own, model, allowSmaller }) => ({ path, model, allowSmaller, blocks: blocksOf(pipeline, own ?? {}) }));
}

function setsOf({ data }: Partly<Pipeline>, folders: readonly string[]): ImageSet[] {
  const surveys = new Map<string, Survey>(); // Sets on one path are counted once.
  return SETS.flatMap((key): ImageSet[] => {
    const source = data?.[key];
    if (!isBlock(source) || source.format === undefined || source.path === undefined) return [];
    const { format, path, perClass = null } = source;
    const needsLabels = key !== 'unlabelled' || (format === 'idx' && perClass !== null);
    const found = findSource({ format, path }, folders, needsLabels);
    if (!('location' in found) || !needsLabels) return [{ key, format, path, perClass, found, survey: undefined }];

    const name = `${format} ${found.location}`;
    const survey = surveys.get(name) ?? surveySource(format, found.location, wantedOf(data, path));
    surveys.set(name, survey);
    return [{ key, format, path, perClass, found, survey }];
  });
}

/** Images of each class that all sets on a path ask for together. */
function wantedOf(data: Partly<Pipeline['data']> | undefined, path: string): number {
  return SETS.reduce((sum, key) => sum + (data?.[key]?.path === path ? (data[key].perClass ?? 0) : 0), 0);
}
