import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { givenConnection } from '../../workers/connection.js';
import { isError } from '../store/contract.js';
import { freshHome } from './homes.js';

const NO_FILE = { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };

test('without an address no server is given, and the embedded one is meant', () => {
  assert.equal(givenConnection(NO_FILE), undefined);
});

test('Temporal’s own variables name the server, the namespace and the key', () => {
  const given = givenConnection({ ...NO_FILE, TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: 'lab', TEMPORAL_API_KEY: 'secret' })!;
  assert.deepEqual([given.address, given.namespace], ['temporal:7233', 'lab']);
  assert.equal(given.options.apiKey, 'secret');
  assert.equal(given.options.tls, true, 'a key is sent over an encrypted connection only');
});

test('a profile of the configuration file names the server', async (t) => {
  const file = join(await freshHome(t), 'temporal.toml');
  await writeFile(file, '[profile.lab]\naddress = "lab:7233"\n');
  const given = givenConnection({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'lab' })!;
  assert.deepEqual([given.address, given.namespace], ['lab:7233', 'default']);
});

test('settings that make no sense are said in one line', () => {
  const given = () => givenConnection({ ...NO_FILE, TEMPORAL_PROFILE: 'nobody' });
  assert.throws(given, (error: Error) => {
    assert.ok(!error.message.includes('\n'));
    return isError('COMMAND_INVALID')(error);
  });
});
