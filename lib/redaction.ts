/** Rewrites a text so that others may read it. */
export type Redact = (text: string) => string;

export interface Private {
  /** Home folders of the person, by every path that leads there; they are written `~`. */
  readonly homes: readonly string[];
  /** Words that nobody else may know. */
  readonly secrets: readonly string[];
}

/**
 * What a history may hold is read by everybody who may use its server, on other machines, for long: so it names no person's home and
 * no secret. A user and a password inside an address are secrets wherever they come from.
 */
export function redaction({ homes, secrets }: Private): Redact {
  const folders = homes.filter((home) => home.length > 1).map((home) => escaped(home.replace(/\/+$/, '')));
  const rules: (readonly [RegExp, string])[] = [
    ...secrets.filter((secret) => secret.length >= SHORTEST_SECRET).map((secret) => [new RegExp(escaped(secret), 'g'), '***'] as const),
    [/(?<=:\/\/)[^\s/@]+@/g, '***@'],
    // A folder of that name somewhere else is no home, nor is one whose name only begins so.
    ...(folders.length > 0 ? [[new RegExp(`(?<=^|[^\\w.~/-]|file://)(?:${folders.join('|')})(?![\\w-]|\\.\\w)`, 'g'), '~'] as const] : []),
  ];
  return (text) => rules.reduce((rewritten, [pattern, replacement]) => rewritten.replace(pattern, () => replacement), text);
}

/** A shorter value would be found in words that it has nothing to do with. */
const SHORTEST_SECRET = 8;

/** What an environment keeps secret, by the names that such variables have: tokens, keys, passwords. Where one is kept is no secret. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => (value && SECRET_NAME.test(name) ? [value] : []));
}

const SECRET_NAME = /(?:TOKEN|SECRET|PASSWORD|API_?KEY|ACCESS_KEY)(?!.*_(?:FILE|PATH|DIR|URI|URL)$)/i;

/** The same value with every text in it rewritten, names of keys too. */
export function redacted<Value>(value: Value, redact: Redact): Value {
  const rewrite = (inner: unknown): unknown => {
    if (typeof inner === 'string') return redact(inner);
    if (Array.isArray(inner)) return inner.map(rewrite);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, item]) => [redact(name), rewrite(item)]));
  };
  return rewrite(value) as Value;
}

/** A path that was written for any machine, on the one whose user's home this is. */
export function onThisMachine(path: string, home: string): string {
  return path.replace(/^~(?=\/|$)/, () => home);
}

/** The same for places by what they are called. */
export function locationsHere(locations: Readonly<Record<string, string>>, home: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(locations).map(([path, location]) => [path, onThisMachine(location, home)]));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
