import { randomUUID } from 'node:crypto';
import type { ArtifactName, Collectable, Leftover, StoredArtifact } from './collectable.js';
import { localLeftovers, removeLocal } from './file-collection.js';
import { inTurn } from './in-turn.js';
import type { Notes } from './notes.js';
import { filesOf, manifestName, REMOVED, type StoredManifest } from './s3-layout.js';
import type { Entry, Found, OpenUpload, S3Objects } from './s3-objects.js';
import type { Phase } from './store.js';

/**
 * Listing and removal in a bucket, and in `root` for what this machine has of its own. Whether an artifact is there, condemned or gone is the
 * text in the place of its manifest, which changes only by conditional writes; the name of what is gone stays, with a few bytes, because a name
 * cannot be removed on a condition everywhere.
 */
export function s3Collection(objects: S3Objects, root: string): Collectable {
  return {
    notes: s3Notes(objects),
    artifacts: () => storedArtifacts(objects),
    stored: (artifact) => storedAt(objects, artifact),
    leftovers: () => leftoversOf(objects, root),
    async condemn({ phase, key }) {
      const name = manifestName(phase, key);
      for (;;) {
        const found = await objects.get(name);
        const plain = found && (condemnedIn(found) ?? found);
        if (!plain || parse(plain.text) === undefined) return undefined;
        const text = JSON.stringify({ condemned: randomUUID(), changedAt: plain.changedAt, manifest: plain.text } satisfies CondemnedText);
        if (!(await objects.putIf(name, text, found.etag))) continue; // somebody wrote meanwhile
        const own = await objects.get(name);
        if (own?.text !== text) return undefined; // somebody looked it up, or another gc decides
        const { etag } = own;
        return {
          changedAt: plain.changedAt,
          async spare() {
            await objects.putIf(name, plain.text, etag);
          },
          async take() {
            if (!(await objects.putIf(name, REMOVED, etag))) return false;
            const { upload } = parse(plain.text)!;
            for await (const file of objects.list(filesOf(phase, key, upload))) await objects.remove(file);
            return true;
          },
        };
      }
    },
    async removeLeftover(leftover, isNeeded) {
      const [, place, name] = /^(bucket|parts):(.+)$/.exec(leftover.name) ?? [];
      if (place === undefined) return removeLocal(root, leftover, isNeeded);
      if (await isNeeded()) return false;
      if (place === 'parts') await abortUpload(objects, name!);
      else await removeBelow(objects, name!);
      return true;
    },
  };
}

/** Manifests first: what is left of a checkpoint is then none. */
async function removeBelow(objects: S3Objects, start: string): Promise<void> {
  const names: string[] = [];
  for await (const name of objects.list(start)) names.push(name);
  const isManifest = (name: string) => Number(name.endsWith('/manifest.json'));
  for (const name of names.sort((a, b) => isManifest(b) - isManifest(a))) await objects.remove(name);
}

/** `place`: the upload's own id, and the name that it is for, which may have come there by another upload. */
async function abortUpload(objects: S3Objects, place: string): Promise<void> {
  for await (const upload of objects.openUploads(place.slice(place.indexOf(' ') + 1))) if (place === placeOf(upload)) await objects.abort(upload);
}

function placeOf({ id, name }: OpenUpload): string {
  return `${id} ${name}`;
}

/** What stands in the place of a manifest while gc decides. */
interface CondemnedText {
  /** Unique: the one who wrote it decides. */
  readonly condemned: string;
  /** Of the manifest. */
  readonly changedAt: number;
  readonly manifest: string;
}

/** The manifest that a condemned place had; undefined where it is not condemned. */
export function condemnedIn({ text }: Found): { readonly text: string; readonly changedAt: number } | undefined {
  if (!text.startsWith('{"condemned":')) return undefined;
  const { manifest, changedAt } = JSON.parse(text) as CondemnedText;
  return { text: manifest, changedAt };
}

function s3Notes(objects: S3Objects): Notes {
  return {
    put: (name, text) => objects.put(name, text),
    get: async (name) => (await objects.get(name))?.text,
    list: (folder) => objects.entries(folder),
    remove: (name) => objects.remove(name),
    async now() {
      await objects.put(CLOCK, 'now');
      return (await objects.get(CLOCK))!.changedAt;
    },
  };
}

const CLOCK = 'clock';

async function* storedArtifacts(objects: S3Objects): AsyncGenerator<StoredArtifact> {
  const read = inTurn(objects.entries('artifacts/'), READS, async ({ name }) => {
    const [, phase, key] = /^artifacts\/([^/]+)\/(.+)\.json$/.exec(name) ?? [];
    return key === undefined ? undefined : storedAt(objects, { phase: phase as Phase, key });
  });
  for await (const artifact of read) if (artifact) yield artifact;
}

async function storedAt(objects: S3Objects, { phase, key }: ArtifactName): Promise<StoredArtifact | undefined> {
  const found = await objects.get(manifestName(phase, key));
  const plain = found && (condemnedIn(found) ?? found);
  const manifest = plain && parse(plain.text);
  return manifest && { phase, key, bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, plain.text.length), changedAt: plain.changedAt };
}

/** At a time. */
const READS = 16;

/** Undefined where there is no artifact. */
function parse(text: string): StoredManifest | undefined {
  try {
    const found = JSON.parse(text) as Partial<StoredManifest>;
    return Array.isArray(found.files) && typeof found.upload === 'string' ? (found as StoredManifest) : undefined;
  } catch {
    return undefined;
  }
}

async function* leftoversOf(objects: S3Objects, root: string): AsyncGenerator<Leftover> {
  const uploads = inTurn(grouped(objects.entries('files/'), 4), READS, async (group) => {
    const [, phase, key, upload] = group.name.split('/');
    const found = await objects.get(manifestName(phase as Phase, key!));
    const manifest = found && parse((condemnedIn(found) ?? found).text);
    return manifest?.upload === upload ? undefined : group;
  });
  for await (const group of uploads) if (group) yield { ...group, kind: 'upload', name: `bucket:${group.name}`, key: group.name.split('/')[2]! };
  for (const [start, kind] of [
    ['checkpoints/', 'checkpoints'],
    ['leases/', 'lease'],
  ] as const) {
    for await (const group of grouped(objects.entries(start), 2)) yield { ...group, kind, name: `bucket:${group.name}`, key: group.name.split('/')[1]! };
  }
  for await (const entry of objects.entries('damaged/')) yield { ...entry, kind: 'damaged', name: `bucket:${entry.name}` };
  for (const [start, part] of [
    ['files/', 2],
    ['checkpoints/', 1],
  ] as const) {
    for await (const upload of objects.openUploads(start)) {
      yield { kind: 'upload', name: `parts:${placeOf(upload)}`, key: upload.name.split('/')[part]!, bytes: 0, changedAt: upload.begunAt };
    }
  }
  yield* localLeftovers(root);
}

/** Neighbours whose first `depth` parts of the name are the same, as one. */
async function* grouped(entries: AsyncIterable<Entry>, depth: number): AsyncGenerator<Entry> {
  let group: Entry | undefined;
  for await (const { name, bytes, changedAt } of entries) {
    const folder = `${name.split('/').slice(0, depth).join('/')}/`;
    if (group?.name === folder) group = { name: folder, bytes: group.bytes + bytes, changedAt: Math.max(group.changedAt, changedAt) };
    else {
      if (group) yield group;
      group = { name: folder, bytes, changedAt };
    }
  }
  if (group) yield group;
}
