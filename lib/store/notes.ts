/** Small texts that a store keeps beside its artifacts: who uses what, which runs there are, what is pinned. */
export interface Notes {
  /** Writes, or writes again, which makes it young. */
  put(name: string, text: string): Promise<void>;
  get(name: string): Promise<string | undefined>;
  /** Those below a folder of names; `folder` ends in '/'. */
  list(folder: string): AsyncIterable<Note>;
  remove(name: string): Promise<void>;
  /** What the store's own clock says, which also dates everything in it: the clocks of machines may differ. Milliseconds since 1970. */
  now(): Promise<number>;
}

export interface Note {
  readonly name: string;
  /** By the store's own clock, milliseconds since 1970. */
  readonly changedAt: number;
}
