import { isCancellation, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { GenerationSpec, Locations, ResolvedSpec } from '../lib/spec/resolved.js';
import { call } from './call.js';
import { runChild } from './child.js';
import { nameOf, shortModel } from './details.js';
import { normalisedAs } from './fine-tune.js';
import type { GenerationResult, RunPhase, RunStatus } from './messages.js';
import { queuesOf } from './queues.js';
import { isAgain } from './revise.js';
import { enter, openRun, perform, settleMessages, Stopped, type Step } from './run.js';
import type { Results, Run } from './run-state.js';
import { searchAttributes } from './search-attributes.js';
import { announce, statusOf } from './status.js';
import { tell, type Told } from './told.js';
import { trainGeneration, type PoolLimits } from './train-generation.js';

export interface RunInput {
  readonly spec: ResolvedSpec;
  readonly specDigest: string;
  readonly locations: Locations;
  /** Before the names of the task queues; see queues.ts. */
  readonly queuePrefix?: string;
  readonly limits?: Limits;
}

/** Tests make executions short with these; else options.ts and the server say when a history is long enough. */
export interface Limits extends PoolLimits {
  readonly historyEvents?: number;
  /** A file has few students; with this, the last one is repeated until there are so many generations. */
  readonly generations?: number;
}

/**
 * Generation 0 trains the teacher on the labelled images. Every later generation labels the pool with the newest
 * model, trains the next student on it with noise, and makes that student the teacher. The baseline then shows
 * what the last student would have been without the pool.
 *
 * One step at a time; between two steps the run may continue as new with its results. The pipeline may be changed at any moment, so each step
 * takes it from the run.
 */
export async function noisyStudent(input: RunInput, results?: Results, told?: Told): Promise<RunStatus> {
  const run = openRun(input, results, told);
  try {
    while (nextStep(run) !== undefined) {
      await perform(run, nextStep);
      if (isHistoryLong(input)) break;
    }
    if (nextStep(run) === undefined) enter(run, 'done');
    await settleMessages(run);
  } catch (error) {
    enter(run, error instanceof Stopped || isCancellation(error) ? 'stopped' : 'failed');
    if (!(error instanceof Stopped)) throw error;
    await settleMessages(run);
  }
  if (run.state === 'running') await goOnAnew(run);
  return statusOf(run);
}

/** What the run was started with would else be told of it again, whatever changed since. */
async function goOnAnew({ input, results, told }: Run): Promise<never> {
  const { spec, specDigest } = input;
  const typedSearchAttributes = searchAttributes({ NoisyStudentSpec: spec.name, State: 'running' });
  return makeContinueAsNewFunc<typeof noisyStudent>({ memo: { specDigest }, typedSearchAttributes })(input, results, told);
}

/** The first thing that has no result yet. Undefined: all is done. */
function nextStep(run: Run): Step | undefined {
  const { input } = run;
  const { spec } = input;
  const { imported, prepared, finished, baseline, report } = run.results;
  const { weights } = spec.generations[0]!;
  if (weights !== undefined && !imported) return () => importWeights(input, run, weights);
  if (prepared === null) return () => prepare(input, run);
  const next = generationOf(input, finished) ?? (baseline === null ? spec.baseline : null);
  if (next) {
    const { resolution } = next;
    if (resolution && !run.results.larger?.[resolution.size]) return () => prepareLarger(input, run, prepared, resolution.size);
    return async () => keepModel(run, next, await train(input, run, prepared, next));
  }
  return report === null ? () => writeReport(input, run) : undefined;
}

function generationOf({ spec: { generations }, limits }: RunInput, index: number): GenerationSpec | undefined {
  return generations[index] ?? (index < (limits?.generations ?? 0) ? { ...generations.at(-1)!, index } : undefined);
}

type Prepared = NonNullable<Results['prepared']>;

/** The weights that the teacher starts from come first: they say how images are normalised. */
async function importWeights({ spec, locations, queuePrefix }: RunInput, run: Run, weights: string): Promise<void> {
  begin(run, 'import');
  const { model } = spec.generations[0]!;
  const { artifact, mean, std, reused, why, seconds } = await call('importWeights', queuesOf(queuePrefix), weights, {
    weights,
    location: locations[weights] ?? null,
    model,
    channels: spec.data.image.channels,
  });
  const outcome = { phase: 'import', generation: null, role: null, reused, why, seconds } as const;
  keep(run, { imported: { artifact, mean, std } }, { phases: [outcome] });
}

async function prepare({ spec, locations, queuePrefix }: RunInput, run: Run): Promise<void> {
  begin(run, 'prepare');
  const { artifact, hiddenLabels, poolImages, reused, why, seconds } = await call('prepareData', queuesOf(queuePrefix), `${spec.data.image.size} px images`, {
    data: normalisedAs(spec.data, run.results.imported),
    seed: spec.seed,
    locations,
  });
  const outcome = { phase: 'prepare', generation: null, role: null, reused, why, seconds } as const;
  keep(run, { prepared: { dataset: artifact, hiddenLabels, poolImages } }, { phases: [outcome] });
}

/** The same images at the size of a generation's second training. */
async function prepareLarger({ spec, locations, queuePrefix }: RunInput, run: Run, { dataset: like }: Prepared, size: number): Promise<void> {
  const phase = `prepare ${size} px` as const;
  begin(run, phase);
  const { image, ...sets } = normalisedAs(spec.data, run.results.imported);
  const input = { data: { ...sets, image: { ...image, size } }, seed: spec.seed, locations, like };
  const { artifact, labelled, reused, why, seconds } = await call('resizeData', queuesOf(queuePrefix), `${size} px images`, input);
  const larger = { ...run.results.larger, [size]: { dataset: artifact, labelled } };
  keep(run, { larger }, { phases: [{ phase, generation: null, role: null, reused, why, seconds }] });
}

/** One child for each model, so that each can be watched and cancelled alone. */
async function train(
  input: RunInput,
  { results }: Run,
  { dataset, hiddenLabels, poolImages }: Prepared,
  generation: GenerationSpec,
): Promise<GenerationResult> {
  const { spec, queuePrefix, limits = {} } = input;
  const { index, role, model, training, resolution } = generation;
  const run = workflowInfo().workflowId;
  const { window, shardsPerExecution } = limits;
  const isStudent = role === 'student';
  /** The generation so many before, and where it labels at a larger size than that of the data. */
  const labeller = (before: 1 | 2) => {
    const size = generationOf(input, index - before)?.resolution?.size;
    return { model: results.teachers.at(-before)!, ...(size !== undefined && { dataset: results.larger![size]!.dataset }) };
  };
  return runChild(trainGeneration, {
    workflowId: role === 'baseline' ? `${run}/baseline` : `${run}/generation-${index}`,
    args: [
      {
        specName: spec.name,
        seed: spec.seed,
        generation,
        dataset,
        ...(role === 'teacher' && results.imported && { initial: results.imported.artifact }),
        ...(resolution && { larger: results.larger![resolution.size]! }),
        pool: { images: poolImages, hiddenLabels },
        teacher: isStudent ? labeller(1) : null,
        before: isStudent && index > 1 ? { ...labeller(2), labelling: generationOf(input, index - 1)!.labelling } : null,
        record: results.record,
        queues: queuesOf(queuePrefix),
        limits: { ...(window && { window }), ...(shardsPerExecution && { shardsPerExecution }) },
      },
    ],
    staticSummary: `${nameOf(role, index)} · ${shortModel(model)} · ${training.steps} steps`,
    typedSearchAttributes: searchAttributes({ NoisyStudentSpec: spec.name, Generation: index }),
  });
}

async function writeReport({ spec, specDigest, queuePrefix }: RunInput, run: Run): Promise<void> {
  begin(run, 'report');
  const { prepared, finished, record, baseline } = run.results;
  const { path, reused, why, seconds } = await call('writeReport', queuesOf(queuePrefix), `${finished + (baseline === null ? 0 : 1)} models`, {
    run: workflowInfo().workflowId,
    spec,
    specDigest,
    dataset: prepared!.dataset,
    record: (baseline ?? record)!,
  });
  keep(run, { report: path }, { phases: [{ phase: 'report', generation: null, role: null, reused, why, seconds }] });
}

function begin(run: Run, phase: RunPhase): void {
  run.current = { phase, generation: null, role: null, model: null, workflowId: workflowInfo().workflowId };
  announce(run);
}

function keepModel(run: Run, { index, role }: GenerationSpec, { status, train: model, record, phases }: GenerationResult): void {
  const { finished, teachers } = run.results;
  if (role === 'baseline') return keep(run, { baseline: record }, { baseline: status, phases });
  if (index !== finished) return keep(run, {}, { phases }); // A revision sent the run back behind it. It comes to this model again.
  keep(run, { finished: finished + 1, teachers: [...teachers, model].slice(-2), record, baseline: null }, { generation: status, phases });
}

/** Of a step that a revision changed meanwhile only what still holds is told: it is performed again. */
function keep(run: Run, more: Partial<Results>, { phases, ...models }: Parameters<typeof tell>[1]): void {
  const valid = phases.filter((phase) => !isAgain(run, phase));
  if (valid.length === phases.length) run.results = { ...run.results, ...more };
  run.told = tell(run.told, { ...(valid.length === phases.length && models), phases: valid });
  announce(run);
}

function isHistoryLong({ limits }: RunInput): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > (limits?.historyEvents ?? Infinity);
}
