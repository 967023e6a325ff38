/* Generated from schemas/pipeline.schema.json by scripts/generate-types.ts. Do not edit. */

/**
 * Name of a model of the table in lib/models, such as efficientnet_b0.
 */
export type Model = string;
/**
 * Trained weights to start from, instead of a fresh network: `hf-hub:ID` of the Hugging Face hub, such as hf-hub:timm/tf_efficientnet_b0.ns_jft_in1k; the same name without the prefix, as timm writes it; `local-dir:PATH`, a folder with config.json and model.safetensors, looked up beside this file, then in the data folder; or `run:ID`, a model of a finished run of the same home: its last student, or with /generation-N or /baseline behind it another. Another number of classes gets a fresh classifier, other channels a stem adapted as timm does. Where data.image does not say mean and std, those of the weights hold for all generations.
 */
export type Weights = string;
/**
 * Layer groups whose weights stay as they are: a list of groups, or a block that also says what their batch norms do. [] = none.
 */
export type Freeze = LayerGroups | FrozenGroups;
/**
 * A group of layers.
 */
export type LayerGroup = string;
/**
 * Groups of layers, from the images to the logits: stem, blocks.0, blocks.1, … (a stage each), head.
 *
 * @maxItems 20
 */
export type LayerGroups = LayerGroup[];
/**
 * An operation of RandAugment, by timm's name without `Increasing`.
 */
export type Transform =
  | 'AutoContrast'
  | 'Equalize'
  | 'Invert'
  | 'Rotate'
  | 'Posterize'
  | 'Solarize'
  | 'SolarizeAdd'
  | 'Color'
  | 'Contrast'
  | 'Brightness'
  | 'Sharpness'
  | 'ShearX'
  | 'ShearY'
  | 'TranslateXRel'
  | 'TranslateYRel';
/**
 * How gradients change the weights. An override with another name replaces the whole block.
 */
export type Optimiser = AdamW | RMSProp;
/**
 * The learning rate at each step. An override with another name replaces the whole block.
 */
export type Schedule = Cosine | Exponential;
/**
 * Learning rate after the warm-up.
 */
export type Rate = number;
/**
 * Steps in which the rate rises in a straight line. Fewer than the training has.
 */
export type WarmupSteps = number;
/**
 * A short second training at a larger image size, or "none": on the labelled set alone, without noise, from the averaged weights of the first training, as in the paper (which takes 1.5 epochs). What it gives is evaluated and labels the pool, both at its size.
 */
export type ResolutionOrNone = 'none' | Resolution;

/**
 * One Noisy Student experiment: a teacher, students that learn from its pseudo-labels, and the data of all of them. The blocks noise, training, resolution, labelling and selection hold for every generation; teacher and students may override any key of them. `x-change` says what a change of a key under way, or of what stands in its block, does to a run of the same id: "live" = nothing is computed again; the name of a phase = that phase and what follows from it, of the generations that the block holds for (where a generation has no such phase, from its next one); "new-run" = it is refused, because it would be another experiment.
 */
export interface Pipeline {
  /**
   * Version of this file format.
   */
  version: 1;
  /**
   * Name of the experiment; the ids of its runs begin with it. Small letters, digits and single hyphens, at most 60 characters.
   */
  name: string;
  /**
   * Every random draw (splits, initial weights, order, noise, selection) is a function of this number and a position. Another seed is another experiment.
   */
  seed?: number;
  data: Data;
  teacher: Teacher;
  /**
   * Generations 1, 2, … in order. Each learns from the labelled set and from the pseudo-labels of the generation before it, which is its teacher.
   *
   * @minItems 1
   * @maxItems 8
   */
  students: Student[];
  /**
   * "same-compute" also trains the last student's model on the labelled set alone, with the same noise, steps and images per step, so that the gain of the pseudo-labels can be told from that of the longer training. "none" saves its time.
   */
  baseline?: 'same-compute' | 'none';
  noise?: Noise;
  training?: Training;
  resolution?: ResolutionOrNone;
  labelling?: Labelling;
  selection?: Selection;
}
/**
 * Where the four sets of images are and how they are read. Relative paths are looked up beside this file, then in the data folder.
 */
export interface Data {
  image: Image;
  labelled: Source;
  validation: Source;
  unlabelled: Source;
  test: Source;
  /**
   * Share of a set's files that may be unreadable. They are listed and left out; above this share preparing the data fails.
   */
  corruptShare?: number;
}
/**
 * What the model sees: square images of this size, as (x / 255 - mean) / std per channel.
 */
export interface Image {
  /**
   * Width and height to which every image is resized.
   */
  size: number;
  /**
   * 1 = grey, 3 = red, green, blue.
   */
  channels?: 1 | 3;
  /**
   * Mean of each channel, with pixels in 0…1. null = that of the teacher's weights where it starts from some, else measured on the labelled set.
   *
   * @minItems 1
   * @maxItems 3
   */
  mean?: number[] | null;
  /**
   * Standard deviation of each channel, with pixels in 0…1. null = that of the teacher's weights where it starts from some, else measured on the labelled set.
   *
   * @minItems 1
   * @maxItems 3
   */
  std?: number[] | null;
}
/**
 * One set of images. Sets on the same path never share an image: each takes its `perClass` images in the order labelled, validation, test, unlabelled.
 */
export interface Source {
  /**
   * "idx" = a pair of files of the MNIST family, "<path>-images-idx3-ubyte" and "<path>-labels-idx1-ubyte", gzipped or not. "folder" = one folder per class with JPEG, PNG or WebP files in it; the unlabelled set may be nested in any way, and its folders mean nothing.
   */
  format: 'idx' | 'folder';
  /**
   * The folder, or what the paths of the two files have in common. Relative paths are looked up beside this file, then in the data folder; a last part `test` also finds the MNIST family's `t10k`.
   */
  path: string;
  /**
   * Images taken of each class, drawn by the seed. null = all that are left.
   */
  perClass?: number | null;
}
/**
 * Generation 0, trained on the labelled set alone, with noise: a fresh network of `model`, or one that starts from `weights`.
 */
export interface Teacher {
  model?: Model;
  weights?: Weights;
  freeze?: Freeze;
  noise?: Noise;
  training?: Training;
  resolution?: ResolutionOrNone;
}
/**
 * Groups that are frozen, and how.
 */
export interface FrozenGroups {
  groups: LayerGroups;
  /**
   * "frozen" = the batch norms of frozen groups use their running statistics and keep them; "updated" = they use those of the batch and follow them, as elsewhere. Their scales and offsets are frozen either way.
   */
  norms?: 'frozen' | 'updated';
}
/**
 * What makes a student's task harder than its teacher's. The teacher labels without any of it. The defaults were measured on 28-pixel images; the paper's for ImageNet are 2 operations of magnitude 9 (its 27 of 30), dropout 0.5 and survival 0.8.
 */
export interface Noise {
  /**
   * Random colour and geometry operations on each image, or "none".
   */
  randAugment?: 'none' | RandAugment;
  /**
   * A random window of a padded image, or "none".
   */
  crop?: 'none' | Crop;
  /**
   * "horizontal" mirrors every second image, drawn at random. Use "none" where a mirror image is of another class, as with digits.
   */
  flip?: 'none' | 'horizontal';
  /**
   * Share of the features before the last layer that is dropped. 0 = off.
   */
  dropout?: number;
  /**
   * Stochastic depth: probability that the last residual block is kept; earlier blocks are kept more often, in proportion to their depth. 1 = off.
   */
  survival?: number;
}
/**
 * Each image gets `ops` operations, drawn at random.
 */
export interface RandAugment {
  /**
   * Whose operations and ranges: those of timm's `rand-…` strings.
   */
  dialect?: 'timm';
  /**
   * Operations drawn for each image (timm's n).
   */
  ops?: number;
  /**
   * Strength of the operations (timm's m).
   */
  magnitude?: number;
  /**
   * How the magnitude varies. "none" = always `magnitude`; "uniform" = anything from 0 to it (timm's mstd101); a number = the standard deviation around it (timm's mstd).
   */
  spread?: ('none' | 'uniform') | number;
  /**
   * Probability that a drawn operation is applied (timm's p, there 0.5).
   */
  probability?: number;
  /**
   * true = every operation gets stronger as the magnitude grows (timm's inc1); false = some get weaker, as in the first AutoAugment code.
   */
  increasing?: boolean;
  /**
   * The operations that are drawn from, each equally likely: "all" 15 of timm, or a list of its names. Leave out what makes your images unrecognisable or changes their class.
   */
  transforms?: 'all' | Transform[];
}
/**
 * Pads every side, then cuts a random window of the image's size.
 */
export interface Crop {
  /**
   * Padding on every side.
   */
  pad?: number;
}
/**
 * How a model is trained.
 */
export interface Training {
  /**
   * Training steps of a generation.
   */
  steps?: number;
  /**
   * Labelled images in a step. It may be larger than the labelled set: epochs wrap.
   */
  batch?: number;
  /**
   * Pseudo-labelled images for each labelled one in a student's step; a step has batch + round(batch × unlabelledRatio) images. Teacher and baseline see none.
   */
  unlabelledRatio?: number;
  /**
   * Weight w of the pseudo-labelled part: loss = (labelled + w · pseudo) / (1 + w), each part a mean. The paper's equation has 1.
   */
  unlabelledWeight?: number;
  optimiser?: Optimiser;
  schedule?: Schedule;
  /**
   * Decay of the exponential moving average of the weights, which labels and is evaluated; it warms up as min(ema, (1 + step) / (10 + step)). 0 = off.
   */
  ema?: number;
  /**
   * Probability spread evenly over all classes; on true labels only.
   */
  labelSmoothing?: number;
  /**
   * Steps between checkpoints: what a kill can cost. Changes no result.
   */
  checkpointEvery?: number;
  /**
   * Steps between lines of metrics.jsonl. Changes no result.
   */
  logEvery?: number;
}
/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019).
 */
export interface AdamW {
  /**
   * AdamW.
   */
  name: 'adamw';
  /**
   * Decay of the mean of gradients.
   */
  beta1?: number;
  /**
   * Decay of the mean of squared gradients. Short trainings want it lower: 0.99 for some hundred steps.
   */
  beta2?: number;
  /**
   * Added to the root of the mean of squared gradients.
   */
  epsilon?: number;
  /**
   * Decoupled: each step shrinks weights of rank above 1 by rate × weightDecay.
   */
  weightDecay?: number;
}
/**
 * RMSProp as TensorFlow defines it; the defaults are those of the EfficientNet code.
 */
export interface RMSProp {
  /**
   * RMSProp.
   */
  name: 'rmsprop';
  /**
   * Decay of the mean of squared gradients, which starts at 1.
   */
  decay?: number;
  /**
   * Share of the last update that is repeated.
   */
  momentum?: number;
  /**
   * Added to the mean of squared gradients, inside the root.
   */
  epsilon?: number;
  /**
   * Coupled: the factor of an L2 term in the loss, over weights of rank above 1.
   */
  weightDecay?: number;
}
/**
 * Half a cosine from 1 at the first step to 0 after the last one, times the rate and the warm-up.
 */
export interface Cosine {
  /**
   * Cosine.
   */
  name: 'cosine';
  rate?: Rate;
  warmupSteps?: WarmupSteps;
}
/**
 * Warm-up, then rate × decay ^ floor(step / everySteps), with steps counted from the first.
 */
export interface Exponential {
  /**
   * Exponential.
   */
  name: 'exponential';
  rate?: Rate;
  warmupSteps?: WarmupSteps;
  /**
   * Factor by which the rate falls.
   */
  decay?: number;
  /**
   * Steps between falls. The paper's schedule falls 146 times in a training, which is every 4 steps of 600.
   */
  everySteps?: number;
}
/**
 * The training at a larger size.
 */
export interface Resolution {
  /**
   * Width and height of the images; larger than data.image.size.
   */
  size?: number;
  /**
   * Passes over the labelled set, with `training.batch` images a step; at least one step. The paper has 1.5.
   */
  epochs?: number;
  /**
   * The learning rate is training.schedule.rate times this, constant and without warm-up. The default is where the paper's code ends its schedule, which it goes on with: 0.97 to the power of 145 falls.
   */
  rateFactor?: number;
  freeze?: Freeze;
}
/**
 * One later generation. It inherits noise, training, resolution, labelling and selection key by key and may override any of them.
 */
export interface Student {
  model: Model;
  /**
   * Noisy Student is knowledge expansion: a student has at least as many parameters as its teacher. true permits fewer.
   */
  allowSmaller?: boolean;
  noise?: Noise;
  training?: Training;
  resolution?: ResolutionOrNone;
  labelling?: Labelling;
  selection?: Selection;
}
/**
 * How a teacher labels the unlabelled images for its student: clean images, no noise, averaged weights.
 */
export interface Labelling {
  /**
   * "soft" = the student learns the teacher's whole distribution; "hard" = its top class only.
   */
  labels?: 'soft' | 'hard';
  /**
   * Soft labels are softmax(logits / temperature): above 1 softer, below 1 sharper.
   */
  temperature?: number;
  /**
   * Images in a forward pass. "auto" = the number that labels fastest here, by a probe of about two seconds that takes at most 1 GiB; on a CPU it changes no bit of a label.
   */
  batch?: 'auto' | number;
  /**
   * Images labelled by one activity, which is what a kill can cost.
   */
  shard?: number;
}
/**
 * Which pseudo-labelled images a student sees, and how often.
 */
export interface Selection {
  /**
   * Lowest probability of the top class with which an image is kept. The paper has 0.3.
   */
  confidence?: number;
  /**
   * Rows of each class after balancing. null = no quota, so that `balance` has nothing to do.
   */
  perClass?: number | null;
  /**
   * How a class gets to its quota. "duplicate" = copies in rare classes, thinning in abundant ones, as in the paper's code; "thin" = thinning only; "none" = neither.
   */
  balance?: 'duplicate' | 'thin' | 'none';
}
