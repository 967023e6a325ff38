import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { PipelineError, type ErrorCode } from '../lib/errors.js';
import { readEnvironment, type Environment } from './environment.js';
import { Interrupted } from './interruption.js';
import { EXIT, type Outcome } from './outcome.js';

interface GlobalOptions {
  readonly home?: string;
  readonly json: boolean;
}

/** Each command loads its own code when it is used, so that `validate` never waits for TensorFlow or Temporal. */
function commandLine(act: (command: Command, run: (environment: Environment, json: boolean) => Promise<Outcome>) => Promise<void>): Command {
  const program = new Command('noisy-student')
    .description('Noisy Student self-training: a teacher, pseudo-labels, students with noise, as one run that survives being killed.')
    .option('--home <dir>', 'store, runs and the embedded server (default: NOISY_STUDENT_HOME or .noisy-student)')
    .option('--json', 'machine output on stdout', false)
    .exitOverride();
  const add = (usage: string, description: string): Command =>
    program.command(usage).description(description).addOption(new Option('--home <dir>').hideHelp()).addOption(new Option('--json').hideHelp());

  add('validate <spec>', 'every error of a pipeline file at once; needs no server').action((spec: string, _options, command: Command) =>
    act(command, async ({ dataFolders }, json) =>
      (await import('./validate.js')).validate({ file: spec, dataFolders, models: (await import('./models.js')).models, json }),
    ),
  );
  add('run [spec]', 'starts or re-attaches to a run, shows progress, prints the table of generations')
    .option('--id <id>', 'another id than the name with the digest of the pipeline')
    .option('--report-every <seconds>', 'seconds between progress lines where stderr is no terminal', seconds, 10)
    .action((spec: string | undefined, { id, reportEvery }: { id?: string; reportEvery: number }, command: Command) =>
      act(command, async (environment, json) =>
        (await import('./run.js')).run({ file: spec ?? DEFAULT_PIPELINE, ...(id && { id }), everySeconds: reportEvery, environment, json }),
      ),
    );
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
  add('doctor', 'what this machine has, and how to get what is missing').action((_options, command: Command) =>
    act(command, async (environment, json) => {
      const { diagnose, printFindings } = await import('./doctor.js');
      const findings = await diagnose(environment);
      return {
        exitCode: findings.every(({ ok }) => ok) ? EXIT.done : EXIT.unexpected,
        stdout: json ? `${JSON.stringify(findings)}\n` : `${printFindings(findings)}\n`,
      };
    }),
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

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

/** `npm start` runs it. */
const DEFAULT_PIPELINE = 'pipelines/fashion-mnist.yaml';

const MESSAGES = [
  ['pause', 'stops a run at a checkpoint and frees the device'],
  ['resume', 'goes on after a pause'],
  ['retry', 'tries the phase again whose attempts ran out'],
  ['stop', 'ends a run at a checkpoint; run goes on from there'],
] as const;

const EXIT_BY_CODE: Partial<Record<ErrorCode, number>> = {
  SPEC_INVALID: EXIT.invalid,
  SPEC_UNREADABLE: EXIT.invalid,
  COMMAND_INVALID: EXIT.invalid,
  RUN_UNKNOWN: EXIT.invalid,
  RUN_FAILED: EXIT.failed,
  SERVER_UNREACHABLE: EXIT.unreachable,
};

process.exitCode = await main(process.argv);
if (process.exitCode === EXIT.interrupted) process.exit(); // A call that was cut off may still be waiting for its answer.

async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = commandLine(async (command, run) => {
    const { home, json } = command.optsWithGlobals<GlobalOptions>();
    const outcome = await run(readEnvironment(home), json);
    if (outcome.stderr) process.stderr.write(outcome.stderr);
    if (outcome.stdout) process.stdout.write(outcome.stdout);
    exitCode = outcome.exitCode;
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
    if (!(error instanceof PipelineError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_BY_CODE[error.code] ?? EXIT.unexpected;
  }
}

/** By its name: loading Temporal's client for this test would slow every command. */
function isServerError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ServiceError';
}
