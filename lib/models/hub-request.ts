import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../errors.js';

/** A hub that requests about one model can be sent to. */
export interface Hub {
  readonly endpoint: string;
  /** Where a person finds the model. */
  readonly page: string;
  readonly token: string | undefined;
  readonly silenceMs: number;
  readonly pausesMs: readonly number[];
  /** Aborted to give up; its reason is thrown. */
  readonly signal: AbortSignal | undefined;
}

export interface HubRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A redirection that says enough is not followed. */
  readonly isEnough?: (response: Response) => boolean;
  /** Statuses beside 2xx that the caller understands. */
  readonly understood?: readonly number[];
}

export interface Exchange {
  send(url: string, request?: HubRequest): Promise<Response>;
  /** To be called when bytes of a body came, with the place in the file that they reach: a sign of life, and perhaps progress. */
  heard(position: number): void;
}

/** The hub did not answer, broke off, or cannot answer now: another try may help. The message has the origin and the cause. */
export class Unreachable extends Error {}

/**
 * Does some work with the hub, and again where the network or the hub failed, after each of the pauses. An attempt that came
 * `PROGRESS_BYTES` further than all before starts the count anew: a large file comes through a bad line, in a bounded number of attempts.
 * Throws Unreachable, MODEL_UNAVAILABLE where the hub refuses, and whatever the work throws.
 */
export async function exchange<T>(hub: Hub, work: (exchange: Exchange) => Promise<T>): Promise<T> {
  let furthest = 0;
  let counted = 0;
  for (let failures = 0; ; failures++) {
    try {
      return await attempt(hub, work, (position) => (furthest = Math.max(furthest, position)));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (furthest - counted >= PROGRESS_BYTES) [failures, counted] = [0, furthest];
      const pause = hub.pausesMs[failures];
      if (pause === undefined) throw error;
      await delay(pause, undefined, { signal: hub.signal }).catch(() => hub.signal?.throwIfAborted());
    }
  }
}

const PROGRESS_BYTES = 1 << 20;
const REDIRECTIONS = 5;

async function attempt<T>(hub: Hub, work: (exchange: Exchange) => Promise<T>, reach: (position: number) => void): Promise<T> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), hub.silenceMs);
  const signal = hub.signal ? AbortSignal.any([silence.signal, hub.signal]) : silence.signal;
  const heard = (position: number) => {
    timer.refresh();
    reach(position);
  };
  const send = async (url: string, request: HubRequest = {}) => {
    const response = await follow(hub, url, request, signal);
    heard(0);
    return response;
  };
  try {
    return await work({ send, heard });
  } catch (error) {
    hub.signal?.throwIfAborted();
    if (silence.signal.aborted) throw new Unreachable(`${hub.endpoint} said nothing for ${hub.silenceMs / 1000} s`, { cause: error });
    const cause = networkCause(error);
    throw cause === undefined ? error : new Unreachable(`${hub.endpoint} does not answer as a hub does (${cause})`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Sends the token to the hub itself only: a large file lies on another host, whose address carries its own permission. */
async function follow(
  hub: Hub,
  start: string,
  { method = 'GET', headers = {}, isEnough, understood = [] }: HubRequest,
  signal: AbortSignal,
): Promise<Response> {
  let url = new URL(start);
  let isAtHub = true;
  for (let hops = 0; hops <= REDIRECTIONS; hops++) {
    isAtHub &&= url.origin === new URL(hub.endpoint).origin;
    const authorization = isAtHub && hub.token !== undefined ? { authorization: `Bearer ${hub.token}` } : {};
    // Compressed on the way, a file has neither its length nor parts.
    const sent = { 'accept-encoding': 'identity', ...headers, ...authorization };
    const response = await fetch(url, { method, headers: sent, redirect: 'manual', signal });
    const location = response.headers.get('location');
    const isRedirection = response.status >= 300 && response.status < 400 && location !== null;
    if (response.ok || understood.includes(response.status) || (isRedirection && isEnough?.(response))) return response;
    await response.body?.cancel();
    if (!isRedirection) throw refusal(hub, response, isAtHub, url);
    url = new URL(location, url);
    if (!['http:', 'https:'].includes(url.protocol)) throw new Unreachable(`${hub.endpoint} redirects to a ${url.protocol} address`);
  }
  throw new Unreachable(`${hub.endpoint} redirects more than ${REDIRECTIONS} times`);
}

/** What a refusal of the hub means, by its `X-Error-Code` or else its status, and what to do. */
const REFUSALS: Readonly<Record<string, (page: string) => string>> = {
  GatedRepo: (page) => `the model is gated · accept its licence at ${page}, and set HF_TOKEN to a token of that account`,
  RepoNotFound: (page) => `the hub has no such model, or it is private · look at ${page}; for a private model set HF_TOKEN`,
  RevisionNotFound: (page) => `the model has no such revision · choose a branch, tag or commit of ${page}`,
  EntryNotFound: (page) => `the revision has no such file · look at ${page}`,
  401: (page) => `no such model, or not for this user · look at ${page}; for a private or gated model set HF_TOKEN to a valid token`,
  403: (page) => `not for this user · accept the licence at ${page} if there is one, and set HF_TOKEN to a token that may read the model`,
  404: (page) => `the model, the revision or the file does not exist · look at ${page}`,
};

/** The signed address of another host runs out, so that a refusal there is a reason to ask the hub again. */
function refusal(hub: Hub, { status, headers }: Response, isAtHub: boolean, url: URL): Error {
  const found = `${url.origin}${isAtHub ? url.pathname : ''} answers ${status}`;
  if (!isAtHub || status >= 500 || status === 408) return new Unreachable(found);
  if (status === 429)
    return new Unreachable(`${found}, too many requests (wait some minutes${hub.token === undefined ? ', or set HF_TOKEN for a higher limit' : ''})`);
  const meaning = REFUSALS[headers.get('x-error-code') ?? ''] ?? REFUSALS[status];
  const advice = meaning?.(hub.page) ?? `the hub does not give it · check HF_ENDPOINT, and look at ${hub.page}`;
  return new PipelineError('MODEL_UNAVAILABLE', `${found}: ${advice}`, { evidence: { status } });
}

/** fetch and its bodies fail by a TypeError with a cause; what is no JSON, or not of a model, makes the library fail. */
function networkCause(error: unknown): string | undefined {
  if (error instanceof SyntaxError) return 'no JSON';
  if (!(error instanceof TypeError)) return undefined;
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}
