/**
 * The prepared data set: what the `prepare` artifact's `dataset.json` says. Pixels are stored decoded and
 * resized, uint8, so no later phase depends on a folder that a person may change.
 *
 * An id is the path of the pipeline file and the place below it: `photos/cat/1.jpg`, `fashion-mnist/train#41`. A pool image of
 * a class folder goes by a digest, because its path tells its label. Labelled sets stand class by class, in the order
 * of the draw; the pool stands in a seeded order.
 *
 * Files of the artifact, for each set (labelled, validation, test, pool), in chunks of `CHUNK` images:
 * `<set>-00000.pixels`  uint8 [n, size, size, channels], row-major
 * `<set>-00000.jsonl`   one line per image: {"id": "...", "label": 3}; the pool's lines have no label
 * `duplicates.jsonl`    one line per image that was found in two sets: {"id", "set", "same": {"id", "set"}, "dropped": true|false}
 * `quarantine.jsonl`    one line per unreadable file: {"id", "set", "reason"}
 * Hidden labels of the pool, where the source has them, are a separate artifact (phase `hidden-labels`):
 * `hidden-00000.jsonl`  one line per pool image of a known class: {"id", "label"}, and its "file" where the id is a digest.
 * Nothing below lib/training opens it.
 */
export type SetName = 'labelled' | 'validation' | 'test' | 'pool';

export const CHUNK = 65_536;

export interface Dataset {
  readonly image: { readonly size: number; readonly channels: 1 | 3 };
  readonly classes: readonly string[];
  /** Per channel, in 0…1: an input is (x / 255 − mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly sets: Readonly<Record<SetName, number>>;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly hiddenLabels: boolean;
}
