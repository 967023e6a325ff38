// Stands in for the device process: the job's `model` names what it does.
const jobs = {
  answer: () => {
    process.send({ type: 'progress', progress: { step: 1, of: 2 } });
    process.send({ type: 'done', meta: { pid: process.pid, told, rssBytes: 1000 } });
  },
  fail: () => process.send({ type: 'failed', code: 'DATA_INVALID', message: 'here: this is wrong', evidence: { row: 7 } }),
  break: () => process.send({ type: 'failed', code: 'UNEXPECTED', message: 'x is undefined', stack: 'Error: x is undefined\n    at somewhere' }),
  die: () => process.stderr.write('first word\nlast word\n', () => process.exit(7)),
  killed: () => process.kill(process.pid, 'SIGKILL'),
  hang: () => process.send({ type: 'progress', progress: { step: 1, of: 2 } }),
  stoppable: () => process.send({ type: 'progress', progress: { step: 1, of: 9 } }),
  deaf: () => process.send({ type: 'progress', progress: { step: 1, of: 9 } }),
};
let running = '';
const told = [];
process.on('message', (message) => {
  told.push(message.type);
  if (message.type === 'run') jobs[(running = message.job.model)]();
  else if (running === 'stoppable') process.send({ type: 'stopped', progress: { step: 2, of: 9, checkpoint: 2 } });
});
process.on('disconnect', () => process.exit(0));
process.send({ type: 'ready' });
