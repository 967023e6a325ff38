import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * The C library reads its settings when a process starts, and libtensorflow when it is loaded: the program starts itself again with
 * them, as the device process of a worker is started. Returns in the second process alone; what is set already stays as it is.
 */
export async function startAgainWith(environment: Readonly<Record<string, string>>): Promise<void> {
  if (Object.keys(environment).every((name) => process.env[name] !== undefined)) return;
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(process.execPath, args, { env: { ...environment, ...process.env }, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exit(code ?? 1);
}
