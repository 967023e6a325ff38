import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeSettings } from '../../lib/store/open-store.js';

for (const [environment, wanted] of [
  [{}, { address: undefined, endpoint: undefined, region: 'us-east-1', cacheBytes: 100e9 }],
  [
    { NOISY_STUDENT_STORE: 's3://pets/runs', AWS_ENDPOINT_URL: 'http://minio:9000', AWS_REGION: 'eu-west-1', NOISY_STUDENT_STORE_CACHE_GB: '2.5' },
    { address: 's3://pets/runs', endpoint: 'http://minio:9000', region: 'eu-west-1', cacheBytes: 2.5e9 },
  ],
  [{ NOISY_STUDENT_STORE: '', AWS_ENDPOINT_URL_S3: 'http://a', AWS_ENDPOINT_URL: 'http://b' }, { address: undefined, endpoint: 'http://a', region: 'us-east-1', cacheBytes: 100e9 }], // prettier-ignore
] as const) {
  test(`the store's settings of ${JSON.stringify(environment)}`, () => assert.deepEqual(storeSettings(environment), wanted));
}

for (const [environment, message] of [
  [{ NOISY_STUDENT_STORE: '/data/store' }, /NOISY_STUDENT_STORE is "\/data\/store", but must be s3:\/\/BUCKET/],
  [{ NOISY_STUDENT_STORE: 's3://UPPER' }, /must be s3:\/\/BUCKET/],
  [{ NOISY_STUDENT_STORE: 's3://pets/../../etc?x' }, /must be s3:\/\/BUCKET/],
  [{ NOISY_STUDENT_STORE_CACHE_GB: 'much' }, /CACHE_GB is "much", but must be a number above 0/],
] as const) {
  test(`the store's settings ${JSON.stringify(environment)} are refused`, () =>
    assert.throws(() => storeSettings(environment), { code: 'COMMAND_INVALID', message }));
}
