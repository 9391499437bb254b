import type { Price } from '../fleet/account.ts';
import type { Action } from '../fleet/action.ts';
import type { PrepaidUnit } from '../fleet/action-call.ts';
import { type InstanceKey, instanceKey } from '../fleet/instance.ts';
import { isProtected, type Labels } from '../fleet/label.ts';
import type { Fen } from '../fleet/money.ts';
import type { ProviderKind } from '../fleet/provider-kind.ts';
import type { Balance, Tracked } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';
import type { Policy } from '../policy/policy.ts';
import { type BalanceSample, burnOf, LOOK_BACK_MS } from './burn.ts';
import { UNIT_MS } from './done-at-once.ts';
import { configuredPrice, hourlyPriceFen, stoppedPriceFen } from './price.ts';
import { renewalsBy } from './renewal-due.ts';
import { type CalendarPlan, calendarPlans, type Herd, movesOf, type Outlook } from './runway-schedule.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
/** So far the calendar is followed; beyond, the last week of it goes on. */
const HORIZON_MS = 2 * WEEK_MS;
/** What lasts for longer at the present rate is not going to end: by then the fleet is another. */
const LONGEST_MS = 10 * 365 * 24 * HOUR_MS;
/** Money goes by the hour: what was read within the quarter of one is known, however often an account is read. */
const KNOWN_FOR_MS = 15 * 60_000;

/** What a runway is told from. Times epoch ms. */
export interface RunwayInput {
  readonly account: { readonly name: string; readonly provider: ProviderKind; readonly allowed: ReadonlySet<Action> };
  readonly balance: Balance | null;
  /** As the balance went, in no order. */
  readonly balances: readonly BalanceSample[];
  readonly instances: readonly { readonly tracked: Tracked; readonly labels: Labels }[];
  readonly prices: ReadonlyMap<string, Price>;
  readonly policies: readonly Policy[];
  /** Until when an instance is held. */
  readonly heldUntil: (key: InstanceKey) => number | null;
  /** Nothing is done at all until somebody says so: paused, frozen, or the credentials are refused. */
  readonly paused: boolean;
  readonly now: number;
  /** For how long a listing of the account is believed; a balance at least a quarter of an hour. */
  readonly believedMs: number;
}

/**
 * How long the cash lasts from when it was read, ms; `null` among the times: at this rate it does not end. Which of them
 * is which: see `Outlook`; the pessimistic one is the shortest. `stale-balance`: it was read too long ago; `no-burn`: nobody
 * can tell what is burnt, since a price is missing and the balance has not been watched for long enough.
 */
export type Runway =
  | {
      readonly kind: 'unknown';
      readonly why: 'no-balance' | 'stale-balance' | 'no-burn';
      /** With `no-burn`: the products of which a price is missing. */
      readonly unpriced: readonly string[];
    }
  | {
      readonly kind: 'known';
      readonly pessimisticMs: number | null;
      readonly expectedMs: number | null;
      readonly optimisticMs: number | null;
      /** How much it takes to last so long, by what is expected. */
      fenFor(ms: number): number;
    };

/**
 * How long an account's cash lasts: less what runs and what stopped machines cost, with what the enforced policies will
 * stop and start by the calendar, less the renewals they will make. A pure function of what was read, so that whoever reads
 * the same tells the same.
 */
export function runwayOf(input: RunwayInput): Runway {
  const { now, believedMs } = input;
  // Of a single read that failed the one before it is as good.
  const balance = input.balance ?? latest(input.balances);
  if (balance === null) return { kind: 'unknown', why: 'no-balance', unpriced: [] };
  // One from the future was read before the clock was set back.
  if (Math.abs(now - balance.at) > Math.max(KNOWN_FOR_MS, believedMs))
    return { kind: 'unknown', why: 'stale-balance', unpriced: [] };
  const fleet = fleetOf(input, balance.at);
  const spending = (outlook: Outlook) => new Spending(fleet, outlook, balance.at);
  const expected = spending('expected');
  const expectedMs = expected.lasts(balance.cashFen);
  // What is gone before then is gone whatever that costs.
  const later = fleet.unpriced.filter(({ from }) => expectedMs === null || from < balance.at + expectedMs);
  if (later.length > 0) return { kind: 'unknown', why: 'no-burn', unpriced: productsOf(later) };
  const optimisticMs = spending('optimistic').lasts(balance.cashFen);
  return {
    kind: 'known',
    pessimisticMs: spending('pessimistic').lasts(balance.cashFen),
    expectedMs,
    // Of two policies that want opposite things at one time the slower one wins, and that may be the dearer one.
    optimisticMs: expectedMs === null || optimisticMs === null ? null : Math.max(expectedMs, optimisticMs),
    fenFor: (ms) => expected.spentBy(ms),
  };
}

function latest(samples: readonly BalanceSample[]): { readonly cashFen: Fen; readonly at: number } | null {
  const last = samples.reduce<BalanceSample | null>(
    (one, each) => (one === null || each.at > one.at ? each : one),
    null,
  );
  return last === null ? null : { cashFen: last.fen, at: last.at };
}

/** Machines that cost the same and are led by the same plans, with what they cost an hour up and down. */
interface PricedHerd extends Herd {
  readonly upFen: number;
  readonly downFen: number;
}

interface Bill {
  readonly at: number;
  readonly fen: Fen;
  /** It comes again. */
  readonly everyMs: number;
  /** `false`: no policy pays it, so only the pessimist does. */
  readonly isSure: boolean;
}

interface Fleet {
  readonly herds: readonly PricedHerd[];
  readonly size: number;
  /** Fen an hour that the prices do not explain. */
  readonly otherFen: number;
  readonly bills: readonly Bill[];
  /** What will cost something that nobody knows. */
  readonly unpriced: readonly Unpriced[];
}

/** A product of which a price is missing, and from when on that matters, epoch ms. */
interface Unpriced {
  readonly product: string;
  readonly from: number;
}

function productsOf(unpriced: readonly Unpriced[]): readonly string[] {
  const products = new Set(unpriced.map(({ product }) => product));
  products.delete('');
  return [...products].sort();
}

function fleetOf(input: RunwayInput, at: number): Fleet {
  const { account, instances, prices, policies, paused, heldUntil, balances } = input;
  const plans = paused ? [] : calendarPlans(policies, account, at, at + HORIZON_MS);
  const measured = burnOf(balances, at);
  const oldestAt = balances.reduce((oldest, sample) => Math.min(oldest, sample.at), at);
  const lookBackMs = Math.min(LOOK_BACK_MS, at - oldestAt);
  const herds = new Map<string, PricedHerd>();
  const { bills, unpriced: unpaid } = billsOf(input, at);
  const unpriced = [...unpaid];
  let explainedFen = 0;
  for (const { tracked, labels } of instances) {
    const { instance, stopMode, statusSince } = tracked;
    if (instance.billing === 'daily' || instance.billing === 'monthly' || instance.status === 'destroyed') continue;
    // One whose status nobody can read may well run.
    const up = isUp(instance.status) || instance.status === 'unknown';
    const mine = plans.filter((plan) => plan.matches(instance, labels));
    const held = heldUntil(instanceKey(instance)) ?? Number.NEGATIVE_INFINITY;
    const led = isProtected(labels) ? mine.filter(({ to }) => to === 'start') : mine;
    const herd = { count: 1, isUp: up, stoppedBy: tracked.stoppedBy, since: statusSince, plans: led, heldUntil: held };
    const hourlyFen = hourlyPriceFen(instance, prices);
    if (hourlyFen === null) {
      const product = instance.gpuType;
      // What is up is in what the balance loses, if that is known; what is down, and stays so, costs nothing that is known.
      const [first] = up ? [] : movesOf(herd, 'expected', at, at + HORIZON_MS, instances.length);
      if (up && measured === null) unpriced.push({ product, from: at });
      else if (first !== undefined) unpriced.push({ product, from: first.at });
      continue;
    }
    const downFen = Math.min(hourlyFen, stoppedPriceFen(instance, prices, stopMode) ?? 0);
    const since = up ? (tracked.upSince ?? statusSince) : statusSince;
    const share = lookBackMs <= 0 ? 1 : Math.min(1, Math.max(0, at - since) / lookBackMs);
    // Of the time before its last change it is taken to have been as it is not now.
    explainedFen += up ? hourlyFen * share + downFen * (1 - share) : downFen * share + hourlyFen * (1 - share);
    const story = up ? '' : storyOf(tracked, led);
    const key = [up, hourlyFen, downFen, held, story, ...led.map(({ policy }) => policy)].join('|');
    const known = herds.get(key);
    if (known !== undefined) herds.set(key, { ...known, count: known.count + 1 });
    else herds.set(key, { ...herd, upFen: hourlyFen, downFen });
  }
  const otherFen = Math.max(0, (measured ?? 0) - explainedFen);
  return { herds: [...herds.values()], size: instances.length, otherFen, bills, unpriced };
}

/** Who stopped it and when matters only to what is to start it afterwards: the same for all with the same story. */
function storyOf({ stoppedBy, statusSince }: Tracked, led: readonly CalendarPlan[]): string {
  if (stoppedBy === null) return '';
  const after = led.filter(({ isStartedAfter }) => isStartedAfter);
  return after.length === 0
    ? ''
    : `${stoppedBy},${after.map(({ spans: [first] }) => (first !== undefined && statusSince >= first.beginsAt ? 1 : 0)).join('')}`;
}

/**
 * What falls due for machines that are paid ahead. `unpriced`: what a policy will renew and nobody knows the price of; of one
 * that no policy renews without a price it is left out.
 */
function billsOf(
  { instances, prices, policies }: RunwayInput,
  at: number,
): { readonly bills: readonly Bill[]; readonly unpriced: readonly Unpriced[] } {
  const renewals = renewalsBy(policies.filter(({ mode }) => mode === 'enforce'));
  const bills: Bill[] = [];
  const unpriced: Unpriced[] = [];
  for (const { tracked, labels } of instances) {
    const { billing, expiresAt, status } = tracked.instance;
    if ((billing !== 'daily' && billing !== 'monthly') || expiresAt === null) continue;
    // What is over is renewed by nobody.
    if (status === 'destroyed' || expiresAt <= at) continue;
    const price = configuredPrice(tracked.instance, prices);
    const unitFen = billing === 'daily' ? (price?.dailyFen ?? null) : (price?.monthlyFen ?? null);
    const [first] = [...renewals(tracked.instance, () => labels)].sort((a, b) => a.dueAt - b.dueAt);
    const dueAt = Math.max(at, first?.dueAt ?? expiresAt);
    if (unitFen === null) {
      if (first !== undefined && dueAt < at + HORIZON_MS)
        unpriced.push({ product: tracked.instance.gpuType, from: dueAt });
      continue;
    }
    const periods = periodsOf(
      policies.find(({ name }) => name === first?.policy),
      billing,
    );
    bills.push({ at: dueAt, fen: unitFen * periods, everyMs: UNIT_MS[billing] * periods, isSure: first !== undefined });
  }
  return { bills, unpriced };
}

/** How much of its time a policy buys at once; one unit where none does. */
function periodsOf(policy: Policy | undefined, billing: PrepaidUnit): number {
  const renew = policy?.steps.find(({ kind }) => kind === 'renew');
  return (renew?.kind === 'renew' ? renew.periods[billing] : null) ?? 1;
}

/** What changes at one time: fen an hour, and fen at once. */
interface Change {
  readonly rate: number;
  readonly fen: number;
}

const NO_CHANGE: Change = { rate: 0, fen: 0 };

/** What is spent from some time on in one outlook. */
class Spending {
  readonly #from: number;
  /** Fen an hour at first, and how that changes, by time. */
  readonly #rate: number;
  readonly #steps: readonly (Change & { readonly at: number })[];
  /** Fen an hour beyond the horizon. */
  readonly #rateAfter: number;

  constructor({ herds, size, otherFen, bills }: Fleet, outlook: Outlook, from: number) {
    const until = from + HORIZON_MS;
    // By time: machines of many kinds go up and down together.
    const steps = new Map<number, Change>();
    const note = (at: number, more: Change) => {
      const { rate: before, fen } = steps.get(at) ?? NO_CHANGE;
      steps.set(at, { rate: before + more.rate, fen: fen + more.fen });
    };
    let rate = otherFen;
    for (const herd of herds) {
      const spread = herd.count * (herd.upFen - herd.downFen);
      rate += herd.count * (herd.isUp ? herd.upFen : herd.downFen);
      for (const { at, up } of movesOf(herd, outlook, from, until, size)) {
        note(at, { rate: up ? spread : -spread, fen: 0 });
      }
    }
    const due = bills.filter(({ isSure }) => isSure || outlook === 'pessimistic');
    let billsRate = 0;
    for (const { at, fen, everyMs } of due) {
      billsRate += (fen / everyMs) * HOUR_MS;
      for (let next = at; next < until; next += everyMs) note(next, { rate: 0, fen });
    }
    this.#from = from;
    this.#rate = rate;
    this.#steps = [...steps].map(([at, change]) => ({ at, ...change })).sort((a, b) => a.at - b.at);
    this.#rateAfter = 0;
    const lastWeek = this.#spent(until, false) - this.#spent(until - WEEK_MS, false);
    this.#rateAfter = (lastWeek / WEEK_MS) * HOUR_MS + billsRate;
  }

  /** How long so much lasts, ms; `null`: for ever, as far as anybody can see. */
  lasts(fen: number): number | null {
    const ms = this.#lasts(fen);
    return ms === null || ms > LONGEST_MS ? null : ms;
  }

  #lasts(fen: number): number | null {
    let left = fen;
    let at = this.#from;
    let rate = this.#rate;
    if (left <= 0) return 0;
    for (const step of [...this.#steps, { at: this.#from + HORIZON_MS, rate: 0, fen: 0 }]) {
      const spent = (rate * (step.at - at)) / HOUR_MS;
      if (spent >= left) return at + (left / rate) * HOUR_MS - this.#from;
      left -= spent + step.fen;
      at = step.at;
      rate += step.rate;
      if (left <= 0) return at - this.#from;
    }
    return this.#rateAfter > 0 ? HORIZON_MS + (left / this.#rateAfter) * HOUR_MS : null;
  }

  spentBy(ms: number): number {
    const beyondMs = Math.max(0, ms - HORIZON_MS);
    return this.#spent(this.#from + ms - beyondMs, true) + (this.#rateAfter * beyondMs) / HOUR_MS;
  }

  #spent(until: number, withBills: boolean): number {
    let sum = 0;
    let at = this.#from;
    let rate = this.#rate;
    for (const step of this.#steps) {
      if (step.at >= until) break;
      sum += (rate * (step.at - at)) / HOUR_MS + (withBills ? step.fen : 0);
      at = step.at;
      rate += step.rate;
    }
    return sum + (rate * (until - at)) / HOUR_MS;
  }
}
