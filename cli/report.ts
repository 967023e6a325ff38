import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFolder } from '../lib/report/run-models.js';
import { PipelineError } from '../lib/errors.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';

/** Where the report of a run lies; with --json its content as data. Needs no server. */
export function report({ id, environment: { home, homeOption }, json }: { id: string; environment: Environment; json: boolean }): Outcome {
  const folder = runFolder(home, id);
  const page = join(folder, 'report.html');
  if (!existsSync(page))
    throw new PipelineError(
      'RUN_UNKNOWN',
      `${page} is not there · a report is written when its run is through; noisy-student list${homeOption} shows the runs`,
    );
  return { exitCode: EXIT.done, stdout: json ? readFileSync(join(folder, 'summary.json'), 'utf8') : `${page}\n` };
}
