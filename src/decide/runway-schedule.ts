import type { CronTicks } from '../calendar/cron.ts';
import type { Window } from '../calendar/window.ts';
import type { Action } from '../fleet/action.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { ProviderKind } from '../fleet/provider-kind.ts';
import type { Policy } from '../policy/policy.ts';

const MINUTE_MS = 60_000;
/** As `catchUp`: what a window or tick wants is done soon after it, or else something keeps it from being done. */
const DONE_WITHIN_MS = 15 * MINUTE_MS;
/** How many interruptions of one account are let through in a minute, unless a policy has limits of its own. */
const MOST_A_MINUTE = 3;
const SHARE_A_MINUTE = 0.1;
/** More openings than these in two weeks are no schedule of machines. */
const MOST_SPANS = 500;
/** Passes come every 30 s at the longest. */
const PASSES_A_MINUTE = 2;

/** What a policy will do by the calendar, as far as that is told by the policy alone. */
export interface CalendarPlan {
  readonly policy: string;
  readonly to: 'stop' | 'start';
  /** Whom it is about, whatever its status. */
  matches(instance: Instance, labels: Labels): boolean;
  /** It goes by the calendar at all. */
  readonly isTimed: boolean;
  /** When it is time, from the present one on: a window with its end, a tick without. */
  readonly spans: readonly { readonly beginsAt: number; readonly endsAt: number }[];
  /** `false`: other conditions have to hold too, so that nobody can tell whether it will. */
  readonly isSure: boolean;
  readonly isStartedAfter: boolean;
  readonly noticeMs: number;
  /** How long the other conditions take at the least. */
  readonly waitMs: number;
  readonly limits: Policy['limits'];
}

/**
 * What enforced policies will stop and start on an account. Those that ask for money are left out: a forecast of money
 * that rested on what it will itself bring about would have no bottom.
 */
export function calendarPlans(
  policies: readonly Policy[],
  account: { readonly name: string; readonly provider: ProviderKind; readonly allowed: ReadonlySet<Action> },
  from: number,
  until: number,
): readonly CalendarPlan[] {
  return policies.flatMap((policy): readonly CalendarPlan[] => {
    const { enabled, mode, scope, match, conditions, steps, afterwards, noticeMs, limits } = policy;
    if (!enabled || mode !== 'enforce' || scope !== 'instance' || !match.account(account)) return [];
    if (conditions.some(({ kind }) => kind === 'balanceBelow' || kind === 'runwayBelow')) return [];
    const [first] = steps.map(({ kind }) => kind).filter(isMove);
    if (first === undefined || !account.allowed.has(first)) return [];
    const during = conditions.find((condition) => condition.kind === 'during');
    const cron = conditions.find((condition) => condition.kind === 'cron');
    const window = during?.kind === 'during' ? during.window : null;
    const ticks = cron?.kind === 'cron' ? cron.ticks : null;
    const isTimed = window !== null || ticks !== null;
    const others = conditions.filter(({ kind }) => kind !== 'during' && kind !== 'cron');
    const waits = others.map((condition) => ('ms' in condition ? condition.ms : 0));
    return [
      {
        policy: policy.name,
        to: first === 'start' ? 'start' : 'stop',
        matches: (instance, labels) => match.instanceWhateverStatus(instance, labels),
        isTimed,
        spans: ticks === null ? windowSpans(window, from, until) : tickSpans(ticks, window, from, until),
        isSure: others.length === 0 && isTimed,
        isStartedAfter: afterwards === 'start' && account.allowed.has('start'),
        noticeMs,
        waitMs: Math.max(0, ...waits),
        limits,
      },
    ];
  });
}

function windowSpans(window: Window | null, from: number, until: number): CalendarPlan['spans'] {
  const spans: { beginsAt: number; endsAt: number }[] = [];
  for (let state = window?.state(from); state !== undefined && spans.length < MOST_SPANS; ) {
    const beginsAt = state.inside ? state.openedAt : state.opensAt;
    if (!state.inside && (beginsAt === null || beginsAt >= until)) break;
    const open = state.inside ? state : window?.state(beginsAt ?? from);
    const endsAt = open?.inside === true ? open.closesAt : null;
    spans.push({ beginsAt: beginsAt ?? Number.NEGATIVE_INFINITY, endsAt: endsAt ?? Number.POSITIVE_INFINITY });
    if (endsAt === null || endsAt >= until) break;
    state = window?.state(endsAt);
  }
  return spans;
}

/** The last tick too: what it asks for may be under way. */
function tickSpans(ticks: CronTicks, window: Window | null, from: number, until: number): CalendarPlan['spans'] {
  const spans: { beginsAt: number; endsAt: number }[] = [];
  for (let at = ticks.previousTick(from) ?? ticks.nextTick(from); at !== null && at < until; at = ticks.nextTick(at)) {
    if (window === null || window.state(at).inside) spans.push({ beginsAt: at, endsAt: Number.POSITIVE_INFINITY });
    if (spans.length >= MOST_SPANS) break;
  }
  return spans;
}

function isMove(kind: string): kind is 'stop' | 'cardless-stop' | 'start' {
  return kind === 'stop' || kind === 'cardless-stop' || kind === 'start';
}

/** Machines that the same plans are about and that cost the same: they go up and down together. */
export interface Herd {
  readonly count: number;
  readonly isUp: boolean;
  /** Which policy stopped them, and since when they are down. */
  readonly stoppedBy: string | null;
  readonly since: number;
  readonly plans: readonly CalendarPlan[];
  /** A hold keeps them from being stopped until then. */
  readonly heldUntil: number;
}

/**
 * `pessimistic`: nothing is stopped, and whatever may be started is. `expected`: what the calendar alone decides is done;
 * what needs more is not stopped. `optimistic`: whatever may be stopped is.
 */
export type Outlook = 'pessimistic' | 'expected' | 'optimistic';

export interface Move {
  readonly at: number;
  readonly up: boolean;
}

interface Edge extends Move {
  /** When the window opened that ends with it: started is what was stopped since. */
  readonly openedAt: number | null;
  readonly policy: string;
}

/** When a herd goes up and down from `from` on, alternately; `fleet`: how many instances its account has. */
export function movesOf(herd: Herd, outlook: Outlook, from: number, until: number, fleet: number): readonly Move[] {
  const plans = herd.plans.filter((plan) => counts(plan, outlook));
  if (plans.length === 0) return [];
  const all = plans
    .flatMap((plan) => edgesOf(plan, outlook, from, delayOf(plan, outlook, herd.count, fleet)))
    .filter(({ at, up }) => up || at >= herd.heldUntil);
  // What is started and stopped at the same time stays up: that is the dearer one.
  const starts = new Set(all.flatMap(({ at, up, openedAt }) => (up && openedAt === null ? [at] : [])));
  const edges = all
    .filter(({ at, up }) => up || !starts.has(at))
    .sort((a, b) => a.at - b.at || Number(a.up) - Number(b.up));
  const idle = outlook === 'optimistic' ? shortestWait(plans) : null;
  const moves: Move[] = [];
  let { isUp } = herd;
  let down = { at: herd.isUp ? Number.POSITIVE_INFINITY : herd.since, by: herd.stoppedBy };
  const idleFrom = (at: number) => (idle === null ? Number.POSITIVE_INFINITY : Math.max(at + idle.ms, herd.heldUntil));
  let idleAt = isUp ? idleFrom(from) : Number.POSITIVE_INFINITY;
  const rest = (at: number) => {
    if (idle === null || !isUp || idleAt >= at) return;
    moves.push({ at: idleAt, up: false });
    // A policy's stop as any other: a window that is open then owes it a start.
    down = { at: idleAt, by: idle.policy };
    isUp = false;
    idleAt = Number.POSITIVE_INFINITY;
  };
  for (const { at, up, openedAt, policy } of edges) {
    rest(at);
    if (up === isUp) continue;
    // What is started at the end of a window is what was stopped in it, or by its policy.
    if (up && openedAt !== null && !(down.by === policy || (down.by !== null && down.at >= openedAt))) continue;
    moves.push({ at, up });
    isUp = up;
    if (up) idleAt = idleFrom(at);
    else down = { at, by: policy };
  }
  rest(until);
  return moves;
}

/** Does a plan count in an outlook? What is not sure counts only where that is the worse, or the better, as asked. */
function counts({ to, isSure, isStartedAfter }: CalendarPlan, outlook: Outlook): boolean {
  if (outlook === 'optimistic') return isSure || to === 'stop';
  // Of a stop that does not count its starts afterwards may, of what is stopped already.
  return to === 'start' || isSure || isStartedAfter;
}

/** Idleness has to begin anew after a start, and then takes so long; `null`: nothing stops it but the calendar. */
function shortestWait(plans: readonly CalendarPlan[]): { readonly ms: number; readonly policy: string } | null {
  return plans
    .filter(({ to, isTimed }) => to === 'stop' && !isTimed)
    .map(({ waitMs, noticeMs, policy }) => ({ ms: waitMs + noticeMs, policy }))
    .reduce<{ ms: number; policy: string } | null>(
      (one, each) => (one === null || each.ms < one.ms ? each : one),
      null,
    );
}

function edgesOf(plan: CalendarPlan, outlook: Outlook, from: number, delayMs: number): readonly Edge[] {
  const { policy, to, isTimed, isSure, isStartedAfter, spans } = plan;
  // In the worst case nothing is stopped; in the expected one only what is sure to be.
  const isStopping = outlook === 'optimistic' || (outlook === 'expected' && isSure);
  if (!isTimed) {
    return to === 'start' && !isSure ? [{ at: from, up: true, openedAt: null, policy }] : [];
  }
  return spans.flatMap(({ beginsAt, endsAt }): readonly Edge[] => {
    const edges: Edge[] = [];
    const at = Math.max(from, to === 'start' ? beginsAt : beginsAt + delayMs);
    // What should have been done longer ago is not going to be done until the next time, unless it waits for something else.
    const isComing = from - beginsAt <= DONE_WITHIN_MS || !isSure;
    if (isComing && (to === 'start' || isStopping) && at < endsAt)
      edges.push({ at, up: to === 'start', openedAt: null, policy });
    if (isStartedAfter && Number.isFinite(endsAt)) edges.push({ at: endsAt, up: true, openedAt: beginsAt, policy });
    return edges;
  });
}

/** How long a stop comes after its time: its notice, and the limits that let only so many through at once. */
function delayOf({ to, noticeMs, limits }: CalendarPlan, outlook: Outlook, count: number, fleet: number): number {
  if (to === 'start') return 0;
  if (outlook === 'optimistic') return noticeMs;
  const share = (part: number) => Math.max(1, Math.floor(fleet * part));
  const own = [
    limits?.perPass === null || limits === null ? Number.POSITIVE_INFINITY : limits.perPass * PASSES_A_MINUTE,
    limits?.percent === null || limits === null ? Number.POSITIVE_INFINITY : share(limits.percent / 100),
  ];
  const aMinute = limits === null ? Math.min(MOST_A_MINUTE, share(SHARE_A_MINUTE)) : Math.min(...own);
  return noticeMs + (count / aMinute) * MINUTE_MS;
}
