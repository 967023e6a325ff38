import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve as absolute } from 'node:path';
import { ruleIssues } from './check.js';
import { canonicalJson, digest } from './digest.js';
import type { Issue, SpecError } from './issues.js';
import { parse, type SpecDocument } from './parse.js';
import { resolve } from './resolve.js';
import { redacted, type Redact } from '../redaction.js';
import type { Locations, ResolvedSpec } from './resolved.js';
import { pointer } from './schema.js';
import { locationsOf, subjectOf, type Models } from './subject.js';
import type { Pipeline } from './types.js';
import { schemaIssues } from './validate.js';
import { specErrors } from './wording.js';

export interface LoadInput {
  /** Path of the pipeline file, as errors shall name it. */
  readonly file: string;
  /** The file's text, where it is known already; else the file is read. */
  readonly text?: string;
  /** Where relative paths are looked up after the folder of the file, in order. */
  readonly dataFolders: readonly string[];
  readonly models: Models;
  /** How paths stand in what comes out, so that they are good on other machines; default: as they are written. */
  readonly portable?: Redact;
}

export type LoadedSpec =
  | { readonly ok: true; readonly spec: ResolvedSpec; readonly locations: Locations; readonly digest: string }
  | { readonly ok: false; readonly errors: readonly SpecError[] };

/** No pipeline is near this; what is larger is another kind of file. */
const MAX_BYTES = 1_000_000;
/** With what else a run is started with, it is one payload of less than 10 KB, which travels through every history of the run. */
const MAX_RESOLVED_BYTES = 9_300;

/**
 * A pipeline file, checked and resolved; or everything that is wrong with it, in the order of the file. Looks at
 * the paths it names, but never starts anything. Does not throw for what a person may write.
 */
export function loadSpec({ file, text, dataFolders, models, portable = (path) => path }: LoadInput): LoadedSpec {
  const read = text === undefined ? readText(file) : (tooLarge(text.length) ?? { text });
  if ('reason' in read) return refused([{ kind: 'unreadable', path: [], offset: 0, reason: read.reason }], file, parse(''));

  const document = parse(read.text);
  if (document.value === undefined) return refused(document.issues, file, document);
  const schema = schemaIssues(document).filter((issue) => !isInside(issue, document.issues));
  const subject = subjectOf(document, [...document.issues, ...schema], [dirname(absolute(file)), ...dataFolders.map((folder) => absolute(folder))], models);
  const issues = [...document.issues, ...schema, ...ruleIssues(subject)];
  if (issues.length > 0) return refused(issues, file, document);

  // The schema has said that it is a pipeline, and a rule that the teacher has a model.
  const spec = redacted(resolve(document.value as Pipeline, subject.generations[0]?.model), portable);
  const locations = redacted(locationsOf(subject), portable);
  const bytes = Buffer.byteLength(canonicalJson(spec)) + Buffer.byteLength(canonicalJson(locations));
  if (bytes > MAX_RESOLVED_BYTES) return refused([{ kind: 'too-long', path: [], offset: 0, bytes, allowed: MAX_RESOLVED_BYTES }], file, document);
  return { ok: true, spec, locations, digest: digest(spec) };
}

function refused(issues: readonly Issue[], file: string, document: SpecDocument): LoadedSpec {
  return { ok: false, errors: specErrors(issues, file, document) };
}

/** A value that YAML could not give is absent; that the schema misses it, or what is in it, says nothing new. */
function isInside({ path }: Issue, issues: readonly Issue[]): boolean {
  return issues.some((issue) => !LEAVES_VALUE.has(issue.kind) && issue.path.length > 0 && `${pointer(path)}/`.startsWith(`${pointer(issue.path)}/`));
}

/** Faults beside which the rest of the block stands as it is written. */
const LEAVES_VALUE: ReadonlySet<string> = new Set(['duplicate-key', 'key-not-text']);

function readText(file: string): { readonly text: string } | { readonly reason: string } {
  try {
    const { size } = statSync(file);
    return tooLarge(size) ?? { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file)) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

function tooLarge(bytes: number): { readonly reason: string } | undefined {
  return bytes > MAX_BYTES ? { reason: `it has ${bytes} bytes, but a pipeline may have ${MAX_BYTES}` } : undefined;
}

function reasonOf(error: unknown): string {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  return REASONS[code] ?? message;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'reading it is not permitted',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
};
