/** How weights came about, as the tag of their name says it. */
interface Recipe {
  /** The shortest name of it, for a table. */
  readonly title: string;
  /** Data and recipe. */
  readonly text: string;
}

/**
 * What a tag means, in a sentence: "Noisy Student: …". Undefined for a tag that the family's published weights do not have.
 */
export function describeTag(tag: string): string | undefined {
  const recipe = RECIPES.get(tag);
  return recipe && `${recipe.title}: ${recipe.text}`;
}

/** The same in two or three words; '' for a tag that the family's published weights do not have. */
export function titleOfTag(tag: string): string {
  return RECIPES.get(tag)?.title ?? '';
}

/** The tag of a model without published weights. */
export const UNTRAINED = 'untrained';

/**
 * Sources: Google's are described with its released checkpoints (tensorflow/tpu, models/official/efficientnet) and in the papers named;
 * timm's own in its documentation of hyper-parameters and its change log, which record no recipe for `ft`.
 */
const RECIPES: ReadonlyMap<string, Recipe> = new Map([
  [
    'ns_jft_in1k',
    {
      title: 'Noisy Student',
      text: 'labelled ImageNet-1k and unlabelled JFT-300M images with pseudo-labels, noise on every student (Xie et al. 2020); by Google',
    },
  ],
  [
    'ns_jft_in1k_475',
    { title: 'Noisy Student, 475 px', text: 'as ns_jft_in1k, for images of 475 pixels, the size L2 was trained at, instead of 800; by Google' },
  ],
  [
    'ap_in1k',
    { title: 'AdvProp', text: 'ImageNet-1k and adversarial examples of it, which train through batch norms of their own (Xie et al. 2019); by Google' },
  ],
  ['aa_in1k', { title: 'AutoAugment', text: 'supervised, ImageNet-1k, augmentation policy found by search (Cubuk et al. 2018); by Google' }],
  [
    'ra_in1k',
    { title: 'RandAugment', text: 'supervised, ImageNet-1k, randomly chosen augmentation (Cubuk et al. 2019); tf_ models by Google, the others by timm' },
  ],
  ['in1k', { title: 'supervised', text: "ImageNet-1k with a ResNet's plain crops and flips (Tan & Le 2019); by Google" }],
  [
    'ra2_in1k',
    { title: 'RandAugment 2', text: 'supervised, ImageNet-1k, RandAugment with RMSProp, EMA and stepwise decay (recipe B of Wightman et al. 2021); by timm' },
  ],
  [
    'ra4_e3600_r224_in1k',
    { title: 'RandAugment 4', text: 'supervised, ImageNet-1k, 3600 epochs at 224 pixels with hyper-parameters like those of MobileNetV4; by timm' },
  ],
  ['ra4_e3600_r240_in1k', { title: 'RandAugment 4', text: 'as ra4_e3600_r224_in1k, at 240 pixels; by timm' }],
  ['ft_in1k', { title: 'fine-tuned', text: 'on ImageNet-1k; by timm, which records no recipe' }],
  [
    'sw_in12k',
    { title: 'ImageNet-12k', text: "supervised, ImageNet-12k (11,821 classes), Swin Transformer's recipe: AdamW, clipped gradients, EMA, cosine; by timm" },
  ],
  ['sw_in12k_ft_in1k', { title: 'ImageNet-12k, then 1k', text: 'sw_in12k, fine-tuned on ImageNet-1k; by timm' }],
  [UNTRAINED, { title: 'untrained', text: 'no published weights; it starts from random numbers' }],
]);
