import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Makes docs/images/console.png: runs the demo from its beginning until the lights have gone out and come on again, lets
 * somebody hold an instance, and photographs the console with a headless Chromium (Debian's package `chromium`, or what
 * CHROMIUM names).
 *
 *     node scripts/screenshot.ts [FILE]
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT_FILE = join(ROOT, 'docs/images/console.png');
/** The page is made for this width; the height ends below the first machines of the fleet. */
const SIZE = '1200,1180';
/** A README is read over slow lines too. */
const MAX_BYTES = 300_000;
/** Lunch is over for the demo's machines after a minute and a half. */
const LIMIT_MS = 180_000;
/** Lines that say that the picture has something to show. */
const SEEN = [
  /^\S+ \S+ {2}renew of .* is done/,
  /cardless-stop of .* is done/,
  /not done \(protected/,
  /start of .* is done/,
];

const file = process.argv[2] ?? DEFAULT_FILE;
const work = await mkdtemp(join(tmpdir(), 'lamplighter-screenshot-'));
const demo = start(process.execPath, [
  '--disable-warning=ExperimentalWarning',
  join(ROOT, 'src/cli/main.ts'),
  'demo',
  '--fresh',
  `--data=${work}`,
  '--listen=127.0.0.1:0',
]);
try {
  const origin = await happened(demo);
  await hold(origin);
  await mkdir(join(file, '..'), { recursive: true });
  await photograph(`${origin}/`, file);
  const { size } = await stat(file);
  if (size > MAX_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MAX_BYTES}`);
  process.stdout.write(`${file}: ${size} bytes\n`);
} finally {
  const ended = demo.exitCode === null ? once(demo, 'exit') : null;
  demo.kill('SIGTERM');
  await ended;
  await rm(work, { recursive: true, force: true });
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Resolves with the console's address once every line of `SEEN` was told. */
async function happened(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error('the demo has not shown what it should within 3 minutes')), LIMIT_MS);
  child.once('exit', (code) => reject(new Error(`the demo ended with ${code}`)));
  let origin: string | null = null;
  let missing = SEEN;
  if (child.stdout === null) throw new Error('the demo has no output');
  createInterface({ input: child.stdout }).on('line', (line) => {
    process.stderr.write(`${line}\n`);
    origin ??= /^Open (http:\S+)/.exec(line)?.[1] ?? null;
    missing = missing.filter((pattern) => !pattern.test(line));
    if (missing.length === 0 && origin !== null) resolve(origin);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Somebody keeps a machine from being stopped, so that the page shows what that looks like. */
async function hold(origin: string): Promise<void> {
  const token = (await readFile(join(work, 'demo/secrets/control'), 'utf8')).trim();
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

async function photograph(url: string, to: string): Promise<void> {
  const browser = spawn(
    process.env.CHROMIUM ?? 'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--hide-scrollbars',
      `--user-data-dir=${join(work, 'browser')}`,
      `--window-size=${SIZE}`,
      `--screenshot=${to}`,
      url,
    ],
    { stdio: 'ignore' },
  );
  const [code] = await once(browser, 'exit');
  if (code !== 0) throw new Error(`the browser ended with ${String(code)}`);
}
