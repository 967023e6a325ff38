import { PipelineError, quoted } from '../errors.js';
import { isObject, parseJsonObject } from './json-object.js';

/** Bytes of one number. Others exist (F64, U8 …), but no weights file of the EfficientNet family has them. */
export const DTYPE_BYTES = { F32: 4, F16: 2, BF16: 2, I64: 8 } as const;
export type Dtype = keyof typeof DTYPE_BYTES;

/** One tensor of a file: `begin` (inclusive) to `end` (exclusive) count from the first byte after the header. */
export interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order of their bytes. */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The JSON header of a safetensors file. `dataBytes` is what follows it: the tensors must cover it exactly, without
 * overlap or gap, so that a file can hide nothing. Throws WEIGHTS_INVALID with the file's name and the byte.
 */
export function parseHeader(json: string, dataBytes: number, file: string): Header {
  const header = parseObject(json, file);
  const metadata = parseMetadata(header['__metadata__'], file);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(name, value, file))
    // An empty tensor begins where its neighbour does: it goes first.
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, dataBytes, 8 + Buffer.byteLength(json), file);
  return { entries, metadata };
}

/** Compact, metadata first, tensors in the given order, padded with spaces to 8 bytes: what the safetensors library writes. */
export function printHeader({ entries, metadata }: Header): string {
  const tensors = entries.map(({ name, dtype, shape, begin, end }) => [name, { dtype, shape, data_offsets: [begin, end] }] as const);
  const parts = [...(Object.keys(metadata).length > 0 ? [['__metadata__', sorted(metadata)] as const] : []), ...tensors].map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  const json = `{${parts.join(',')}}`;
  return json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8);
}

export function invalid(file: string, byte: number, found: string, allowed: string): PipelineError {
  return new PipelineError('WEIGHTS_INVALID', `${file} at byte ${byte}: ${found}, but ${allowed}. Is the file complete and a safetensors file?`);
}

function parseObject(json: string, file: string): Record<string, unknown> {
  try {
    return parseJsonObject(json);
  } catch (error) {
    throw invalid(file, 8, `the header ${(error as Error).message}`, 'it must be one JSON object');
  }
}

function parseMetadata(value: unknown, file: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === 'string')) {
    throw invalid(file, 8, '__metadata__ is not a table of texts', 'every value in it must be a string');
  }
  return value as Record<string, string>;
}

/** No tensor of a network has more than four. */
const MOST_AXES = 8;
const LONGEST_NAME = 1000;

function parseEntry(name: string, value: unknown, file: string): Entry {
  const refuse = (found: string, allowed: string) => invalid(file, 8, `tensor ${quoted(name)} has ${found}`, allowed);
  if (name.length > LONGEST_NAME) throw refuse(`a name of ${name.length} signs`, `${LONGEST_NAME} are the most`);
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    throw refuse(`dtype ${quoted(dtype)}`, `it must be one of ${Object.keys(DTYPE_BYTES).join(', ')}`);
  }
  if (!isWholeNumbers(shape) || shape.length > MOST_AXES)
    throw refuse(`shape ${quoted(shape)}`, `it must be a list of at most ${MOST_AXES} whole numbers from 0`);
  if (!isWholeNumbers(offsets) || offsets.length !== 2) throw refuse(`data_offsets ${quoted(offsets)}`, 'they must be two whole numbers');
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, side) => product * side, DTYPE_BYTES[dtype as Dtype]);
  if (end - begin !== bytes) throw refuse(`data_offsets [${begin}, ${end}]`, `${dtype} [${shape}] takes ${bytes} bytes`);
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

function checkCoverage(entries: readonly Entry[], dataBytes: number, dataStart: number, file: string): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const found = begin < covered ? 'overlaps the tensor before it' : `leaves ${begin - covered} bytes before it unused`;
      throw invalid(file, dataStart + begin, `tensor ${quoted(name)} ${found}`, `it must begin at data byte ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw invalid(file, dataStart + Math.min(covered, dataBytes), `${dataBytes} bytes of data follow the header`, `its tensors take ${covered}`);
  }
}

function isWholeNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => Number.isSafeInteger(number) && (number as number) >= 0);
}

function sorted(table: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
}
