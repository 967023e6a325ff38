import { follow, isBlock, type Schema } from './schema.js';
import { listed, quoted } from './wording.js';

/** What a schema allows, in words: `a whole number from 1 to 65536 (images)`, `soft or hard`. */
export function allowed(schema: Schema): string {
  const { oneOf, const: only, enum: some, type, 'x-allowed': words } = follow(schema);
  if (words !== undefined) return words;
  if (oneOf && isVariants(schema)) return `a block with the key name, which is ${listed(variantNames(schema), 'or')}`;
  if (oneOf)
    return listed(
      oneOf.map(follow).flatMap((branch) => branch.enum?.map(String) ?? allowed(branch)),
      'or',
    );
  if (only !== undefined) return String(only);
  if (some) return listed(some.map(String), 'or');
  const types = typeof type === 'string' ? [type] : [...(type ?? [])].sort((a) => (a === 'null' ? -1 : 0)); // `null or a list of …` cannot be misread.
  return listed(
    types.map((name) => (TYPES[name] ?? (() => name))(follow(schema))),
    'or',
  );
}

/** What was written in place of it, in words; `source` is the scalar's own text. */
export function found(value: unknown, source: string | undefined): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (isBlock(value)) return Object.keys(value).length === 0 ? 'an empty block' : 'a block of keys';
  if (value === null && (source ?? '') === '') return 'empty';
  return source ?? String(value);
}

/** The `name`s that tell the variants of a block apart. */
export function variantNames(schema: Schema): string[] {
  const { discriminator, oneOf = [] } = follow(schema);
  return oneOf.map((branch) => String(follow(branch).properties?.[discriminator?.propertyName ?? '']?.const));
}

function isVariants(schema: Schema): boolean {
  return follow(schema).discriminator !== undefined;
}

const TYPES: Readonly<Record<string, (schema: Schema) => string>> = {
  integer: (schema) => `a whole number ${range(schema)}${unit(schema)}`,
  number: (schema) => `a number ${range(schema)}${unit(schema)}`,
  boolean: () => 'true or false',
  null: () => 'null',
  string: (schema) => `text of ${between(schema.minLength ?? 0, schema.maxLength)} characters`,
  array: ({ minItems = 0, maxItems, items }) =>
    `a list of ${between(minItems, maxItems)} ${items && follow(items).properties ? 'blocks' : `items, each ${allowed(items ?? {})}`}`,
  object: ({ properties }) => `a block with the ${keysOf(Object.keys(properties ?? {}))}`,
};

/** `keys pad and fill`, `key pad`. */
function keysOf(names: readonly string[]): string {
  return `${names.length === 1 ? 'key' : 'keys'} ${listed(names, 'and')}`;
}

function range({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return `from ${minimum} to ${maximum}`;
  return exclusiveMinimum === undefined ? `from ${minimum} to below ${exclusiveMaximum}` : `above ${exclusiveMinimum} and at most ${maximum}`;
}

function unit(schema: Schema): string {
  return schema['x-unit'] === undefined ? '' : ` (${schema['x-unit']})`;
}

function between(least: number, most: number | undefined): string {
  return most === undefined ? `at least ${least}` : `${least} to ${most}`;
}
