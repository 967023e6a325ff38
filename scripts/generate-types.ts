/**
 * Writes what is derived from schemas/pipeline.schema.json: the TypeScript types and a stand-alone validator.
 * Run after a change of the schema:  npx tsx scripts/generate-types.ts
 * The test `test/spec/generated.test.ts` fails while the files are stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { compile, type JSONSchema } from 'json-schema-to-typescript';

const ROOT = new URL('..', import.meta.url);
const BANNER = 'Generated from schemas/pipeline.schema.json by scripts/generate-types.ts. Do not edit.';

/** Path in the repository → text, for every file derived from the schema. */
export async function generate(): Promise<Record<string, string>> {
  const schema = JSON.parse(readFileSync(new URL('schemas/pipeline.schema.json', ROOT), 'utf8')) as object;
  return {
    'lib/spec/types.ts': await types(schema),
    'lib/spec/validator.generated.cjs': validator(schema),
  };
}

function types(schema: object): Promise<string> {
  return compile(withoutLeafTitles(schema) as JSONSchema, 'Pipeline', {
    bannerComment: `/* ${BANNER} */`,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 140 },
  });
}

/** The generator names a type after every title; only blocks of keys deserve a name. */
function withoutLeafTitles(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutLeafTitles);
  if (typeof node !== 'object' || node === null) return node;
  if ('$ref' in node) return { $ref: node.$ref };
  const isNamed = 'discriminator' in node || ('properties' in node && typeof node.properties === 'object');
  const entries = Object.entries(node).filter(([key, value]) => key !== 'title' || typeof value !== 'string' || isNamed);
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutLeafTitles(value)]));
}

/** Compiled ahead, because loading ajv and compiling the schema is a tenth of a second of every start. */
function validator(schema: object): string {
  const options = { allErrors: true, discriminator: true, allowUnionTypes: true, messages: false };
  const ajv = new Ajv2020({ ...options, code: { source: true, lines: true } });
  ajv.addVocabulary(['x-unit', 'x-allowed', 'x-absent', 'x-change']);
  return `// ${BANNER}\n${standalone.default(ajv, ajv.compile(withoutProse(schema) as object))}\n`;
}

/** Words for people are a third of the compiled file and decide nothing. */
function withoutProse(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutProse);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(([key, value]) => !['title', 'description'].includes(key) || typeof value !== 'string');
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutProse(value)]));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [path, text] of Object.entries(await generate())) writeFileSync(new URL(path, ROOT), text);
}
