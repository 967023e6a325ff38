import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { knownFailure } from '../lib/device/failure.js';
import { PipelineError } from '../lib/errors.js';
import type { ExportFormat } from '../lib/models/export-model.js';
import { PACKAGE_FOLDER } from '../lib/package.js';
import { changesHelp } from './changes-help.js';
import { readEnvironment, type Environment } from './environment.js';
import { Interrupted } from './interruption.js';
import type { ModelCommand } from './model-session.js';
import { EXIT, exitCodeOf, type Outcome } from './outcome.js';
import type { PredictCommand } from './predict.js';
import { writeText } from './write-lines.js';

interface GlobalOptions {
  readonly home?: string;
  readonly json: boolean;
}

type Act = (command: Command, run: (environment: Environment, json: boolean) => Promise<Outcome>) => Promise<void>;
/** `scratch`: a folder of that process's own. */
type Compute = (command: Command, run: (environment: Environment, json: boolean, scratch: string) => Promise<Outcome>) => Promise<void>;

/** Each command loads its own code when it is used, so that `validate` never waits for TensorFlow or Temporal. `compute` acts in a process of its own. */
function commandLine(act: Act, compute: Compute): Command {
  const program = new Command('noisy-student')
    .description('Noisy Student self-training: a teacher, pseudo-labels, students with noise, as one run that survives being killed.')
    .option('--home <dir>', 'store, runs and the embedded server (default: NOISY_STUDENT_HOME or .noisy-student)')
    .option('--json', 'machine output on stdout', false)
    .exitOverride();
  const add = (usage: string, description: string): Command =>
    program.command(usage).description(description).addOption(new Option('--home <dir>').hideHelp()).addOption(new Option('--json').hideHelp());

  add('validate <spec>', 'every error of a pipeline file at once; needs no server').action((spec: string, _options, command: Command) =>
    act(command, async ({ dataFolders }, json) =>
      (await import('./validate.js')).validate({ file: spec, dataFolders, models: (await import('../lib/models/pipeline-models.js')).pipelineModels(), json }),
    ),
  );
  add('run [spec]', 'starts or re-attaches to a run, shows progress, prints the table of generations')
    .option('--id <id>', 'another id than the name with the digest of the pipeline')
    .option('--report-every <seconds>', 'seconds between progress lines where stderr is no terminal', seconds, 10)
    .action((spec: string | undefined, { id, reportEvery }: { id?: string; reportEvery: number }, command: Command) =>
      act(command, async (environment, json) =>
        (await import('./run.js')).run({ file: spec ?? defaultPipeline(), ...(id && { id }), everySeconds: reportEvery, environment, json }),
      ),
    );
  add('plan <spec>', 'what a run would do, phase by phase: reuse, resume or run, why, and how long; needs no server')
    .option('--id <id>', 'the run that it is for, as with `run`')
    .action((spec: string, { id }: { id?: string }, command: Command) =>
      act(command, async (environment, json) => (await import('./plan.js')).plan({ file: spec, ...(id && { id }), environment, json })),
    )
    .addHelpText('after', changesHelp);
  add('status <id>', 'where a run is, and what it has found').action((id: string, _options, command: Command) =>
    act(command, async (environment, json) => (await import('./status.js')).status({ id, environment, json })),
  );
  add('list', 'runs that the server knows').action((_options, command: Command) =>
    act(command, async (environment, json) => (await import('./status.js')).list({ environment, json })),
  );
  for (const [message, description] of MESSAGES) {
    add(`${message} <id>`, description).action((id: string, _options, command: Command) =>
      act(command, async (environment, json) => (await import('./control.js')).control({ id, message, environment, json })),
    );
  }
  add('report <id>', 'path of the report, and its table').action((id: string, _options, command: Command) =>
    act(command, async (environment, json) => (await import('./report.js')).report({ id, environment, json })),
  );
  add('models [pattern]', 'models by name: input, parameters, scores, and what the tags of the weights mean').action(
    (pattern: string | undefined, _options, command: Command) =>
      act(command, async (_environment, json) => (await import('./list-models.js')).listModels({ ...(pattern !== undefined && { pattern }), json })),
  );
  withImages(add('predict <model> <images...>', 'the most probable classes of image files, folders or quoted patterns'))
    .option('--topk <n>', 'classes for each image', whole, 5)
    .option('--logits', 'all logits too', false)
    .option('--output <file>', 'a .csv or .parquet table instead of lines')
    .action((model: string, inputs: string[], { topk, logits, output, ...options }: ImageOptions & PredictOptions, command: Command) =>
      compute(command, async (environment, json, scratch) =>
        (await import('./predict.js')).predict({ model, inputs, topk, logits, ...(output && { output }), ...options, environment, json, scratch }),
      ),
    );
  withImages(add('features <model> <images...>', 'what a model sees in images before its classifier, as JSON lines'))
    .option('--pool <name>', 'how the last map becomes one row: avg, max, avgmax, catavgmax, or none for the map itself', 'avg')
    .option('--level <n>', 'one of the maps on the way instead: 0 is the largest, -1 the smallest', index)
    .action((model: string, inputs: string[], { pool, level, ...options }: ImageOptions & { pool: string; level?: number }, command: Command) =>
      compute(command, async (environment, json, scratch) =>
        (await import('./features.js')).features({ model, inputs, pool, ...(level !== undefined && { level }), ...options, environment, json, scratch }),
      ),
    );
  add('export <model> <folder>', 'hands a model over: a folder that timm loads, or a TensorFlow SavedModel, with a model card')
    .addOption(new Option('--format <format>', 'what is written').choices(['timm', 'saved-model']).default('timm'))
    .action((model: string, folder: string, { format }: { format: ExportFormat }, command: Command) =>
      compute(command, async (environment, json) => (await import('./export.js')).exportTo({ model, folder, format, environment, json })),
    );
  add('doctor', 'sets up what is missing (libtensorflow, the Temporal server, the addon), and says what this machine has')
    .option('--check', 'only looks', false)
    .option('--data', 'also fetches Fashion-MNIST, which the pipelines of this package read', false)
    .option('--accelerator <kind>', 'auto, cpu or cuda (default: what was chosen before, else auto)')
    .action(({ check, data, accelerator }: { check: boolean; data: boolean; accelerator?: string }, command: Command) =>
      act(command, async (_before, json) => {
        const environment = () => readEnvironment(command.optsWithGlobals<GlobalOptions>().home); // set-up changes it
        return (await import('./doctor.js')).doctor({ isSettingUp: !check, withData: data, ...(accelerator && { accelerator }), environment, json });
      }),
    );
  add('gc', 'what nobody needs any more of the store, and why; removes it with --yes')
    .option('--yes', 'removes it', false)
    .option('--older-than <age>', 'leaves what was used or changed since: hours, days or weeks, as in 36h, 7d, 2w', age, age('7d'))
    .action(({ yes, olderThan }: { yes: boolean; olderThan: number }, command: Command) =>
      act(command, async (environment, json) => (await import('./gc.js')).gc({ olderThanMs: olderThan, isRemoving: yes, environment, json })),
    );
  for (const [verb, description] of PINS) {
    add(`${verb} <what>`, description).action((what: string, _options, command: Command) =>
      act(command, async (environment, json) => (await import('./pin.js'))[verb]({ what, environment, json })),
    );
  }
  add('forget <run>', 'lets go of what only this run used, so that gc can take it')
    .option('--force', 'also of a run that is not done where no server can be asked', false)
    .action((what: string, { force }: { force: boolean }, command: Command) =>
      act(command, async (environment, json) => (await import('./forget.js')).forget({ what, isForced: force, environment, json })),
    );
  add('server', 'the embedded Temporal server and its UI alone, until Ctrl-C').action((_options, command: Command) =>
    act(command, async (environment, json) => (await import('./server.js')).server({ environment, json })),
  );
  add('worker', 'a worker alone, until SIGTERM')
    .option('--roles <roles>', 'workflows, cpu, gpu; comma separated', 'workflows,cpu,gpu')
    .action(({ roles }: { roles: string }, command: Command) =>
      act(command, async (environment) => (await import('./worker.js')).worker({ roles, environment })),
    );
  return program;
}

type ImageOptions = Omit<ModelCommand, 'model' | 'inputs' | 'environment' | 'json' | 'scratch'>;
type PredictOptions = Pick<PredictCommand, 'topk' | 'logits' | 'output'>;

function withImages(command: Command): Command {
  return command
    .option('--batch <n>', 'images per forward pass (default: by their size)', whole)
    .option('--threads <n>', 'threads that open images (default: all cores but one)', whole)
    .option('--size <pixels>', "side of the square images instead of the weights' own", side)
    .option('--use-test-size', "the weights' larger test size and crop, where they have one", false)
    .option('--no-upright', 'leave images as they are stored, as timm does, whatever their EXIF orientation says')
    .option('--strict', 'fail at the first file that cannot be read', false);
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

function side(text: string): number {
  if (/^\d+\s*[x×,]/i.test(text)) throw new InvalidArgumentError('It must be one whole number, the side of a square. In a program, inputSize takes any shape.');
  return whole(text);
}

function index(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number.');
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

/** In milliseconds. What is younger than an hour may be in the making. */
function age(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([hdw])$/.exec(text) ?? [];
  const milliseconds = Number(number) * HOURS[unit as keyof typeof HOURS] * 3_600_000;
  if (milliseconds >= 3_600_000) return milliseconds;
  throw new InvalidArgumentError('It must be one hour or more: a number with h, d or w behind it.');
}

const HOURS = { h: 1, d: 24, w: 7 * 24 } as const;

/** `npm start` runs it. Of the folder that the command is in, where it has one, else of the package. */
function defaultPipeline(): string {
  return existsSync(DEFAULT_PIPELINE) ? DEFAULT_PIPELINE : fileURLToPath(new URL(DEFAULT_PIPELINE, PACKAGE_FOLDER));
}

const DEFAULT_PIPELINE = 'pipelines/fashion-mnist.yaml';

const MESSAGES = [
  ['pause', 'stops a run at a checkpoint and frees the device'],
  ['resume', 'goes on after a pause'],
  ['retry', 'tries the phase again whose attempts ran out'],
  ['stop', 'ends a run at a checkpoint; run goes on from there'],
] as const;

const PINS = [
  ['pin', 'gc leaves it alone: a run with all it used, or one artifact as <phase>/<key>'],
  ['unpin', 'leaves it to gc again'],
] as const;

// Who writes hears of it; nobody else has to end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
process.exitCode = await main(process.argv);
if (process.exitCode === EXIT.interrupted) process.exit(); // A call that was cut off may still be waiting for its answer.

async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const act: Act = async (command, run) => {
    const { home, json } = command.optsWithGlobals<GlobalOptions>();
    const outcome = await run(readEnvironment(home), json);
    if (outcome.stderr) process.stderr.write(outcome.stderr);
    if (outcome.stdout) await writeText(outcome.stdout);
    exitCode = outcome.exitCode;
  };
  const program = commandLine(act, async (command, run) => {
    const { inComputingProcess, joinComputingProcess } = await import('./computing-process.js');
    const scratch = joinComputingProcess();
    if (scratch !== undefined) return act(command, (environment, json) => run(environment, json, scratch));
    exitCode = await inComputingProcess(argv);
  });
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.invalid; // It has said why.
    if (error instanceof Interrupted) return EXIT.interrupted;
    if (isServerError(error)) {
      process.stderr.write(`SERVER_UNREACHABLE the Temporal server refused or went away: ${error.message} · run the command again: it goes on where it was\n`);
      return EXIT.unreachable;
    }
    const known = knownFailure(error);
    if (!(known instanceof PipelineError)) throw error;
    process.stderr.write(`${known.message}\n`);
    return exitCodeOf(known.code);
  }
}

/** By its name: loading Temporal's client for this test would slow every command. */
function isServerError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ServiceError';
}
