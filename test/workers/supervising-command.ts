import { serverProgram } from '../../workers/places.js';
import { supervise } from '../../workers/supervisor.js';

/** A command that supervises a home, to be killed: prints the ids of what it started. */
const supervisor = await supervise({
  home: process.argv[2]!,
  serverProgram: await serverProgram(process.env),
  server: { ports: { grpc: 0, ui: 0 }, hasUi: false },
  workerEntry: new URL('./fake-worker.ts', import.meta.url),
  onEvent: () => undefined,
  onGiveUp: () => undefined,
});
console.log(JSON.stringify(supervisor.pids));
setInterval(() => undefined, 1 << 30);
