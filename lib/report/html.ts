import { stringify } from 'yaml';
import type { ResolvedSpec } from '../spec/resolved.js';
import { curvesSection } from './curves-section.js';
import { dataSection } from './data-section.js';
import { modelSection } from './model-section.js';
import { anchor, escape, heading, page, preformatted } from './page.js';
import { resultsSection } from './results-section.js';
import { modelSeries } from './series.js';
import { modelsOf, type Summary } from './summary.js';

interface Section {
  readonly title: string;
  readonly html: string;
}

/** The run as one self-contained page: what came of it, how it was learnt, each model, what was set aside, what was asked for. */
export async function renderReport(summary: Summary, spec: ResolvedSpec): Promise<string> {
  const models = modelsOf(summary);
  const series = modelSeries(models);
  const sections: Section[] = [
    { title: 'Results', html: resultsSection(summary) },
    { title: 'Training', html: await curvesSection(models, series) },
    ...(await Promise.all(models.map(async (model) => ({ title: model.title, html: await modelSection(model, summary.dataset.classes) })))),
    { title: 'Data', html: dataSection(summary) },
    { title: 'Experiment', html: experimentSection(summary, spec) },
  ];
  return page(
    `${summary.name}: Noisy Student run ${summary.run}`,
    [
      '<header>',
      `<h1>${escape(summary.name)}</h1>`,
      `<p>Noisy Student run <code>${escape(summary.run)}</code></p>`,
      `<nav aria-label="Contents">${sections.map(({ title }) => `<a href="#${anchor(title)}">${escape(title)}</a>`).join(' ')}</nav>`,
      '</header>',
      '<main>',
      ...sections.map(({ title, html }) => `<section>\n${heading(2, title)}\n${html}\n</section>`),
      '</main>',
    ].join('\n'),
  );
}

function experimentSection({ specDigest }: Summary, spec: ResolvedSpec): string {
  const yaml = stringify(spec, { aliasDuplicateObjects: false, lineWidth: 0 });
  return `<p>Every default is written out, and what each student inherits. Digest <code>${escape(specDigest)}</code>: the same for every spelling of this experiment.</p>
${preformatted('The experiment in YAML', yaml)}`;
}
