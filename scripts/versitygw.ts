import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSION = 'v1.8.0';

/** An S3-compatible server (Apache-2.0) over a folder, built once by Go's own client into the cache; null, with the reason, where there is no Go. Throws if Go fails. */
export function versitygw(): { readonly program: string } | { readonly program: null; readonly reason: string } {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'noisy-student', `versitygw-${VERSION}`);
  const program = join(folder, 'versitygw');
  if (existsSync(program)) return { program };
  if (spawnSync('go', ['version']).status !== 0) return { program: null, reason: 'Go is not installed, and builds the S3 server that these tests talk to' };
  console.error(`building versitygw ${VERSION}, which takes some minutes`);
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, GOBIN: folder, GOFLAGS: '-p=2' },
  });
  if (status !== 0) throw new Error(`Go could not build versitygw ${VERSION} (exit code ${status})`);
  return { program };
}
