import type { ErrorCode } from '../errors.js';
import type { Path } from './schema.js';

/** What a detector can find, by kind, with the facts that the wording needs. `found` and `allowed` are ready to print. */
export interface Findings {
  unreadable: { readonly reason: string };
  empty: object;
  syntax: { readonly reason: string };
  'several-documents': object;
  'yaml-version': { readonly found: string };
  tag: { readonly found: string };
  'merge-key': object;
  'key-not-text': object;
  'duplicate-key': { readonly firstLine: number };
  'unknown-anchor': { readonly found: string };
  'cyclic-alias': { readonly found: string };
  'too-large': { readonly allowed: string };

  'wrong-value': { readonly found: string; readonly allowed: string };
  'missing-key': { readonly allowed: string };
  'unknown-key': { readonly key: string; readonly parent: string; readonly allowed: readonly string[] };
  'misplaced-key': { readonly key: string; readonly parent: string; readonly places: readonly string[] };
  'other-variant': { readonly key: string; readonly found: string; readonly allowed: readonly string[] };

  'unknown-model': { readonly found: string; readonly allowed: readonly string[] };
  'unknown-weights': { readonly found: string; readonly reason: string };
  'untold-model': { readonly weights: string };
  'other-model': { readonly model: string; readonly weights: string; readonly told: string };
  'unknown-group': { readonly found: readonly string[]; readonly model: string; readonly allowed: readonly string[] };
  'all-frozen': { readonly model: string };
  'frozen-at-random': object;
  'small-resolution': { readonly found: number; readonly size: number };
  'smaller-student': { readonly model: string; readonly parameters: number; readonly teacher: string; readonly teacherParameters: number };
  'no-noise': object;
  'no-pseudo-labels': { readonly found: string };
  'too-long': { readonly bytes: number; readonly allowed: number };
  'useless-key': { readonly why: string };
  'long-warm-up': { readonly warmupSteps: number; readonly steps: number };
  'channel-count': { readonly found: number; readonly allowed: number };

  'no-such-data': { readonly found: string; readonly missing: string; readonly folders: readonly string[] };
  'broken-data': { readonly found: string; readonly reason: string };
  'no-classes': { readonly found: string };
  'one-class': { readonly found: string; readonly name: string };
  'classes-differ': { readonly set: string; readonly lacking: readonly string[]; readonly extra: readonly string[] };
  'too-few-images': { readonly asks: string; readonly found: number; readonly name: string; readonly source: string };
  'shared-path': { readonly set: string; readonly other: string };
  'two-formats': { readonly found: string; readonly other: string };
}

export type IssueKind = keyof Findings;

/** One fault of a spec. `offset` is where it stands in the text, in UTF-16 code units from 0. */
export type IssueOf<Kind extends IssueKind> = {
  readonly kind: Kind;
  readonly path: Path;
  readonly offset: number;
  /** What may be meant: the right spelling, or the JSON pointer of the right place. */
  readonly suggestion?: string;
} & Findings[Kind];

export type Issue = { [Kind in IssueKind]: IssueOf<Kind> }[IssueKind];

/** One fault as people and programs get it. Lines and columns count from 1, columns in UTF-16 code units, as editors do. */
export interface SpecError {
  readonly code: ErrorCode;
  readonly kind: IssueKind;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** JSON pointer into the spec; '' is the whole. */
  readonly path: string;
  readonly message: string;
  readonly suggestion?: string;
}
