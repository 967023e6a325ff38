import { STYLE } from './style.js';

/** Text that is HTML already. */
export interface Markup {
  readonly html: string;
}

/** The frame of a self-contained page. Its policy lets nothing in it run or fetch, whatever the data hold. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

export interface Table {
  readonly caption: string;
  /** The heads of the columns, and what stands below them; a long text is broken anywhere. The first column names the rows. */
  readonly columns: Readonly<Record<string, 'text' | 'number' | 'long'>>;
  readonly rows: readonly (readonly (string | Markup)[])[];
}

/** Strings are text, not markup. */
export function table({ caption, columns, rows }: Table): string {
  const kinds = Object.values(columns).map((kind) => (kind === 'text' ? '' : ` class="${kind}"`));
  const head = Object.keys(columns).map((name, i) => `<th scope="col"${kinds[i]}>${escape(name)}</th>`);
  const body = rows.map(
    (row) => `<tr>${row.map((cell, i) => (i === 0 ? `<th scope="row"${kinds[i]}>${markup(cell)}</th>` : `<td${kinds[i]}>${markup(cell)}</td>`)).join('')}</tr>`,
  );
  return scroll(
    caption,
    `<table>
<caption><span>${escape(caption)}</span></caption>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>`,
  );
}

/** `isFixed`: the picture keeps its size and scrolls where it does not fit, as cells with numbers in them have to. */
export function figure(svg: string, caption: string, { isFixed = false } = {}): string {
  const picture = isFixed ? scroll(caption, svg) : svg;
  return `<figure${isFixed ? ' class="fixed"' : ''}>${picture}<figcaption>${escape(caption)}</figcaption></figure>`;
}

/** What may be wider than the page; reached by the keyboard, so that it can be scrolled by it. */
function scroll(label: string, html: string): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(label)}">${html}</div>`;
}

export function columns(parts: readonly string[]): string {
  return `<div class="columns">\n${parts.join('\n')}\n</div>`;
}

export function preformatted(label: string, text: string): string {
  return `<pre tabindex="0" role="region" aria-label="${escape(label)}">${escape(text)}</pre>`;
}

export function paragraph(text: string, style?: 'headline' | 'note' | 'warning'): string {
  return `<p${style ? ` class="${style}"` : ''}>${escape(text)}</p>`;
}

export function heading(level: 2 | 3, text: string): string {
  return level === 2 ? `<h2 id="${anchor(text)}">${escape(text)}</h2>` : `<h3>${escape(text)}</h3>`;
}

/** Where the heading of that text is. */
export function anchor(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function markup(cell: string | Markup): string {
  return typeof cell === 'string' ? escape(cell) : cell.html;
}
