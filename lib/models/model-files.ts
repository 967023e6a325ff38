import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { PipelineError } from '../errors.js';

export const WEIGHTS_FILE = 'model.safetensors';
export const CONFIG_FILE = 'config.json';
export const CARD_FILE = 'README.md';

export interface ModelFileOptions {
  /** Larger files are refused unread, in bytes. Default: any size. */
  readonly most?: number;
  /** What a person is told about a file that is not there, behind "FILE does not exist; ". */
  readonly why?: string;
}

/**
 * The path of a file of a model's folder, which may come from anywhere: it is there, may be read, is a plain file and no pipe that would
 * never end, and lies in the folder, because a link may name any file of this machine. The links of the hub's cache lead to its `blobs`.
 * Throws WEIGHTS_INVALID.
 */
export function modelFile(folder: string, name: string, { most = Infinity, why = ordinaryFiles(folder, name) }: ModelFileOptions = {}): string {
  const file = path.join(folder, name);
  const refuse = (found: string, cause?: unknown) => new PipelineError('WEIGHTS_INVALID', `${file} ${found}.`, { cause });
  const status = orRefuse(() => statSync(file), refuse, why);
  if (!status.isFile()) throw refuse(`is ${kindOf(status)}, but must be a file`);
  if (status.size > most) throw refuse(`has ${status.size} bytes, but ${most} are the most that such a file has`);
  const target = realpathSync(file);
  if (!isInside(folder, target)) throw refuse(`is a link to ${target}, but the files of a model must lie in its folder · copy the file there`);
  orRefuse(() => accessSync(file, constants.R_OK), refuse, why);
  return file;
}

/** The same, or undefined where nothing is there. */
export function modelFileIfThere(folder: string, name: string, options: ModelFileOptions = {}): string | undefined {
  return existsSync(path.join(folder, name)) ? modelFile(folder, name, options) : undefined;
}

/** The text of a file as `modelFile` finds it. */
export function modelText(folder: string, name: string, options: ModelFileOptions & { readonly most: number }): string {
  return readFileSync(modelFile(folder, name, options), 'utf8');
}

/** Of a config.json: 100,000 long class names with descriptions need less. */
export const CONFIG_BYTES = 2 ** 24;

function orRefuse<T>(look: () => T, refuse: (found: string, cause?: unknown) => PipelineError, why: string): T {
  try {
    return look();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? `does not exist; ${why}` : FAULTS[code];
    throw found === undefined ? error : refuse(found, error);
  }
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOTDIR: 'lies in a file where a folder must be',
  ELOOP: 'is a link that leads to itself',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ENAMETOOLONG: 'has a path that is too long',
};

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a folder';
  return status.isFIFO() ? 'a pipe' : 'a device or a socket';
}

function isInside(folder: string, target: string): boolean {
  const own = realpathSync(folder);
  const root = /[\\/]models--[^\\/]+[\\/]snapshots[\\/][^\\/]+$/.test(own) ? path.resolve(own, '..', '..') : own;
  return target.startsWith(root + path.sep);
}

/** A pickle beside it is not read: unpacking one runs whatever program is in it. */
function ordinaryFiles(folder: string, name: string): string {
  if (existsSync(path.join(folder, 'saved_model.pb'))) {
    return `this is a SavedModel, which predict, features and export read · npx noisy-student export local-dir:${folder} OTHER makes a folder of ${CONFIG_FILE} and ${WEIGHTS_FILE} of it`;
  }
  const pickle = path.join(folder, 'pytorch_model.bin');
  return name === WEIGHTS_FILE && existsSync(pickle)
    ? `${pickle} is there, but it is a pickle, which may run any program when it is read · convert it: safetensors.torch.save_file(torch.load(…, weights_only=True), "${WEIGHTS_FILE}", metadata={"format": "pt"})`
    : `a model's folder holds ${WEIGHTS_FILE} and ${CONFIG_FILE}`;
}
