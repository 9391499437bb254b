import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { type Demo, startDemo } from '../src/app/demo.ts';
import { makeLog } from '../src/telemetry/log.ts';
import { openBrowser } from '../test/support/browser.ts';

/**
 * Makes the pictures of the console in docs/images: runs the demo from its beginning until the lights have gone out and come
 * on again, with one renewal whose answer is lost on its way, lets somebody hold an instance, and photographs the fleet, the
 * timeline and the operations, light and dark, in English and 中文.
 *
 *     npm run screenshots [-- FOLDER]
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT_FOLDER = join(ROOT, 'docs', 'images');
const PAGES = [
  ['fleet', '/'],
  ['timeline', '/timeline'],
  ['operations', '/operations'],
] as const;
const LANGUAGES = [
  ['', 'en-GB'],
  ['.zh-CN', 'zh-CN'],
] as const;
const SIZE = { width: 1280, height: 800 };
/** A README is read over slow lines too. */
const MAX_BYTES = 220_000;
/** Lunch is over for the demo's machines after a minute and a half. */
const LIMIT_MS = 240_000;
const SPEED = 120;
/** Lines that say that the pictures have something to show. */
const SEEN = [
  /renew of .* is done/,
  /cardless-stop of .* is done/,
  /start of .* is done/,
  /renew of .* (?:needs|waits|escalated)|a person/,
];
/** Long enough for a browser to draw the plots and to be told of what is live. */
const SETTLE_MS = 1_500;

const folder = process.argv[2] ?? DEFAULT_FOLDER;
const data = await mkdtemp(join(tmpdir(), 'lamplighter-screenshot-'));
const stop = new AbortController();
let demo: Demo | null = null;
let browser: Browser | null = null;
try {
  const happened = waitFor(SEEN);
  demo = await startDemo({
    folder: join(ROOT, 'demo'),
    dataDir: data,
    cwd: ROOT,
    listen: { host: '127.0.0.1', port: 0 },
    speed: SPEED,
    fresh: true,
    redisUrl: undefined,
    log: makeLog({
      level: 'error',
      destination: { write: (line) => void process.stderr.write(line) },
      scrub: (text) => text,
    }),
    onSecrets: () => {},
    onLine: (line) => {
      process.stderr.write(`${line}\n`);
      happened.saw(line);
    },
    signal: stop.signal,
    // Its request goes astray, so that a person is asked.
    onClouds: (clouds) =>
      void clouds.faults.add({ kind: 'http-status', status: 502, effect: 'never', operation: 'renew' }),
  });
  demo.begin();
  await happened.all;
  const token = (await readFile(join(data, 'demo/secrets/control'), 'utf8')).trim();
  await hold(demo.origin, token);
  await mkdir(folder, { recursive: true });
  browser = await openBrowser();
  for (const [suffix, locale] of LANGUAGES) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ viewport: SIZE, locale, colorScheme });
      const page = await context.newPage();
      await signIn(page, demo.origin, token);
      for (const [name, path] of PAGES) {
        const file = join(folder, `${name}${colorScheme === 'dark' ? '-dark' : ''}${suffix}.png`);
        await photograph(page, `${demo.origin}${path}`, file);
      }
      await context.close();
    }
  }
} finally {
  await browser?.close();
  await demo?.stop();
  stop.abort();
  await rm(data, { recursive: true, force: true });
}

/** Resolves once a line of every kind was told. */
function waitFor(patterns: readonly RegExp[]) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let missing = patterns;
  const timer = setTimeout(
    () => reject(new Error(`the demo has not shown within ${LIMIT_MS / 60_000} minutes: ${missing.join(', ')}`)),
    LIMIT_MS,
  );
  return {
    all: promise.finally(() => clearTimeout(timer)),
    saw: (line: string) => {
      missing = missing.filter((pattern) => !pattern.test(line));
      if (missing.length === 0) resolve();
    },
  };
}

/** Somebody keeps a machine from being stopped, so that the page shows what that looks like. */
async function hold(origin: string, token: string): Promise<void> {
  const answer = await fetch(`${origin}/api/v1/holds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      instance: 'dev-comfyui-李娜',
      for: '4h',
      reason: 'fine-tuning until tonight',
      owner: 'wang',
    }),
  });
  if (!answer.ok) throw new Error(`the hold was answered ${answer.status}: ${await answer.text()}`);
  await answer.body?.cancel();
}

async function signIn(page: Page, origin: string, token: string): Promise<void> {
  await page.goto(`${origin}/sign-in`);
  await page.locator('[name=token]').fill(token);
  await page.locator('[name=name]').fill('wang');
  await page.locator('[name=name]').press('Enter');
  await page.waitForURL(`${origin}/`);
}

async function photograph(page: Page, url: string, file: string): Promise<void> {
  await page.goto(url);
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: file });
  const { size } = await stat(file);
  if (size > MAX_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MAX_BYTES}`);
  process.stdout.write(`${file}: ${size} bytes\n`);
}
