import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { follow, meant, SCHEMA, type Schema } from '../../lib/spec/schema.js';
import fitsSchema from '../../lib/spec/validator.generated.cjs';
import { generate } from '../../scripts/generate-types.js';

const root = join(import.meta.dirname, '../..');

test('everything generated from the schema is up to date: else run npx tsx scripts/generate-types.ts', async () => {
  for (const [path, text] of Object.entries(await generate())) assert.equal(readFileSync(join(root, path), 'utf8'), text, path);
});

test('every key has a title and a description, and says what stands for it when it is left out', () => {
  const bad = keys().filter(
    ({ schema, isRequired }) => !schema.title || !schema.description || (!isRequired && schema.default === undefined && schema['x-absent'] === undefined),
  );
  assert.deepEqual(
    bad.map(({ path }) => path),
    [],
  );
});

test('every number has a range on both sides', () => {
  const numbers = keys().filter(({ schema }) => typesOf(schema).some((type) => type === 'number' || type === 'integer'));
  const hasRange = ({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): boolean =>
    (minimum ?? exclusiveMinimum) !== undefined && (maximum ?? exclusiveMaximum) !== undefined;
  assert.deepEqual(
    numbers.filter(({ schema }) => !hasRange(schema)).map(({ path }) => path),
    [],
  );
  assert.ok(numbers.length > 25);
});

test('no block takes keys that the schema does not name', () => {
  const blocks = Object.values({ ...SCHEMA.$defs, '': SCHEMA }).filter(({ properties }) => properties);
  assert.deepEqual(
    blocks.filter((block) => (block as { additionalProperties?: boolean }).additionalProperties !== false).map(({ title }) => title),
    [],
  );
});

test('every default fits the schema', () => {
  const path = 'x';
  const source = { format: 'idx', path };
  const pipeline = (extra: object) => ({
    version: 1,
    name: 'a',
    data: { image: { size: 8 }, labelled: source, validation: source, unlabelled: source, test: source },
    teacher: { model: 'm' },
    students: [{ model: 'm' }],
    ...extra,
  });
  assert.ok(fitsSchema(pipeline({})));
  for (const name of ['noise', 'training', 'resolution', 'labelling', 'selection']) {
    for (const [key, child] of Object.entries(meant(SCHEMA.properties?.[name] ?? {}, {}).properties ?? {})) {
      if (follow(child).default === undefined) continue;
      assert.ok(fitsSchema(pipeline({ [name]: { [key]: follow(child).default } })), `${name}.${key}`);
    }
  }
});

/** Every key that a person may write, with its schema. */
function keys(): { path: string; schema: Schema; isRequired: boolean }[] {
  const blocks = Object.entries({ ...SCHEMA.$defs, '': SCHEMA });
  return blocks.flatMap(([name, { properties = {}, required = [] }]) =>
    Object.entries(properties).map(([key, child]) => ({ path: `${name}/${key}`, schema: follow(child), isRequired: required.includes(key) })),
  );
}

function typesOf({ type = [] }: Schema): readonly string[] {
  return typeof type === 'string' ? [type] : type;
}
