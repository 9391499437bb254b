import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { end, ROOT, type SimulatorProcess, startNode, startSimulator } from './processes.ts';
import { atMost, type Row } from './rows.ts';
import { digits, median } from './statistics.ts';
import type { Pause } from './ticker.ts';

const SMALL = 1_000;
const LARGE = 10_000;
const SCRAPES = 11;
/** Polls are 1 s apart, so there are several of them, and passes over what they saw, before and between the scrapes. */
const RUN_IN_MS = 6_000;
const BETWEEN_SCRAPES_MS = 300;
const STARTS = 3;
const LONGEST_START_MS = 20_000;
/** Of its log, shown when it ends by itself. */
const LOG_LINES = 20;

/** As a team might have them. Nothing acts, so that every daemon sees the same fleet. */
const POLICIES = `
policies:
  - name: stop-idle
    match: { labels: { env: dev }, status: running }
    when: { idleFor: 30m }
    do: stop
    notice: 10m
  - name: lights-out
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 23:00-08:00", idleFor: 15m }
    do: cardless-stop
    afterwards: start
  - name: office-hours
    match: { name: "dev-1*" }
    when: { during: "Mon-Fri 08:30-21:00" }
    do: start
  - name: keep-paid
    match: { billing: [daily, monthly] }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: nightly-snapshot
    match: { name: "prod-7*" }
    when: { cron: "0 3 * * *" }
    do: { snapshot: { name: "{name}-{date}" } }
  - name: stuck
    match: all
    when: { statusFor: { status: [starting, stopping], for: 30m } }
    do: { notify: { severity: warning } }
  - name: stopped-too-long
    match: { name: "prod-*" }
    when: { stoppedFor: 30d }
    do: { notify: { severity: info } }
`;

/** The daemon as in production, `lamplighter run` in a process of its own, over the simulator. */
export async function benchDaemon(): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis();
  stack.defer(() => redis.stop());
  const agent = new Agent({ allowH2: false });
  stack.defer(() => agent.destroy());
  const compileCache = await mkdtemp(join(tmpdir(), 'lamplighter-bench-'));
  stack.defer(() => rm(compileCache, { recursive: true, force: true }));

  const small = await startSimulator(SMALL);
  stack.defer(() => small.stop());
  const starts = await measureStarts(redis, small, agent, compileCache);
  const little = await measureRunning(redis, small, agent, compileCache);
  const large = await startSimulator(LARGE);
  stack.defer(() => large.stop());
  const big = await measureRunning(redis, large, agent, compileCache);

  return [
    {
      what: '/metrics with 10 000 instances',
      measured: big.scrapeMs,
      unit: 'ms',
      target: atMost(100),
      detail: `median of ${SCRAPES}, ${digits(big.scrapeBytes / 1e6)} MB; ${digits(big.scrapeOwnMs)} ms of the daemon's own work, with the polls beside it; with 1 000 instances ${digits(little.scrapeMs)} ms, ${digits(little.scrapeOwnMs)} of its own`,
    },
    {
      what: 'longest pause of the event loop in such a scrape',
      measured: big.scrapePause.wallMs,
      unit: 'ms',
      target: atMost(50),
      detail: `median of ${SCRAPES}; ${digits(big.scrapePause.ownMs)} ms of it the daemon's own work`,
    },
    {
      what: 'longest pause of the event loop between scrapes: polls and passes, 10 000 instances',
      measured: big.otherPause.wallMs,
      unit: 'ms',
      target: null,
      detail: `median of seconds with a poll in them; ${digits(big.otherPause.ownMs)} ms of it the daemon's own work`,
    },
    memoryRow(SMALL, little, 200),
    memoryRow(LARGE, big, 400),
    {
      what: 'ready: start of the process to /readyz 200 with every account tried',
      measured: median(starts) / 1000,
      unit: 's',
      target: atMost(2),
      detail: `median of ${starts.length} starts with a warm compile cache; the slowest ${digits(Math.max(...starts) / 1000)} s`,
    },
  ];
}

function memoryRow(instances: number, running: Running, limit: number): Row {
  return {
    what: `resident memory of the daemon with ${instances} instances`,
    measured: running.rssMb,
    unit: 'MB',
    target: atMost(limit),
    detail: `the most seen after polls, passes and scrapes; at its very peak ${digits(running.peakMb)} MB`,
  };
}

interface Daemon {
  readonly origin: string;
  /** From starting the process to the first `ready`. */
  readonly readyMs: number;
  readonly child: ChildProcess;
}

async function startDaemon(
  redis: TestRedis,
  simulator: SimulatorProcess,
  agent: Agent,
  options: { readonly dir: string; readonly compileCache: string; readonly pollEvery: string },
): Promise<Daemon> {
  const { dir } = options;
  await mkdir(join(dir, 'policies'));
  await writeFile(join(dir, 'policies', 'bench.yaml'), POLICIES);
  const config = {
    mode: 'observe',
    policies: './policies',
    redis: redis.url,
    listen: '127.0.0.1:0',
    stateDir: './data',
    accounts: {
      [simulator.accountName]: {
        provider: 'huixingyun',
        token: `\${BENCH_TOKEN}`,
        baseUrl: simulator.origin,
        pollEvery: options.pollEvery,
        requestsPerSecond: 100,
        spendLimit: { callsPerDay: 10 },
      },
    },
    activity: [{ match: { name: 'dev-*' }, probes: [{ push: {} }] }],
    control: { token: `\${BENCH_CONTROL}` },
    labels: [{ match: { name: 'dev-*' }, set: { env: 'dev' } }],
  };
  // JSON is YAML.
  await writeFile(join(dir, 'lamplighter.yaml'), JSON.stringify(config));
  const startedAt = performance.now();
  const child = startNode(
    [
      ...(await productionFlags()),
      '--import',
      join(import.meta.dirname, 'loop-probe.ts'),
      join(ROOT, 'src', 'cli', 'main.ts'),
      'run',
    ],
    {
      cwd: dir,
      env: { BENCH_TOKEN: simulator.token, BENCH_CONTROL: 'c'.repeat(32), NODE_COMPILE_CACHE: options.compileCache },
      errors: 'pipe',
    },
  );
  child.stdout?.resume();
  const origin = await originOf(child);
  for (;;) {
    if (performance.now() - startedAt > LONGEST_START_MS) throw new Error('the daemon does not become ready');
    if (await isReady(origin, agent)) return { origin, readyMs: performance.now() - startedAt, child };
    await wait(5);
  }
}

/** What Node is told in production. */
async function productionFlags(): Promise<readonly string[]> {
  const command = /^CMD (\[.*\])$/m.exec(await readFile(join(ROOT, 'Dockerfile'), 'utf8'))?.[1] ?? '[]';
  const words = z.array(z.string()).parse(JSON.parse(command));
  return words.slice(1, words.indexOf('src/cli/main.ts'));
}

/** From the log, which is read and thrown away to the end as a log collector would. */
async function originOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('the daemon has no log');
  const told = Promise.withResolvers<string>();
  const tail: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    const origin = /"origin":"([^"]+)"/.exec(line)?.[1];
    if (origin !== undefined) told.resolve(origin);
    tail.push(line);
    if (tail.length > LOG_LINES) tail.shift();
  });
  child.once('exit', (code) => told.reject(new Error(`the daemon ended with ${code}:\n${tail.join('\n')}`)));
  return await told.promise;
}

async function flush(redis: TestRedis): Promise<void> {
  const client = new Redis(redis.url);
  await client.flushall();
  await client.quit();
}

async function isReady(origin: string, agent: Agent): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${origin}/readyz`, { dispatcher: agent });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

async function measureStarts(
  redis: TestRedis,
  simulator: SimulatorProcess,
  agent: Agent,
  compileCache: string,
): Promise<readonly number[]> {
  const times: number[] = [];
  // The first fills the compile cache and is not counted.
  for (let start = -1; start < STARTS; start += 1) {
    await using stack = new AsyncDisposableStack();
    const dir = await mkdtemp(join(tmpdir(), 'lamplighter-bench-'));
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    // From empty: in a Redis that remembers the last daemon every account has been tried already.
    await flush(redis);
    const daemon = await startDaemon(redis, simulator, agent, { dir, compileCache, pollEvery: '60s' });
    await end(daemon.child);
    if (start >= 0) times.push(daemon.readyMs);
  }
  return times;
}

const seen = z.object({
  ownMs: z.number(),
  pause: z.object({ wallMs: z.number(), ownMs: z.number() }),
  rssMb: z.number(),
  peakMb: z.number(),
});

async function ask(child: ChildProcess): Promise<z.infer<typeof seen>> {
  const answer = once(child, 'message');
  child.send('read');
  const [message] = await answer;
  return seen.parse(message);
}

interface Running {
  readonly scrapeMs: number;
  /** What the thread of the daemon itself computed meanwhile. */
  readonly scrapeOwnMs: number;
  readonly scrapeBytes: number;
  readonly scrapePause: Pause;
  readonly otherPause: Pause;
  readonly rssMb: number;
  readonly peakMb: number;
}

async function measureRunning(
  redis: TestRedis,
  simulator: SimulatorProcess,
  agent: Agent,
  compileCache: string,
): Promise<Running> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'lamplighter-bench-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  await flush(redis);
  const { child, origin } = await startDaemon(redis, simulator, agent, { dir, compileCache, pollEvery: '1s' });
  stack.defer(() => end(child));
  const memory: number[] = [];
  const between: Pause[] = [];
  for (const until = performance.now() + RUN_IN_MS; performance.now() < until; ) {
    child.send('reset');
    await wait(1_000);
    const { pause, rssMb } = await ask(child);
    between.push(pause);
    memory.push(rssMb);
  }
  const scrapes: { readonly ms: number; readonly ownMs: number; readonly bytes: number; readonly pause: Pause }[] = [];
  for (let round = 0; round < SCRAPES; round += 1) {
    child.send('reset');
    const startedAt = performance.now();
    const bytes = await scrape(origin, agent, simulator.accountName);
    const ms = performance.now() - startedAt;
    const { ownMs, pause, rssMb } = await ask(child);
    scrapes.push({ ms, ownMs, bytes, pause });
    memory.push(rssMb);
    await wait(BETWEEN_SCRAPES_MS);
  }
  const { peakMb } = await ask(child);
  return {
    scrapeMs: median(scrapes.map(({ ms }) => ms)),
    scrapeOwnMs: median(scrapes.map(({ ownMs }) => ownMs)),
    scrapeBytes: median(scrapes.map(({ bytes }) => bytes)),
    scrapePause: middle(scrapes.map(({ pause }) => pause)),
    otherPause: middle(between),
    rssMb: Math.max(...memory),
    peakMb,
  };
}

function middle(pauses: readonly Pause[]): Pause {
  return { wallMs: median(pauses.map(({ wallMs }) => wallMs)), ownMs: median(pauses.map(({ ownMs }) => ownMs)) };
}

async function scrape(origin: string, agent: Agent, account: string): Promise<number> {
  const { statusCode, body } = await request(`${origin}/metrics`, { dispatcher: agent });
  const text = await body.text();
  if (statusCode !== 200 || !text.includes(`lamplighter_instance_info{account="${account}"`))
    throw new Error(`the scrape answered ${statusCode} and not the fleet`);
  return text.length;
}
