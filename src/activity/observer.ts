import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Activity, ProbeReading, Watched } from '../fleet/activity.ts';
import type { Clock } from '../fleet/clock.ts';
import { type Instance, type InstanceKey, instanceKey } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';
import type { Probe } from './probe.ts';
import { CLOCK_SLACK_MS, canTell, DEFAULT_PRESENCE_MS, judge, remember, unlessStale } from './verdict.ts';
import { type Rhythm, ROUNDS_MISSED, watchOn } from './watch.ts';

/** How many instances are probed at once: a dead host then costs only its own time limit. */
const AT_ONCE = 100;
/** Instances judged until others have their turn: a few ms. */
const JUDGED_AT_ONCE = 2_000;
/** A pulled reading is believed for this many rounds; one late round is weather, three are a blind probe. */
const ROUNDS_BELIEVED = 3;
/** A round that comes a little early (timers are hints) is still a round. */
const EARLY = 0.8;

/** Which probes judge which instances. The last rule that covers an instance holds. */
export interface ActivityRule {
  covers(instance: Instance, labels: Labels): boolean;
  readonly everyMs: number;
  /** How long people protect after their last sign of life; two hours where it is left out. */
  readonly presenceMs?: number;
  readonly probes: readonly { readonly probe: Probe; readonly staleAfterMs: number | null }[];
}

/** Where readings are kept between rounds and shared between replicas. */
export interface ReadingStore {
  load(account: string): Promise<ReadonlyMap<string, readonly ProbeReading[]>>;
  loadOne(account: string, instanceId: string): Promise<readonly ProbeReading[]>;
  save(account: string, instanceId: string, reading: ProbeReading): Promise<void>;
}

/** Where it is kept since when each instance has been watched, shared between replicas. */
export interface WatchStore {
  load(account: string): Promise<ReadonlyMap<string, Watched>>;
  loadOne(account: string, instanceId: string): Promise<Watched | null>;
  save(account: string, watches: ReadonlyMap<string, Watched>): Promise<void>;
}

/** For an observer that shares its watches with nobody: they end with the process. */
class OwnWatches implements WatchStore {
  readonly #kept = new Map<string, Map<string, Watched>>();

  load(account: string): Promise<ReadonlyMap<string, Watched>> {
    return Promise.resolve(this.#kept.get(account) ?? new Map());
  }

  loadOne(account: string, instanceId: string): Promise<Watched | null> {
    return Promise.resolve(this.#kept.get(account)?.get(instanceId) ?? null);
  }

  save(account: string, watches: ReadonlyMap<string, Watched>): Promise<void> {
    const kept = this.#kept.get(account) ?? new Map<string, Watched>();
    this.#kept.set(account, kept);
    for (const [id, watched] of watches) kept.set(id, watched);
    return Promise.resolve();
  }
}

/** What is told of every reading, as it comes in. `tookMs`: real ms; `null` for one that an instance sent by itself. */
export interface ReadingNews {
  readonly account: string;
  readonly reading: ProbeReading;
  readonly tookMs: number | null;
}

/** Asks the probes, remembers their readings and says what they mean. */
export class ActivityObserver {
  readonly #rules: readonly ActivityRule[];
  readonly #store: ReadingStore;
  readonly #watches: WatchStore;
  readonly #clock: Clock;
  readonly #onReading: (news: ReadingNews) => void;

  constructor(options: {
    readonly rules: readonly ActivityRule[];
    readonly store: ReadingStore;
    readonly watches?: WatchStore;
    readonly clock: Clock;
    readonly onReading: (news: ReadingNews) => void;
  }) {
    this.#rules = options.rules;
    this.#store = options.store;
    this.#watches = options.watches ?? new OwnWatches();
    this.#clock = options.clock;
    this.#onReading = options.onReading;
  }

  /** The shortest round of any rule with something to go and look at, in ms; `null`: there is none. */
  get everyMs(): number | null {
    const rounds = this.#rules
      .filter((rule) => rule.probes.some(({ probe }) => probe.kind === 'pull'))
      .map((rule) => rule.everyMs);
    return rounds.length === 0 ? null : Math.min(...rounds);
  }

  /** How often an instance is looked at, ms; `null`: no rule covers it. */
  everyMsOf(instance: Instance, labels: Labels): number | null {
    const rule = this.#rule(instance, labels);
    return rule === undefined ? null : rhythmOf(rule).everyMs;
  }

  /** One round over an account: probes every running instance whose reading has had its time. */
  async observe(snapshot: Snapshot, labels: (instance: Instance) => Labels, signal: AbortSignal): Promise<void> {
    const { account } = snapshot;
    const known = await this.#store.load(account);
    const now = this.#clock.now();
    const due: { readonly round: Round; readonly probe: Probe; readonly previous: ProbeReading | undefined }[] = [];
    const rounds: Round[] = [];
    for (const tracked of snapshot.instances) {
      const { instance } = tracked;
      if (!isUp(instance.status)) continue;
      const rule = this.#rule(instance, labels(instance));
      if (rule === undefined) continue;
      const readings = known.get(instance.id) ?? [];
      const round: Round = { tracked, rule, readings: new Map(readings.map((each) => [each.probe, each])), left: 0 };
      for (const { probe } of rule.probes) {
        if (probe.kind === 'push') continue;
        const previous = round.readings.get(probe.name);
        if (previous === undefined || isDue(previous, now, rule.everyMs)) due.push({ round, probe, previous });
      }
    }
    for (const { round } of due) {
      if (round.left === 0) rounds.push(round);
      round.left += 1;
    }
    if (rounds.length === 0) return;
    const before = await this.#watches.load(account);
    const after = new Map<string, Watched>();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let job = due[next++]; job !== undefined; job = due[next++]) {
        signal.throwIfAborted();
        const { round, probe, previous } = job;
        const { instance } = round.tracked;
        round.readings.set(probe.name, await this.#pull(instance, probe, previous, signal));
        round.left -= 1;
        if (round.left > 0) continue;
        const watched = this.#watch(round.rule, [...round.readings.values()], before.get(instance.id) ?? null);
        if (watched !== null) after.set(instance.id, watched);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, due.length) }, worker));
    } finally {
      // A round that is cut short has seen what it has seen.
      if (after.size > 0) await this.#watches.save(account, after);
    }
  }

  /** What is known of every instance of a snapshot. Absent: no rule covers it. */
  async activities(
    snapshot: Snapshot,
    labels: (instance: Instance) => Labels,
    now: number,
  ): Promise<ReadonlyMap<InstanceKey, Activity>> {
    const judged = await this.judged(snapshot, labels, now);
    const result = new Map<InstanceKey, Activity>();
    for (const [place, { instance }] of snapshot.instances.entries()) {
      const activity = judged[place] ?? null;
      if (activity !== null) result.set(instanceKey(instance), activity);
    }
    return result;
  }

  /** The same in the order of the snapshot, for whoever goes through all of it. `null`: no rule covers that one. */
  async judged(
    snapshot: Snapshot,
    labels: (instance: Instance) => Labels,
    now: number,
  ): Promise<readonly (Activity | null)[]> {
    if (this.#rules.length === 0) return snapshot.instances.map(() => null);
    const [known, watches] = await Promise.all([
      this.#store.load(snapshot.account),
      this.#watches.load(snapshot.account),
    ]);
    const judged: (Activity | null)[] = [];
    for (const tracked of snapshot.instances) {
      const { instance } = tracked;
      const rule = this.#rule(instance, labels(instance));
      const readings = known.get(instance.id) ?? [];
      const watched = watches.get(instance.id) ?? null;
      judged.push(rule === undefined ? null : this.#judge(tracked, rule, readings, watched, now));
      if (judged.length % JUDGED_AT_ONCE === 0) await nextTurn();
    }
    return judged;
  }

  /** The last look before an act: goes to the instance now. `null`: no rule covers it. */
  async look(tracked: Tracked, labels: Labels, signal: AbortSignal): Promise<Activity | null> {
    const { instance } = tracked;
    const rule = this.#rule(instance, labels);
    if (rule === undefined) return null;
    const known = await this.#store.loadOne(instance.account, instance.id);
    const seen = new Map<string, ProbeReading>();
    if (isUp(instance.status)) {
      const pulled = await Promise.all(
        rule.probes
          .filter(({ probe }) => probe.kind === 'pull')
          .map(({ probe }) =>
            this.#pull(
              instance,
              probe,
              known.find((reading) => reading.probe === probe.name),
              signal,
            ),
          ),
      );
      for (const reading of pulled) if (reading.verdict === 'active') seen.set(reading.probe, reading);
    }
    // Another replica may have stored a later reading meanwhile: what was seen at work here was at work all the same.
    const stored = await this.#store.loadOne(instance.account, instance.id);
    const readings = stored.map((reading) => seen.get(reading.probe) ?? reading);
    const watched = await this.#watchOne(instance, rule, readings);
    return this.#judge(tracked, rule, readings, watched, this.#clock.now());
  }

  /**
   * Goes to the instance once by each probe that goes there, and keeps nothing of it: for whoever wants to know whether these
   * can be reached. `null`: no rule covers it.
   */
  async ask(instance: Instance, labels: Labels, signal: AbortSignal): Promise<readonly ProbeReading[] | null> {
    const rule = this.#rule(instance, labels);
    if (rule === undefined) return null;
    const pulled = rule.probes.filter(({ probe }) => probe.kind === 'pull');
    return await Promise.all(pulled.map(({ probe }) => probe.read(instance, signal)));
  }

  /**
   * Takes a report that an instance sent by itself, made into a reading with the one before it at hand. `false`: no rule
   * with that probe covers it.
   */
  async report(
    instance: Instance,
    labels: Labels,
    made: (previous: ProbeReading | undefined) => ProbeReading,
  ): Promise<boolean> {
    const rule = this.#rule(instance, labels);
    const probe = rule?.probes.find((each) => each.probe.kind === 'push')?.probe;
    if (rule === undefined || probe === undefined) return false;
    const { account, id } = instance;
    const known = await this.#store.loadOne(account, id);
    const previous = known.find((each) => each.probe === probe.name);
    const kept = await this.#keep(account, id, previous, made(previous), null);
    await this.#watchOne(instance, rule, [...known.filter((each) => each !== previous), kept]);
    return true;
  }

  async #pull(
    instance: Instance,
    probe: Probe,
    previous: ProbeReading | undefined,
    signal: AbortSignal,
  ): Promise<ProbeReading> {
    const began = this.#clock.monotonic();
    const reading = await probe.read(instance, signal, previous);
    return await this.#keep(
      instance.account,
      instance.id,
      previous,
      reading,
      this.#clock.toReal(this.#clock.monotonic() - began),
    );
  }

  async #keep(
    account: string,
    instanceId: string,
    previous: ProbeReading | undefined,
    reading: ProbeReading,
    tookMs: number | null,
  ): Promise<ProbeReading> {
    this.#onReading({ account, reading, tookMs });
    const kept = remember(previous, reading);
    await this.#store.save(account, instanceId, kept);
    return kept;
  }

  /** `null`: nobody could tell, now or before. */
  #watch(rule: ActivityRule, readings: readonly ProbeReading[], before: Watched | null): Watched | null {
    const now = this.#clock.now();
    return canTell(believed(rule, readings, now), now) ? watchOn(before, now, rhythmOf(rule)) : before;
  }

  async #watchOne(instance: Instance, rule: ActivityRule, readings: readonly ProbeReading[]): Promise<Watched | null> {
    const { account, id } = instance;
    const before = await this.#watches.loadOne(account, id);
    if (!isUp(instance.status)) return before;
    const watched = this.#watch(rule, readings, before);
    if (watched !== null && watched !== before) await this.#watches.save(account, new Map([[id, watched]]));
    return watched;
  }

  #judge(
    tracked: Tracked,
    rule: ActivityRule,
    readings: readonly ProbeReading[],
    watched: Watched | null,
    now: number,
  ): Activity {
    const { presenceMs = DEFAULT_PRESENCE_MS } = rule;
    return judge(tracked, believed(rule, readings, now), now, { presenceMs, watched });
  }

  #rule(instance: Instance, labels: Labels): ActivityRule | undefined {
    return this.#rules.findLast((rule) => rule.covers(instance, labels));
  }
}

/** Has the last reading had its time? One from farther ahead than clocks differ is of a clock that has been set back since. */
function isDue(previous: ProbeReading, now: number, everyMs: number): boolean {
  return now - previous.at >= everyMs * EARLY || previous.at > now + CLOCK_SLACK_MS;
}

/** One instance in a round, until all of its probes have answered. */
interface Round {
  readonly tracked: Tracked;
  readonly rule: ActivityRule;
  readonly readings: Map<string, ProbeReading>;
  left: number;
}

/** One reading for each probe of a rule, as far as it is believed. */
function believed(rule: ActivityRule, readings: readonly ProbeReading[], now: number): readonly ProbeReading[] {
  return rule.probes.map(({ probe, staleAfterMs }): ProbeReading => {
    const reading = readings.find((candidate) => candidate.probe === probe.name);
    if (reading !== undefined) return unlessStale(reading, believedMs(rule, { staleAfterMs }), now);
    return {
      probe: probe.name,
      at: now,
      verdict: 'unknown',
      reason: 'no-reading',
      lastActiveAt: null,
      judges: 'work',
      evidence: { kind: 'no-reading-yet' },
    };
  });
}

/** For how long a reading is believed. */
function believedMs(rule: ActivityRule, entry: { readonly staleAfterMs: number | null }): number {
  return entry.staleAfterMs ?? rule.everyMs * ROUNDS_BELIEVED;
}

/** Instances that report by themselves are as often heard of as makes three reports in the time that one is believed. */
function rhythmOf(rule: ActivityRule): Rhythm {
  const isPulled = rule.probes.some(({ probe }) => probe.kind === 'pull');
  const longest = Math.max(rule.everyMs, ...rule.probes.map((entry) => believedMs(rule, entry) / ROUNDS_BELIEVED));
  const everyMs = isPulled ? rule.everyMs : longest;
  return { everyMs, longestHoleMs: everyMs * ROUNDS_MISSED };
}
