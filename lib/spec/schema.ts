import { readFileSync } from 'node:fs';
import { PACKAGE_FOLDER } from '../package.js';

/** The JSON Schema keywords that `schemas/pipeline.schema.json` uses. */
export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly discriminator?: { readonly propertyName: string };
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** What is allowed, in words, where the keywords alone would say it badly. */
  readonly 'x-allowed'?: string;
  /** What a key that is left out stands for, in words, where it has no default. */
  readonly 'x-absent'?: string;
  /** The unit of a number. */
  readonly 'x-unit'?: string;
  /** What changing it under way does; holds for all that stands in a block and says nothing else. See `change-effects.ts`. */
  readonly 'x-change'?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** Keys from the root of the pipeline to one value. */
export type Path = readonly (string | number)[];
export type Block = Readonly<Record<string, unknown>>;

export const SCHEMA_FILE = new URL('schemas/pipeline.schema.json', PACKAGE_FOLDER);
export const SCHEMA = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as Schema;

/** The schema of the value at `path` in `root`, or undefined where the schema knows no such place. */
export function schemaAt(path: Path, root: unknown): Schema | undefined {
  let schema: Schema | undefined = meant(SCHEMA, root);
  let value = root;
  for (const key of path) {
    value = isBlock(value) || Array.isArray(value) ? (value as Record<string | number, unknown>)[key] : undefined;
    const child: Schema | undefined = typeof key === 'number' ? schema?.items : ownProperty(schema?.properties, key);
    schema = child && meant(child, value);
  }
  return schema;
}

/** A schema with references followed and, of alternatives, the one that `value` means; all of them if it means none. */
export function meant(schema: Schema, value: unknown): Schema {
  const whole = follow(schema);
  return whole.oneOf?.map(follow).find((branch) => isMeant(branch, value, whole.discriminator?.propertyName)) ?? whole;
}

/** The alternatives of a schema with references followed; itself if it has none. */
export function alternatives(schema: Schema): readonly Schema[] {
  const whole = follow(schema);
  return whole.oneOf?.map(follow) ?? [whole];
}

export function follow(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.slice('#/$defs/'.length);
  const { $ref: _, ...beside } = schema;
  return { ...SCHEMA.$defs?.[name], ...beside };
}

export function isBlock(value: unknown): value is Block {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON pointer, as error messages show it; the root is ''. */
export function pointer(path: Path): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function isMeant(branch: Schema, value: unknown, tag: string | undefined): boolean {
  if (tag !== undefined) return isBlock(value) && branch.properties?.[tag]?.const === value[tag];
  if (branch.const !== undefined) return branch.const === value;
  if (branch.enum) return typeof value === typeof branch.enum[0];
  if (branch.type === 'array') return Array.isArray(value);
  return branch.type === 'object' ? isBlock(value) : branch.type === typeof value;
}

/** A person may write any key, `constructor` too. */
function ownProperty<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}
