import { isScalar, parseAllDocuments, type ErrorCode, type YAMLError } from 'yaml';
import type { Issue } from './issues.js';
import type { Path } from './schema.js';
import { readTree, type Places } from './tree.js';

/** A parsed spec: its plain value, what is wrong with it as YAML, and where everything stands in the text. */
export interface SpecDocument {
  readonly value: unknown;
  readonly issues: readonly Issue[];
  /** Offset of the key (or list item) at a path; of the nearest enclosing one where the path is not written. */
  keyAt(path: Path): number;
  /** Offset of the value at a path, with the same rule. */
  valueAt(path: Path): number;
  /** The text of a scalar as written; undefined for blocks, lists and what is not written. */
  sourceAt(path: Path): string | undefined;
  isWritten(path: Path): boolean;
  /** Line and column, from 1; columns in UTF-16 code units. */
  position(offset: number): { readonly line: number; readonly column: number };
}

/** Duplicate keys are found while reading, where their path is known. */
const STRICT = {
  version: '1.2',
  schema: 'core',
  merge: false,
  uniqueKeys: false,
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** A mistake can cascade; of these the first says it all. */
const CASCADE = / in YAML stream|^Unexpected .* at node end$|^Maximum call stack/;

/**
 * Reads YAML 1.2 (core schema) strictly: no duplicate keys, tags, merge keys or second document, and bounded
 * aliases. Never throws. A text that is not YAML has issues, and its value is undefined.
 */
export function parse(text: string): SpecDocument {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text; // Positions are those an editor shows, which hides the mark.
  const documents = [...parseAllDocuments(source, STRICT)];
  const [first, second] = documents;
  const places: Places = new Map();
  const position = positionsIn(source);
  const broken = documents.flatMap(syntaxIssues);
  const issues: Issue[] = [...broken];

  const isReadable = first !== undefined && !isEmpty(first) && broken.length === 0;
  if (!isReadable && broken.length === 0) issues.push({ kind: 'empty', path: [], offset: 0 });
  if (first?.directives.yaml.explicit && first.directives.yaml.version !== '1.2') {
    issues.push({ kind: 'yaml-version', path: [], offset: Math.max(0, source.indexOf('%YAML')), found: first.directives.yaml.version });
  }
  if (second && broken.length === 0) issues.push({ kind: 'several-documents', path: [], offset: second.range[0] });

  let value: unknown;
  if (isReadable) {
    const tree = readTree(first, { source, places, lineOf: (offset) => position(offset).line });
    value = tree.value;
    issues.push(...tree.issues);
  }
  return { value, issues, ...lookups(places), position };
}

function syntaxIssues({ errors }: { readonly errors: readonly YAMLError[] }): Issue[] {
  const [first, ...rest] = errors;
  const independent = first ? [first, ...rest.filter(({ message }) => !CASCADE.test(message))] : [];
  const places = new Map(independent.reverse().map((error) => [error.pos[0], error])); // Of two at one place the first.
  return [...places.values()]
    .reverse()
    .slice(0, 10)
    .map((error) => ({ kind: 'syntax', path: [], offset: error.pos[0], reason: reasonOf(error) }));
}

/** The parser's words where they are good, ours where a person needs to be told what to do. */
function reasonOf({ code, message }: YAMLError): string {
  const own = REASONS.find((reason) => reason.code === code && message.startsWith(reason.begins ?? ''));
  return own?.words ?? message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, '');
}

const REASONS: readonly { readonly code: ErrorCode; readonly begins?: string; readonly words: string }[] = [
  { code: 'TAB_AS_INDENT', words: 'a tab indents this line; use spaces' },
  { code: 'RESOURCE_EXHAUSTION', words: 'blocks are nested too deeply' },
  { code: 'BLOCK_AS_IMPLICIT_KEY', words: 'a key and its value begin inside a value; check the indentation and the colons, or quote the text' },
  { code: 'MULTILINE_IMPLICIT_KEY', words: 'a key must stand on one line and end in a colon and a space; check the indentation' },
  { code: 'BAD_INDENT', begins: 'Flow map', words: 'a { before this place is not closed by a }, or a line inside it is indented too little' },
  { code: 'BAD_INDENT', begins: 'Flow sequence', words: 'a [ before this place is not closed by a ], or a line inside it is indented too little' },
  { code: 'MISSING_CHAR', begins: 'Missing closing', words: 'a text before this place has no closing quote' },
  { code: 'MISSING_CHAR', begins: 'Implicit map keys', words: 'a key must be followed by a colon, a space and a value' },
];

function isEmpty({ contents }: { readonly contents: unknown }): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === '');
}

/** Counted from the text itself: the parser's own counter misses lines inside a broken quotation. */
function positionsIn(source: string): SpecDocument['position'] {
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => {
    const inside = Math.min(offset, source.length);
    const line = starts.findLastIndex((start) => start <= inside);
    return { line: line + 1, column: inside - (starts[line] ?? 0) + 1 };
  };
}

function lookups(places: Places): Pick<SpecDocument, 'keyAt' | 'valueAt' | 'sourceAt' | 'isWritten'> {
  const nearest = (path: Path): { key: number; value: number } => {
    for (let length = path.length; length >= 0; length--) {
      const place = places.get(JSON.stringify(path.slice(0, length)));
      if (place) return length === path.length ? place : { key: place.key, value: place.key };
    }
    return { key: 0, value: 0 };
  };
  return {
    keyAt: (path) => nearest(path).key,
    valueAt: (path) => nearest(path).value,
    sourceAt: (path) => places.get(JSON.stringify(path))?.source,
    isWritten: (path) => places.has(JSON.stringify(path)),
  };
}
