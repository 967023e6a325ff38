import { distance } from 'fastest-levenshtein';
import { PipelineError } from '../errors.js';
import { catalogue, describeTag, oldNames, UNTRAINED, weightsOf, type Weights } from './catalogue.js';
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

/** A repository without an owner is one of the hub's own. */
function parseHubName(rest: string, name: string): HubName {
  const [id = '', revision = 'main', ...more] = rest.split('@');
  // What the hub allows; nothing of it can lead out of a folder or an address.
  const part = /^(?!.*(--|\.\.))[\w](?:[\w.-]{0,94}\w)?$/;
  const parts = id.split('/');
  if (parts.length > 2 || !parts.every((written) => part.test(written))) {
    throw unknown(
      `${quoted(name)}: the hub's repositories are OWNER/NAME of letters, digits, ".", "_" and "-"; write for example hf-hub:timm/tf_efficientnet_b0.ns_jft_in1k.`,
    );
  }
  if (more.length > 0 || !/^(?!.*\.\.)[\w][\w./-]{0,199}$/.test(revision)) {
    throw unknown(`${quoted(name)}: behind "@" stands one branch, tag or commit; write for example hf-hub:${id}@main.`);
  }
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
    throw unknown(`no model is named ${quoted(name)}${orNearest(name)} Known architectures: ${modelNames().join(', ')}.`);
  }
  const all = weightsOf(architecture);
  if (dot === -1) return { source: 'timm', architecture, tag: all[0].tag, says: whichWeights(all) };
  const tag = name.slice(dot + 1);
  if (all.some((weights) => weights.tag === tag)) return { source: 'timm', architecture, tag };
  throw unknown(`${architecture} has no weights ${quoted(tag)}${orNearest(name)} Its tags: ${all.map((weights) => weights.tag).join(', ')}.`);
}

function whichWeights([{ architecture, name, tag }, ...others]: readonly [Weights, ...Weights[]]): string {
  if (tag === UNTRAINED) return `${architecture} has no published weights.`;
  const rest = others.length > 0 ? ` Its other weights: ${others.map((weights) => weights.tag).join(', ')}.` : '';
  return `${architecture} means ${name}, ${describeTag(tag)}.${rest}`;
}

/** "; did you mean …?" with up to three names at the least distance; "." where none is near. Case and the marks between words are no difference. */
function orNearest(written: string): string {
  const word = folded(written.slice(0, 100));
  const names = [...modelNames(), ...catalogue().map(({ name }) => name), ...oldNames().keys()];
  const ranked = names.map((name) => ({ name, edits: distance(word, folded(name)) })).sort((a, b) => a.edits - b.edits);
  const [nearest] = ranked;
  if (!nearest || nearest.edits > Math.max(1, Math.floor(word.length / 3))) return '.';
  const near = ranked.filter(({ edits }) => edits === nearest.edits).slice(0, 3);
  return `; did you mean ${near.map(({ name }) => oldNames().get(name) ?? name).join(' or ')}?`;
}

function folded(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** As a person wrote it, cut where nobody reads on. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

function unknown(message: string): PipelineError {
  return new PipelineError('MODEL_UNKNOWN', message);
}
