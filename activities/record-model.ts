import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GenerationSpec } from '../lib/spec/resolved.js';
import type { ArtifactRef, ArtifactStore } from '../lib/store/store.js';
import { attempt } from './attempt.js';
import { recordKey } from './keys.js';
import { publishOnce, type PhaseResult, type PublishDeps } from './publish-once.js';

/** A finished model, and the artifacts that belong to it. */
export interface TrainedModel {
  readonly train: ArtifactRef;
  /** The training before one at a larger size; absent where there was none. */
  readonly base?: ArtifactRef;
  readonly selection: ArtifactRef | null;
  readonly evaluation: ArtifactRef;
  /** Of the original computation. */
  readonly seconds: number;
}

export interface ModelRecord extends TrainedModel {
  readonly generation: GenerationSpec;
  /** The record of the model that was finished before; null for the teacher. */
  readonly before: ArtifactRef | null;
}

/**
 * Notes a finished model in the store. A run hands on the newest record only, which leads to all others: so what travels in
 * histories has one size however many generations there are.
 */
export const recordModel =
  ({ store, clock }: PublishDeps) =>
  async (record: ModelRecord): Promise<PhaseResult> =>
    attempt('record', async (current) => {
      const { manifest: _, ...result } = await publishOnce(current, { store, clock }, { phase: 'record', key: recordKey(record) }, async ({ output }) => {
        await writeFile(join(output, RECORD_FILE), `${JSON.stringify(record)}\n`);
        return {};
      });
      return result;
    });

const RECORD_FILE = 'record.json';

/** The models of a run, in the order in which they were finished, from the record of the last one. Throws ARTIFACT_MISSING. */
export async function readRecords(store: Pick<ArtifactStore, 'open'>, last: ArtifactRef): Promise<readonly ModelRecord[]> {
  const records: ModelRecord[] = [];
  for (let ref: ArtifactRef | null = last; ref !== null;) {
    const record = JSON.parse(await readFile(join(await store.open(ref), RECORD_FILE), 'utf8')) as ModelRecord;
    records.unshift(record);
    ref = record.before;
  }
  return records;
}
