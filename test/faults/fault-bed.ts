import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Operation } from '../../src/fleet/operation.ts';
import type { SimAccount } from '../../src/simulator/sim-account.ts';
import { type Child, lamplighter } from '../support/child.ts';
import { Bed, type BedOptions } from '../support/daemon.ts';
import { redisText } from '../support/leaks.ts';
import type { TestRedis } from '../support/redis.ts';
import { FaultChild } from './fault-child.ts';
import type { StrikeInput } from './fault-points.ts';
import type { Launch } from './launch.ts';
import { type Canary, type Sent, unsound } from './sound.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface FaultBedOptions extends BedOptions {
  /** Daemons reach Redis through `redisProxy`. The test itself does not. */
  readonly proxyRedis?: boolean;
  /** Daemons reach every cloud through `cloudProxy`. */
  readonly proxyCloud?: boolean;
}

export interface SpawnOptions {
  /** Where and how it is struck. */
  readonly strikes?: readonly StrikeInput[];
  readonly level?: Launch['level'];
  readonly limits?: NonNullable<Launch['limits']>;
  readonly env?: Readonly<Record<string, string>>;
  /** Overrides lamplighter.yaml of the bed. */
  readonly configFile?: string;
}

/** Requests that money or machines depend on. */
const GUARDED: ReadonlySet<string> = new Set([
  'renew',
  'lengthen',
  'destroy',
  'rebuild',
  'buy',
  'buy-application',
  'create',
  'create-by-image',
]);
/** More often than people would: time in a test passes with the listings that daemons ask for. */
const POLL_EVERY = '20s';
/** Real ms that something may take on a machine that has much else to do. */
const PATIENCE_MS = 60_000;
const SCRAPE_MS = 5_000;
const METRIC = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const page = z.object({ items: z.array(z.record(z.string(), z.unknown())), next: z.string().nullable() });

/** A bed whose daemons are processes that are struck, whose lines fail, and whose secrets are canaries. */
export class FaultBed extends Bed {
  /** Every paid or destructive request, with the expiry that was true when it came. */
  readonly sent: Sent[] = [];
  readonly #options: FaultBedOptions;
  readonly #canaries: Canary[] = [];
  readonly #proxies: { redis: TcpProxy | null; cloud: TcpProxy | null } = { redis: null, cloud: null };
  readonly #copies: string[] = [];
  /** Daemons that were struck or killed are kept: what they wrote is searched too. */
  readonly #all: Child[] = [];
  #checked = false;

  constructor(options: FaultBedOptions) {
    const planted = options.accounts.map(withCanaries);
    super({
      ...options,
      accounts: planted.map(({ account }) => account),
      accountConfig: Object.fromEntries(
        options.accounts.map(({ name }) => [name, { pollEvery: POLL_EVERY, ...options.accountConfig?.[name] }]),
      ),
    });
    this.#options = options;
    this.#canaries.push(...planted.flatMap(({ canaries }) => canaries), {
      what: 'the control token',
      text: this.controlToken,
    });
    this.sim.events.on('call', (call) => {
      if (call.account === null || !GUARDED.has(call.operation)) return;
      const account = this.sim.account(call.account);
      for (const id of call.ids)
        this.sent.push({
          call,
          instance: `${call.account}/${id}`,
          expiresAt: account.has(id) ? account.instance(id).expiresAt : null,
        });
    });
  }

  get redisProxy(): TcpProxy {
    const { redis } = this.#proxies;
    if (redis === null) throw new Error('this bed was not asked for a proxy before Redis (proxyRedis)');
    return redis;
  }

  get cloudProxy(): TcpProxy {
    const { cloud } = this.#proxies;
    if (cloud === null) throw new Error('this bed was not asked for a proxy before the clouds (proxyCloud)');
    return cloud;
  }

  override async open(): Promise<void> {
    const redisPort = Number(new URL(this.redisUrl).port);
    if (this.#options.proxyRedis === true) {
      this.#proxies.redis = new TcpProxy(() => redisPort);
      await this.#proxies.redis.start();
    }
    if (this.#options.proxyCloud === true) {
      this.#proxies.cloud = new TcpProxy(() => Number(new URL(this.sim.origin).port));
      await this.#proxies.cloud.start();
    }
    await super.open();
  }

  override async writeConfig(extra: object = {}): Promise<void> {
    const { redis } = this.#proxies;
    if (redis === null) await super.writeConfig(extra);
    else await super.writeConfig({ redis: withPort(this.redisUrl, redis.port), ...extra });
  }

  protected override cloudOrigin(): string {
    const { cloud } = this.#proxies;
    return cloud === null ? this.sim.origin : `http://127.0.0.1:${cloud.port}`;
  }

  /** As everywhere, with more patience: several processes start and stop here. */
  override until<T>(
    what: string,
    look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
    limitMs: number = PATIENCE_MS,
  ): Promise<T> {
    return super.until(what, look, limitMs);
  }

  /** Starts a daemon in a process of its own that is struck where it is told, and waits until it runs (or has died of it). */
  async spawnFaulty(options: SpawnOptions = {}): Promise<FaultChild> {
    const child = this.launch(options);
    await this.up(child);
    return child;
  }

  /** As `spawnFaulty`, without waiting. */
  launch(options: SpawnOptions = {}): FaultChild {
    const { strikes = [], level = 'debug', configFile = this.configFile, limits, env = {} } = options;
    const short = limits === undefined ? {} : { limits };
    return this.#child({ configFile, at: this.clock.now(), strikes: [...strikes], level, ...short }, env);
  }

  /** A daemon that has loaded everything and waits to `begin`: so that one that is killed is followed at once. */
  standby(level: Launch['level'] = 'info'): FaultChild {
    return this.#child({ configFile: this.configFile, at: this.clock.now(), standby: true, level });
  }

  /** One that is dead is not told of any more when something goes wrong; what it wrote is still searched. */
  forget(child: FaultChild): void {
    this.children.splice(this.children.indexOf(child), 1);
  }

  /** `lamplighter run` itself: no fault points, and the system's clock. */
  run(env: Readonly<Record<string, string>> = {}): Child {
    const child = lamplighter(['run'], { cwd: this.dir, env, onOutput: this.happenings.tell });
    this.children.push(child);
    this.#all.push(child);
    return child;
  }

  /** Waits until a daemon runs, or has ended. */
  async up(child: FaultChild): Promise<void> {
    await this.until('the daemon runs', () => child.origin !== null || child.struck || !child.running);
  }

  #child(launch: Launch, env: Readonly<Record<string, string>> = {}): FaultChild {
    const child = new FaultChild(launch, { cwd: this.dir, env, onOutput: this.happenings.tell });
    this.children.push(child);
    this.#all.push(child);
    return child;
  }

  /** The files of Redis as they are on disk now, for {@link hostCrash}. */
  async copyRedis(redis: TestRedis): Promise<string> {
    const copy = await mkdtemp(join(tmpdir(), 'lamplighter-aof-'));
    this.#copies.push(copy);
    await redis.saveFiles(copy);
    return copy;
  }

  /** The host of Redis fails, and comes back with what was on disk when the copy was made. */
  async hostCrash(redis: TestRedis, copy: string): Promise<void> {
    await redis.kill();
    await redis.restoreFiles(copy);
    await redis.start();
  }

  /** How often a cloud was asked for a listing: daemons that work do that again and again. */
  get listings(): number {
    return this.sim.calls.filter(({ operation }) => operation === 'list').length;
  }

  /** Waits until daemons list again and again, by their schedules. */
  async polling(limitMs: number = PATIENCE_MS): Promise<void> {
    const before = this.listings;
    await this.until('daemons list by their schedules', () => this.listings >= before + 3, limitMs);
  }

  /** How many paid or destructive requests reached a cloud. */
  requests(instance?: string): number {
    return this.sent.filter((one) => instance === undefined || one.instance === instance).length;
  }

  /** Everything that was paid for. */
  commits(): readonly { readonly instance: string }[] {
    return this.sim.accounts.flatMap(({ name, commits }) =>
      commits.map(({ instanceId }) => ({ instance: `${name}/${instanceId}` })),
    );
  }

  /** POST with the control token, to a daemon in a process. */
  async controlOf(child: FaultChild, path: string, body: object = {}): Promise<Response> {
    return await fetch(`${child.origin}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.controlToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** Everything on a list of the API of a daemon in a process. */
  async listOf(child: FaultChild, path: string): Promise<readonly Record<string, unknown>[]> {
    const response = await fetch(`${child.origin}/api/v1/${path}`);
    return page.parse(await response.json()).items;
  }

  /** Waits until a daemon's plan refuses this for that reason: right after a step of time the listing is too old for any. */
  async refused(child: FaultChild, instance: string, action: string, reason: string): Promise<void> {
    await this.until(`the plan refuses ${action} of ${instance}: ${reason}`, async () =>
      (await this.listOf(child, 'plan')).some(
        (row) => row.instance === instance && row.action === action && row.reason === reason,
      ),
    );
  }

  /** As `metric`, of a daemon in a process. */
  async metricOf(
    child: FaultChild,
    name: string,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<number | null> {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    const text = await (await fetch(`${child.origin}/metrics`)).text();
    const values = text.split('\n').flatMap((line) => {
      const [, found, described = '', value] = METRIC.exec(line) ?? [];
      return found === `lamplighter_${name}` && wanted.every((part) => described.includes(part)) ? [Number(value)] : [];
    });
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
  }

  /** The whole ledger, newest first. */
  async everyOperation(): Promise<readonly Operation[]> {
    const { ledger } = await this.store();
    const all: Operation[] = [];
    for (let cursor: string | null = null; ; ) {
      const { items, next }: { items: readonly Operation[]; next: string | null } = await ledger.list({
        limit: 500,
        cursor,
      });
      all.push(...items);
      if (next === null) return all;
      cursor = next;
    }
  }

  /**
   * What holds after every case, whatever was broken: at most one payment and one request that is not a proven refusal per
   * machine and expiry (and one more for each that a person allowed), every operation ended, no canary in a log, in Redis,
   * in metrics or in a notification.
   * `ledger: 'lost'`: the case threw the ledger away, so only the clouds are asked.
   */
  async expectSound(options: { readonly ledger?: 'kept' | 'lost' } = {}): Promise<void> {
    this.#checked = true;
    const operations = options.ledger === 'lost' ? null : await this.everyOperation();
    const wrong = unsound({
      sent: this.sent,
      commits: this.sim.accounts.flatMap(({ commits }) => [...commits]),
      operations,
      canaries: this.#canaries,
      places: new Map([
        ['the log', this.log.join('')],
        ['what was told', this.lines.join('\n')],
        ['a notification', this.receiver.bodies.join('\n')],
        ['Redis', await redisText(this.redisUrl)],
        ['metrics', await this.#metrics()],
        ...this.#all.map(({ stdout, stderr }, index) => [`process ${index + 1}`, stdout + stderr] as const),
      ]),
    });
    if (wrong.length > 0) throw new Error(`not sound:\n${wrong.join('\n')}`);
  }

  /** What scrapers see of the daemons that answer. */
  async #metrics(): Promise<string> {
    const running = this.#all.filter((child) => child.running && child.origin !== null);
    const pages = await Promise.all(
      running.map(async ({ origin }) => {
        try {
          const answer = await fetch(`${origin}/metrics`, { signal: AbortSignal.timeout(SCRAPE_MS) });
          return await answer.text();
        } catch {
          // It stands still, or is about to end.
          return '';
        }
      }),
    );
    return pages.join('\n');
  }

  /** Has {@link expectSound} been asked? */
  get checked(): boolean {
    return this.#checked;
  }

  override async close(): Promise<void> {
    for (const proxy of [this.#proxies.redis, this.#proxies.cloud]) proxy?.heal();
    await super.close();
    for (const proxy of [this.#proxies.redis, this.#proxies.cloud]) await proxy?.stop();
    for (const copy of this.#copies.splice(0)) await rm(copy, { recursive: true, force: true });
  }
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = `${port}`;
  return changed.href;
}

/** The token that a bed gives an account. */
export function canaryToken(account: string): string {
  return `canary-token-${account}-b7QpZk3v`;
}

/** The account with secrets that can be told apart wherever they come up. */
function withCanaries(account: SimAccount): { readonly account: SimAccount; readonly canaries: readonly Canary[] } {
  const { name } = account;
  const token = canaryToken(name);
  const password = `canary-password-${name}-Yt5n`;
  const jupyterToken = `canary-jupyter-${name}-Rr2x`;
  return {
    account: {
      ...account,
      token,
      instances: account.instances.map((seed) => ({ password, jupyterToken, ...seed })),
    },
    canaries: [
      { what: `the token of ${name}`, text: token },
      { what: `a password of ${name}`, text: password },
      { what: `a Jupyter token of ${name}`, text: jupyterToken },
    ],
  };
}
