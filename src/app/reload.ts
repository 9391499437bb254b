import { ActivityTokens } from '../activity/push-probe.ts';
import type { Config } from '../config/config.ts';
import type { ConfigResult } from '../config/load-config.ts';
import type { PolicyFile } from '../policy/compile.ts';
import type { Queues } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Done } from '../web/source.ts';
import type { Standing, Work } from '../work/ports.ts';
import { type Located, summarise } from '../yaml/located.ts';
import { schedulesOf } from './engine.ts';
import { type LoadedPolicies, loadPolicies } from './load.ts';
import { contentHash } from './policy-watch.ts';
import { tellHeld, tellInvalid, tellValid, widening } from './reload-news.ts';
import { type StandingBuilder, secretsOf } from './standing.ts';

/** Who wants the reload: the folder changed, or a person says so, which also takes what `careful` holds. */
type ReloadAsked = 'watch' | 'person';

/** What the daemon works by. Replaced as a whole. */
export interface InForce {
  readonly config: Config;
  readonly standing: Standing;
  readonly files: readonly PolicyFile[];
  /** They come from Redis, since what is in the folder cannot be used. */
  readonly fromLastGood: boolean;
  /** `null` without a control token. */
  readonly tokens: ActivityTokens | null;
}

/** How the last reload ended, for whoever asks whether all is well. */
export interface LastReload {
  readonly ok: boolean;
  readonly detail: string;
}

export interface ReloadParts {
  readonly readConfig: () => Promise<ConfigResult>;
  readonly cwd: string;
  readonly onSecrets: (secrets: readonly string[]) => void;
  readonly work: Work;
  readonly store: Store;
  readonly queues: Queues;
  readonly builder: StandingBuilder;
  readonly metrics: Metrics;
  /** Where what is in force is kept, and by what it is replaced. */
  readonly current: { now: InForce };
}

/** Reads configuration and policies again and puts them in force. Reloads follow each other; each gets its own answer. */
export class Reloader {
  readonly #parts: ReloadParts;
  #turn: Promise<unknown> = Promise.resolve();
  /** The folder as it was when a reload of it last came to an end; `null`: one did not. */
  #seen: string | null;
  #last: LastReload;

  constructor(parts: ReloadParts) {
    const { files, fromLastGood } = parts.current.now;
    this.#parts = parts;
    // Policies that come from Redis are not what is in the folder, even where the folder gets the same back.
    this.#seen = fromLastGood ? null : contentHash(files);
    this.#last = fromLastGood
      ? { ok: false, detail: 'the policies in the folder are not valid' }
      : { ok: true, detail: 'read at the start' };
  }

  get last(): LastReload {
    return this.#last;
  }

  /** A person's reload, which also takes what `careful` holds. */
  byPerson(): Promise<Done> {
    return this.#inTurn(async () => {
      try {
        const done = await this.#reload('person');
        if (done.kind === 'done') this.#seen = contentHash(this.#parts.current.now.files);
        return done;
      } catch (error) {
        this.#broke(error);
        return { kind: 'refused', message: `${this.#last.detail}; it is tried again by itself` };
      }
    });
  }

  /** The folder may have changed: reloads where it did. What could not be brought to its end is tried at the next call. */
  compare(): Promise<void> {
    return this.#inTurn(async () => {
      const { cwd, work, current } = this.#parts;
      const folder = await loadPolicies(current.now.config, cwd, work.clock.now());
      const hash = folder.ok ? contentHash(folder.files) : `invalid ${folder.errors.map(summarise).join()}`;
      if (hash === this.#seen) return;
      try {
        await this.#reload('watch');
        this.#seen = hash;
      } catch (error) {
        this.#broke(error);
      }
    });
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(run);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  #broke(error: unknown): void {
    const { work } = this.#parts;
    this.#seen = null;
    work.log.error({ err: error }, 'a reload did not come to its end; it is tried again');
    this.#last = { ok: false, detail: `the reload did not come to its end (${sentence(error)})` };
  }

  /** Everything that can fail comes first; then what is in force is swapped at once, or stays as it was. */
  async #reload(asked: ReloadAsked): Promise<Done> {
    const { work, store, queues, metrics, builder, current } = this.#parts;
    const { config } = current.now;
    const now = work.clock.now();
    const read = await this.#parts.readConfig();
    const loaded: LoadedPolicies = read.ok
      ? await loadPolicies(read.config, this.#parts.cwd, now)
      : { ok: false, errors: read.errors };
    if (!read.ok || !loaded.ok) return await this.#invalid(loaded.ok ? [] : loaded.errors);
    this.#warnFixed(config, read.config);
    const fresh: Config = { ...read.config, redis: config.redis, listen: config.listen, stateDir: config.stateDir };
    this.#parts.onSecrets([...secretsOf(config), ...secretsOf(fresh)]);
    if (config.reload === 'careful' && asked === 'watch') {
      const held = await widening(work, loaded.set.policies, fresh);
      if (held.length > 0) return await this.#held(held);
    }
    const standing = builder.build(fresh, loaded.set.policies);
    current.now = { config: fresh, standing, files: loaded.files, fromLastGood: false, tokens: tokensOf(fresh) };
    metrics.reloadSuccessful.set(1);
    metrics.reloadSuccessTime.set(now / 1000);
    showPolicies(metrics, standing);
    // From here on Redis is asked, and may be away. Whatever of this is lost now, housekeeping makes the schedules.
    const schedules = schedulesOf(standing, work.clock);
    queues.want(schedules);
    await keepGood(store, loaded.files, now);
    await store.sawPolicies(
      loaded.set.policies.map(({ name }) => name),
      now,
    );
    await queues.schedule(schedules);
    const count = loaded.set.policies.length;
    await store.audit({
      at: now,
      kind: 'reload',
      account: null,
      instance: null,
      policy: null,
      reason: 'reload',
      text: `${count} policies are in force`,
      data: { hash: loaded.set.hash },
    });
    if (await store.unsay('policy.invalid')) await tellValid(work, count);
    this.#last = { ok: true, detail: 'the last reload is in force' };
    work.log.info({ policies: count }, 'policies and configuration were read again');
    return { kind: 'done', value: { policies: count } };
  }

  async #invalid(errors: readonly Located[]): Promise<Done> {
    const { work, metrics } = this.#parts;
    metrics.reloadSuccessful.set(0);
    const [first] = errors;
    this.#last = {
      ok: false,
      detail: `the last reload was refused: ${first === undefined ? 'no reason given' : summarise(first)}`,
    };
    work.log.error({ errors: errors.map(summarise) }, 'a reload was refused; what was in force stays in force');
    await tellInvalid(work, errors);
    return { kind: 'invalid', message: errors.map(summarise).join('; ') };
  }

  async #held(held: readonly string[]): Promise<Done> {
    const { work, metrics } = this.#parts;
    metrics.reloadSuccessful.set(0);
    this.#last = { ok: false, detail: `the last reload is held, since it would newly allow ${held.length} actions` };
    work.log.warn(
      { reach: held.slice(0, 20), more: Math.max(0, held.length - 20) },
      'a reload that widens reach is held; SIGHUP or POST /-/reload takes it',
    );
    await tellHeld(work, held);
    return {
      kind: 'refused',
      message: `the reload would newly allow ${held.length} actions, such as ${held[0]}; reload by hand to take it`,
    };
  }

  /** What is opened once is not opened again. The address of Redis may hold a password, so it is compared and not told. */
  #warnFixed(old: Config, fresh: Config): void {
    const changed = {
      redis: old.redis.reveal() !== fresh.redis.reveal(),
      listen: old.listen.host !== fresh.listen.host || old.listen.port !== fresh.listen.port,
      stateDir: old.stateDir !== fresh.stateDir,
    };
    for (const [key, is] of Object.entries(changed))
      if (is) this.#parts.work.log.warn({ key }, 'a change of this key needs a restart');
  }
}

/** The tokens by which instances report their activity, made from the control token. */
export function tokensOf(config: Config): ActivityTokens | null {
  return config.controlToken === null ? null : new ActivityTokens(config.controlToken.reveal());
}

export async function keepGood(store: Store, files: readonly PolicyFile[], now: number): Promise<void> {
  await store.settings.savePolicies({ at: now, files: files.map(({ file, text }) => ({ name: file, text })) });
}

export function showPolicies(metrics: Metrics, standing: Standing): void {
  metrics.policiesLoaded.set(standing.policies.length);
  metrics.policyEnabled.reset();
  for (const policy of standing.policies)
    metrics.policyEnabled.set({ policy: policy.name, mode: policy.mode }, policy.enabled ? 1 : 0);
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
