import { spawnSync } from 'node:child_process';

/**
 * The C library reads its settings when a process starts, and libtensorflow when it is loaded: the program starts itself again with
 * them, as the device process of a worker is started. Returns in the second process alone; what is set already stays as it is.
 */
export function startAgainWith(environment: Readonly<Record<string, string>>): void {
  if (Object.keys(environment).every((name) => process.env[name] !== undefined)) return;
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync(process.execPath, args, { env: { ...environment, ...process.env }, stdio: 'inherit' });
  process.exit(status ?? 1);
}
