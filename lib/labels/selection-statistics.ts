/**
 * `statistics.json`: what the teacher said about the pool and what of it the student will see. Shares are 0…1;
 * null = no image to tell from.
 */
export interface SelectionStatistics {
  /** Images of the pool. */
  readonly images: number;
  /** Those whose confidence reaches the floor, and their share. */
  readonly aboveFloor: number;
  readonly coverage: number | null;
  /** Rows of the selection, each image counted as often as it is repeated, and the images among them. */
  readonly rows: number;
  readonly unique: number;
  /** Top-1 probability over the whole pool; `histogram` counts images in BINS bins of equal width, the last one closed. */
  readonly confidence: { readonly floor: number; readonly mean: number | null; readonly highest: number | null; readonly histogram: readonly number[] };
  /** Mean entropy of the labels over the whole pool, in nats; 0 for hard labels. */
  readonly entropy: number | null;
  /** In the order of the data set's classes. */
  readonly classes: readonly ClassStatistics[];
  /** Against the labels of the generation before; null where there is none. */
  readonly churn: Churn | null;
  /** Against hidden labels, where the source has them. Nothing else in the artifact depends on them. */
  readonly accuracy: LabelAccuracy | null;
  readonly warnings: readonly SelectionWarning[];
}

/** A class here is the teacher's: what an image was predicted as. */
export interface ClassStatistics {
  readonly class: string;
  /** Images predicted as the class, those above the floor, those selected, and rows of the selection. */
  readonly before: number;
  readonly aboveFloor: number;
  readonly unique: number;
  readonly rows: number;
  /** rows / unique. */
  readonly duplication: number | null;
  readonly lowestConfidence: number | null;
  /** Share of the images predicted as the class that truly are of it; null also where there are no hidden labels. */
  readonly accuracy: number | null;
}

export interface Churn {
  /** Images that both generations labelled. */
  readonly images: number;
  /** Those whose top-1 class changed, and their share. */
  readonly changed: number;
  readonly share: number | null;
  /** Images: rows are the classes before, columns the classes now. */
  readonly matrix: readonly (readonly number[])[];
}

export interface LabelAccuracy {
  /** Pool images with a hidden label. */
  readonly images: number;
  /** Share of them with the right top-1 class: over the pool, and over the rows of the selection. */
  readonly pool: number | null;
  readonly selected: number | null;
  /** Per bin of confidence, over the pool. */
  readonly bins: readonly { readonly from: number; readonly images: number; readonly accuracy: number | null }[];
}

export interface SelectionWarning {
  readonly kind: 'class-unpredicted' | 'class-below-floor' | 'class-duplicated';
  readonly class: string;
  readonly message: string;
}

/** Bins of confidence, each 0.05 wide. */
export const BINS = 20;

/** Above this many copies of an image a class teaches its few images by heart. */
export const DUPLICATION_LIMIT = 3;
