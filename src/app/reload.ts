import { ActivityTokens } from '../activity/push-probe.ts';
import type { Config } from '../config/config.ts';
import type { ConfigResult } from '../config/load-config.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { PolicyFile } from '../policy/compile.ts';
import type { Queues } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import { bornAtZero, type Metrics } from '../telemetry/metrics.ts';
import type { Done } from '../web/source.ts';
import type { Standing, Work } from '../work/ports.ts';
import { DocumentMemo } from '../yaml/document-memo.ts';
import { type Located, summarise } from '../yaml/located.ts';
import { schedulesOf } from './engine.ts';
import { compileFiles, type LoadedPolicies, loadPolicies } from './load.ts';
import { meaningsOf } from './meanings.ts';
import { contentHash } from './policy-watch.ts';
import {
  type Held,
  heldKey,
  howToTake,
  isFar,
  type Rules,
  tellFar,
  tellHeld,
  tellInvalid,
  tellValid,
  widening,
} from './reload-news.ts';
import { type StandingBuilder, secretsOf } from './standing.ts';

/**
 * Who wants the reload: the folder changed, or a person. What `careful` holds is taken from a person who names it, and
 * from a signal once it was told of: a signal can name nothing.
 */
type ReloadAsked =
  | { readonly by: 'watch' }
  | { readonly by: 'signal' }
  | { readonly by: 'person'; readonly acknowledge: string | null };

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
  /** `null`: there was none yet, only the start. */
  readonly at: number | null;
  /** What is wrong in the files, all of it. */
  readonly mistakes: readonly Located[];
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
  /** What was wrong in the folder at the start. */
  readonly firstMistakes?: readonly Located[];
}

/** Reads configuration and policies again and puts them in force. Reloads follow each other; each gets its own answer. */
export class Reloader {
  readonly #parts: ReloadParts;
  readonly #documents = new DocumentMemo();
  #turn: Promise<unknown> = Promise.resolve();
  /** The folder as it was when a reload of it last came to an end; `null`: one did not. */
  #seen: string | null;
  #last: LastReload;
  /** What `careful` holds, since it was told of. */
  #held: Held | null = null;

  constructor(parts: ReloadParts) {
    const { files, fromLastGood } = parts.current.now;
    this.#parts = parts;
    // Policies that come from Redis are not what is in the folder, even where the folder gets the same back.
    this.#seen = fromLastGood ? null : contentHash(files);
    const mistakes = parts.firstMistakes ?? [];
    this.#last = fromLastGood
      ? { ok: false, detail: 'the policies in the folder are not valid', at: null, mistakes }
      : { ok: true, detail: 'read at the start', at: null, mistakes: [] };
  }

  get last(): LastReload {
    return this.#last;
  }

  /** What `careful` holds until a person says yes; `null`: nothing. */
  get held(): Held | null {
    return this.#held;
  }

  /** SIGHUP: takes what `careful` holds where it was told of before. */
  bySignal(): Promise<Done> {
    return this.#asked({ by: 'signal' });
  }

  /** A person's reload. `acknowledge` names what `careful` holds, which is then taken. */
  byPerson(acknowledge: string | null): Promise<Done> {
    return this.#asked({ by: 'person', acknowledge });
  }

  #asked(asked: ReloadAsked): Promise<Done> {
    return this.#inTurn(async () => {
      try {
        const done = await this.#reload(asked);
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
      const folder = await loadPolicies(current.now.config, cwd, work.clock.now(), this.#documents);
      const hash = folder.ok ? contentHash(folder.files) : `invalid ${folder.errors.map(summarise).join()}`;
      try {
        // What is held may meanwhile have been taken by another replica, whose person said yes.
        if (hash === this.#seen && (this.#held === null || hash !== (await this.#lastGoodHash()))) return;
        await this.#reload({ by: 'watch' });
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
    this.#last = this.#notTaken(`the reload did not come to its end (${sentence(error)})`);
  }

  /** Everything that can fail comes first; then what is in force is swapped at once, or stays as it was. */
  async #reload(asked: ReloadAsked): Promise<Done> {
    const { work, store, queues, metrics, builder, current } = this.#parts;
    const { config } = current.now;
    const now = work.clock.now();
    const read = await this.#parts.readConfig();
    const loaded: LoadedPolicies = read.ok
      ? await loadPolicies(read.config, this.#parts.cwd, now, this.#documents)
      : { ok: false, errors: read.errors };
    if (!read.ok || !loaded.ok) return await this.#invalid(loaded.ok ? [] : loaded.errors);
    this.#warnFixed(config, read.config);
    const fresh: Config = { ...read.config, redis: config.redis, listen: config.listen, stateDir: config.stateDir };
    this.#parts.onSecrets([...secretsOf(config), ...secretsOf(fresh)]);
    if (config.reload === 'careful') {
      const held = await widening(store, this.#rules(), { config: fresh, policies: loaded.set.policies });
      if (held !== null && !(await this.#mayTake(held, asked, loaded.files, fresh)))
        return await this.#hold(held, asked);
    }
    const before = this.#rules();
    const standing = builder.build(fresh, loaded.set.policies, loaded.files);
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
    await store.settings.sawMeanings(meaningsOf(fresh, loaded.set.policies), now);
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
    // What `careful` took a person has said yes to.
    const wider = config.reload === 'careful' ? null : await widening(store, before, this.#rules());
    if (wider !== null && isFar(wider)) await tellFar(work, wider);
    const wasHeld = await this.#letGo();
    if ((await store.unsay('policy.invalid')) || wasHeld) await tellValid(work, count);
    this.#last = { ok: true, detail: 'the last reload is in force', at: now, mistakes: [] };
    work.log.info({ policies: count }, 'policies and configuration were read again');
    return { kind: 'done', value: { policies: count } };
  }

  async #invalid(errors: readonly Located[]): Promise<Done> {
    const { work, metrics } = this.#parts;
    metrics.reloadSuccessful.set(0);
    const [first] = errors;
    this.#last = this.#notTaken(
      `the last reload was refused: ${first === undefined ? 'no reason given' : summarise(first)}`,
      errors,
    );
    work.log.error({ errors: errors.map(summarise) }, 'a reload was refused; what was in force stays in force');
    await tellInvalid(work, errors);
    return { kind: 'invalid', message: errors.map(summarise).join('; ') };
  }

  #notTaken(detail: string, mistakes: readonly Located[] = []): LastReload {
    return { ok: false, detail, at: this.#parts.work.clock.now(), mistakes };
  }

  #rules(): Rules {
    const { config, standing } = this.#parts.current.now;
    return { config, policies: standing.policies };
  }

  /** Has a person said yes to just this? */
  async #mayTake(held: Held, asked: ReloadAsked, files: readonly PolicyFile[], fresh: Config): Promise<boolean> {
    switch (asked.by) {
      case 'person':
        return asked.acknowledge === held.id;
      case 'signal':
        return this.#held?.id === held.id;
      case 'watch':
        return await this.#takenElsewhere(files, fresh);
      default:
        return assertNever(asked);
    }
  }

  /** A person may have told another replica: then these policies are the last good ones already. Configuration is not kept there. */
  async #takenElsewhere(files: readonly PolicyFile[], fresh: Config): Promise<boolean> {
    const { store, current, work } = this.#parts;
    const hash = await this.#lastGoodHash();
    if (hash !== contentHash(files) || hash === contentHash(current.now.files)) return false;
    const old = compileFiles(current.now.files, fresh, work.clock.now(), this.#documents);
    return old.ok && (await widening(store, this.#rules(), { config: fresh, policies: old.set.policies })) === null;
  }

  async #lastGoodHash(): Promise<string | null> {
    const kept = await this.#parts.store.settings.loadPolicies();
    return kept === null ? null : contentHash(kept.files.map(({ name, text }) => ({ file: name, text })));
  }

  async #hold(held: Held, asked: ReloadAsked): Promise<Done> {
    const { work, metrics } = this.#parts;
    metrics.reloadSuccessful.set(0);
    const { length } = held.reach;
    const what = `it would newly allow ${length} ${length === 1 ? 'thing' : 'things'}, such as ${held.reach[0]}`;
    this.#last = this.#notTaken(`the last reload is held, since ${what}; ${howToTake(held)}`);
    work.log.warn(
      { reach: held.reach.slice(0, 20), more: Math.max(0, length - 20), acknowledge: held.id },
      'a reload that widens reach is held until a person acknowledges it',
    );
    if (this.#held?.id !== held.id) {
      await this.#letGo();
      this.#held = held;
    }
    await tellHeld(work, held);
    const other =
      asked.by === 'person' && asked.acknowledge !== null ? `"${asked.acknowledge}" is not what is held: ` : '';
    return { kind: 'refused', message: `${other}${what}; ${howToTake(held)}` };
  }

  /** Nothing is held any more. `true`: it had been told of. */
  async #letGo(): Promise<boolean> {
    const held = this.#held;
    this.#held = null;
    return held !== null && (await this.#parts.store.unsay(heldKey(held.id)));
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
  bornAtZero(metrics, standing);
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
