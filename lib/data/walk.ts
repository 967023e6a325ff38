import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { FILE_FAULTS } from './image-file.js';
import { compareNatural } from './natural-order.js';
import type { Refusal } from './source.js';

export interface Walked {
  /** Files with the extension of an image, in natural order. */
  readonly files: readonly FoundFile[];
  /** Names of the folders at the first level, in natural order; also empty ones. */
  readonly folders: readonly string[];
  readonly refused: readonly Refusal[];
  readonly ignored: Readonly<Record<string, number>>;
}

export interface FoundFile {
  /** Below the root, '/' separated. */
  readonly path: string;
  /** Where the bytes are, all links followed. */
  readonly origin: string;
}

const IMAGES = new Set(['.jpg', '.jpeg', '.jfif', '.png', '.webp']);

/** By its extension; what is in a file is seen when it is read. */
export function isImageName(name: string): boolean {
  return IMAGES.has(extname(name).toLowerCase());
}

/**
 * All images below a folder. Every real folder is read once: links to folders are followed only after all that
 * needs no link has been read, and a link to a folder that was read, or that holds the link, is refused.
 */
export async function walkFolder(root: string, signal?: AbortSignal): Promise<Walked> {
  const walk = new Walk(signal);
  await walk.readFolder({ path: '', origin: await realpath(root) });
  for (let link = walk.nextLink(); link; link = walk.nextLink()) await walk.followLink(link);
  return {
    files: walk.files.sort((a, b) => compareNatural(a.path, b.path)),
    folders: walk.folders.sort(compareNatural),
    refused: walk.refused.sort((a, b) => compareNatural(a.id, b.id)),
    ignored: Object.fromEntries([...walk.ignored].sort(([a], [b]) => compareNatural(a, b))),
  };
}

interface Folder {
  readonly path: string;
  readonly origin: string;
}

interface Link {
  readonly path: string;
  /** The real folder that the link stands in. */
  readonly parent: string;
  readonly target: string;
}

class Walk {
  readonly files: FoundFile[] = [];
  readonly folders: string[] = [];
  readonly refused: Refusal[] = [];
  readonly ignored = new Map<string, number>();
  /** Real folder → the path by which it was read. */
  private readonly visited = new Map<string, string>();
  private readonly links: Link[] = [];
  private readonly signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal;
  }

  /** Reads a folder and the real folders below it; links to folders are put off. */
  async readFolder(top: Folder): Promise<void> {
    const waiting = [top];
    for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
      this.signal?.throwIfAborted();
      const known = this.visited.get(folder.origin);
      if (known !== undefined) {
        this.refuse(folder.path, `the folder is read already, as ${nameOf(known)}`, false);
        continue;
      }
      this.visited.set(folder.origin, folder.path);
      if (folder.path !== '' && !folder.path.includes('/')) this.folders.push(folder.path);
      for (const entry of await this.entriesOf(folder)) {
        const inner = { path: folder.path === '' ? entry.name : `${folder.path}/${entry.name}`, origin: join(folder.origin, entry.name) };
        if (entry.name.startsWith('.')) this.ignore('dotfile');
        else if (entry.isDirectory()) waiting.push(inner);
        else if (entry.isSymbolicLink()) await this.sortLink(inner, folder);
        else this.sortFile(inner, entry.isFile());
      }
    }
  }

  nextLink(): Link | undefined {
    this.links.sort((a, b) => compareNatural(b.path, a.path));
    return this.links.pop();
  }

  async followLink({ path, parent, target }: Link): Promise<void> {
    const known = this.visited.get(target);
    if (isInside(parent, target))
      return this.refuse(path, `directory loop: the link leads back to ${known === undefined ? 'a folder' : nameOf(known)} that holds it`, false);
    if (known !== undefined) return this.refuse(path, `the link leads to ${nameOf(known)}, which is read already`, false);
    await this.readFolder({ path, origin: target });
  }

  private async entriesOf({ path, origin }: Folder): Promise<Dirent[]> {
    try {
      return await readdir(origin, { withFileTypes: true });
    } catch (error) {
      this.refuse(path, reasonOf(error), true);
      return [];
    }
  }

  private async sortLink({ path, origin }: Folder, { origin: parent }: Folder): Promise<void> {
    try {
      const target = await realpath(origin);
      const status = await stat(target);
      if (status.isDirectory()) this.links.push({ path, parent, target });
      else this.sortFile({ path, origin: target }, status.isFile());
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ELOOP') this.refuse(path, 'directory loop: the link leads to itself', false);
      else this.refuse(path, code === 'ENOENT' ? 'the link leads to nothing' : reasonOf(error), true);
    }
  }

  private sortFile(file: FoundFile, isRegular: boolean): void {
    if (!isImageName(file.path)) this.ignore(extname(file.path).toLowerCase() || 'no extension');
    else if (isRegular) this.files.push(file);
    else this.refuse(file.path, 'it is a pipe, socket or device, not a file', true); // Reading it might never end.
  }

  private ignore(kind: string): void {
    this.ignored.set(kind, (this.ignored.get(kind) ?? 0) + 1);
  }

  private refuse(path: string, reason: string, isLost: boolean): void {
    this.refused.push({ id: path, reason, isLost });
  }
}

function reasonOf(error: unknown): string {
  const reason = FILE_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
  if (reason === undefined) throw error;
  return reason;
}

function isInside(folder: string, of: string): boolean {
  return folder === of || folder.startsWith(of.endsWith(sep) ? of : of + sep);
}

function nameOf(path: string): string {
  return path === '' ? 'the folder itself' : `"${path}"`;
}
