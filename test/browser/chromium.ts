import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const PROGRAM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Nothing of it may need a display, a user or the network. */
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

const SCREENSHOTS = fileURLToPath(new URL('../../screenshots', import.meta.url));

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

export interface Chromium {
  browser: Browser;
}

/** One browser for all tests of a file. Without one they fail: who runs this suite wants to know. */
export function useChromium(): Chromium {
  const held = {} as Chromium;
  before(async () => {
    if (!existsSync(PROGRAM)) throw new Error(`these tests need Chromium, which is not at ${PROGRAM}: apt-get install chromium, or set CHROMIUM_PATH`);
    held.browser = await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
  });
  after(() => held.browser?.close());
  return held;
}

export interface Heard {
  /** What the console said that is no plain message, and errors that nobody caught. */
  readonly complaints: string[];
  /** Addresses of all requests. */
  readonly requests: string[];
  readonly failedRequests: string[];
}

export interface PageOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
}

/** An empty page, and all that is heard of it from then on. */
export async function openPage({ browser }: Chromium, { viewport = DESKTOP, colorScheme = 'light' }: PageOptions = {}): Promise<{ page: Page; heard: Heard }> {
  const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' });
  const heard: Heard = { complaints: [], requests: [], failedRequests: [] };
  page.on('console', (message) => {
    if (['error', 'warning', 'assert'].includes(message.type())) heard.complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => heard.complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => heard.requests.push(request.url()));
  page.on('requestfailed', (request) => heard.failedRequests.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`));
  page.on('response', (response) => {
    if (response.status() >= 400) heard.failedRequests.push(`${response.url()}: ${response.status()}`);
  });
  return { page, heard };
}

/** What the tests ask an element in the page. The types of a browser's globals are not those of this program. */
export interface DrawnElement {
  readonly outerHTML: string;
  readonly clientWidth: number;
  readonly clientHeight: number;
  readonly scrollWidth: number;
  readonly ownerDocument: { readonly defaultView: { getComputedStyle(element: DrawnElement): { readonly color: string } } };
  getBoundingClientRect(): { readonly right: number };
  closest(selector: string): unknown;
}

/** `screenshots/<name>.png`, for a person to look at. */
export async function screenshot(page: Page, name: string, { fullPage = true } = {}): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage });
}
