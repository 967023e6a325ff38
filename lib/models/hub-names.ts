import { PipelineError, quoted } from '../errors.js';

/** Letters, digits, '_', '-' and '.', but no '..'; what huggingface_hub allows in an id. Without an owner the hub has no model of timm's kind. */
const ID = /^(?!.*(?:--|\.\.|\.git$))(?:\w[\w.-]{0,94}\w|\w)\/(?:\w[\w.-]{0,94}\w|\w)$/;
/** Nothing of it leads out of a folder or an address. */
const PATH = /^(?!.*\.\.)[\w+][\w.+-]*(?:\/[\w+][\w.+-]*)*$/;
const LONGEST = 200;

/** Throws MODEL_UNKNOWN unless it is an id of the hub's, `owner/name`. */
export function checkHubId(id: string): void {
  check('the model id', id, ID, 'OWNER/NAME of letters, digits, "_", "-" and ".", as in hf-hub:timm/tf_efficientnet_b0.ns_jft_in1k');
}

/** Throws MODEL_UNKNOWN unless it can be a branch, a tag, a pull request or a commit. */
export function checkRevision(revision: string): void {
  check('the revision', revision, PATH, 'behind "@" one branch, tag or commit, as in hf-hub:OWNER/NAME@main');
}

/** Throws MODEL_UNKNOWN unless it can be a path inside a model. */
export function checkHubFile(file: string): void {
  check('the file', file, PATH, 'a path inside the model, as in model.safetensors');
}

function check(what: string, found: string, pattern: RegExp, allowed: string): void {
  if (found.length > LONGEST || !pattern.test(found)) {
    throw new PipelineError('MODEL_UNKNOWN', `${what} ${quoted(found)} cannot be one of the hub's · allowed is ${allowed}`);
  }
}
