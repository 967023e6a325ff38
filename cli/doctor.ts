import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runtimeFacts } from '../lib/tensor/runtime.js';
import type { Environment } from './environment.js';

export interface Finding {
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

const SETUP = 'run: npm run setup';

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
    remedy: SETUP,
  },
  { what: 'memory', find: async () => `${gigabytes(totalmem())} in all`, remedy: '' },
  { what: 'disk', find: freeDisk, remedy: 'free at least 2 GB, or name another folder by --home' },
];

/** Every check, none of which stops at another's failure. */
export async function diagnose(environment: Environment): Promise<readonly Finding[]> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'; // What TensorFlow writes as it loads is no finding.
  return Promise.all(
    CHECKS.map(async ({ what, find, remedy, optional = false }) => {
      const found = await find(environment).catch(() => null);
      return { what, ok: found !== null || optional, found: found ?? 'missing', ...(found === null && { remedy }) };
    }),
  );
}

export function printFindings(findings: readonly Finding[]): string {
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
  await mkdir(home, { recursive: true });
  const { bavail, bsize } = await statfs(home);
  return bavail * bsize < 2e9 ? null : `${gigabytes(bavail * bsize)} free at ${home}`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
