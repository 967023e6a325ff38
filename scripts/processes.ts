import { readdirSync, readFileSync } from 'node:fs';

/** A process below another one, as Linux's /proc shows it. */
export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** All descendants of a process, nearest first. Linux only. */
export function descendants(pid: number): readonly Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readProcess);
  const found: Process[] = [];
  let parents = [pid];
  while (parents.length > 0) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children.map(({ pid: child, command }) => ({ pid: child, command })));
    parents = children.map(({ pid: child }) => child);
  }
  return found;
}

/** Empty where the process went away while it was looked at. */
function readProcess(pid: string): (Process & { parent: number })[] {
  try {
    const [, parent = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return [{ pid: Number(pid), parent: Number(parent), command }];
  } catch {
    return [];
  }
}
