import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Daemon, startDaemon } from '../../src/app/daemon.ts';
import { InvalidInput } from '../../src/app/load.ts';
import { makeReader } from '../../src/app/reader.ts';
import { readConfigFile } from '../../src/config/config-file.ts';
import type { Clock } from '../../src/fleet/clock.ts';
import type { Operation, OperationState } from '../../src/fleet/operation.ts';
import type { SimAccount } from '../../src/simulator/sim-account.ts';
import { Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';
import { Store } from '../../src/store/store.ts';
import { makeLog, scrubber } from '../../src/telemetry/log.ts';
import { pass } from '../../src/work/pass.ts';
import { poll } from '../../src/work/poll.ts';
import type { Work } from '../../src/work/ports.ts';
import { renderLocated } from '../../src/yaml/located.ts';
import { type Child, daemonProcess } from './child.ts';
import { TestClock } from './clock.ts';
import { newFolder } from './folder.ts';
import { Receiver } from './receiver.ts';
import { Happenings } from './until.ts';

/** Lines of log and told sentences shown beside a wait in vain. */
const STORY_LINES = 60;
/** `every` of the probes of a bed. */
const PROBES_EVERY_MS = 5 * 60_000;
/** Far longer than a request to a cloud on this machine takes. */
const QUIET_MS = 1_500;

export interface BedOptions {
  /** redis:// of a database that nobody else uses. */
  readonly redis: string;
  readonly accounts: readonly SimAccount[];
  /** File name → YAML. */
  readonly policies: Readonly<Record<string, string>>;
  readonly clock?: TestClock;
  readonly rules?: SimulatorOptions['rules'];
  /** Merged over what every account of a test has, by account name. */
  readonly accountConfig?: Readonly<Record<string, object>>;
  /** Merged over the top of lamplighter.yaml. */
  readonly config?: object;
  readonly receiver?: Receiver;
  /** Of Redis. */
  readonly password?: string;
}

export interface StartOptions {
  readonly clock?: Clock;
  readonly listen?: string;
  /** Puts something around what the daemon works with. */
  readonly decorate?: (work: Work) => Work;
}

const PAGE = z.object({ items: z.array(z.record(z.string(), z.unknown())), next: z.string().nullable() });

/**
 * Everything around a daemon of a test: clouds on loopback, a folder with its configuration, policies and secrets, a
 * receiver of notifications, and the daemon itself, once or several times.
 */
export class Bed {
  readonly clock: TestClock;
  readonly sim: Simulator;
  readonly receiver: Receiver;
  readonly happenings: Happenings;
  readonly controlToken = randomBytes(24).toString('base64url');
  /** Every line of the logs, as objects would be too late: what is searched for secrets is what was written. */
  readonly log: string[] = [];
  /** What the daemon told in sentences. */
  readonly lines: string[] = [];
  readonly daemons: Daemon[] = [];
  /** Daemons in processes of their own. */
  readonly children: Child[] = [];
  readonly #options: BedOptions;
  readonly #stop = new AbortController();
  #dir = '';
  #reader: Store | null = null;

  constructor(options: BedOptions) {
    this.#options = options;
    this.clock = options.clock ?? new TestClock();
    this.sim = new Simulator({
      clock: this.clock,
      accounts: options.accounts,
      ...(options.rules === undefined ? {} : { rules: options.rules }),
    });
    this.happenings = new Happenings(() => this.#story());
    this.receiver = options.receiver ?? new Receiver(this.happenings.tell);
    for (const event of ['call', 'effect', 'answer'] as const) this.sim.events.on(event, this.happenings.tell);
  }

  get redisUrl(): string {
    const { redis, password } = this.#options;
    return password === undefined ? redis : redis.replace('redis://', `redis://:${password}@`);
  }

  get dir(): string {
    return this.#dir;
  }

  get configFile(): string {
    return join(this.#dir, 'lamplighter.yaml');
  }

  get policyDir(): string {
    return join(this.#dir, 'policies');
  }

  /** Starts the clouds and writes the files; the daemon is started by `start`. */
  async open(): Promise<void> {
    this.#dir = await newFolder('lamplighter-bed-');
    await mkdir(this.policyDir);
    await mkdir(join(this.#dir, 'secrets'));
    await this.sim.start();
    await this.receiver.start();
    for (const { name, token } of this.#options.accounts) await this.secret(name, token);
    await this.secret('control', this.controlToken);
    await this.secret('hook', this.receiver.url);
    for (const [name, text] of Object.entries(this.#options.policies)) await this.writePolicy(name, text);
    await this.writeConfig();
  }

  async secret(name: string, text: string): Promise<void> {
    await writeFile(join(this.#dir, 'secrets', name), `${text}\n`, { mode: 0o600 });
  }

  async writePolicy(name: string, text: string): Promise<void> {
    await writeFile(join(this.policyDir, name), text);
  }

  async removePolicy(name: string): Promise<void> {
    await rm(join(this.policyDir, name));
  }

  /** Writes lamplighter.yaml, with `extra` over everything. */
  async writeConfig(extra: object = {}): Promise<void> {
    const accounts = Object.fromEntries(
      this.#options.accounts.map(({ name, provider }) => [
        name,
        {
          provider,
          baseUrl: this.cloudOrigin(),
          tokenFile: join('secrets', name),
          requestsPerSecond: 100,
          ...(provider === 'huixingyun' ? { spendLimit: { callsPerDay: 10 } } : { billingWords: { 1: 'hourly' } }),
          ...this.#options.accountConfig?.[name],
        },
      ]),
    );
    const config = {
      mode: 'enforce',
      policies: 'policies',
      redis: this.redisUrl,
      listen: '127.0.0.1:0',
      accounts,
      activity: [...new Set(this.#options.accounts.map(({ provider }) => provider))].map((provider) => ({
        match: { provider },
        // As often as `roll` looks at the longest; the daemon's own schedule is of no matter here.
        every: '5m',
        // huixingyun's listing names no Jupyter.
        probes: [{ jupyter: provider === 'huixingyun' ? { url: `${this.sim.origin}/jupyter/{account}/{id}` } : null }],
      })),
      network: { allow: ['127.0.0.0/8'] },
      notifiers: { hook: { type: 'webhook', urlFile: 'secrets/hook' } },
      control: { tokenFile: 'secrets/control' },
      stateDir: 'state',
      ...this.#options.config,
      ...extra,
    };
    // JSON is YAML.
    await writeFile(this.configFile, JSON.stringify(config, null, 2));
  }

  /** Where the daemons find the clouds. */
  protected cloudOrigin(): string {
    return this.sim.origin;
  }

  /** Starts a daemon in this process. Called again, a further replica. */
  async start(options: StartOptions = {}): Promise<Daemon> {
    let secrets: readonly string[] = [];
    const log = makeLog({
      level: 'trace',
      destination: {
        write: (line) => {
          this.log.push(line);
          this.happenings.tell();
        },
      },
      scrub: scrubber(() => secrets),
    });
    const daemon = await startDaemon({
      readConfig: () => readConfigFile(this.configFile, this.#dir, { environment: {} }),
      cwd: this.#dir,
      clock: options.clock ?? this.clock,
      random: Math.random,
      log,
      onSecrets: (now) => {
        secrets = now;
      },
      onEvent: (line) => {
        this.lines.push(line);
        this.happenings.tell();
      },
      signal: this.#stop.signal,
      ...(options.decorate === undefined ? {} : { decorate: options.decorate }),
    }).catch(toldPlainly);
    this.daemons.push(daemon);
    return daemon;
  }

  /** Starts a daemon in a process of its own, and waits until it runs. It hears the time by `pass`. */
  async spawn(): Promise<Child> {
    const child = daemonProcess(this.configFile, this.clock.now(), { cwd: this.#dir, onOutput: this.happenings.tell });
    this.children.push(child);
    // A process of its own starts slowly where everything else runs beside it.
    await this.until('the daemon runs', () => child.origin !== null || !child.running, 30_000);
    return child;
  }

  /** Time passes for everybody, the processes too. */
  async pass(ms: number): Promise<void> {
    this.clock.pass(ms);
    await Promise.all(this.children.filter(({ running }) => running).map((child) => child.tellTime(this.clock.now())));
  }

  /** The daemon that was started first and has not been stopped. */
  get daemon(): Daemon {
    const [first] = this.daemons;
    if (first === undefined) throw new Error('no daemon runs');
    return first;
  }

  async stopDaemon(daemon: Daemon = this.daemon): Promise<void> {
    this.daemons.splice(this.daemons.indexOf(daemon), 1);
    await daemon.stop();
  }

  async close(): Promise<void> {
    // Whatever hangs in the clouds would keep a daemon from ending.
    this.sim.faults.clear();
    for (const daemon of this.daemons.splice(0)) await daemon.stop();
    for (const child of this.children.splice(0)) await child.kill();
    await this.#reader?.close();
    await this.sim.stop();
    await this.receiver.stop();
    if (this.#dir !== '') await rm(this.#dir, { recursive: true, force: true });
  }

  /** Polls and decides once, to the end, whatever the schedules do besides. */
  async round(daemon: Daemon = this.daemon): Promise<void> {
    for (const name of daemon.work.standing().accounts.keys()) {
      await poll(daemon.work, name, this.#stop.signal);
      const standing = daemon.work.standing();
      const snapshot = await daemon.store.loadSnapshot(name);
      if (snapshot !== null) await standing.observer.observe(snapshot, standing.labels, this.#stop.signal);
      await pass(daemon.work, name, this.#stop.signal);
    }
  }

  /** Lets time pass in steps, with a round after each. A long step is watched by the probes all the way through. */
  async roll(stepMs: number, steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      await this.#quiet();
      await this.#elapse(stepMs);
      await this.round();
    }
  }

  async #elapse(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= PROBES_EVERY_MS) {
      await this.#looked();
      this.clock.pass(Math.min(left, PROBES_EVERY_MS));
      if (left > PROBES_EVERY_MS) await this.observe();
    }
  }

  /** Lets the probes look once, as far as their time has come. */
  async observe(daemon: Daemon = this.daemon): Promise<void> {
    for (const name of daemon.work.standing().accounts.keys()) {
      const standing = daemon.work.standing();
      const snapshot = await daemon.store.loadSnapshot(name);
      if (snapshot !== null) await standing.observer.observe(snapshot, standing.labels, this.#stop.signal);
    }
  }

  /** Lets time pass in steps, with a round after each, until `look` is satisfied. */
  async rollUntil<T>(
    what: string,
    stepMs: number,
    look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  ): Promise<T> {
    return await this.until(what, async () => {
      const seen = await look();
      if (seen !== null && seen !== undefined && seen !== false) return seen;
      await this.#quiet();
      await this.#elapse(stepMs);
      await this.round();
      return await look();
    });
  }

  /**
   * Waits for daemons that go by their own schedules: a step of time passes with each listing that they ask for, so that
   * time does not run away from them.
   */
  async attend<T>(
    what: string,
    stepMs: number,
    look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
    limitMs?: number,
  ): Promise<T> {
    const listings = () => this.sim.calls.filter(({ operation }) => operation === 'list').length;
    let seen = listings();
    return await this.until(
      what,
      async () => {
        const found = await look();
        if (found !== null && found !== undefined && found !== false) return found;
        if (listings() > seen) {
          if (this.daemons.length > 0) await this.#quiet();
          await this.pass(stepMs);
          seen = listings();
        }
        return null;
      },
      limitMs,
    );
  }

  until<T>(
    what: string,
    look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
    limitMs?: number,
  ): Promise<T> {
    return this.happenings.until(what, look, limitMs);
  }

  /** A store of the test's own, which reads what the daemons write. */
  async store(): Promise<Store> {
    if (this.#reader !== null) return this.#reader;
    const reader = new Store({
      url: this.redisUrl,
      stateDir: this.#dir,
      clock: () => this.clock.now(),
      random: Math.random,
      newId: randomUUID,
    });
    await reader.connect({ waitMs: 5_000 });
    this.#reader = reader;
    return reader;
  }

  /** The ledger, newest first. */
  async operations(
    filter: { readonly instance?: string; readonly policy?: string } = {},
  ): Promise<readonly Operation[]> {
    const { items } = await (await this.store()).ledger.list({ limit: 500 });
    return items.filter(
      (operation) =>
        (filter.instance === undefined || operation.instance === filter.instance) &&
        (filter.policy === undefined || operation.policy === filter.policy),
    );
  }

  /** Waits until the newest operation of an instance is in a state. */
  async operation(instance: string, state: OperationState, action?: string): Promise<Operation> {
    return await this.until(`an operation on ${instance} is ${state}`, async () => {
      const all = await this.operations({ instance });
      return all.find((each) => each.state === state && (action === undefined || each.action === action));
    });
  }

  /** As `operation`, with time passing meanwhile. */
  async operationInTime(instance: string, state: OperationState, action?: string, stepMs = 20_000): Promise<Operation> {
    return await this.rollUntil(`an operation on ${instance} is ${state}`, stepMs, async () => {
      const all = await this.operations({ instance });
      return all.find((each) => each.state === state && (action === undefined || each.action === action));
    });
  }

  async http(path: string, init: RequestInit = {}, daemon: Daemon = this.daemon): Promise<Response> {
    return await fetch(`${daemon.origin}${path}`, init);
  }

  /** Everything on a list of the API. */
  async list(path: string, daemon: Daemon = this.daemon): Promise<readonly Record<string, unknown>[]> {
    const response = await this.http(`/api/v1/${path}`, {}, daemon);
    return PAGE.parse(await response.json()).items;
  }

  /** What `lamplighter why` tells, by this bed's clock. */
  async why(instance: string, daemon: Daemon = this.daemon): Promise<unknown> {
    const answer = await makeReader(daemon.work, daemon.store).why(instance);
    if (answer.kind !== 'done') throw new Error(answer.message);
    return answer.value;
  }

  /** POST with the control token. */
  async control(path: string, body: object = {}, daemon: Daemon = this.daemon): Promise<Response> {
    return await this.post(path, body, this.controlToken, daemon);
  }

  async post(path: string, body: object, token: string, daemon: Daemon = this.daemon): Promise<Response> {
    return await this.http(
      path,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      daemon,
    );
  }

  /** What an agent in the instance would report. */
  async report(instance: string, verdict: 'active' | 'idle', lastActiveAt?: number): Promise<number> {
    const { tokens } = this.daemon;
    if (tokens === null) throw new Error('no control token, no activity tokens');
    const at = lastActiveAt === undefined ? {} : { lastActiveAt: new Date(lastActiveAt).toISOString() };
    const response = await this.post('/api/v1/activity', { instance, verdict, ...at }, tokens.tokenFor(instance));
    await response.body?.cancel();
    return response.status;
  }

  async metrics(daemon: Daemon = this.daemon): Promise<string> {
    return await (await this.http('/metrics', {}, daemon)).text();
  }

  /** The value of a series whose labels contain `labels`; the sum where there are several, `null` where none. */
  async metric(
    name: string,
    labels: Readonly<Record<string, string>> = {},
    daemon: Daemon = this.daemon,
  ): Promise<number | null> {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    const values = (await this.metrics(daemon)).split('\n').flatMap((line) => {
      const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (match === null || match[1] !== `lamplighter_${name}`) return [];
      return wanted.every((part) => (match[2] ?? '').includes(part)) ? [Number(match[3])] : [];
    });
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
  }

  /**
   * Waits a little until no request is under way: minutes that pass in the middle of one make its sender look as if it
   * had been paused, and the request unclear. One that hangs is not waited for longer.
   */
  async #quiet(): Promise<void> {
    const end = performance.now() + QUIET_MS;
    await this.until('no request is under way', async () => {
      if (performance.now() > end) return true;
      return !(await this.operations()).some(({ state }) => state === 'sending');
    });
  }

  /**
   * Waits a little until no look of the daemons' own is under way: of one in the middle of which minutes pass nobody can
   * tell what it saw when, and it makes a hole in what was watched.
   */
  async #looked(): Promise<void> {
    const end = performance.now() + QUIET_MS;
    const isLooking = () => this.daemons.some(({ queues }) => queues.runningSince('observe') !== null);
    if (isLooking()) await this.until('no look is under way', () => performance.now() > end || !isLooking());
  }

  #story(): string {
    const log = this.log.slice(-STORY_LINES).map((line) => line.trimEnd());
    const children = this.children.flatMap(({ stderr }) => [
      '--- a process',
      ...stderr.trimEnd().split('\n').slice(-STORY_LINES),
    ]);
    return ['--- the end of the log', ...log, ...children, '--- told', ...this.lines.slice(-STORY_LINES)].join('\n');
  }
}

/** With the places of all mistakes, which the error's own sentence only counts. */
function toldPlainly(error: unknown): never {
  if (error instanceof InvalidInput) throw new Error(error.errors.map(renderLocated).join('\n'), { cause: error });
  throw error;
}
