/** Readable on a phone, in the dark and in print; wide parts scroll by themselves, never the page. */
export const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 18%, transparent); --soft: color-mix(in srgb, CanvasText 6%, Canvas); }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin-top: 3rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2rem 0 .5rem; }
p, ul { max-width: 46rem; }
code { overflow-wrap: anywhere; font-size: .9em; }
nav { margin: 1rem 0; }
nav a { display: inline-block; margin-right: 1rem; padding: .15rem 0; }
.headline { font-size: 1.15rem; }
.note, caption, figcaption { font-size: .875rem; color: color-mix(in srgb, CanvasText 75%, Canvas); }
.warning { border-left: 4px solid #d9730d; padding: .25rem .75rem; margin: .5rem 0; }
.columns { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); align-items: start; }
.columns > *, figure { min-width: 0; margin: .5rem 0; }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll:focus-visible { outline: 2px solid Highlight; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
caption { text-align: left; caption-side: top; padding: .25rem 0; }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(46rem, calc(100vw - 2rem)); }
th, td { padding: .25rem .6rem; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
thead th { vertical-align: bottom; }
tbody th { position: sticky; left: 0; background: Canvas; font-weight: 400; white-space: nowrap; }
tbody .long { position: static; min-width: 10rem; overflow-wrap: anywhere; white-space: normal; }
td.number { text-align: right; white-space: nowrap; }
th.number { text-align: right; }
figure svg { display: block; width: 100%; max-width: 25rem; height: auto; }
figure.fixed svg { width: auto; max-width: none; }
figcaption { margin-top: .25rem; max-width: 30rem; }
.legend { list-style: none; padding: 0; margin: .5rem 0; display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; font-size: .875rem; }
.swatch { display: inline-block; width: 1.25rem; border-top: 4px solid; vertical-align: middle; margin-right: .4rem; }
pre { overflow-x: auto; padding: .75rem; background: var(--soft); font-size: .8rem; line-height: 1.4; }
@media print {
  :root { color-scheme: light; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  nav { display: none; }
  h2, h3, caption { break-after: avoid; }
  figure, tr { break-inside: avoid; }
  .scroll, pre { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: .1rem .3rem; }
  figure.fixed svg { max-width: 100%; }
  tbody th { position: static; }
  pre { white-space: pre-wrap; }
}
`;
