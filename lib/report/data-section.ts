import { count, decimal } from './numbers.js';
import { columns, heading, paragraph, table } from './page.js';
import type { Summary } from './summary.js';

/** What the sets hold and what was set aside while preparing, so that nobody has to wonder where an image went. */
export function dataSection(summary: Summary): string {
  const { dataset } = summary;
  const { size, channels } = dataset.image;
  const sets = Object.entries(dataset.sets).map(([set, images]) => [set, count(images)]);
  const pixels = dataset.mean.map((mean, channel) => [String(channel), decimal(mean, 4), decimal(dataset.std[channel] ?? null, 4)]);
  return [
    paragraph(
      `${size} × ${size} pixels, ${channels === 1 ? 'grey' : 'colour'}; ${count(dataset.classes.length)} classes: ${named(dataset.classes)}. ` +
        (dataset.hiddenLabels ? 'The pool has hidden labels, which only the statistics of this page have seen.' : 'The pool has no labels.'),
    ),
    columns([
      table({ caption: 'Images of each set', columns: { set: 'text', images: 'number' }, rows: sets }),
      table({ caption: 'By which images are normalised, 0 to 1', columns: { channel: 'text', mean: 'number', deviation: 'number' }, rows: pixels }),
    ]),
    duplicates(summary),
    quarantine(summary),
  ].join('\n');
}

const NAMED = 30;

function named(classes: readonly string[]): string {
  return classes.length <= NAMED ? classes.join(', ') : `${classes.slice(0, NAMED).join(', ')}, …`;
}

function duplicates({ dataset, duplicates: listed }: Summary): string {
  const title = heading(3, `Duplicates across sets: ${count(dataset.duplicates)}`);
  if (dataset.duplicates === 0) return `${title}\n${paragraph('No two sets share an image.')}`;
  const rows = listed.map(({ id, set, same, dropped }) => [id, set, same.id, same.set, dropped ? 'dropped' : 'kept']);
  return `${title}
${paragraph('Images with the same pixels as one of an earlier set. Those of the pool were dropped: a student must not train on what it is judged by.')}
${table({ caption: listing(listed.length, dataset.duplicates, 'duplicates.jsonl'), columns: DUPLICATE_COLUMNS, rows })}`;
}

const DUPLICATE_COLUMNS = { image: 'long', set: 'text', 'same pixels as': 'long', 'of the set': 'text', 'what was done': 'text' } as const;

function quarantine({ dataset, quarantine: listed }: Summary): string {
  const title = heading(3, `Unreadable files: ${count(dataset.quarantined)}`);
  if (dataset.quarantined === 0) return `${title}\n${paragraph('Every file that was tried could be read.')}`;
  const rows = listed.map(({ id, set, reason }) => [id, set, reason]);
  return `${title}
${table({ caption: listing(listed.length, dataset.quarantined, 'quarantine.jsonl'), columns: { file: 'long', set: 'text', reason: 'long' }, rows })}`;
}

function listing(shown: number, all: number, file: string): string {
  return shown < all ? `The first ${count(shown)} of ${count(all)}; all are in ${file} beside this page` : `Also in ${file} beside this page`;
}
