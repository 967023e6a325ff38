/** Files run as they are written, through tsx, in a checkout; compiled, without it, in what `npm run build` makes (`dist/`). This file tells which. */
const IS_SOURCE = import.meta.url.endsWith('.ts');

/** The package's folder: `schemas/`, `pipelines/` and `scripts/` are in it. Ends with a slash. */
export const PACKAGE_FOLDER = new URL(IS_SOURCE ? '..' : '../..', import.meta.url);

/** What makes a machine ready, in a checkout as in an installed package; what a person is told to type. */
export const SET_UP = 'npx noisy-student doctor';

/** A module beside `from` (an `import.meta.url`) at which a process or a thread starts: `./child` is child.ts here, child.js in the build. */
export function entryFile(module: string, from: string): URL {
  return new URL(`${module}${IS_SOURCE ? '.ts' : '.js'}`, from);
}

/** Node's options for such a process or thread. tsx is resolved here, so that it works from any working directory. */
export function entryOptions(): string[] {
  return IS_SOURCE ? ['--import', import.meta.resolve('tsx')] : [];
}
