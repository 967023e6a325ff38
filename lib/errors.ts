/**
 * Every error a person can meet, in one table: the code, and what it means in one line.
 * A message says where, what was found, what is allowed and what to do; the code says which kind it is.
 */
export const ERRORS = {
  SPEC_INVALID: 'The pipeline file breaks a rule of schemas/pipeline.schema.json.',
  SPEC_UNREADABLE: 'The pipeline file cannot be read, or is not YAML.',
  COMMAND_INVALID: 'The command line is wrong.',
  DATA_MISSING: 'A path that the pipeline names does not hold the data it should.',
  DATA_INVALID: 'Data was found, but it is not what its format says.',
  DATA_CORRUPT: 'More images are unreadable than the pipeline allows.',
  DATASET_EMPTY: 'A set has no images, so nothing can be learnt from it.',
  CLASSES_DIFFER: 'Two sets of one experiment do not have the same classes.',
  MODEL_UNKNOWN: 'No model of that name exists.',
  MODEL_INVALID: 'A model is asked for a shape or a layer that it cannot have.',
  HUB_UNREACHABLE: 'The hub of models does not answer or is not to be asked, and the cache does not hold the model.',
  MODEL_UNAVAILABLE: 'The hub has no such model, revision or file, or does not give it to this user.',
  DOWNLOAD_CORRUPT: 'The bytes that came are not those that the hub announced.',
  WEIGHTS_INVALID: 'A weights file is damaged, or does not fit the model.',
  CHECKPOINT_MISMATCH: 'A checkpoint belongs to another model or another version.',
  TRAINING_DIVERGED: 'The loss became NaN or infinite.',
  TENSOR_LEAK: 'A training step left tensors behind.',
  ARTIFACT_MISSING: 'An artifact that a phase needs is not in the store.',
  ARTIFACT_CORRUPT: 'An artifact does not match its manifest.',
  SUPERSEDED: 'Another attempt has taken over the work of this one, which ends itself.',
  STORE_REFUSED: 'The store of artifacts does not give this user what is asked: keys, bucket, rights or clock are wrong.',
  STORE_UNREACHABLE: 'The store of artifacts does not answer.',
  COMPILE_UNSUPPORTED: 'A function cannot be recorded as a compiled step.',
  DEVICE_LOST: 'The process that computes on the device ended before its job did.',
  DEVICE_STALLED: 'The process that computes on the device made no progress for too long.',
  OUT_OF_MEMORY: 'The device or the machine has no memory left for the job.',
  DISK_FULL: 'The disk has no space left.',
  TENSORFLOW_MISSING: 'TensorFlow is not set up on this machine.',
  SERVER_MISSING: 'The Temporal server program is not set up on this machine.',
  SERVER_UNREACHABLE: 'No Temporal server answers at the address.',
  WORKER_LOST: 'The worker process ended again and again.',
  RUN_UNKNOWN: 'No run of that id exists.',
  RUN_FAILED: 'The run ended without a result.',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * Text from a file or a person as it may stand in a message or on a terminal: signs that would steer the terminal are shown by their
 * number, and what nobody would read to its end is cut.
 */
export function printable(text: string, most = 2 ** 16): string {
  const shown = cut(text, most);
  return shown.replace(/[\0-\x08\v-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same where one line is all that it may fill. */
export function inOneLine(text: string, most?: number): string {
  return printable(text, most).replace(/[\n\t\r]/g, (sign) => JSON.stringify(sign).slice(1, -1));
}

/** The first 100 signs of a text, in quotation marks; of another value those of its JSON. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? printable(JSON.stringify(cut(value, 100))) : printable(JSON.stringify(value) ?? String(value), 100);
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** An error that a person can act on. `evidence` is small, serialisable and goes into the history. */
export class PipelineError extends Error {
  readonly code: ErrorCode;
  readonly evidence: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; evidence?: Record<string, unknown> } = {}) {
    super(printable(`${code} ${message}`), options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'PipelineError';
    this.code = code;
    this.evidence = options.evidence;
  }
}
