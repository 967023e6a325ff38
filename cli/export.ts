import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { modelPlaces } from '../api/places.js';
import { checkFree, exportModel, type ExportFormat } from '../lib/models/export-model.js';
import { CARD_FILE, modelFileIfThere } from '../lib/models/model-files.js';
import { parseModelName, type ModelName, type RunName } from '../lib/models/names.js';
import { isOfTimm } from '../lib/models/variants.js';
import { weightsDigest, type Model } from '../lib/models/weights.js';
import { cardForFormat, modelCard, type CardInput } from '../lib/report/model-card.js';
import { pickRunModel, readRunModels, runFolder } from '../lib/report/run-models.js';
import type { Summary } from '../lib/report/summary.js';
import type { Environment } from './environment.js';
import { interruption } from './interruption.js';
import { openModel } from './open-model.js';
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
  const { signal } = interruption();
  const parsed = parseModelName(name);
  const destination = path.resolve(folder);
  await checkFree(destination);
  const { model, folder: source } = await openModel(parsed, modelPlaces({ home }), signal);
  const existing = await existingCard(source);
  const card = existing === undefined ? modelCard({ ...(await cardInput(parsed, model, home)), format }) : cardForFormat(existing, model, format);
  signal.throwIfAborted();
  await exportModel(destination, model, format, card, signal);
  return {
    exitCode: EXIT.done,
    stdout: json ? `${JSON.stringify({ model: name, format, folder: destination })}\n` : `${destination}\n`,
    ...(format === 'timm' && !isOfTimm(model.network.name) && { stderr: `${unknownToTimm(model.network.name)}\n` }),
  };
}

function unknownToTimm(architecture: string): string {
  return `timm has no architecture ${architecture}, so this folder loads in Noisy Student alone · other programs load the SavedModel: --format saved-model`;
}

async function existingCard(folder: string): Promise<string | undefined> {
  const file = modelFileIfThere(folder, CARD_FILE, { most: CARD_BYTES });
  return file && readFile(file, 'utf8');
}

/** Of a model card: those of the hub have a tenth of it. */
const CARD_BYTES = 2 ** 20;

async function cardInput(name: ModelName, model: Model, home: string): Promise<Omit<CardInput, 'format'>> {
  const { network, config } = model;
  return { network, config, weightsSha256: weightsDigest(model), origin: name.source === 'run' ? await originOf(name, home) : null };
}

/** What the run's own folder says of its model. */
async function originOf({ run, generation }: RunName, home: string): Promise<CardInput['origin']> {
  const models = await readRunModels(home, run);
  const summary = JSON.parse(await readFile(path.join(runFolder(home, run), 'summary.json'), 'utf8')) as Summary;
  const position = models.generations.indexOf(pickRunModel(run, models, generation));
  const found = position === -1 ? summary.baseline! : summary.generations[position]!;
  return { summary, dataset: models.dataset.digest, generation: found };
}
