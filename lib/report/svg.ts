import { View, parse } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { escape } from './page.js';

/** Pixels that a chart is drawn for; the page scales it to the column it stands in, a phone's width at the least. */
export const CHART_WIDTH = 340;

/**
 * A Vega-Lite description as inline SVG: no script, no font, no id, the page's own text colour (so that dark mode works).
 * The same description gives the same bytes. `label` says in words what the picture shows.
 *
 * Vega numbers clip paths and gradients over all charts of a process: a chart with neither stays the same.
 */
export async function toSvg(label: string, spec: Readonly<Record<string, unknown>>): Promise<string> {
  const compiled = compile({ autosize: { type: 'fit-x', contains: 'padding' }, width: CHART_WIDTH, ...spec, config: THEME } as unknown as TopLevelSpec);
  const view = new View(parse(compiled.spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg.replace(/^<svg[^>]*?(?= width=)/, `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escape(label)}"`);
}

const INK = 'currentColor';

const THEME = {
  aria: false, // The whole picture has one label; a name for each mark would triple its size.
  background: null,
  padding: 2,
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    tickColor: INK,
    domainColor: INK,
    gridColor: INK,
    gridOpacity: 0.15,
    titleFontWeight: 'normal',
    labelFontSize: 12,
    titleFontSize: 12,
  },
  text: { color: INK },
};
