import type { OpName } from '../noise/ops.js';

/**
 * The resolved spec: every default filled in, every student's inherited blocks merged.
 * Plain JSON, under 10 KB, the same for every spelling of the same experiment. Paths stand as written in
 * the file, but below the user's home as `~/…`; where they were found on this machine travels beside it (`Locations`), outside the digest.
 */
export interface ResolvedSpec {
  readonly version: 1;
  readonly name: string;
  readonly seed: number;
  readonly data: DataSpec;
  /** Generation 0 is the teacher, 1…n are the students. */
  readonly generations: readonly GenerationSpec[];
  /** The last student's model on the labels alone: same noise, steps and images per step. */
  readonly baseline: GenerationSpec | null;
}

/** Path, or name of a folder of weights, as written in the spec → absolute path, or `~/…` below the user's home. Never part of a digest. */
export type Locations = Readonly<Record<string, string>>;

export interface DataSpec {
  /** `mean` and `std` per channel in 0…1; null = those of the teacher's weights, else measured on the labelled set. `size` in pixels. */
  readonly image: { readonly size: number; readonly channels: 1 | 3; readonly mean: readonly number[] | null; readonly std: readonly number[] | null };
  readonly labelled: SourceSpec;
  readonly validation: SourceSpec;
  readonly unlabelled: SourceSpec;
  readonly test: SourceSpec;
  /** Share (0…1) of a set's files that may be unreadable before preparing fails. */
  readonly corruptShare: number;
}

export interface SourceSpec {
  readonly format: 'idx' | 'folder';
  readonly path: string;
  /** Images taken per class, drawn by the seed; null = all that are left. */
  readonly perClass: number | null;
}

export interface GenerationSpec {
  /** 0 = teacher, 1…n = students; the baseline has the last student's index. */
  readonly index: number;
  readonly role: 'teacher' | 'student' | 'baseline';
  readonly model: string;
  /** Name of the weights that it starts from; absent = a fresh network. */
  readonly weights?: string;
  /** What of it stays as it was; absent = nothing. */
  readonly freeze?: FreezeSpec;
  readonly noise: NoiseSpec;
  readonly training: TrainingSpec;
  /** The training at a larger size that follows; absent = none. */
  readonly resolution?: ResolutionSpec;
  /** How the pool is labelled for this student, and what of it is kept; unused by teacher and baseline. */
  readonly labelling: LabellingSpec;
  readonly selection: SelectionSpec;
}

export interface FreezeSpec {
  /** Layer groups whose weights are frozen, from the images to the logits. */
  readonly groups: readonly string[];
  /** 'frozen' = their batch norms use and keep the running statistics; 'updated' = they train on as others do. */
  readonly norms: 'frozen' | 'updated';
}

export interface ResolutionSpec {
  /** Pixels, larger than that of the data. */
  readonly size: number;
  /** Passes over the labelled set. */
  readonly epochs: number;
  /** Images per step: the student's labelled ones, also for its baseline. */
  readonly batch: number;
  /** Of the training's rate; constant. */
  readonly rateFactor: number;
  readonly freeze: FreezeSpec | null;
}

export interface NoiseSpec {
  readonly randAugment: RandAugmentSpec | null;
  /** Pad by `pad` pixels of the fill colour on every side, then cut a random window of the image's size. */
  readonly crop: { readonly pad: number } | null;
  readonly flip: 'none' | 'horizontal';
  /** Share of head features dropped, 0…1. */
  readonly dropout: number;
  /** Probability that the last residual block is kept; earlier ones by the linear depth rule. 1 = off. */
  readonly survival: number;
}

export interface RandAugmentSpec {
  readonly dialect: 'timm';
  readonly ops: number;
  /** 0…10. */
  readonly magnitude: number;
  /** 'uniform' = magnitude drawn from 0…magnitude (timm's mstd > 100); a number = sigma of a normal (timm's mstd); 'none' = fixed. */
  readonly spread: 'none' | 'uniform' | number;
  /** Probability that a drawn op is applied. */
  readonly probability: number;
  /** timm's `inc1`: every op gets stronger with the magnitude. */
  readonly increasing: boolean;
  /** What is drawn from, each equally likely; a list stands in timm's order, so that the draws do not depend on how it was written. */
  readonly transforms: 'all' | readonly OpName[];
}

export interface TrainingSpec {
  readonly steps: number;
  /** Labelled images per step. */
  readonly batch: number;
  /** Pseudo-labelled images per labelled image in a step; 0 for teacher and baseline. */
  readonly unlabelledRatio: number;
  /** Weight w of the pseudo part: loss = (labelled + w · pseudo) / (1 + w), each part a mean. */
  readonly unlabelledWeight: number;
  readonly optimiser: OptimiserSpec;
  readonly schedule: ScheduleSpec;
  /** Decay of the exponential moving average, with warm-up min(ema, (1+t)/(10+t)); 0 = off. */
  readonly ema: number;
  /** On true labels only, 0…1. */
  readonly labelSmoothing: number;
  /** Steps between checkpoints. Not part of any key. */
  readonly checkpointEvery: number;
  /** Steps between lines of metrics.jsonl. Not part of any key. */
  readonly logEvery: number;
}

export type OptimiserSpec =
  | { readonly name: 'adamw'; readonly beta1: number; readonly beta2: number; readonly epsilon: number; readonly weightDecay: number }
  | { readonly name: 'rmsprop'; readonly decay: number; readonly momentum: number; readonly epsilon: number; readonly weightDecay: number };

export type ScheduleSpec =
  | { readonly name: 'cosine'; readonly rate: number; readonly warmupSteps: number }
  | { readonly name: 'exponential'; readonly rate: number; readonly warmupSteps: number; readonly decay: number; readonly everySteps: number };

export interface LabellingSpec {
  readonly labels: 'soft' | 'hard';
  /** Soft labels are softmax(logits / temperature). */
  readonly temperature: number;
  /** Images per forward pass; 'auto' = what a short probe finds fastest. */
  readonly batch: number | 'auto';
  /** Images per shard; a shard is labelled by one activity and published once. */
  readonly shard: number;
}

export interface SelectionSpec {
  /** Lowest top-1 probability that is kept. */
  readonly confidence: number;
  /** Rows per class after balancing; null = no quota. */
  readonly perClass: number | null;
  /** 'duplicate' = fill rare classes with copies and thin abundant ones; 'thin' = thin only; 'none' = neither. */
  readonly balance: 'duplicate' | 'thin' | 'none';
}
