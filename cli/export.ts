import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { modelPlaces } from '../api/places.js';
import { exportModel, type ExportFormat } from '../lib/models/export-model.js';
import { parseModelName, type ModelName, type RunName } from '../lib/models/names.js';
import { openModelFolder } from '../lib/models/open-model.js';
import { readModel } from '../lib/models/read-model.js';
import { WEIGHTS_FILE, type Model } from '../lib/models/weights.js';
import { modelCard, type CardInput } from '../lib/report/model-card.js';
import { pickRunModel, readRunModels, runFolder } from '../lib/report/run-models.js';
import type { Summary } from '../lib/report/summary.js';
import { sha256Of } from '../lib/store/manifest.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';

export interface ExportCommand {
  readonly model: string;
  readonly folder: string;
  readonly format: ExportFormat;
  readonly environment: Environment;
  readonly json: boolean;
}

/**
 * Hands a model over: a folder that timm loads, or a TensorFlow SavedModel, each with a model card. From either of them back, the files
 * are the same to the byte. A card that is in the folder of the model goes with it.
 */
export async function exportTo({ model: name, folder, format, environment: { home }, json }: ExportCommand): Promise<Outcome> {
  const parsed = parseModelName(name);
  const source = await openModelFolder(parsed, modelPlaces({ home }));
  const model = await readModel(source);
  const destination = path.resolve(folder);
  await exportModel(
    destination,
    model,
    format,
    async (written) => (await existingCard(source)) ?? modelCard(await cardInput(parsed, model, home, source, written)),
  );
  if (json) return { exitCode: EXIT.done, stdout: `${JSON.stringify({ model: name, format, folder: destination })}\n` };
  return { exitCode: EXIT.done, stdout: `${destination}\n` };
}

async function existingCard(folder: string): Promise<string | undefined> {
  return readFile(path.join(folder, 'README.md'), 'utf8').catch(() => undefined);
}

async function cardInput(name: ModelName, { network, config }: Model, home: string, source: string, written: string): Promise<CardInput> {
  const weightsSha256 = await sha256Of(path.join(written, WEIGHTS_FILE)).catch(() => sha256Of(path.join(source, WEIGHTS_FILE)));
  return { network, config, weightsSha256, origin: name.source === 'run' ? await originOf(name, home) : null };
}

/** What the run's own folder says of its model. */
async function originOf({ run, generation }: RunName, home: string): Promise<CardInput['origin']> {
  const models = await readRunModels(home, run);
  const summary = JSON.parse(await readFile(path.join(runFolder(home, run), 'summary.json'), 'utf8')) as Summary;
  const position = models.generations.indexOf(pickRunModel(run, models, generation));
  const found = position === -1 ? summary.baseline! : summary.generations[position]!;
  return { summary, dataset: models.dataset.digest, generation: found };
}
