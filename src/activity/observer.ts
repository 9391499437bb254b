import type { Activity, ProbeReading } from '../fleet/activity.ts';
import type { Clock } from '../fleet/clock.ts';
import { type Instance, type InstanceKey, instanceKey } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';
import type { Probe } from './probe.ts';
import { judge, remember, unlessStale } from './verdict.ts';

/** How many instances are probed at once: a dead host then costs only its own time limit. */
const AT_ONCE = 100;
/** A pulled reading is believed for this many rounds; one late round is weather, three are a blind probe. */
const ROUNDS_BELIEVED = 3;
/** A round that comes a little early (timers are hints) is still a round. */
const EARLY = 0.8;

/** Which probes judge which instances. The last rule that covers an instance holds. */
export interface ActivityRule {
  covers(instance: Instance, labels: Labels): boolean;
  readonly everyMs: number;
  readonly probes: readonly { readonly probe: Probe; readonly staleAfterMs: number | null }[];
}

/** Where readings are kept between rounds and shared between replicas. */
export interface ReadingStore {
  load(account: string): Promise<ReadonlyMap<string, readonly ProbeReading[]>>;
  loadOne(account: string, instanceId: string): Promise<readonly ProbeReading[]>;
  save(account: string, instanceId: string, reading: ProbeReading): Promise<void>;
}

/** Asks the probes, remembers their readings and says what they mean. */
export class ActivityObserver {
  readonly #rules: readonly ActivityRule[];
  readonly #store: ReadingStore;
  readonly #clock: Clock;
  readonly #onReading: (reading: ProbeReading) => void;

  constructor(options: {
    readonly rules: readonly ActivityRule[];
    readonly store: ReadingStore;
    readonly clock: Clock;
    readonly onReading: (reading: ProbeReading) => void;
  }) {
    this.#rules = options.rules;
    this.#store = options.store;
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

  /** One round over an account: probes every running instance whose reading has had its time. */
  async observe(snapshot: Snapshot, labels: (instance: Instance) => Labels, signal: AbortSignal): Promise<void> {
    const known = await this.#store.load(snapshot.account);
    const now = this.#clock.now();
    const due: {
      readonly instance: Instance;
      readonly probe: Probe;
      readonly previous: ProbeReading | undefined;
      readonly believed: number;
    }[] = [];
    for (const { instance } of snapshot.instances) {
      if (!isUp(instance.status)) continue;
      const rule = this.#rule(instance, labels(instance));
      if (rule === undefined) continue;
      for (const entry of rule.probes) {
        const { probe } = entry;
        if (probe.kind === 'push') continue;
        const previous = known.get(instance.id)?.find((reading) => reading.probe === probe.name);
        if (previous === undefined || now - previous.at >= rule.everyMs * EARLY)
          due.push({ instance, probe, previous, believed: believedMs(rule, entry) });
      }
    }
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let job = due[next++]; job !== undefined; job = due[next++]) {
        signal.throwIfAborted();
        await this.#pull(job.instance, job.probe, job.previous, job.believed, signal);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, due.length) }, worker));
  }

  /** What is known of every instance of a snapshot. Absent: no rule covers it. */
  async activities(
    snapshot: Snapshot,
    labels: (instance: Instance) => Labels,
    now: number,
  ): Promise<ReadonlyMap<InstanceKey, Activity>> {
    const result = new Map<InstanceKey, Activity>();
    if (this.#rules.length === 0) return result;
    const known = await this.#store.load(snapshot.account);
    for (const tracked of snapshot.instances) {
      const rule = this.#rule(tracked.instance, labels(tracked.instance));
      if (rule === undefined) continue;
      result.set(instanceKey(tracked.instance), this.#judge(tracked, rule, known.get(tracked.instance.id) ?? [], now));
    }
    return result;
  }

  /** The last look before an act: goes to the instance now. `null`: no rule covers it. */
  async look(tracked: Tracked, labels: Labels, signal: AbortSignal): Promise<Activity | null> {
    const { instance } = tracked;
    const rule = this.#rule(instance, labels);
    if (rule === undefined) return null;
    const known = await this.#store.loadOne(instance.account, instance.id);
    if (isUp(instance.status)) {
      await Promise.all(
        rule.probes
          .filter(({ probe }) => probe.kind === 'pull')
          .map((entry) =>
            this.#pull(
              instance,
              entry.probe,
              known.find((reading) => reading.probe === entry.probe.name),
              believedMs(rule, entry),
              signal,
            ),
          ),
      );
    }
    return this.#judge(tracked, rule, await this.#store.loadOne(instance.account, instance.id), this.#clock.now());
  }

  /** Takes a report that an instance sent by itself. `false`: no rule with that probe covers it. */
  async report(instance: Instance, labels: Labels, reading: ProbeReading): Promise<boolean> {
    const rule = this.#rule(instance, labels);
    const entry = rule?.probes.find(({ probe }) => probe.name === reading.probe);
    if (rule === undefined || entry === undefined) return false;
    const known = await this.#store.loadOne(instance.account, instance.id);
    const previous = known.find(({ probe }) => probe === reading.probe);
    await this.#keep(instance.account, instance.id, previous, reading, believedMs(rule, entry));
    return true;
  }

  async #pull(
    instance: Instance,
    probe: Probe,
    previous: ProbeReading | undefined,
    believedMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#keep(instance.account, instance.id, previous, await probe.read(instance, signal, previous), believedMs);
  }

  async #keep(
    account: string,
    instanceId: string,
    previous: ProbeReading | undefined,
    reading: ProbeReading,
    believedMs: number,
  ): Promise<void> {
    this.#onReading(reading);
    await this.#store.save(account, instanceId, remember(previous, reading, believedMs));
  }

  #judge(tracked: Tracked, rule: ActivityRule, readings: readonly ProbeReading[], now: number): Activity {
    const believed = rule.probes.map(({ probe, staleAfterMs }): ProbeReading => {
      const reading = readings.find((candidate) => candidate.probe === probe.name);
      if (reading === undefined) {
        return {
          probe: probe.name,
          at: now,
          verdict: 'unknown',
          reason: 'no-reading',
          lastActiveAt: null,
          judges: 'work',
          evidence: 'no reading yet',
        };
      }
      return unlessStale(reading, believedMs(rule, { staleAfterMs }), now);
    });
    return judge(tracked, believed, now);
  }

  #rule(instance: Instance, labels: Labels): ActivityRule | undefined {
    return this.#rules.findLast((rule) => rule.covers(instance, labels));
  }
}

/** For how long a reading is believed. */
function believedMs(rule: ActivityRule, entry: { readonly staleAfterMs: number | null }): number {
  return entry.staleAfterMs ?? rule.everyMs * ROUNDS_BELIEVED;
}
