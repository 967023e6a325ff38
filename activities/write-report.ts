import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GenerationSpec, ResolvedSpec } from '../lib/spec/resolved.js';
import type { ReportedGeneration } from '../lib/report/input.js';
import { runFolder, writeRunModels } from '../lib/report/run-models.js';
import { references, runName } from '../lib/store/references.js';
import type { ArtifactRef, ArtifactStore } from '../lib/store/store.js';
import { attempt } from './attempt.js';
import { reportKey } from './keys.js';
import { publishOnce, type PhaseResult, type PublishDeps } from './publish-once.js';

export interface WriteReportInput {
  readonly run: string;
  readonly spec: ResolvedSpec;
  readonly specDigest: string;
  readonly dataset: ArtifactRef;
  /** In the order of the spec's generations. */
  readonly generations: readonly TrainedModel[];
  readonly baseline: TrainedModel | null;
}

export interface TrainedModel {
  readonly train: ArtifactRef;
  /** The training before one at a larger size; absent where there was none. */
  readonly base?: ArtifactRef;
  readonly selection: ArtifactRef | null;
  readonly evaluation: ArtifactRef;
  readonly seconds: number;
}

export interface ReportResult extends PhaseResult {
  /** Of report.html in the run's own folder. */
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
      const { run, spec, specDigest, dataset, generations, baseline } = input;
      const key = reportKey(
        run,
        specDigest,
        artifactsOf(input).map((ref) => ref?.digest ?? null),
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
          generations: await Promise.all(spec.generations.map((generation, i) => open(generation, generations[i]!))),
          baseline: baseline && spec.baseline && (await open(spec.baseline, baseline)),
          output,
        });
        return {};
      });
      const folder = runFolder(home, run);
      await mkdir(folder, { recursive: true });
      const published = await store.open(result.artifact);
      for (const { path } of manifest.files) await cp(join(published, path), join(folder, path));
      await writeRunModels(home, run, { dataset, generations, baseline });
      await references(store.notes).finish(runName(run));
      return { ...result, path: join(folder, 'report.html') };
    });

function artifactsOf({ dataset, generations, baseline }: WriteReportInput): readonly (ArtifactRef | null)[] {
  const models = baseline ? [...generations, baseline] : generations;
  return [dataset, ...models.flatMap(({ train, base, selection, evaluation }) => [train, ...(base ? [base] : []), selection, evaluation])];
}

function opener(store: ArtifactStore) {
  return async (generation: GenerationSpec, { train, base, selection, evaluation, seconds }: TrainedModel): Promise<ReportedGeneration> => ({
    generation,
    train: await store.open(train),
    ...(base && { base: await store.open(base) }),
    selection: selection && (await store.open(selection)),
    evaluation: await store.open(evaluation),
    seconds,
  });
}
