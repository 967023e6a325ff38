import { escape, type Markup } from './page.js';

/** What has a colour of its own in charts and legends. */
export interface Series {
  readonly title: string;
  readonly colour: string;
  readonly isDashed: boolean;
}

/** Each at least 3:1 against white and against the near-black of a dark page. */
const COLOURS = ['#4c78a8', '#d9730d', '#3a9b57', '#b565b5', '#d6504f', '#2a9d9d', '#a0785a', '#8a8f2a'] as const;

/** The colour of what is counted before something is done, and of the baseline. */
export const GREY = '#808080';
export const [BLUE, ORANGE] = COLOURS;

/** One colour per model; the baseline, which is not of the family, is grey and dashed. */
export function modelSeries(models: readonly { readonly title: string; readonly generation: { readonly role: string } }[]): Series[] {
  return models.map(({ title, generation }, i) =>
    generation.role === 'baseline' ? { title, colour: GREY, isDashed: true } : { title, colour: COLOURS[i % COLOURS.length]!, isDashed: i >= COLOURS.length },
  );
}

export function series(title: string, colour: string): Series {
  return { title, colour, isDashed: false };
}

/** A legend in HTML: it wraps on a phone, and lines that end together cannot cover it. */
export function legend(entries: readonly Series[], more: readonly string[] = []): string {
  const items = [...entries.map((entry) => swatch(entry).html), ...more.map(escape)];
  return `<ul class="legend">${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;
}

/** A piece of the line, then the name. */
export function swatch({ title, colour, isDashed }: Series): Markup {
  return { html: `<span class="swatch" style="border-color:${colour};border-top-style:${isDashed ? 'dashed' : 'solid'}"></span>${escape(title)}` };
}
