import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { PipelineError } from '../../lib/errors.js';
import { catalogue } from '../../lib/models/catalogue.js';
import { parseModelName, type TimmName } from '../../lib/models/names.js';

const { aliases } = JSON.parse(readFileSync(new URL('../golden/timm-catalogue.json', import.meta.url), 'utf8')) as { aliases: Record<string, string> };

test('every architecture.tag of the catalogue is a name', () => {
  for (const { name, architecture, tag } of catalogue()) assert.deepEqual(parseModelName(name), { source: 'timm', architecture, tag });
});

/** timm 1.0.31: the first tag of an architecture's table. */
const BARE = {
  ...{ efficientnet_b0: 'ra_in1k', efficientnet_b1: 'ra4_e3600_r240_in1k', efficientnet_b2: 'ra_in1k', efficientnet_b3: 'ra2_in1k' },
  ...{ efficientnet_b4: 'ra2_in1k', efficientnet_b5: 'sw_in12k_ft_in1k', efficientnet_b6: 'untrained', efficientnet_l2: 'untrained' },
  ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`tf_efficientnet_b${index}`, 'ns_jft_in1k'])),
  ...{ tf_efficientnet_b8: 'ap_in1k', tf_efficientnet_l2: 'ns_jft_in1k_475', efficientnet_t0: 'untrained' },
};

for (const [name, tag] of Object.entries(BARE)) {
  test(`the bare name ${name} means ${tag}, and says so`, () => {
    const parsed = parseModelName(name) as TimmName;
    assert.deepEqual({ ...parsed, says: '' }, { source: 'timm', architecture: name, tag, says: '' });
    assert.match(parsed.says ?? '', tag === 'untrained' ? /^\w+ has no published weights\.$/ : new RegExp(`^${name} means ${name}\\.${tag}, .+: .+\\.$`));
  });
}

test('a bare name also says which other weights there are', () => {
  assert.match((parseModelName('tf_efficientnet_b0') as TimmName).says ?? '', /Its other weights: ap_in1k, aa_in1k, in1k\.$/);
});

for (const [old, now] of Object.entries(aliases)) {
  test(`the old name ${old} means ${now}, with a warning`, () => {
    const { warning, ...parsed } = parseModelName(old) as TimmName;
    assert.deepEqual(parsed, parseModelName(now));
    assert.equal(warning, `${old} is an old name; write ${now}.`);
  });
}

const ELSEWHERE = [
  ['hf-hub:timm/tf_efficientnet_b0.ns_jft_in1k', { source: 'hub', id: 'timm/tf_efficientnet_b0.ns_jft_in1k', revision: 'main' }],
  ['hf_hub:timm/resnet18@v1.0', { source: 'hub', id: 'timm/resnet18', revision: 'v1.0' }],
  ['HF-Hub:someone/my_model-2@refs/pr/7', { source: 'hub', id: 'someone/my_model-2', revision: 'refs/pr/7' }],

  ['local-dir:/models/b0', { source: 'folder', folder: '/models/b0' }],
  ['local-dir:C:\\models\\b0 #1@x', { source: 'folder', folder: 'C:\\models\\b0 #1@x' }],
  ['local-dir:../b0', { source: 'folder', folder: '../b0' }],
  ['run:fashion-mnist-0123abcd', { source: 'run', run: 'fashion-mnist-0123abcd', generation: null }],
  ['run:fashion-mnist-0123abcd/generation-0', { source: 'run', run: 'fashion-mnist-0123abcd', generation: 0 }],
  ['run:fashion-mnist-0123abcd/generation-12', { source: 'run', run: 'fashion-mnist-0123abcd', generation: 12 }],
  ['run:fashion-mnist-0123abcd/baseline', { source: 'run', run: 'fashion-mnist-0123abcd', generation: 'baseline' }],
  ['run:a/b c', { source: 'run', run: 'a/b c', generation: null }],
] as const;

for (const [name, parsed] of ELSEWHERE) {
  test(`${name} is a ${parsed.source}`, () => assert.deepEqual(parseModelName(name), parsed));
}

const PREFIXES = /hf-hub:.*local-dir:.*run:/;
const REFUSED = [
  ['', /no model is named ""\. Known architectures: efficientnet_t0, /],
  ['hf-hub:', PREFIXES],
  ['local-dir:', PREFIXES],
  ['run:', PREFIXES],
  ['run:/baseline', /names no run; write run:ID/],
  ['s3:bucket/model', /begins with "s3:"; the prefixes are hf-hub:.*local-dir:.*run:/],
  ['https://huggingface.co/timm/resnet18', PREFIXES],
  ['timm/tf_efficientnet_b0', /hf-hub:timm\/tf_efficientnet_b0 .*local-dir:timm\/tf_efficientnet_b0 .*run:ID/],
  ['C:\\models\\tf_efficientnet_b0', PREFIXES],
  ['./tf_efficientnet_b0', PREFIXES],
  [':', PREFIXES],
  ['hf-hub:gpt2', /OWNER\/NAME/],
  ['hf-hub:a/b/c', /OWNER\/NAME/],
  ['hf-hub:../secret', /OWNER\/NAME/],
  ['hf-hub:timm/..', /OWNER\/NAME/],
  ['hf-hub:timm/a--b', /OWNER\/NAME/],
  ['hf-hub:timm/a?token=1', /OWNER\/NAME/],
  ['hf-hub:timm/a@', /the revision .* behind "@" one branch/],
  ['hf-hub:timm/a@x@y', /the revision .* behind "@" one branch/],
  ['hf-hub:timm/a@../../x', /the revision .* behind "@" one branch/],
  ['resnet50', /no model is named "resnet50"\. Known architectures/],
  ['tf_efficientnet_b9', /did you mean tf_efficientnet_b\d/],
  ['EfficientNet-B3', /did you mean efficientnet_b3\?/],
  ['tf_efficientnet_b3_nss', /did you mean tf_efficientnet_b3\.ns_jft_in1k\?/],
  ['efficientnet_l2_ns_475', /did you mean tf_efficientnet_l2\.ns_jft_in1k_475\?/],
  ['tf_efficientnet_b0.', /has no weights "".*Its tags: ns_jft_in1k, ap_in1k, aa_in1k, in1k\./],
  ['tf_efficientnet_b0.untrained', /has no weights "untrained"/],
  ['tf_efficientnet_b6.ns_jft_in1', /no weights "ns_jft_in1"; did you mean tf_efficientnet_b6\.ns_jft_in1k\? Its tags: ns_jft_in1k, ap_in1k, aa_in1k\./],
  ['efficientnet_b0.ns_jft_in1k', /did you mean tf_efficientnet_b0\.ns_jft_in1k\? Its tags: ra_in1k, ra4_e3600_r224_in1k\./],
  ['tf_efficientnet_b0_ns.ns_jft_in1k', /did you mean tf_efficientnet_b0\.ns_jft_in1k\?/],
  ['__proto__', /no model is named/],
] as const;

for (const [name, message] of REFUSED) {
  test(`${JSON.stringify(name)} is refused with what to write instead`, () => assert.throws(() => parseModelName(name), { code: 'MODEL_UNKNOWN', message }));
}

test('any text is a name or refused, and a long one is not repeated whole', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `hf-hub:${text}`),
        fc.string().map((text) => `tf_efficientnet_b0${text}`),
      ),
      (text) => {
        try {
          parseModelName(text);
        } catch (error) {
          assert.ok(error instanceof PipelineError && error.code === 'MODEL_UNKNOWN');
        }
      },
    ),
  );
  for (const long of ['x'.repeat(1e6), `hf-hub:${'x-'.repeat(1e6)}`, `a/${'x'.repeat(1e6)}`, `tf_efficientnet_b0.${'.'.repeat(1e6)}`]) {
    assert.throws(
      () => parseModelName(long),
      ({ message }: Error) => message.length < 2000,
    );
  }
});
