import { localDay, type Zone } from '../../calendar/zone.ts';
import type { CloudAct, Evaluation, Tidy } from '../../decide/decision.ts';
import { doneAtOnce } from '../../decide/done-at-once.ts';
import { ForecastHistory } from '../../decide/forecast-history.ts';
import { ROLLING_MS } from '../../decide/pass.ts';
import type { AccountView, History, InstanceView } from '../../decide/world.ts';
import { interrupts } from '../../fleet/action.ts';
import type { Activity } from '../../fleet/activity.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { InstanceKey } from '../../fleet/instance.ts';
import type { Fen } from '../../fleet/money.ts';
import type { Tracked } from '../../fleet/snapshot.ts';
import { isUp } from '../../fleet/status.ts';
import type { PassFacts } from '../../work/facts.ts';
import { LedPurse } from './led-purse.ts';

/** How a machine is otherwise than it was: these policies did something to it, or those of the time did and these do not. */
interface Led {
  view: InstanceView;
  /** `down`: only these policies have stopped it. `up`: only those of the time had. `as-it-was`: but since when it is up. */
  kind: 'down' | 'up' | 'as-it-was';
  readonly since: number;
  /** What it was at before it was stopped. */
  readonly before: Activity | null;
}

/** What became of a stop that was not made at the time. */
export interface LedStop {
  readonly at: number;
  readonly instance: InstanceKey;
  readonly policy: string;
  /** When somebody was at work there all the same; `null`: nobody was. */
  missedAt: number | null;
}

/**
 * One account of a recording as other policies would have had it: what they decide is taken to be done at once, what the
 * policies of the time did is taken not to have been, money moves by what both cost, and everything else (people, listings,
 * top-ups, probes) is as it was recorded. Of a machine that nobody looked at, since it was down at the time, it is taken that it went on as before.
 */
export class LedAccount {
  readonly stops: LedStop[] = [];
  readonly #history: ForecastHistory;
  readonly #zone: Zone;
  readonly #led = new Map<InstanceKey, Led>();
  /** How much later than recorded something expires, ms. */
  readonly #shift = new Map<InstanceKey, number>();
  /** As they stood at the pass before. */
  #recorded: ReadonlyMap<InstanceKey, InstanceView> = new Map();
  /** Machines that the policies of the time have renewed, until it shows, and for how much. */
  readonly #renewedThen = new Map<InstanceKey, Fen>();
  readonly #purse = new LedPurse();
  #interruptedAt: number[] = [];
  #paid: { day: string; calls: number; fen: number };
  #now: number;

  /** @param history what was done before the account's first pass */
  constructor(history: History, account: AccountView, { now, zone }: { readonly now: number; readonly zone: Zone }) {
    this.#zone = zone;
    this.#now = now;
    this.#history = new ForecastHistory(history, [account.name], now);
    this.#interruptedAt = [...account.interruptedAt];
    const { callsToday = 0, spentTodayFen = 0 } = account.spend ?? {};
    this.#paid = { day: localDay(now, zone), calls: callsToday, fen: spentTodayFen };
  }

  /** What a pass would have known. */
  at(facts: PassFacts, recorded: AccountView): PassFacts {
    const { now } = facts;
    this.#now = now;
    this.#history.moveTo(now);
    const day = localDay(now, this.#zone);
    if (this.#paid.day !== day) this.#paid = { day, calls: 0, fen: 0 };
    this.#interruptedAt = this.#interruptedAt.filter((at) => at > now - ROLLING_MS);
    const instances = recorded.instances.map((view) => this.#follow(view));
    this.#recorded = new Map(recorded.instances.map((view) => [view.key, view]));
    this.#purse.moveTo(now);
    return {
      ...facts,
      instances,
      ...this.#purse.of(facts),
      interruptedAt: [...this.#interruptedAt],
      spent: { calls: this.#paid.calls, fen: this.#paid.fen },
      history: this.#historyIn(facts.history),
    };
  }

  /** What an account has more than it had then, since the pass before; fen, not rounded. */
  saved(fen: number): void {
    this.#purse.add(fen);
  }

  /** What these policies have decided is done. */
  carryOut(evaluation: Evaluation, account: AccountView): void {
    for (const tidy of evaluation.tidy) this.#tidied(tidy);
    for (const { notice } of evaluation.announcements)
      this.#history.putNotice({ ...notice, delivered: true, deliveredAt: notice.announcedAt });
    for (const act of evaluation.acts) {
      if (act.kind === 'operation') this.#act(act, account);
      else {
        const { policy, view, occurrence, step, event } = act;
        this.#acted({ policy, target: view?.key ?? account.name, account: account.name, occurrence, step });
        if (event === 'balance.low') this.#history.setLow(policy, account.name, occurrence);
      }
    }
  }

  /** Machines of a pass as they stand now that everything is done. */
  standing(instances: readonly InstanceView[]): readonly InstanceView[] {
    return instances.map((view) => this.#led.get(view.key)?.view ?? view);
  }

  /** What the policies of the time had renewed just then. */
  renewedThen(instance: InstanceKey, costFen: Fen | null): void {
    this.#renewedThen.set(instance, costFen ?? 0);
  }

  /** A machine from the pass before to this one. */
  #follow(recorded: InstanceView): InstanceView {
    const { key } = recorded;
    const before = this.#recorded.get(key);
    this.#followExpiry(recorded, before);
    const led = this.#led.get(key) ?? this.#keptUp(recorded, before);
    if (led === null) return this.#shifted(recorded);
    const next = this.#next(led, recorded, before);
    if (next === null) this.#led.delete(key);
    else this.#led.set(key, next);
    return this.#shifted(next?.view ?? recorded);
  }

  #next(led: Led, recorded: InstanceView, before: InstanceView | undefined): Led | null {
    const { tracked, activity } = recorded;
    const isUpThen = isUp(tracked.instance.status);
    const row = { ...recorded, tracked: { ...led.view.tracked, instance: rowOf(led.view.tracked, recorded) } };
    switch (led.kind) {
      case 'down': {
        const isStarted = (tracked.personStartAt ?? 0) > led.since;
        const isAtWork = isUpThen && activity?.kind === 'active' && activity.at > led.since;
        if (isStarted) return null;
        if (!isAtWork) return { ...led, view: { ...row, activity: led.view.activity } };
        // Whoever came would have found it stopped, and started it.
        const stop = this.stops.findLast(({ instance }) => instance === recorded.key);
        if (stop !== undefined) stop.missedAt ??= this.#now;
        return { ...led, kind: 'as-it-was', since: this.#now, view: broughtUp(recorded, this.#now, this.#now) };
      }
      case 'up':
        // From here on what is recorded is what would have been.
        if (isUpThen || tracked.stoppedBy === null) return null;
        return { ...led, view: { ...row, activity: goneOn(led.view.activity, this.#now) } };
      case 'as-it-was': {
        const isSame = tracked.statusSince === before?.tracked.statusSince;
        if (!isSame || !isUpThen) return null;
        const { upSince, personStartAt } = led.view.tracked;
        return { ...led, view: broughtUp(recorded, upSince ?? led.since, personStartAt) };
      }
      default:
        return assertNever(led.kind);
    }
  }

  /** The policies of the time have just stopped what these have not. */
  #keptUp(recorded: InstanceView, before: InstanceView | undefined): Led | null {
    if (before === undefined || !isUp(before.tracked.instance.status)) return null;
    const { instance, stoppedBy } = recorded.tracked;
    if (isUp(instance.status) || stoppedBy === null) return null;
    return { kind: 'up', since: this.#now, before: null, view: before };
  }

  #followExpiry(recorded: InstanceView, before: InstanceView | undefined): void {
    const { key, tracked } = recorded;
    const was = before?.tracked.instance.expiresAt ?? null;
    const is = tracked.instance.expiresAt;
    const costFen = this.#renewedThen.get(key);
    if (was === null || is === null || is <= was || costFen === undefined) return;
    this.#renewedThen.delete(key);
    this.#purse.add(costFen);
    this.#shift.set(key, (this.#shift.get(key) ?? 0) - (is - was));
  }

  #shifted(view: InstanceView): InstanceView {
    const shift = this.#shift.get(view.key) ?? 0;
    const { expiresAt } = view.tracked.instance;
    if (shift === 0 || expiresAt === null) return view;
    return {
      ...view,
      tracked: { ...view.tracked, instance: { ...view.tracked.instance, expiresAt: expiresAt + shift } },
    };
  }

  #act(act: CloudAct, account: AccountView): void {
    const { policy, view, occurrence, step, call } = act;
    const { key } = view;
    this.#acted({ policy, target: key, account: account.name, occurrence, step });
    this.#history.dropNotice({ policy, instance: key, occurrence });
    if (act.obligation !== null) this.#history.dropObligation(act.obligation);
    for (const draft of act.obligations) {
      const stopMode = act.action === 'cardless-stop' ? 'cardless' : 'normal';
      this.#history.putObligation({ ...draft, stopMode, stoppedAt: this.#now, attempts: 0, nextTryAt: 0 });
    }
    if (interrupts(act.action, account.provider)) this.#interruptedAt.push(this.#now);
    if (call.kind === 'renew' || call.kind === 'lengthen') {
      this.#paid.calls += 1;
      this.#paid.fen += act.costFen ?? 0;
      this.#purse.add(-(act.costFen ?? 0));
      this.#history.renewed(key);
    }
    const before = this.#led.get(key)?.before ?? null;
    const snapshotStops = interrupts('snapshot', account.provider);
    const after = doneAtOnce(view, call, { now: this.#now, snapshotStops, policy, before });
    const [was, is] = [view.tracked.instance.expiresAt, after.tracked.instance.expiresAt];
    if (was !== null && is !== null && is !== was) this.#shift.set(key, (this.#shift.get(key) ?? 0) + is - was);
    const wasUp = isUp(view.tracked.instance.status);
    const isUpNow = isUp(after.tracked.instance.status);
    if (wasUp && !isUpNow) {
      this.stops.push({ at: this.#now, instance: key, policy, missedAt: null });
      this.#led.set(key, { kind: 'down', since: this.#now, before: view.activity, view: after });
    } else if (isUpNow && (!wasUp || call.kind === 'restart')) {
      const recorded = this.#recorded.get(key);
      const isAsRecorded = recorded !== undefined && isUp(recorded.tracked.instance.status);
      const kind = isAsRecorded ? 'as-it-was' : 'up';
      this.#led.set(key, { kind, since: this.#now, before: null, view: after });
    }
  }

  #acted(done: Omit<Parameters<ForecastHistory['acted']>[0], 'doneAt'>): void {
    this.#history.acted({ ...done, doneAt: this.#now });
  }

  #tidied(tidy: Tidy): void {
    switch (tidy.kind) {
      case 'drop-notice':
        this.#history.dropNotice(tidy.notice);
        break;
      case 'drop-obligation':
        this.#history.dropObligation(tidy.obligation);
        break;
      case 'recovered':
        this.#history.setLow(tidy.policy, tidy.account, null);
        break;
      default:
        assertNever(tidy);
    }
  }

  /** What these policies did before; what people and the daemon did is as it was. */
  #historyIn(then: History): History {
    const led = this.#history;
    return {
      step: (policy, target, occurrence, step) => led.step(policy, target, occurrence, step),
      latestOccurrence: (policy, target) => led.latestOccurrence(policy, target),
      lastActedAt: (policy, target) => led.lastActedAt(policy, target),
      actedAt: (policy, account) => led.actedAt(policy, account),
      open: (instance) => led.open(instance),
      lastRenewedAt: (instance) => led.lastRenewedAt(instance),
      notice: (policy, instance, occurrence) => led.notice(policy, instance, occurrence),
      notices: (account) => led.notices(account),
      obligations: (account) => led.obligations(account),
      policySince: (policy) => led.policySince(policy),
      lowBalance: (policy, account) => led.lowBalance(policy, account),
      heldUntil: (instance) => then.heldUntil?.(instance) ?? null,
      restarts: (instance) => then.restarts?.(instance) ?? null,
      watchBeganAt: () => then.watchBeganAt?.() ?? null,
    };
  }
}

/** The row as it is listed now, in the state that it would be in. */
function rowOf({ instance }: Tracked, { tracked }: InstanceView): Tracked['instance'] {
  const { status, startedAt, billing } = instance;
  return { ...tracked.instance, status, startedAt, billing };
}

/** As it is recorded, but up only since then. */
function broughtUp(recorded: InstanceView, upSince: number, personStartAt: number | null): InstanceView {
  const tracked = {
    ...recorded.tracked,
    upSince,
    statusSince: upSince,
    personStartAt,
    stopMode: null,
    stoppedBy: null,
  };
  return { ...recorded, tracked };
}

/** What idles goes on idling, and is watched; what works works. */
function goneOn(activity: Activity | null, now: number): Activity | null {
  if (activity?.kind === 'idle') return { ...activity, at: now, watched: { ...activity.watched, to: now } };
  return activity?.kind === 'active' ? { ...activity, at: now } : activity;
}
