import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { z } from 'zod';

/** Runs in the page, so it is no module of ours. */
const LOOK = new URL('barriers.js', import.meta.url);
const SENTENCES = z.array(z.string());

/** How the packages of the distributions call it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Nothing of it may ask anybody but the page that is tested. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The Chromium of this machine. @throws Error when there is none */
export async function openBrowser(): Promise<Browser> {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error(`none of ${NAMES.join(', ')} is on PATH`);
  return await chromium.launch({ executablePath: found, headless: true, args: ARGUMENTS });
}

/** A reader with a fresh memory. What a page says of itself in the console is kept: a strict policy that is broken is told there. */
export async function reader(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.setDefaultTimeout(15_000);
  return { page, complaints };
}

/**
 * What keeps somebody from using a page with a keyboard, a screen reader or weak eyes; each thing in a sentence. Looks at
 * the page as it is drawn now.
 */
export async function barriers(page: Page): Promise<readonly string[]> {
  return SENTENCES.parse(await page.evaluate(await readFile(LOOK, 'utf8')));
}
