import { cp, mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { GenerationSpec, ResolvedSpec } from '../lib/spec/resolved.js';
import type { ReportedGeneration } from '../lib/report/input.js';
import { runFolder, writeRunModels } from '../lib/report/run-models.js';
import { references, runName } from '../lib/store/references.js';
import type { ArtifactRef, ArtifactStore } from '../lib/store/store.js';
import { attempt } from './attempt.js';
import { reportKey } from './keys.js';
import { publishOnce, type PhaseResult, type PublishDeps } from './publish-once.js';
import { readRecords, type ModelRecord, type TrainedModel } from './record-model.js';

export interface WriteReportInput {
  readonly run: string;
  readonly spec: ResolvedSpec;
  readonly specDigest: string;
  readonly dataset: ArtifactRef;
  /** Of the model that was finished last. */
  readonly record: ArtifactRef;
}

export interface ReportResult extends PhaseResult {
  /** Of report.html in the run's own folder, from the home. */
  readonly path: string;
}

export interface ReportDeps extends PublishDeps {
  /** Absolute; `runs/<run id>/` under it holds what a person reads. */
  readonly home: string;
}

/** Writes the report, and puts a copy into the run's own folder each time: a person may have deleted that one. */
export const writeReport =
  ({ store, clock, home }: ReportDeps) =>
  async (input: WriteReportInput): Promise<ReportResult> =>
    attempt('report', async (current) => {
      const { run, specDigest, dataset } = input;
      const records = (await readRecords(store, input.record)).map((record) => ({ ...record, generation: asNow(record.generation, input.spec) }));
      const generations = records.filter(({ generation }) => generation.role !== 'baseline');
      const baseline = records.find(({ generation }) => generation.role === 'baseline') ?? null;
      const spec = { ...input.spec, generations: generations.map(({ generation }) => generation), baseline: baseline && baseline.generation };
      const artifacts = [dataset, ...records.flatMap(({ train, base, selection, evaluation }) => [train, ...(base ? [base] : []), selection, evaluation])];
      const key = reportKey(
        run,
        specDigest,
        artifacts.map((ref) => ref?.digest ?? null),
      );
      const { manifest, ...result } = await publishOnce(current, { store, clock }, { phase: 'report', key }, async ({ output }) => {
        const open = opener(store);
        // Vega is loaded by the first report: a worker starts without it.
        const { writeReport: write } = await import('../lib/report/report.js');
        await write({
          run,
          spec,
          specDigest,
          dataset: await store.open(dataset),
          generations: await Promise.all(generations.map(open)),
          baseline: baseline && (await open(baseline)),
          output,
        });
        return {};
      });
      const folder = runFolder(home, run);
      await mkdir(folder, { recursive: true });
      const published = await store.open(result.artifact);
      for (const { path } of manifest.files) await cp(join(published, path), join(folder, path));
      await writeRunModels(home, run, { dataset, generations: generations.map(artifactsOf), baseline: baseline && artifactsOf(baseline) });
      await references(store.notes).finish(runName(run));
      return { ...result, path: relative(home, join(folder, 'report.html')) };
    });

/** Changes under way that made no other model came after its record; the pipeline has them. */
function asNow(recorded: GenerationSpec, { generations, baseline }: ResolvedSpec): GenerationSpec {
  return (recorded.role === 'baseline' ? baseline : generations[recorded.index]) ?? recorded;
}

function artifactsOf({ train, base, selection, evaluation, seconds }: ModelRecord): TrainedModel {
  return { train, ...(base && { base }), selection, evaluation, seconds };
}

function opener(store: ArtifactStore) {
  return async ({ generation, train, base, selection, evaluation, seconds }: ModelRecord): Promise<ReportedGeneration> => ({
    generation,
    train: await store.open(train),
    ...(base && { base: await store.open(base) }),
    selection: selection && (await store.open(selection)),
    evaluation: await store.open(evaluation),
    seconds,
  });
}
