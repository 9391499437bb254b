import type { Window } from '../calendar/window.ts';
import type { Policy, Step } from '../policy/policy.ts';
import { type InstanceTest, instanceTests } from './conditions.ts';
import { PolicyCounts } from './counts.ts';
import { type NotBefore, notBeforeOf } from './idle-clock.ts';
import { type CalendarKeys, inOccurrenceOrder } from './occurrence.ts';
import { canGoOn, type Direction, directionOf } from './readiness.ts';
import type { World } from './world.ts';

/** A tick younger than this is done in time; the next pass comes every 30 s. */
const IN_TIME_MS = 60_000;

/**
 * What the calendar says of a policy: `open`, nothing against it; `closed`, outside its window; `not-yet`, its cron has
 * not ticked since the policy came to be; `late`, the tick is longer ago than `catchUp` allows.
 */
export type CalendarState = 'open' | 'closed' | 'not-yet' | 'late';

/** A window's present opening, as `afterwards` needs it. */
export interface Opening {
  readonly closesAt: number;
  /** The opening after that; `null`: none. */
  readonly reopensAt: number | null;
}

/** A policy with all that one pass needs of it and that is the same for every instance: worked out once per pass. */
export interface Standing {
  readonly policy: Policy;
  /** Place in file order: earlier wins. */
  readonly index: number;
  readonly enforcing: boolean;
  readonly counts: PolicyCounts;
  /** Counter cells of each step's action. */
  readonly rows: readonly number[][];
  readonly calendar: CalendarState;
  readonly keys: CalendarKeys;
  /** In the order in which an occurrence names them. */
  readonly ordered: Policy['conditions'];
  readonly tests: readonly InstanceTest[];
  /** Idleness before then does not count. */
  readonly notBefore: NotBefore;
  /** The same for an instance of which an announcement stands: its warning is given, so an edit begins nothing anew. */
  readonly noticedTests: readonly InstanceTest[];
  /** A `statusFor` is among them: the policy is about instances that are stuck. */
  readonly stuck: boolean;
  readonly idle: boolean;
  readonly window: Window | null;
  /** When the present opening began; `null`: outside, or no beginning. */
  readonly openedAt: number | null;
  readonly opening: Opening | null;
  /** What the policy wants throughout its window, so that a later policy's opposite is seen as a conflict. */
  readonly lasting: Direction | null;
  /** Its list may have to go on after its conditions have ceased to hold. */
  readonly listGoesOn: boolean;
}

/** What of it is the same at every pass. */
type Lasting = Pick<Standing, 'ordered' | 'noticedTests' | 'stuck' | 'idle' | 'lasting' | 'listGoesOn'>;

const lastings = new WeakMap<Policy, Lasting>();

function lastingOf(policy: Policy): Lasting {
  const known = lastings.get(policy);
  if (known !== undefined) return known;
  const last = policy.steps.findLast((step) => directionOf(step.kind) !== null);
  const made: Lasting = {
    ordered: inOccurrenceOrder(policy.conditions),
    noticedTests: instanceTests(policy.conditions),
    stuck: policy.conditions.some((condition) => condition.kind === 'statusFor'),
    idle: policy.conditions.some((condition) => condition.kind === 'idleFor'),
    lasting: last === undefined ? null : lastingWish(policy, last),
    listGoesOn: canGoOn(policy.steps),
  };
  lastings.set(policy, made);
  return made;
}

export function standingOf(policy: Policy, index: number, world: World): Standing {
  const { now } = world;
  const counts = new PolicyCounts(policy.name);
  let window: Window | null = null;
  let ticks: { readonly at: number | null } | null = null;
  for (const condition of policy.conditions) {
    if (condition.kind === 'during') window = condition.window;
    if (condition.kind === 'cron') ticks = { at: condition.ticks.previousTick(now) };
  }
  const tickAt = ticks === null ? null : ticks.at;
  let calendar: CalendarState = ticks === null ? 'open' : tickState(tickAt, policy, world);
  // A tick that comes too late is judged by the window it fell into.
  const windowAt = calendar === 'late' && tickAt !== null ? tickAt : now;
  const state = window?.state(windowAt) ?? null;
  if (state !== null && !state.inside) calendar = 'closed';
  const openedAt = state?.inside ? state.openedAt : null;
  const keys = { window: window?.occurrence(windowAt) ?? null, tickAt };
  const notBefore = notBeforeOf(policy.name, world.history);
  return {
    ...lastingOf(policy),
    policy,
    index,
    enforcing: policy.mode === 'enforce',
    counts,
    rows: policy.steps.map((step) => counts.row(step.kind)),
    calendar,
    keys,
    notBefore,
    tests: instanceTests(policy.conditions, notBefore.at),
    window,
    openedAt,
    opening: openingOf(policy, window, now),
  };
}

/** Only windows last; an idle stop goes on wanting the machine down although a stopped machine is not idle. */
function lastingWish(policy: Policy, last: Step): Direction | null {
  const direction = directionOf(last.kind);
  const kinds = policy.conditions.map((condition) => condition.kind);
  if (!kinds.includes('during')) return null;
  return kinds.every((kind) => kind === 'during' || (kind === 'idleFor' && direction === 'down')) ? direction : null;
}

function tickState(tickAt: number | null, policy: Policy, world: World): CalendarState {
  // A policy that nobody has seen before this pass begins now: no tick before it is owed.
  const since = world.history.policySince(policy.name) ?? world.now;
  if (tickAt === null || !(since <= tickAt)) return 'not-yet';
  return world.now - tickAt <= policy.catchUpMs ? 'open' : 'late';
}

/** Was the present tick taken up later than a pass can explain? Then the act is one made up. */
export function isMadeUp(standing: Standing, now: number): boolean {
  return standing.keys.tickAt !== null && now - standing.keys.tickAt > IN_TIME_MS;
}

function openingOf(policy: Policy, window: Window | null, now: number): Opening | null {
  if (policy.afterwards === null || window === null) return null;
  const state = window.state(now);
  if (!state.inside || state.closesAt === null) return null;
  const reopens = window.edgesAfter(state.closesAt, 1).find((edge) => edge.opens);
  return { closesAt: state.closesAt, reopensAt: reopens?.at ?? null };
}
