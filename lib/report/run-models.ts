import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.js';
import type { ArtifactRef, ArtifactStore } from '../store/store.js';

/** `models.json` in a run's own folder: which artifacts the models of a finished run are. */
export interface RunModels {
  readonly dataset: ArtifactRef;
  /** In the order of the generations. */
  readonly generations: readonly RunModel[];
  readonly baseline: RunModel | null;
}

/** The last of the artifacts is what labelled, was evaluated and is exported. */
export interface RunModel {
  readonly train: ArtifactRef;
  readonly selection: ArtifactRef | null;
  readonly evaluation: ArtifactRef;
}

const MODELS_FILE = 'models.json';

export async function writeRunModels(home: string, run: string, models: RunModels): Promise<void> {
  await mkdir(runFolder(home, run), { recursive: true });
  await writeFile(join(runFolder(home, run), MODELS_FILE), `${JSON.stringify(models, null, 2)}\n`);
}

/** Throws RUN_UNKNOWN where the home has no such run, or it has not come to its end yet. */
export async function readRunModels(home: string, run: string): Promise<RunModels> {
  const file = join(runFolder(home, run), MODELS_FILE);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new PipelineError('RUN_UNKNOWN', `${home} has no finished run "${run}" (${file} is not there) · npx noisy-student list shows the runs`, {
      cause: error,
    });
  });
  return JSON.parse(text) as RunModels;
}

/**
 * The model of a generation (0 = teacher), of the baseline, or of the last generation (null). Throws RUN_UNKNOWN with the generations
 * that there are.
 */
export function pickRunModel(run: string, { generations, baseline }: RunModels, wanted: number | 'baseline' | null): RunModel {
  const found = wanted === 'baseline' ? baseline : generations.at(wanted ?? -1);
  if (found) return found;
  const known = [...generations.keys()].map((index) => `run:${run}/generation-${index}`);
  throw new PipelineError(
    'RUN_UNKNOWN',
    `run "${run}" has no ${wanted === 'baseline' ? 'baseline' : `generation ${wanted}`}; it has ${[...known, ...(baseline ? [`run:${run}/baseline`] : [])].join(', ')}`,
  );
}

/** The folder of that model's weights in the store. Throws RUN_UNKNOWN, ARTIFACT_MISSING. */
export async function openRunModel(store: Pick<ArtifactStore, 'open'>, home: string, run: string, wanted: number | 'baseline' | null): Promise<string> {
  return store.open(pickRunModel(run, await readRunModels(home, run), wanted).train);
}

/** Where a person finds what a run left: `runs/<run>` of the home. What a file system might not take in a run's id is escaped. */
export function runFolder(home: string, run: string): string {
  return join(
    home,
    'runs',
    encodeURIComponent(run).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E')),
  );
}
