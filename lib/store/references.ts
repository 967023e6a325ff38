import { createHash } from 'node:crypto';
import type { ArtifactName } from './collectable.js';
import type { Notes } from './notes.js';

/**
 * Who needs what of a store, as notes in it, so that every machine that shares the store knows, with or without a server:
 * `uses/<key>/<run>~<execution>` was written before that execution of the run looked the key up, `runs/<run>` says whether the run is under
 * way or done, `pins/` what a person keeps.
 *
 * A use covers whatever a run touches, found or made, so the data set, teacher, shards and selection of a run are all there and no lineage has
 * to be followed. Executions have notes of their own: one that gc removes is never written again.
 */
export interface References {
  /** Before its first use. What it uses is kept from now on, until it is done or forgotten. */
  begin(run: RunName): Promise<void>;
  /** Before the look-up. */
  use(by: User, key: string): Promise<void>;
  /** Its report is there: of what it used it needs the results only. */
  finish(run: RunName): Promise<void>;
  /** What only this run used may go. False where it was not known. */
  forget(run: RunName): Promise<boolean>;
  /** Undefined: not known. */
  stateOf(run: RunName): Promise<'under way' | 'done' | undefined>;
  /** All that are known. */
  runs(): AsyncIterable<RunName>;
  usesOf(key: string): Promise<readonly Use[]>;
  removeUse(use: Use): Promise<void>;
  pin(what: Pinnable): Promise<void>;
  /** False where it was not pinned. */
  unpin(what: Pinnable): Promise<boolean>;
  isPinned(what: Pinnable): Promise<boolean>;
  /** Names of runs, and `<phase>/<key>`. */
  pins(): AsyncIterable<string>;
}

/** A run's id as part of a note's name, by `runName`. */
export type RunName = string & { readonly runName: true };

/** Of a command that only reads. */
export const NO_RUN = '' as RunName;

export interface User {
  readonly run: RunName;
  /** Unique. */
  readonly execution: string;
}

export interface Use {
  readonly note: string;
  readonly run: RunName;
  /** By the store's own clock, milliseconds since 1970. */
  readonly at: number;
}

export type Pinnable = RunName | ArtifactName;

export function references(notes: Notes): References {
  return {
    begin: (run) => notes.put(runNote(run), 'under way'),
    use: ({ run, execution }, key) => notes.put(`uses/${key}/${run}~${execution}`, 'used'),
    finish: (run) => notes.put(runNote(run), DONE),
    forget: (run) => removeIfThere(notes, runNote(run)),
    async stateOf(run) {
      const text = await notes.get(runNote(run));
      return text === undefined ? undefined : text === DONE ? 'done' : 'under way';
    },
    async *runs() {
      for await (const { name } of notes.list('runs/')) yield name.slice('runs/'.length) as RunName;
    },
    async usesOf(key) {
      const uses: Use[] = [];
      for await (const { name, changedAt } of notes.list(`uses/${key}/`)) {
        const user = name.slice(name.lastIndexOf('/') + 1);
        uses.push({ note: name, run: user.slice(0, user.lastIndexOf('~')) as RunName, at: changedAt });
      }
      return uses;
    },
    removeUse: ({ note }) => notes.remove(note),
    pin: (what) => notes.put(pinNote(what), 'pinned'),
    unpin: (what) => removeIfThere(notes, pinNote(what)),
    isPinned: async (what) => (await notes.get(pinNote(what))) !== undefined,
    async *pins() {
      for await (const { name } of notes.list(PINNED_RUNS)) yield name.slice(PINNED_RUNS.length);
      for await (const { name } of notes.list(PINNED_ARTIFACTS)) yield name.slice(PINNED_ARTIFACTS.length).replace('~', '/');
    },
  };
}

/** Of a long id its beginning and its digest, because names of files are short. */
export function runName(run: string): RunName {
  const name = encodeURIComponent(run).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
  const digest = createHash('sha256').update(run).digest('hex');
  return (name.length <= NAME_LENGTH ? name : `${name.slice(0, NAME_LENGTH - 65)}-${digest}`) as RunName;
}

/** 255 is the most for a file, and the execution follows. */
const NAME_LENGTH = 180;

const DONE = 'done';
const PINNED_RUNS = 'pins/runs/';
const PINNED_ARTIFACTS = 'pins/artifacts/';

function runNote(run: RunName): string {
  return `runs/${run}`;
}

function pinNote(what: Pinnable): string {
  return typeof what === 'string' ? `${PINNED_RUNS}${what}` : `${PINNED_ARTIFACTS}${what.phase}~${what.key}`;
}

async function removeIfThere(notes: Notes, name: string): Promise<boolean> {
  const isThere = (await notes.get(name)) !== undefined;
  await notes.remove(name);
  return isThere;
}
