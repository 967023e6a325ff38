import { parseArgs } from 'node:util';
import { compileAddon } from './addon.mjs';
import { createContext, recordPlace } from './context.mjs';
import { fetchData } from './data.mjs';
import { SetupFailure } from './failure.mjs';
import { installPackages } from './packages.mjs';
import { fetchBundle } from './wheels.mjs';

/** In this order; a step whose work is done already does nothing and says nothing. */
const STEPS = {
  packages: installPackages,
  libtensorflow: (context) => fetchBundle(context, context.tensorflow),
  server: (context) => fetchBundle(context, 'temporal-server'),
  addon: compileAddon,
  data: fetchData,
};

/** Runs the steps and returns the exit code. Everything is said on stderr: stdout belongs to the command that follows. */
export async function setUp(args, environment) {
  try {
    const { steps, ...options } = readOptions(args);
    const context = createContext({ ...options, environment, say: (line) => console.error(`setup: ${line}`) });
    for (const name of steps) {
      await STEPS[name](context);
      recordPlace(context, name);
    }
    return 0;
  } catch (error) {
    console.error(`setup: ${lineFor(error)}`);
    return 1;
  }
}

/** What the operating system refuses (no space, no permission) is a person's to solve; the rest is ours, with its stack. */
function lineFor(error) {
  if (error instanceof SetupFailure) return error.message;
  if (error.syscall) return `${error.message} · check the space and the permissions there, or set XDG_CACHE_HOME to another folder`;
  return error.stack;
}

function readOptions(args) {
  const { only, accelerator, 'without-data': withoutData } = parseOptions(args);
  const names = Object.keys(STEPS);
  const asked = only?.split(',') ?? names;
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new SetupFailure(`--only ${unknown}: no such step · the steps are ${names.join(', ')}`);
  return { steps: names.filter((name) => asked.includes(name)), accelerator, withoutData };
}

function parseOptions(args) {
  try {
    return parseArgs({
      args,
      options: {
        only: { type: 'string' },
        accelerator: { type: 'string' },
        'without-data': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new SetupFailure(error.message.split('\n')[0]);
  }
}
