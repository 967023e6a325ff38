import { readFileSync } from 'node:fs';

/** The kernel's counters, of the machine and of this process's control group. */
const COUNTERS = ['/proc/vmstat', '/sys/fs/cgroup/memory.events'];

/** How many processes the system has killed for lack of memory; 0 where it does not count. */
export function memoryKills(): number {
  const counted = COUNTERS.map((file) => {
    try {
      return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return Math.max(...counted);
}
