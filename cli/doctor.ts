import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PACKAGE_FOLDER, SET_UP } from '../lib/package.js';
import { runtimeFacts } from '../lib/tensor/runtime.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';

export interface DoctorOptions {
  /** False: nothing is downloaded, compiled or written. */
  readonly isSettingUp: boolean;
  /** Fashion-MNIST, too. */
  readonly withData: boolean;
  /** auto, cpu or cuda; default: what was chosen before. */
  readonly accelerator?: string;
  /** Read anew at every call. */
  environment(): Environment;
  readonly json: boolean;
}

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do where it is not ok. */
  readonly remedy?: string;
}

interface Check {
  readonly what: string;
  /** What is there; throws or returns null where it is missing. */
  readonly find: (environment: Environment) => Promise<string | null>;
  readonly remedy: string;
  /** A run works without it. */
  readonly optional?: boolean;
}

const SETUP = `run: ${SET_UP}`;

/** In the order in which set-up needs them. */
const CHECKS: readonly Check[] = [
  {
    what: 'Node.js',
    find: async () => (nodeMajor() >= 20 ? `${process.version} (20, 22 and 24 are tested)` : null),
    remedy: `found ${process.version}; install Node.js 20 or newer`,
  },
  { what: 'Python', find: () => firstLine('python3', ['--version']), remedy: 'apt-get install python3 python3-pip' },
  { what: 'pip', find: () => firstLine('python3', ['-m', 'pip', '--version']), remedy: 'apt-get install python3-pip' },
  { what: 'C++ compiler', find: () => firstLine(process.env['CXX'] || 'g++', ['--version']), remedy: 'apt-get install g++' },
  { what: 'libtensorflow', find: async () => `${runtimeFacts().libtensorflow} through ${runtimeFacts().package}`, remedy: SETUP },
  {
    what: 'device',
    find: async () => (runtimeFacts().gpu ? `GPU: ${(await graphicsCard()) ?? 'unnamed'}` : `CPU: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`),
    remedy: SETUP,
  },
  { what: 'NVIDIA driver', find: graphicsCard, remedy: 'only needed to train on a graphics card', optional: true },
  { what: 'Temporal server', find: ({ serverProgram }) => (serverProgram ? firstLine(serverProgram, ['--version']) : Promise.resolve(null)), remedy: SETUP },
  {
    what: 'Fashion-MNIST',
    find: async ({ dataFolders }) => dataFolders.map((folder) => join(folder, 'fashion-mnist')).find(existsSync) ?? null,
    remedy: `only the pipelines of this package need it · run: ${SET_UP} --data`,
    optional: true,
  },
  { what: 'memory', find: async () => `${gigabytes(totalmem())} in all`, remedy: '' },
  { what: 'disk', find: freeDisk, remedy: 'free at least 2 GB, or name another folder by --home' },
];

/** Sets up what is missing, then looks at everything. The exit code is 0 where nothing is left to do. */
export async function doctor({ isSettingUp, withData, accelerator, environment, json }: DoctorOptions): Promise<Outcome> {
  const isSetUp = isSettingUp ? await setUp(withData, accelerator) : true;
  const findings = await diagnose(environment());
  return {
    exitCode: isSetUp && findings.every(({ ok }) => ok) ? EXIT.done : EXIT.unexpected,
    stdout: json ? `${JSON.stringify(findings)}\n` : `${printFindings(findings)}\n`,
  };
}

/** By scripts/setup.mjs, which says what it does and says nothing where nothing is to do. In a process: whatever it meets, the findings follow. */
async function setUp(withData: boolean, accelerator?: string): Promise<boolean> {
  const server = process.env['TEMPORAL_CLI_PATH'] ? [] : ['server'];
  const steps = ['libtensorflow', ...server, 'addon', ...(withData ? ['data'] : [])];
  const options = ['--only', steps.join(','), ...(accelerator === undefined ? [] : ['--accelerator', accelerator])];
  const script = fileURLToPath(new URL('scripts/setup.mjs', PACKAGE_FOLDER));
  const [exitCode] = (await once(spawn(process.execPath, [script, ...options], { stdio: ['ignore', 2, 2] }), 'close')) as [number | null];
  return exitCode === 0;
}

/** Every check, none of which stops at another's failure. */
async function diagnose(environment: Environment): Promise<readonly Finding[]> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'; // What TensorFlow writes as it loads is no finding.
  return Promise.all(
    CHECKS.map(async ({ what, find, remedy, optional = false }) => {
      const found = await find(environment).catch(() => null);
      return { what, ok: found !== null || optional, found: found ?? 'missing', ...(found === null && { remedy }) };
    }),
  );
}

function printFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings.map(({ what, ok, found, remedy }) => `${ok ? '✓' : '✗'} ${what.padEnd(width)}  ${found}${remedy ? ` · ${remedy}` : ''}`).join('\n');
}

function nodeMajor(): number {
  return Number(process.versions.node.split('.')[0]);
}

async function firstLine(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args]);
  return stdout.split('\n')[0]!.trim();
}

/** Name, compute capability and driver version of the first NVIDIA card. */
function graphicsCard(): Promise<string | null> {
  return firstLine('nvidia-smi', ['--query-gpu=name,compute_cap,driver_version', '--format=csv,noheader']).catch(() => null);
}

async function freeDisk({ home }: Environment): Promise<string | null> {
  let folder = home; // which the first run makes
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < 2e9 ? null : `${gigabytes(bavail * bsize)} free at ${home}`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
