import { View, parse } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/**
 * Charts as inline SVG: no script, no font, the page's own text colour (so that dark mode works).
 * Each is a Vega-Lite description; the same rows give the same bytes.
 */
export interface CurvePoint {
  readonly step: number;
  readonly value: number;
  readonly series: string;
}

/** Training curves: one line per series over the steps. */
export async function curves(points: readonly CurvePoint[], valueTitle: string): Promise<string> {
  return toSvg(`${valueTitle} over steps, one line per model`, {
    width: 520,
    height: 220,
    data: { values: [...points] },
    mark: { type: 'line', strokeWidth: 1.6 },
    encoding: {
      x: { field: 'step', type: 'quantitative', title: 'step' },
      y: { field: 'value', type: 'quantitative', title: valueTitle, scale: { zero: false } },
      color: { field: 'series', type: 'nominal', title: null, sort: null },
    },
  });
}

export interface ClassBar {
  readonly class: string;
  readonly series: string;
  readonly count: number;
}

/** Images per class, one bar per series side by side (before and after selection). */
export async function classBars(bars: readonly ClassBar[], valueTitle: string): Promise<string> {
  return toSvg(`${valueTitle} per class`, {
    width: { step: 14 },
    height: 180,
    data: { values: [...bars] },
    mark: 'bar',
    encoding: {
      x: { field: 'class', type: 'nominal', title: null, sort: null, axis: { labelAngle: 0 } },
      xOffset: { field: 'series', sort: null },
      y: { field: 'count', type: 'quantitative', title: valueTitle },
      color: { field: 'series', type: 'nominal', title: null, sort: null },
    },
  });
}

/** Confusion matrix: rows are the true classes, columns the predicted ones; cells show counts. */
export async function confusionMatrix(classes: readonly string[], counts: readonly (readonly number[])[]): Promise<string> {
  const values = counts.flatMap((row, truth) =>
    row.map((count, predicted) => ({
      truth: classes[truth],
      predicted: classes[predicted],
      count,
      share: count / Math.max(1, row.reduce((sum, n) => sum + n, 0)),
    })),
  );
  const numbered = classes.length <= 20; // Above that the figures would overlap.
  return toSvg('Confusion matrix: rows are true classes, columns predicted ones', {
    width: { step: numbered ? 34 : 10 },
    height: { step: numbered ? 24 : 10 },
    data: { values },
    encoding: {
      x: { field: 'predicted', type: 'nominal', sort: null, title: 'predicted', axis: { orient: 'top', labelAngle: 0 } },
      y: { field: 'truth', type: 'nominal', sort: null, title: 'true' },
    },
    layer: [
      {
        mark: 'rect',
        encoding: { color: { field: 'share', type: 'quantitative', title: 'share of row', scale: { domain: [0, 1], scheme: 'blues' } } },
      },
      ...(numbered
        ? [
            {
              mark: { type: 'text' as const, fontSize: 10 },
              encoding: {
                text: { field: 'count', type: 'quantitative' as const },
                color: { condition: { test: 'datum.share > 0.5', value: 'white' }, value: 'black' },
              },
            },
          ]
        : []),
    ],
  });
}

async function toSvg(description: string, spec: Record<string, unknown>): Promise<string> {
  const ink = 'currentColor';
  const compiled = compile({
    ...spec,
    description,
    background: 'transparent',
    autosize: { type: 'pad', contains: 'padding' },
    config: {
      view: { stroke: 'transparent' },
      axis: { labelColor: ink, titleColor: ink, tickColor: ink, domainColor: ink, gridOpacity: 0.25, gridColor: ink },
      legend: { labelColor: ink, titleColor: ink, orient: 'bottom' },
    },
  } as TopLevelSpec);
  const view = new View(parse(compiled.spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
