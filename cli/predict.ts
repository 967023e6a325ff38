import { join } from 'node:path';
import { inferLogits } from '../lib/evaluation/compiled-model.js';
import { checkTable, predictionsOf, TABLE_FORMATS, toJson, writePredictions, type Prediction, type TableFormat } from '../lib/evaluation/predictions.js';
import { PipelineError, inOneLine } from '../lib/errors.js';
import { classNames } from '../lib/models/class-names.js';
import { withModel, type ModelCommand } from './model-session.js';
import { EXIT, type Outcome } from './outcome.js';
import { writeLines } from './write-lines.js';

export interface PredictCommand extends ModelCommand {
  readonly topk: number;
  readonly logits: boolean;
  /** A `.csv` or `.parquet` file to write instead of lines on stdout. */
  readonly output?: string;
}

/** The most probable classes of images. One line for each on stdout: as JSON if asked, else for a person; or a table in a file. */
export async function predict(command: PredictCommand): Promise<Outcome> {
  const { output, json, logits: withLogits } = command;
  const format = output === undefined ? undefined : formatOf(output);
  if (output !== undefined) await checkTable(output);
  return withModel(
    command,
    () => inferLogits,
    async ({ model, batches }) => {
      const names = classNames({ ...model.config, classes: model.network.classes });
      const topk = Math.min(command.topk, names.length);
      const predictions = predictionsOf(batches, { names, topk, withLogits });
      if (format) await writePredictions(output!, predictions, { format, topk, withLogits, spill: join(command.scratch, 'table') });
      else await writeLines(predictions, json ? toJson : inWords(model.config.labels ? whole : firstSynonym));
      return { exitCode: EXIT.done };
    },
  );
}

/** `photos/dog.jpg  Samoyed 64.3 %, Pomeranian 4.1 %`. */
function inWords(shown: (name: string) => string): (prediction: Prediction) => string {
  return ({ image, top, logits }) => {
    const classes = top.map(({ name, probability }) => `${inOneLine(shown(name))} ${(100 * probability).toFixed(1)} %`).join(', ');
    return `${inOneLine(image)}  ${classes}${logits ? `  [${[...logits].map((logit) => logit.toPrecision(6)).join(' ')}]` : ''}`;
  };
}

/** A comma in a model's own names may be all that tells two of them apart; in ImageNet's it stands between synonyms. */
const whole = (name: string): string => name;
const firstSynonym = (name: string): string => name.split(',')[0]!;

function formatOf(file: string): TableFormat {
  const extension = /\.([^.]+)$/.exec(file)?.[1]?.toLowerCase();
  const format = TABLE_FORMATS.find((known) => known === extension);
  if (format) return format;
  throw new PipelineError('COMMAND_INVALID', `--output ${file}: its extension must be .csv or .parquet · for JSON lines: --json > FILE`);
}
