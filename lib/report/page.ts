/** The frame of a self-contained page: no script, no request, readable on a phone, in the dark and in print. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escape(title)}</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .25rem .75rem; text-align: right; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; }
.warning { border-left: 4px solid #c60; padding: .25rem .75rem; margin: .5rem 0; }
pre { overflow-x: auto; padding: .75rem; background: color-mix(in srgb, currentColor 7%, transparent); font-size: .85rem; }
figure { margin: 1rem 0; }
figcaption { font-size: .9rem; opacity: .8; }
@media print { h2 { break-after: avoid; } figure { break-inside: avoid; } }
</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** Rows of cells as an HTML table; the first row is the heading. Cells are text, not markup. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const cells = (tag: string, row: readonly string[]): string => row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('');
  return `<div class="scroll"><table>
<thead><tr>${cells('th', head)}</tr></thead>
<tbody>
${body.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}
</tbody></table></div>`;
}

export function figure(svg: string, caption: string): string {
  return `<figure class="scroll">${svg}<figcaption>${escape(caption)}</figcaption></figure>`;
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
