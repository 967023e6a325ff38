import type { SelectionSpec } from '../spec/resolved.js';

export interface SelectInput {
  /** Paths of the `labels.parquet` of every shard, in any order. */
  readonly shards: readonly string[];
  /** The same of the generation before, for the churn; null for the first student. */
  readonly previous: readonly string[] | null;
  /** Names, in the order of the data set. */
  readonly classes: readonly string[];
  readonly selection: SelectionSpec;
  readonly seed: number;
  readonly generation: number;
  /** Folder of the `hidden-labels` artifact: for the statistics alone. */
  readonly hidden: string | null;
  /** Folder that receives selection.parquet and statistics.json. */
  readonly output: string;
}
