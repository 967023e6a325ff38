import { PipelineError } from '../errors.js';
import type { CropMode, PretrainedConfig } from './pretrained-config.js';
import { describeTag, UNTRAINED } from './tags.js';
import { modelNames, VARIANTS } from './variants.js';

export { describeTag, titleOfTag, UNTRAINED } from './tags.js';

/** One set of weights of an architecture, or, under the tag `untrained`, the architecture without any. */
export interface PublishedWeights {
  /** `architecture.tag` */
  readonly name: string;
  readonly architecture: string;
  readonly tag: string;
  /** On the Hugging Face hub; null where nobody published weights. */
  readonly hubId: string | null;
  readonly licence: 'apache-2.0';
  readonly config: PretrainedConfig;
  /** As timm measured them on ImageNet-1k's 50,000 validation images: at the input size, then at the test size. Empty without an ImageNet-1k head. */
  readonly scores: readonly Score[];
}

export interface Score {
  /** Side of the images, in pixels, and the share of a resized image that was kept. */
  readonly size: number;
  readonly cropPct: number;
  /** Per cent. */
  readonly top1: number;
  readonly top5: number;
}

/** All weights that timm has for the models of our table, and every architecture without any; architectures in the order of `modelNames`. */
export function catalogue(): readonly PublishedWeights[] {
  return [...BY_ARCHITECTURE.values()].flat();
}

/** The weights of an architecture; the first are those that its bare name means. Throws MODEL_UNKNOWN. */
export function weightsOf(architecture: string): readonly [PublishedWeights, ...PublishedWeights[]] {
  const [first, ...others] = BY_ARCHITECTURE.get(architecture) ?? [];
  if (first) return [first, ...others];
  throw new PipelineError('MODEL_UNKNOWN', `no architecture is named "${architecture}"; known: ${modelNames().join(', ')}.`);
}

/** The weights of that tag. Throws MODEL_UNKNOWN with the tags that there are. */
export function findPublished({ architecture, tag }: { readonly architecture: string; readonly tag: string }): PublishedWeights {
  const all = weightsOf(architecture);
  const found = all.find((weights) => weights.tag === tag);
  if (found) return found;
  const tags = all.map((weights) => `${weights.tag} (${describeTag(weights.tag)})`).join('; ');
  throw new PipelineError('MODEL_UNKNOWN', `${architecture} has no weights "${tag}"; its tags are: ${tags}.`);
}

/** The names of before tags, which timm still takes: old name → `architecture.tag`, or an architecture. */
export function oldNames(): ReadonlyMap<string, string> {
  return OLD_NAMES;
}

/** What is special about weights; the size and the crop are those of `VARIANTS` unless said. */
interface Row {
  readonly size?: number;
  readonly crop?: number;
  readonly mode?: CropMode;
  readonly classes?: number;
  /** Top-1 and top-5 at that size, in per cent. */
  readonly top?: readonly [number, number];
  /** A larger size for testing, with its crop. */
  readonly test?: { readonly size: number; readonly crop: number; readonly top: readonly [number, number] };
}

/**
 * timm 1.0.31's table, in its order: the first tag is what the bare name means. Scores: results/results-imagenet.csv of
 * huggingface/pytorch-image-models at aa4b5850. timm has no weights for an architecture that is not here.
 */
const TABLE: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  efficientnet_b0: {
    ra_in1k: { top: [77.698, 93.538] },
    ra4_e3600_r224_in1k: { crop: 0.9, top: [78.568, 94.34], test: { size: 256, crop: 1, top: [79.364, 94.754] } },
  },
  efficientnet_b1: {
    ra4_e3600_r240_in1k: { crop: 0.9, top: [80.404, 95.152], test: { size: 288, crop: 1, top: [81.444, 95.698] } },
    ft_in1k: { size: 224, crop: 0.875, top: [77.592, 93.636], test: { size: 256, crop: 1, top: [78.806, 94.346] } },
  },
  efficientnet_b2: { ra_in1k: { size: 256, crop: 0.875, top: [79.324, 94.582], test: { size: 288, crop: 1, top: [80.612, 95.32] } } },
  efficientnet_b3: { ra2_in1k: { size: 288, crop: 0.875, top: [81.472, 95.696], test: { size: 320, crop: 1, top: [82.296, 96.124] } } },
  efficientnet_b4: { ra2_in1k: { size: 320, crop: 0.875, top: [82.658, 96.134], test: { size: 384, crop: 1, top: [83.468, 96.574] } } },
  efficientnet_b5: { sw_in12k_ft_in1k: { size: 448, crop: 1, mode: 'squash', top: [85.894, 97.742] }, sw_in12k: { size: 416, crop: 0.95, classes: 11_821 } },
  efficientnet_l2: { [UNTRAINED]: { crop: 0.961 } },
  tf_efficientnet_b0: tops({ ns_jft_in1k: [78.68, 94.372], ap_in1k: [77.1, 93.258], aa_in1k: [76.882, 93.27], in1k: [76.542, 93.008] }),
  tf_efficientnet_b1: tops({ ns_jft_in1k: [81.388, 95.756], ap_in1k: [79.288, 94.316], aa_in1k: [78.84, 94.202], in1k: [78.546, 94.096] }),
  tf_efficientnet_b2: tops({ ns_jft_in1k: [82.412, 96.238], ap_in1k: [80.3, 95.032], aa_in1k: [80.074, 94.906], in1k: [79.612, 94.714] }),
  tf_efficientnet_b3: tops({ ns_jft_in1k: [84.054, 96.926], ap_in1k: [81.842, 95.614], aa_in1k: [81.648, 95.724], in1k: [80.878, 95.308] }),
  tf_efficientnet_b4: tops({ ns_jft_in1k: [85.156, 97.482], ap_in1k: [83.246, 96.392], aa_in1k: [83.04, 96.298], in1k: [82.598, 96.132] }),
  tf_efficientnet_b5: tops({
    ...{ ns_jft_in1k: [86.096, 97.744], ap_in1k: [84.258, 96.984], ra_in1k: [83.834, 96.764] },
    ...{ aa_in1k: [83.696, 96.712], in1k: [83.17, 96.534] },
  }),
  tf_efficientnet_b6: tops({ ns_jft_in1k: [86.476, 97.864], ap_in1k: [84.794, 97.138], aa_in1k: [84.124, 96.89] }),
  tf_efficientnet_b7: tops({ ns_jft_in1k: [86.85, 98.08], ap_in1k: [85.132, 97.256], ra_in1k: [84.926, 97.22], aa_in1k: [84.424, 96.908] }),
  tf_efficientnet_b8: tops({ ap_in1k: [85.358, 97.298], ra_in1k: [85.344, 97.392] }),
  tf_efficientnet_l2: { ns_jft_in1k_475: { size: 475, crop: 0.936, top: [88.246, 98.554] }, ns_jft_in1k: { top: [88.36, 98.656] } },
};

function tops(scores: Readonly<Record<string, readonly [number, number]>>): Readonly<Record<string, Row>> {
  return Object.fromEntries(Object.entries(scores).map(([tag, top]) => [tag, { top }]));
}

/** Recipes whose inputs run from -1 to 1; all others standardise by ImageNet's mean and deviation. */
const CENTRED = /^(ap|ra4)_/;
const HALF = [0.5, 0.5, 0.5];
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

const BY_ARCHITECTURE: ReadonlyMap<string, readonly PublishedWeights[]> = new Map(
  modelNames().map((architecture) => {
    const rows = Object.entries(TABLE[architecture] ?? { [UNTRAINED]: {} });
    return [architecture, rows.map(([tag, row]) => weights(architecture, tag, row))];
  }),
);

function weights(architecture: string, tag: string, row: Row): PublishedWeights {
  const variant = VARIANTS[architecture.slice(architecture.lastIndexOf('_') + 1) as keyof typeof VARIANTS];
  const { size = variant.size, crop = variant.crop, mode = 'center', classes = 1000, top, test } = row;
  const name = `${architecture}.${tag}`;
  const at = (side: number, cropPct: number, [top1, top5]: readonly [number, number]): Score => ({ size: side, cropPct, top1, top5 });
  return {
    ...{ name, architecture, tag, hubId: tag === UNTRAINED ? null : `timm/${name}`, licence: 'apache-2.0' },
    config: {
      tag,
      inputSize: [3, size, size],
      ...(test && { testInputSize: [3, test.size, test.size], testCropPct: test.crop }),
      ...{ interpolation: 'bicubic', cropPct: crop, cropMode: mode },
      ...(CENTRED.test(tag) ? { mean: HALF, std: HALF } : IMAGENET),
      numClasses: classes,
    },
    scores: [...(top ? [at(size, crop, top)] : []), ...(test ? [at(test.size, test.crop, test.top)] : [])],
  };
}

/** Until 2022 the recipe was a suffix of the architecture. */
const SUFFIXES = { ap_in1k: '_ap', ns_jft_in1k: '_ns', ns_jft_in1k_475: '_ns_475' };

const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ...catalogue().flatMap(({ name, architecture, tag }) =>
    tag in SUFFIXES ? [[`${architecture}${SUFFIXES[tag as keyof typeof SUFFIXES]}`, name] as const] : [],
  ),
  ['efficientnet_b2a', 'efficientnet_b2'],
  ['efficientnet_b3a', 'efficientnet_b3'],
]);
