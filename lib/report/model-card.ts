import type { SetEvaluation } from '../evaluation/evaluation.js';
import type { ModelConfig } from '../models/config.js';
import type { ExportFormat } from '../models/export-model.js';
import { countParameters, type Network } from '../models/outline.js';
import { isOfTimm } from '../models/variants.js';
import { count, percent } from './numbers.js';
import { startAndFineTuning } from './start-and-fine-tuning.js';
import type { GenerationSummary, Summary } from './summary.js';

/** What the words about a format need. */
export interface CardSubject {
  readonly network: Network;
  readonly config: ModelConfig;
}

export interface CardInput extends CardSubject {
  readonly format: ExportFormat;
  /** SHA-256 of model.safetensors. */
  readonly weightsSha256: string;
  /** The run that trained it and which of its models it is; null for a model from elsewhere. */
  readonly origin: { readonly summary: Summary; readonly dataset: string; readonly generation: GenerationSummary } | null;
}

/**
 * The README.md of an exported model: what it is, how to load it here and in timm, where it comes from (every generation with the digest
 * of its weights, the digest of the data), what it scores, and which noise it learnt under. Markdown, with the front matter that the
 * Hugging Face hub reads. Equal input gives equal text.
 */
export function modelCard(input: CardInput): string {
  const [front, use] = ofFormat(input, input.format);
  return [front, title(input), use, ...(input.origin ? origin(input.origin) : []), checksums(input)].join('\n\n') + '\n';
}

/** A model's card for another format of it: what speaks of the one that it was in is exchanged, where it stands as `modelCard` wrote it. */
export function cardForFormat(card: string, subject: CardSubject, format: ExportFormat): string {
  const wanted = ofFormat(subject, format);
  return ofFormat(subject, format === 'timm' ? 'saved-model' : 'timm').reduce((text, part, index) => text.replace(part, () => wanted[index]!), card);
}

/** The parts of a card that differ by format. */
function ofFormat(subject: CardSubject, format: ExportFormat): readonly [frontMatter: string, usage: string] {
  return [frontMatter(subject, format), usage(subject, format)];
}

function frontMatter({ network }: CardSubject, format: ExportFormat): string {
  // What only this project builds is no model of timm's.
  const forTimm = format === 'timm' && isOfTimm(network.name) ? ['library_name: timm'] : [];
  return [
    '---',
    'pipeline_tag: image-classification',
    ...forTimm,
    'tags:',
    '- image-classification',
    '- noisy-student',
    ...forTimm.map(() => '- timm'),
    '---',
  ].join('\n');
}

function title({ network, config }: CardInput): string {
  const [channels, height, width] = config.pretrained.inputSize;
  return [
    `# ${network.name}${config.pretrained.tag && `.${config.pretrained.tag}`}`,
    `${count(countParameters(network))} parameters, ${count(network.classes)} classes, ${channels === 1 ? 'grey' : 'colour'} images of ${width} × ${height} pixels,`,
    `as (x / 255 - mean) / std with mean ${JSON.stringify(config.pretrained.mean)} and std ${JSON.stringify(config.pretrained.std)}.`,
  ].join('\n');
}

function usage({ network, config }: CardSubject, format: ExportFormat): string {
  const [channels, height, width] = config.pretrained.inputSize;
  const elsewhere = {
    timm: isOfTimm(network.name)
      ? ['```python', 'import timm', "model = timm.create_model('local-dir:.', pretrained=True).eval()", '```']
      : ['timm has no architecture of this name: outside of Noisy Student, use the SavedModel (`export --format saved-model`).'],
    'saved-model': [
      '```python',
      'import tensorflow as tf',
      "model = tf.saved_model.load('.').signatures['serving_default']",
      `model(images=tf.zeros([1, ${height}, ${width}, ${channels}]))  # pixels from 0 to 255, batches x height x width x channels → logits, probabilities`,
      '```',
    ],
  };
  return ['## Use', 'In this folder:', '```', 'npx noisy-student predict local-dir:. photos/', '```', ...elsewhere[format]].join('\n');
}

function origin({ summary, dataset, generation }: NonNullable<CardInput['origin']>): string[] {
  return [lineage(summary, generation), data(summary, dataset), scores(summary, generation), noise(generation)];
}

/** A student comes of all the generations before it; the baseline of none. */
function lineage({ run, specDigest, generations }: Summary, own: GenerationSummary): string {
  const { role, index } = own.generation;
  const line = [...(role === 'student' ? generations.slice(0, index) : []), own];
  const row = (title: string, { model, steps, images, weightsSha256 }: GenerationSummary['training']) => [title, model, count(steps), count(images), `\`${weightsSha256}\``]; // prettier-ignore
  const rows = line.flatMap(({ title, training, generation: { resolution }, fineTuning }) => [
    row(title, training),
    ...(fineTuning ? [row(`${title}, at ${resolution?.size} px`, fineTuning.training)] : []),
  ]);
  const remarks = line.map((each) => [each.title, startAndFineTuning(each)] as const).filter(([, sentences]) => sentences.length > 0);
  return [
    '## Lineage',
    `Run \`${run}\`, specification \`${specDigest}\`.`,
    '',
    table(['generation', 'model', 'steps', 'images seen', 'SHA-256 of the weights'], rows),
    ...(remarks.length > 0 ? ['', ...remarks.map(([title, sentences]) => `- ${title}: ${sentences.join(' ')}`)] : []),
  ].join('\n');
}

function data({ dataset }: Summary, digest: string): string {
  return [
    '## Data',
    `Prepared data set \`${digest}\`: ${dataset.image.size} × ${dataset.image.size} pixels, ${count(dataset.classes.length)} classes.`,
    '',
    table(
      ['set', 'images'],
      Object.entries(dataset.sets).map(([set, images]) => [set, count(images)]),
    ),
    '',
    `${count(dataset.duplicates)} duplicates across sets and ${count(dataset.quarantined)} unreadable files were found.`,
  ].join('\n');
}

function scores({ baseline }: Summary, { title: name, evaluation }: GenerationSummary): string {
  const row = (who: string, set: string, { images, top1, top5, loss }: SetEvaluation) => [
    who,
    set,
    count(images),
    percent(top1),
    percent(top5),
    loss?.toFixed(4) ?? '–',
  ];
  const models =
    baseline && baseline.title !== name ? [[name, evaluation] as const, [baseline.title, baseline.evaluation] as const] : [[name, evaluation] as const];
  return [
    '## Scores',
    table(
      ['model', 'set', 'images', 'top-1', 'top-5', 'loss'],
      models.flatMap(([who, { validation, test }]) => [row(who, 'validation', validation), row(who, 'test', test)]),
    ),
  ].join('\n');
}

function noise({ noise: { asked, dropout, measured } }: GenerationSummary): string {
  const { randAugment, crop, flip, survival } = asked;
  const kept = measured.survival.at(-1);
  return [
    '## Noise',
    `Counted over ${count(measured.images)} images while they were drawn.`,
    '',
    table(
      ['noise', 'asked', 'measured'],
      [
        [
          'RandAugment',
          randAugment ? `${randAugment.ops} operations of magnitude ${randAugment.magnitude}` : 'off',
          randAugment ? `${measured.ops.reduce((sum, { perImage }) => sum + perImage, 0).toFixed(3)} per image` : '–',
        ],
        ['crop', crop ? `pad ${crop.pad} px` : 'off', percent(measured.shiftShare)],
        ['flip', flip === 'none' ? 'off' : flip, percent(measured.flipShare)],
        ['dropout', dropout.asked === 0 ? 'off' : percent(dropout.asked), percent(dropout.measured)],
        ['survival of the last block', survival === 1 ? 'off' : percent(survival), percent(kept ?? null)],
      ],
    ),
  ].join('\n');
}

function checksums({ weightsSha256 }: CardInput): string {
  return ['## Checksum', `The weights as \`model.safetensors\`: SHA-256 \`${weightsSha256}\``].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
