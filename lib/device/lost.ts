import type { ChildProcess } from 'node:child_process';
import { PipelineError } from '../errors.js';
import type { Job } from './messages.js';

/** A child that was lost, and the last lines of its standard error. */
interface Ended {
  readonly process: Pick<ChildProcess, 'exitCode' | 'signalCode'>;
  readonly tail: readonly string[];
}

export function outOfMemory(job: Job): PipelineError {
  return new PipelineError('OUT_OF_MEMORY', `the system killed the device process during a ${job.kind} job, because memory ran out · use a smaller batch`, {
    evidence: { job: job.kind, signal: 'SIGKILL' },
  });
}

export function deviceLost({ process: { exitCode, signalCode }, tail }: Ended, job: Job): PipelineError {
  const how = signalCode ? `was killed by ${signalCode}` : `ended with exit code ${exitCode}`;
  const hint = signalCode === 'SIGKILL' ? ' · if nobody did that, the system may have run out of memory: use a smaller batch' : '';
  return new PipelineError('DEVICE_LOST', `the device process ${how} during a ${job.kind} job${hint}${lastWords(tail)}`, {
    evidence: { job: job.kind, exitCode, signal: signalCode, stderr: tail.slice(-10) },
  });
}

export function deviceStalled({ tail }: Ended, job: Job, { stallMs }: { readonly stallMs: number }): PipelineError {
  return new PipelineError(
    'DEVICE_STALLED',
    `the device process made no progress for ${stallMs / 1000} s during a ${job.kind} job and was killed${lastWords(tail)}`,
    {
      evidence: { job: job.kind, stallMs, stderr: tail.slice(-10) },
    },
  );
}

function lastWords(tail: readonly string[]): string {
  return tail.length === 0 ? '' : ` · it last said: ${tail.slice(-3).join(' | ')}`;
}
