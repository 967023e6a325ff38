import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What the command line knows of the machine: the one place below which nothing reads the environment. */
export interface Environment {
  /** Holds the store, the embedded server's database, the logs and the runs. */
  readonly home: string;
  /** Where a pipeline's relative paths are looked up after the pipeline's own folder. */
  readonly dataFolders: readonly string[];
  /** The Temporal server program; null where set-up has not put it. */
  readonly serverProgram: string | null;
}

export function readEnvironment(homeOption: string | undefined): Environment {
  const places = readPlaces();
  const home = resolve(homeOption ?? (process.env['NOISY_STUDENT_HOME'] || '.noisy-student'));
  return {
    home: existsSync(home) ? realpathSync(home) : home, // One home has one server, by whatever path it is named.
    dataFolders: [process.env['NOISY_STUDENT_DATA'], places?.data && join(places.data, '..')].flatMap((folder) => (folder ? [resolve(folder)] : [])),
    serverProgram: process.env['TEMPORAL_CLI_PATH'] || places?.server || null,
  };
}

/** What scripts/setup.mjs wrote down, or null where it has not run. */
function readPlaces(): Places | null {
  const file = join(import.meta.dirname, '../node_modules/.cache/noisy-student/places.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Places) : null;
}

interface Places {
  readonly server: string;
  readonly data: string;
}
