import { PipelineError, quoted } from '../errors.js';
import { nearest } from '../nearest.js';
import { catalogue, describeTag, oldNames, UNTRAINED, weightsOf, type PublishedWeights } from './catalogue.js';
import { checkHubId, checkRevision } from './hub-names.js';
import { modelNames } from './variants.js';

/** What a model name points at. */
export type ModelName = TimmName | HubName | FolderName | RunName;

/** A model of timm's table, with the weights of a tag; the tag `untrained` has none. */
export interface TimmName {
  readonly source: 'timm';
  readonly architecture: string;
  readonly tag: string;
  /** Where no tag was written: a sentence that says which weights the name means. */
  readonly says?: string;
  /** Where an old name was written: a sentence that says the new one. */
  readonly warning?: string;
}

/** A repository on the Hugging Face hub; the revision is a branch, a tag or a commit. */
export interface HubName {
  readonly source: 'hub';
  readonly id: string;
  readonly revision: string;
}

/** A folder with config.json and model.safetensors, as it was written: absolute, or relative to wherever the caller looks. */
export interface FolderName {
  readonly source: 'folder';
  readonly folder: string;
}

/** A model of a run of ours: of a generation (0 = teacher), of the baseline, or of the last generation (null). */
export interface RunName {
  readonly source: 'run';
  readonly run: string;
  readonly generation: number | 'baseline' | null;
}

/**
 * What a model name means: `architecture[.tag]`, one of timm's old names, `hf-hub:ID[@REVISION]`, `local-dir:FOLDER`, or
 * `run:ID[/generation-N | /baseline]`. Looks nothing up. Throws MODEL_UNKNOWN with the nearest names, or the prefixes.
 */
export function parseModelName(name: string): ModelName {
  const [, prefix, rest] = PREFIXED.exec(name) ?? [];
  if (prefix === undefined || rest === undefined) return /[/\\:]/.test(name) ? refusePath(name) : parseTimmName(name);
  const parse = PREFIXES.get(prefix.toLowerCase());
  if (!parse) throw unknown(`${quoted(name)} begins with "${prefix}:"; the prefixes are ${ALLOWED}.`);
  if (rest === '') throw unknown(`${quoted(name)} names nothing behind the prefix; write ${ALLOWED}.`);
  return parse(rest, name);
}

/** At least two signs, so that the drive of a Windows path is none. */
const PREFIXED = /^([a-z][a-z0-9+._-]+):(.*)$/is;

const ALLOWED = 'hf-hub:OWNER/NAME (the Hugging Face hub), local-dir:FOLDER (a folder) or run:ID (a student of a run)';

const PREFIXES = new Map<string, (rest: string, name: string) => ModelName>([
  ['hf-hub', parseHubName],
  ['hf_hub', parseHubName], // The old spelling, which timm still takes.
  ['local-dir', (folder) => ({ source: 'folder', folder })],
  ['run', parseRunName],
]);

function parseHubName(rest: string): HubName {
  const at = rest.indexOf('@');
  const [id, revision] = at === -1 ? [rest, 'main'] : [rest.slice(0, at), rest.slice(at + 1)];
  checkHubId(id);
  checkRevision(revision);
  return { source: 'hub', id, revision };
}

/** An id may hold anything, so only the two endings are ours. */
function parseRunName(rest: string, name: string): RunName {
  const [, run = rest, baseline, generation] = /^(.*)\/(?:(baseline)|generation-(\d{1,6}))$/s.exec(rest) ?? [];
  if (run === '') throw unknown(`${quoted(name)} names no run; write run:ID, run:ID/generation-N (0 = teacher) or run:ID/baseline.`);
  return { source: 'run', run, generation: baseline ? 'baseline' : generation === undefined ? null : Number(generation) };
}

function refusePath(name: string): never {
  const shown = name.length > 60 ? '…' : name;
  throw unknown(
    `${quoted(name)} looks like a path or a repository, and has no prefix that says which; write hf-hub:${shown} for the Hugging Face hub, ` +
      `local-dir:${shown} for a folder or run:ID for a student of a run. A model of the table is named without "/", "\\" and ":".`,
  );
}

function parseTimmName(name: string): TimmName {
  const renamed = oldNames().get(name);
  if (renamed !== undefined) return { ...parseTimmName(renamed), warning: `${name} is an old name; write ${renamed}.` };

  const dot = name.indexOf('.');
  const architecture = dot === -1 ? name : name.slice(0, dot);
  if (!modelNames().includes(architecture)) {
    throw unknown(
      `no model is named ${quoted(name)}${orNearest(name)} Known architectures: ${modelNames().join(', ')}. What is not in this table: ${ALLOWED}.`,
    );
  }
  const all = weightsOf(architecture);
  if (dot === -1) return { source: 'timm', architecture, tag: all[0].tag, says: whichWeights(all) };
  const tag = name.slice(dot + 1);
  if (all.some((weights) => weights.tag === tag)) return { source: 'timm', architecture, tag };
  throw unknown(`${architecture} has no weights ${quoted(tag)}${orNearest(name)} Its tags: ${all.map((weights) => weights.tag).join(', ')}.`);
}

function whichWeights([{ architecture, name, tag }, ...others]: readonly [PublishedWeights, ...PublishedWeights[]]): string {
  if (tag === UNTRAINED) return `${architecture} has no published weights.`;
  const rest = others.length > 0 ? ` Its other weights: ${others.map((weights) => weights.tag).join(', ')}.` : '';
  return `${architecture} means ${name}, ${describeTag(tag)}.${rest}`;
}

/** "; did you mean …?", or "." where none is near. */
function orNearest(written: string): string {
  const near = nearest(written, [...modelNames(), ...catalogue().map(({ name }) => name), ...oldNames().keys()]);
  return near === undefined ? '.' : `; did you mean ${oldNames().get(near) ?? near}?`;
}

function unknown(message: string): PipelineError {
  return new PipelineError('MODEL_UNKNOWN', message);
}
