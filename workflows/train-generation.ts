import { getExternalWorkflowHandle, log, setCurrentDetails, setWorkflowOptions, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { LabelSource } from '../activities/select-labels.js';
import type { GenerationSpec, ResolutionSpec } from '../lib/spec/resolved.js';
import type { ArtifactRef } from '../lib/store/store.js';
import { call } from './call.js';
import { runChild } from './child.js';
import { phasesTable, shortModel } from './details.js';
import { fineTuneOf } from './fine-tune.js';
import { labelPool } from './label-pool.js';
import { phaseSignal, type GenerationResult, type PhaseOutcome, type PhaseReport, type PoolStatus, type RunPhase } from './messages.js';
import { pinned } from './pinned.js';
import type { Queues } from './queues.js';
import type { LargerImages } from './run-state.js';
import { searchAttributes } from './search-attributes.js';
import { withState } from './states.js';

export interface GenerationInput {
  readonly specName: string;
  readonly seed: number;
  readonly generation: GenerationSpec;
  readonly dataset: ArtifactRef;
  /** The model whose weights it starts from; absent = a fresh network. */
  readonly initial?: ArtifactRef;
  /** The images at the size of `generation.resolution`; absent where there is none. */
  readonly larger?: LargerImages;
  readonly pool: { readonly images: number; readonly hiddenLabels: ArtifactRef | null };
  /**
   * The model that labels the pool, with the images where it does so at a larger size than that of the training; null for teacher and
   * baseline, which learn from the labels alone.
   */
  readonly teacher: Omit<LabelSource, 'labelling'> | null;
  /** How the pool was labelled for the student before, to tell what changed. */
  readonly before: LabelSource | null;
  /** Of the model that was finished before this one. */
  readonly record: ArtifactRef | null;
  readonly queues: Queues;
  readonly limits: PoolLimits;
}

/** For tests, which want long pools of few shards. */
export interface PoolLimits {
  readonly window?: number;
  readonly shardsPerExecution?: number;
}

/**
 * Trains one model: a student's pool is labelled and selected from first. Every phase is found in the store if it
 * was done before, so this may be cancelled and started again at any moment.
 */
export async function trainGeneration(input: GenerationInput): Promise<GenerationResult> {
  const { generation, seed, dataset, initial, larger, teacher, queues } = input;
  const { index, labelling, resolution } = generation;
  const model = shortModel(generation.model);
  const { phases, during } = followPhases(input);
  return withState(async () => {
    const selected = teacher && (await selectFromPool(input, teacher, during));
    const selection = selected?.artifact ?? null;
    const trained = await during('train', () =>
      call('trainModel', queues, `${model} ${generation.training.steps} steps`, { seed, generation, dataset, selection, ...(initial && { initial }) }),
    );
    const tuned = resolution && larger && (await during('fine-tune', () => fineTune(input, resolution, larger, trained.artifact)));
    const last = tuned ?? trained;
    const evaluation = { generation: index, model: last.artifact, dataset: tuned ? larger!.dataset : dataset, batch: labelling.batch };
    const evaluated = await during('evaluate', () => call('evaluateModel', queues, `${model} on validation and test`, evaluation));
    const seconds = phases.reduce((sum, phase) => sum + phase.seconds, 0);
    const artifacts = { train: last.artifact, ...(tuned && { base: trained.artifact }), selection, evaluation: evaluated.artifact };
    const { artifact: record } = await call('recordModel', queues, `${model} and its artifacts`, { generation, ...artifacts, seconds, before: input.record });
    if (evaluated.test.top1 !== null) upsertSearchAttributes(searchAttributes({ BestTop1: evaluated.test.top1 }));
    return {
      status: {
        generation: index,
        model: generation.model,
        parameters: last.parameters,
        validation: evaluated.validation,
        test: evaluated.test,
        ...(selected && { pool: selected.pool }),
        seconds,
        weights: { key: last.artifact.key, sha256: last.weights },
      },
      train: last.artifact,
      record,
      phases,
    };
  });
}

setWorkflowOptions(pinned, trainGeneration);

/** The short second training at a larger size. */
function fineTune({ generation, seed, queues }: GenerationInput, resolution: ResolutionSpec, { dataset, labelled }: LargerImages, initial: ArtifactRef) {
  const tuning = fineTuneOf(generation, resolution, labelled);
  const summary = `${shortModel(generation.model)} ${tuning.training.steps} steps at ${resolution.size} px`;
  return call('trainModel', queues, summary, { seed, generation: tuning, dataset, selection: null, initial });
}

async function selectFromPool(
  { generation, seed, dataset, pool, before, queues, limits, specName }: GenerationInput,
  { model: teacher, dataset: larger }: NonNullable<GenerationInput['teacher']>,
  during: During,
): Promise<{ artifact: ArtifactRef; pool: PoolStatus }> {
  const { index, labelling, selection } = generation;
  const workflowId = labelsId();
  await during(
    'label',
    async () => {
      const { shards, reused, seconds } = await runChild(labelPool, {
        workflowId,
        args: [{ generation: index, labelling, model: teacher, dataset: larger ?? dataset, images: pool.images, queues, ...limits }],
        staticSummary: `labels ${pool.images} images`,
        typedSearchAttributes: searchAttributes({ NoisyStudentSpec: specName, Generation: index, Phase: 'label' }),
      });
      return { reused: reused === shards, why: `${reused} of ${shards} shards were published before`, seconds };
    },
    workflowId,
  );
  const summary = `confidence ≥ ${selection.confidence}`;
  return during('select', () =>
    call('selectLabels', queues, summary, {
      seed,
      generation: index,
      selection,
      labels: { model: teacher, labelling, ...(larger && { dataset: larger }) },
      before,
      dataset,
      images: pool.images,
      hiddenLabels: pool.hiddenLabels,
    }),
  );
}

function labelsId(): string {
  return `${workflowInfo().workflowId}/labels`;
}

type During = <R extends Pick<PhaseOutcome, 'reused' | 'why' | 'seconds'>>(phase: RunPhase, work: () => Promise<R>, workflowId?: string) => Promise<R>;

/** Says at each phase's start where this generation is: to the run that started it, to the search, and to the UI. */
function followPhases({ generation: { index, role, model } }: GenerationInput): { phases: PhaseOutcome[]; during: During } {
  const phases: PhaseOutcome[] = [];
  const ownId = workflowInfo().workflowId;
  return {
    phases,
    async during(phase, work, workflowId = ownId) {
      upsertSearchAttributes(searchAttributes({ Phase: phase }));
      setCurrentDetails([`**${phase}**`, phasesTable(phases)].join('\n\n'));
      const told = tellRun({ current: { phase, generation: index, role, model, workflowId }, finished: [...phases] });
      const result = await work();
      await told;
      const { reused, why, seconds } = result;
      phases.push({ phase, generation: index, role, reused, why, seconds });
      return result;
    },
  };
}

/** While the work goes on: nothing in it depends on the run's knowing. A run that was terminated is not told any more. */
async function tellRun(report: PhaseReport): Promise<void> {
  const { parent } = workflowInfo();
  if (parent === undefined) return;
  try {
    await getExternalWorkflowHandle(parent.workflowId).signal(phaseSignal, report);
  } catch (error) {
    log.warn('the run could not be told of a phase', { error, phase: report.current.phase });
  }
}
