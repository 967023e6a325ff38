import type { Series } from './series.js';
import { toSvg } from './svg.js';

/** Classes up to which a chart shows them all; of more, tables show those that matter most. */
export const CHARTED = 60;

export interface CurvePoint {
  readonly step: number;
  readonly value: number;
  /** Title of a series. */
  readonly series: string;
}

/** Training curves: one line per series over the steps. `isShare`: values are 0…1 and shown as per cent. */
export async function curves(label: string, points: readonly CurvePoint[], series: readonly Series[], { isShare = false } = {}): Promise<string> {
  const domain = series.map(({ title }) => title);
  return toSvg(label, {
    ...PLOT,
    data: { values: points },
    mark: { type: 'line', strokeWidth: 1.6 },
    encoding: {
      x: { field: 'step', type: 'quantitative', title: 'step', axis: { tickCount: 5, grid: false } },
      y: { field: 'value', type: 'quantitative', title: null, scale: { zero: false }, axis: { tickCount: 5, ...(isShare && { format: '.0%' }) } },
      color: { field: 'series', type: 'nominal', legend: null, scale: { domain, range: series.map(({ colour }) => colour) } },
      strokeDash: { field: 'series', type: 'nominal', legend: null, scale: { domain, range: series.map(({ isDashed }) => (isDashed ? [5, 3] : [1, 0])) } },
    },
  });
}

export interface Bar {
  readonly class: string;
  /** Title of a series. */
  readonly series: string;
  readonly images: number;
}

/** Images per class, lying, one bar per series below the other. */
export async function classBars(label: string, bars: readonly Bar[], series: readonly Series[]): Promise<string> {
  return toSvg(label, {
    height: 22 * new Set(bars.map((bar) => bar.class)).size,
    data: { values: bars },
    mark: 'bar',
    encoding: {
      y: { field: 'class', type: 'nominal', title: null, sort: null, axis: { labelLimit: 130, ticks: false } },
      yOffset: { field: 'series', sort: null },
      x: { field: 'images', type: 'quantitative', title: 'images', axis: { tickCount: 4 } },
      color: colours(series),
    },
  });
}

/** A piece of a stacked bar. */
export interface Bin {
  /** Of confidence, 0…1. */
  readonly from: number;
  readonly to: number;
  /** Title of a series. */
  readonly series: string;
  /** Images: where the piece begins and ends. */
  readonly low: number;
  readonly high: number;
}

/** Images per bin of confidence, with a line at the floor; bins below it are faint. */
export async function confidenceHistogram(label: string, bins: readonly Bin[], floor: number, series: readonly Series[]): Promise<string> {
  return toSvg(label, {
    ...PLOT,
    layer: [
      {
        data: { values: bins.map((bin) => ({ ...bin, strength: bin.from >= floor ? 1 : 0.4 })) },
        mark: { type: 'bar', binSpacing: 1 },
        encoding: {
          x: { field: 'from', type: 'quantitative', title: 'confidence', scale: { domain: [0, 1] }, axis: { tickCount: 5, grid: false } },
          x2: { field: 'to' },
          y: { field: 'low', type: 'quantitative', title: 'images', axis: { tickCount: 5 } },
          y2: { field: 'high' },
          color: colours(series),
          opacity: { field: 'strength', type: 'quantitative', scale: null },
        },
      },
      {
        data: { values: [{ floor }] },
        mark: { type: 'rule', strokeDash: [4, 3], color: 'currentColor' },
        encoding: { x: { field: 'floor', type: 'quantitative' } },
      },
    ],
  });
}

/** Confusion matrix: rows are the true classes, columns the predicted ones; empty cells are left out. */
export async function confusionMatrix(
  label: string,
  classes: readonly string[],
  counts: readonly (readonly number[])[],
  { right, wrong }: { right: string; wrong: string },
): Promise<string> {
  const cells = counts.flatMap((row, truth) => {
    const images = row.reduce((sum, n) => sum + n, 0);
    return row.flatMap((n, predicted) =>
      n === 0 ? [] : [{ truth: classes[truth]!, predicted: classes[predicted]!, n, share: n / images, colour: truth === predicted ? right : wrong }],
    );
  });
  const isSmall = classes.length <= NUMBERED;
  const step = isSmall ? 26 : 8;
  const labelAngle = classes.every((name) => name.length <= 3) ? 0 : -45;
  return toSvg(label, {
    autosize: { type: 'pad', contains: 'padding' },
    width: { step },
    height: { step: isSmall ? 22 : 8 },
    data: { values: cells },
    encoding: {
      x: {
        field: 'predicted',
        type: 'nominal',
        sort: null,
        title: 'predicted',
        scale: { domain: classes },
        axis: { orient: 'top', labelAngle, labelLimit: 110, ticks: false, ...(!isSmall && { labelFontSize: 8 }) },
      },
      y: {
        field: 'truth',
        type: 'nominal',
        sort: null,
        title: 'true',
        scale: { domain: classes },
        axis: { labelLimit: 130, ticks: false, ...(!isSmall && { labelFontSize: 8 }) },
      },
    },
    layer: [
      {
        mark: 'rect',
        encoding: {
          color: { field: 'colour', type: 'nominal', scale: null },
          // The root: else the few errors of a good model could not be seen beside its diagonal.
          opacity: { field: 'share', type: 'quantitative', legend: null, scale: { type: 'sqrt', domain: [0, 1], range: [0.08, 1] } },
        },
      },
      ...(isSmall ? [{ mark: { type: 'text', fontSize: 10 }, encoding: { text: { field: 'n', type: 'quantitative' } } }] : []),
    ],
  });
}

/** All of one size, so that charts side by side line up. */
const PLOT = { height: 230, autosize: { type: 'fit', contains: 'padding' } };

/** Classes up to which the cells of a confusion matrix have room for their numbers. */
const NUMBERED = 20;

function colours(series: readonly Series[]) {
  return { field: 'series', type: 'nominal', legend: null, scale: { domain: series.map(({ title }) => title), range: series.map(({ colour }) => colour) } };
}
