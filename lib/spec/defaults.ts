import { follow, isBlock, meant, SCHEMA, type Block, type Schema } from './schema.js';
import type { Pipeline } from './types.js';

/** A part of a pipeline in which any key may be missing. */
export type Partly<T> = T extends readonly (infer Item)[]
  ? readonly (Partly<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partly<T[Key]> | undefined }
    : T;

/** A part of a pipeline in which no key is missing. */
export type Whole<T> = T extends readonly unknown[] ? T : T extends object ? { readonly [Key in keyof T]-?: Whole<T[Key]> } : T;

export type BlockName = 'noise' | 'training' | 'resolution' | 'labelling' | 'selection';

/** A block with the schema's default for every key that it leaves out. */
export function withDefaults<Name extends keyof Pipeline>(name: Name, written: Partly<Pipeline[Name]> | undefined): Whole<NonNullable<Pipeline[Name]>> {
  const schema = SCHEMA.properties?.[name];
  if (!schema) throw new TypeError(`the schema has no key ${name}`);
  return fill(schema, written) as Whole<NonNullable<Pipeline[Name]>>;
}

/**
 * `own` over `general`, key by key. A block that names its variant (an optimiser, a schedule) replaces one of
 * another name: what is left of that would belong to nothing.
 */
export function override(general: unknown, own: unknown): unknown {
  if (own === undefined) return general;
  if (!isBlock(general) || !isBlock(own)) return own;
  if (own['name'] !== undefined && own['name'] !== general['name']) return own;
  const keys = new Set([...Object.keys(general), ...Object.keys(own)]);
  return Object.fromEntries([...keys].map((key) => [key, override(general[key], own[key])]));
}

function fill(schema: Schema, written: unknown): unknown {
  const value = written === undefined || isNameless(schema, written) ? defaultOf(schema) : written;
  const { properties } = meant(schema, value);
  if (!properties || !isBlock(value)) return value;
  return Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, fill(child, (value as Block)[key])]));
}

/** A variant without a valid name, as a pipeline with faults may have it. */
function isNameless(schema: Schema, written: unknown): boolean {
  const { discriminator } = follow(schema);
  return discriminator !== undefined && meant(schema, written).discriminator !== undefined;
}

function defaultOf(schema: Schema): unknown {
  return meant(schema, undefined).default;
}
