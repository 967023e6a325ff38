import { join, resolve } from 'node:path';

export interface HubSettings {
  /** Where the hub is, without a slash at the end. */
  readonly endpoint: string;
  /** The folder that holds a `models--org--name/` per model, shared with Python's huggingface_hub. */
  readonly cache: string;
  /** No request is made at all. */
  readonly isOffline: boolean;
  readonly token?: string;
  /** What `hf auth login` wrote; read where no token is set. */
  readonly tokenFile?: string;
  /** A request that brings nothing for so many milliseconds is broken off. */
  readonly silenceMs: number;
  /** Milliseconds before each repetition of a request that failed by the network; there are as many repetitions. */
  readonly pausesMs: readonly number[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the environment says about the hub, as Python's huggingface_hub 2.4.0 reads it (its `constants.py` and `utils/_auth.py`);
 * an empty variable counts as none. `home` is the user's home folder. No file is read.
 */
export function hubSettings(environment: Environment, home: string): HubSettings {
  const folder = (path: string) => resolve(expand(path, environment, home));
  const hfHome = folder(environment['HF_HOME'] || join(environment['XDG_CACHE_HOME'] || join(home, '.cache'), 'huggingface'));
  const silence = Number(environment['HF_HUB_DOWNLOAD_TIMEOUT']) || 10;
  return {
    endpoint: (environment['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, ''),
    cache: folder(environment['HF_HUB_CACHE'] || environment['HUGGINGFACE_HUB_CACHE'] || join(hfHome, 'hub')),
    isOffline: isTrue(environment['HF_HUB_OFFLINE'] || environment['TRANSFORMERS_OFFLINE']),
    ...(!isTrue(environment['HF_HUB_DISABLE_IMPLICIT_TOKEN']) && credentials(environment, folder(environment['HF_TOKEN_PATH'] || join(hfHome, 'token')))),
    silenceMs: Math.min(Math.max(silence, 0.1) * 1000, 2 ** 31 - 1), // longer ones no timer takes
    pausesMs: [500, 1000, 2000, 4000],
  };
}

function credentials(environment: Environment, tokenFile: string): Pick<HubSettings, 'token' | 'tokenFile'> {
  const token = (environment['HF_TOKEN'] || environment['HUGGING_FACE_HUB_TOKEN'])?.trim();
  return token ? { token } : { tokenFile };
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes(value?.toUpperCase() ?? '');
}

/** `~`, `$NAME` and `${NAME}`; a name that is not set stays as it stands. */
function expand(path: string, environment: Environment, home: string): string {
  return path.replace(/^~(?=$|[/\\])/, home).replace(/\$(?:(\w+)|\{(\w+)\})/g, (text, bare, braced) => environment[(bare ?? braced) as string] ?? text);
}
