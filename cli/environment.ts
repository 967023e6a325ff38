import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findServerProgram, readPlaces } from '../workers/places.js';

/** What the command line knows of the machine: the one place below which nothing reads the environment. */
export interface Environment {
  /** Holds the store, the embedded server's database, the logs and the runs. */
  readonly home: string;
  /** Behind a command that a person is told to type: the home as it was given, else nothing. */
  readonly homeOption: string;
  /** Where a pipeline's relative paths are looked up after the pipeline's own folder. */
  readonly dataFolders: readonly string[];
  /** The Temporal server program; null where set-up has not put it. */
  readonly serverProgram: string | null;
}

export function readEnvironment(homeOption: string | undefined): Environment {
  const { data } = readPlaces();
  const home = resolve(homeOption ?? (process.env['NOISY_STUDENT_HOME'] || '.noisy-student'));
  return {
    home: existsSync(home) ? realpathSync(home) : home, // One home has one server, by whatever path it is named.
    homeOption: homeOption === undefined ? '' : ` --home ${/^[\w./-]+$/.test(homeOption) ? homeOption : `'${homeOption.replaceAll("'", "'\\''")}'`}`,
    dataFolders: [process.env['NOISY_STUDENT_DATA'], data && join(data, '..')].flatMap((folder) => (folder ? [resolve(folder)] : [])),
    serverProgram: findServerProgram(process.env),
  };
}
