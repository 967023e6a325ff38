/** `evaluation.json`: what one model does on the two sets that hold true labels. Rates are shares, 0…1; null = no image. */
export interface Evaluation {
  readonly validation: SetEvaluation;
  readonly test: SetEvaluation;
}

export interface SetEvaluation {
  readonly images: number;
  readonly top1: number | null;
  /** The true class is among the min(5, classes) largest logits. */
  readonly top5: number | null;
  /** Mean cross-entropy with the true labels, in nats, without smoothing. */
  readonly loss: number | null;
  /** In the order of the data set's classes. */
  readonly perClass: readonly ClassEvaluation[];
  /** Images: rows are true classes, columns predicted ones. */
  readonly confusion: readonly (readonly number[])[];
}

export interface ClassEvaluation {
  /** The class's name. */
  readonly class: string;
  /** Images that truly are of the class, and the share of them that is predicted as such. */
  readonly images: number;
  readonly top1: number | null;
}
