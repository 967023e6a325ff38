import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DuckDBConnection } from '@duckdb/node-api';
import { parquet, parquetOptions, query, text, withDatabase } from '../../lib/labels/database.js';
import { temporaryFolder } from './shards.js';

let folder = '';
before(async () => void (folder = await temporaryFolder()));
after(() => rm(folder, { recursive: true, force: true }));

/** 16 MB of numbers that a sort has to hold. */
const SORT = 'CREATE TABLE sorted AS SELECT sha256(range::VARCHAR) AS word FROM range(400000) ORDER BY word';

test('what does not fit into memory goes to the spill folder, which is gone at the end', async () => {
  const spill = join(folder, 'spill');
  const spilled = await withDatabase(
    spill,
    async (connection) => {
      await connection.run(SORT);
      assert.deepEqual(await query(connection, 'SELECT count(*) AS words FROM sorted'), [{ words: 400000 }]);
      return existsSync(spill);
    },
    '24MB',
  );
  assert.equal(spilled, true);
  assert.equal(existsSync(spill), false);
});

test('files are found whatever is in their names', async () => {
  const path = join(folder, "it's [a] *strange* key=1.parquet");
  const rows = await withDatabase(null, async (connection) => {
    await connection.run(`COPY (SELECT 7 AS n) TO ${text(path)} ${parquetOptions(10)}`);
    return query(connection, `SELECT * FROM ${parquet([path])}`);
  });
  assert.deepEqual(rows, [{ n: 7 }]);
});

/** What DuckDB runs into, and the code it becomes. */
const FAILURES: readonly { readonly name: string; readonly code: string; readonly work: (connection: DuckDBConnection) => Promise<unknown> }[] = [
  { name: 'a full disk', code: 'DISK_FULL', work: (connection) => connection.run("COPY (SELECT range FROM range(100000)) TO '/dev/full'") },
  { name: 'too little memory', code: 'OUT_OF_MEMORY', work: (connection) => connection.run(SORT) },
  { name: 'a missing file', code: 'ARTIFACT_MISSING', work: (connection) => connection.run(`FROM ${parquet(['/nowhere/labels.parquet'])}`) },
  { name: 'a damaged file', code: 'ARTIFACT_CORRUPT', work: (connection) => connection.run(`FROM ${parquet([import.meta.filename])}`) },
];

for (const { name, code, work } of FAILURES) {
  test(`${name} is ${code}`, () => assert.rejects(withDatabase(null, work, '24MB'), { code }));
}

test('an error that is not known passes as it is', () =>
  assert.rejects(
    withDatabase(null, (connection) => connection.run('SELECT nothing')),
    /Binder Error/,
  ));

/** Classes → rows of a row group: at most DuckDB's 122,880, about 64 MB of probabilities, at least one vector. */
const ROW_GROUPS = [
  [10, 122_880],
  [1000, 16_384],
  [21_841, 2048],
] as const;

for (const [classes, rows] of ROW_GROUPS) {
  test(`a row group of ${classes} classes holds ${rows} rows`, () => assert.match(parquetOptions(classes), new RegExp(`ROW_GROUP_SIZE ${rows},`)));
}
