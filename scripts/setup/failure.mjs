import { spawnSync } from 'node:child_process';

/** Something a person can put right: its message is one line that says what is wrong and what to do. */
export class SetupFailure extends Error {}

/** Runs a program to its end. `remedy` is what to do if there is no such program. */
export function runProgram(program, args, { remedy = 'install it', environment = {}, folder } = {}) {
  const ended = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', ...environment }, // C: failures are recognised by their English words
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (ended.error?.code === 'ENOENT') throw new SetupFailure(`${program} is missing · ${remedy}`);
  if (ended.error) throw ended.error;
  const output = ended.stdout + ended.stderr;
  return { ok: ended.status === 0, output, reason: reasonIn(output, ended) };
}

/** The line that says why a program failed: the last one that speaks of an error, else simply the last. */
function reasonIn(output, { signal, status }) {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const speaking = lines.filter((line) => /error|fail|denied|no space/i.test(line));
  return speaking.at(-1) ?? lines.at(-1) ?? (signal ? `ended by ${signal}` : `exit code ${status}`);
}
