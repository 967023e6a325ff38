import type { MetricsRow } from '../training/metrics.js';
import { curves, type CurvePoint } from './charts.js';
import { count, decimal, percent } from './numbers.js';
import { columns, figure, table } from './page.js';
import { swatch, type Series } from './series.js';
import type { GenerationSummary } from './summary.js';

type Metric = 'labelledLoss' | 'pseudoLoss' | 'labelledTop1';

/** The curves, in the order in which they are shown, with what a reader must know of each. */
const CURVES: readonly { readonly metric: Metric; readonly title: string; readonly note: string; readonly isShare?: boolean }[] = [
  { metric: 'labelledLoss', title: 'Labelled loss', note: 'Cross-entropy with the true labels, in nats, under noise.' },
  {
    metric: 'pseudoLoss',
    title: 'Pseudo-label loss',
    note: 'Cross-entropy with the labels of the model before, in nats, under noise. Soft labels keep it above zero.',
  },
  {
    metric: 'labelledTop1',
    title: 'Labelled top-1',
    note: 'Share of the labelled images of the batches that were classed rightly, under noise.',
    isShare: true,
  },
];

/** How the models learnt: curves, and a table that is their legend and says where they end. */
export async function curvesSection(models: readonly GenerationSummary[], series: readonly Series[]): Promise<string> {
  const figures = await Promise.all(
    CURVES.map(async ({ metric, title, note, isShare = false }) => {
      const points = models.flatMap((model) => curve(model, metric));
      if (points.length === 0) return [];
      const shown = series.filter((entry) => points.some((point) => point.series === entry.title));
      return [figure(await curves(describe(title, points), points, shown, { isShare }), `${title}. ${note}`)];
    }),
  );
  return `${ends(models, series)}\n${columns(figures.flat())}`;
}

/** Points of a line: more cannot be told apart on a page. */
const POINTS = 200;

/** Neighbouring rows become one point, which stands at the step of the last of them. */
function curve({ title, metrics }: GenerationSummary, metric: Metric): CurvePoint[] {
  const size = Math.ceil(metrics.length / POINTS);
  const groups = Array.from({ length: Math.ceil(metrics.length / size) || 0 }, (_, i) => metrics.slice(i * size, (i + 1) * size));
  return groups.flatMap((rows) => {
    const values = rows.flatMap(({ [metric]: value }) => value ?? []);
    if (values.length === 0) return [];
    return [{ step: rows.at(-1)!.step, value: values.reduce((sum, value) => sum + value, 0) / values.length, series: title }];
  });
}

function ends(models: readonly GenerationSummary[], series: readonly Series[]): string {
  const rows = models.map(({ training, metrics }, i) => {
    const last: Partial<MetricsRow> = metrics.at(-1) ?? {};
    return [
      swatch(series[i]!),
      count(training.steps),
      count(training.images),
      decimal(last.labelledLoss ?? null, 3),
      decimal(last.pseudoLoss ?? null, 3),
      percent(last.labelledTop1 ?? null, 1),
    ];
  });
  return table({ caption: 'Colours of the curves, and where they end', columns: COLUMNS, rows });
}

const COLUMNS = {
  model: 'text',
  steps: 'number',
  'images seen': 'number',
  'labelled loss': 'number',
  'pseudo-label loss': 'number',
  'labelled top-1': 'number',
} as const;

/** The curves in words, for whoever cannot see them. */
function describe(title: string, points: readonly CurvePoint[]): string {
  const lines = [...new Set(points.map(({ series }) => series))].map((name) => {
    const own = points.filter((point) => point.series === name);
    const [first, last] = [own[0]!, own.at(-1)!];
    return `${name} from ${first.value.toFixed(3)} at step ${first.step} to ${last.value.toFixed(3)} at step ${last.step}`;
  });
  return `${title} over the steps: ${lines.join('; ')}`;
}
