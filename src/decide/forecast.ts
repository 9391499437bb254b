import type { Zone } from '../calendar/zone.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Policy } from '../policy/policy.ts';
import { deadlineOf } from './announce.ts';
import type { Evaluation, Refusal } from './decision.ts';
import { evaluate } from './evaluate.ts';
import { instanceEdges, nextCalendarEdge, policiesOf } from './forecast-edges.ts';
import { moneyLevels } from './forecast-money.ts';
import { ForecastWorld, type RefusedAct } from './forecast-world.ts';
import { inEnglish } from './in-english.ts';
import type { Machines } from './machines.ts';
import { type PlanRow, planRows } from './plan.ts';
import type { World } from './world.ts';

/** Passes are not made more often; what comes due in between is done at the next. */
const STEP_MS = 60_000;
/** So often is decided at most, where nobody says otherwise: far more than a day of a large fleet asks for. */
const MOST_STEPS = 5_000;
/** How often the money of accounts is looked at that goes down on the way. */
const MONEY_EVERY_MS = 600_000;

/** Something that will be decided, if everything goes on as it is. */
export interface ComingDecision {
  /** `observe`: its policy only watches. `kept`: it is due then, and something forbids it. */
  readonly kind: 'act' | 'notify' | 'announce' | 'observe' | 'kept';
  /** To the minute: the pass after it came due; of what was announced the time that was told. Epoch ms. */
  readonly at: number;
  /** Decided at the first look, on the world as it is. */
  readonly isNow: boolean;
  readonly account: string;
  /** `null`: about the account. */
  readonly instance: InstanceKey | null;
  readonly policy: string;
  readonly action: string;
  readonly step: number;
  readonly occurrence: string | null;
  readonly reason: PlanRow['reason'];
  /** One sentence. */
  readonly detail: string;
  /** The same with its parts. */
  readonly told: Detail;
  /** What it costs, yuan with two decimals; `null`: nothing, or not known. */
  readonly costYuan: string | null;
  /** It is due because the instance idles, and would not be if somebody came. */
  readonly assumesIdle: boolean;
  /** Why the cloud refuses it, in a word; absent: it is done. */
  readonly refused?: string;
}

export interface Forecast {
  readonly from: number;
  readonly until: number;
  /** How far it was looked: before `until` where there is too much to decide. */
  readonly reached: number;
  /** By time. */
  readonly coming: readonly ComingDecision[];
}

/** Something that happens on the way by itself, such as somebody who begins to work. */
export interface ForecastEvent {
  /** Epoch ms; it is seen at the first look then or after. */
  readonly at: number;
  /** Whom it is about; `null`: more than one instance. */
  readonly instance: InstanceKey | null;
  happen(world: ForecastWorld): void;
}

export interface ForecastOptions {
  /** Epoch ms. */
  readonly until: number;
  /** In whose days money is counted. */
  readonly zone: Zone;
  readonly events?: readonly ForecastEvent[];
  /** Is told of every look, before what was decided is carried out. The world is good for the time of the call alone. */
  readonly onLook?: (world: World, evaluation: Evaluation) => void;
  /** How machines go on and what becomes of acts; absent: everything is done at once, and stays as it is otherwise. */
  readonly machines?: Machines;
  /** How often is decided at most. */
  readonly mostSteps?: number;
}

/**
 * What the policies will decide from now on: the evaluator itself is asked, at every instant at which it may come to
 * another answer, and what it decides is done (see {@link ForecastWorld}). At the first instant it sees the world as it is.
 * Yields after every look, so that whoever has something else to do can do it in between.
 */
export function* forecastSteps(
  policies: readonly Policy[],
  world: World,
  options: ForecastOptions,
): Generator<number, Forecast> {
  const { until, zone, machines, mostSteps = MOST_STEPS } = options;
  const levels = moneyLevels(policies);
  const asksForMoney = machines !== undefined && levels.balances.length + levels.runways.length > 0;
  const forecast = new ForecastWorld(world, zone, machines, levels);
  const agenda = new Agenda(world.now, until);
  const own = policiesOf(policies, forecast);
  const idle = new Set(policies.filter(asksForIdleness).map(({ name }) => name));
  const coming: ComingDecision[] = [];
  const told = new Set<string>();
  const events = [...(options.events ?? [])].sort((a, b) => a.at - b.at);
  let nextEvent = 0;
  for (const { at } of events) agenda.wake(at);
  const ended = [...world.holds.values()].filter((hold) => hold.until > world.now);

  /** When to look at a machine next, as it now is: whatever was planned for it before has been for another state of it. */
  const plan = (key: InstanceKey, at: World) => {
    agenda.forget(key);
    const view = forecast.instance(key);
    if (view === null) return;
    const waiting = { ...forecast.history.waitingFor(key), from: world.now };
    let next = forecast.history.underWayUntil(key);
    for (const edge of instanceEdges(own.get(key) ?? [], at, view, waiting))
      if (edge > at.now && (next <= at.now || edge < next)) next = edge;
    if (next > at.now) agenda.add(next, key);
  };

  /** The policies that have to do with some of them, in their order. */
  const aboutThese = (keys: ReadonlySet<InstanceKey>): readonly Policy[] => {
    const about = new Set<Policy>();
    for (const key of keys) for (const policy of own.get(key) ?? []) about.add(policy);
    return policies.filter((policy) => about.has(policy));
  };

  const byName = new Map(policies.map((policy) => [policy.name, policy]));
  const dueAt = (name: string, key: InstanceKey, occurrence: string, at: number) => {
    const [policy, notice] = [byName.get(name), forecast.history.notice(name, key, occurrence)];
    const deadlineAt = policy === undefined || notice === null ? at : deadlineOf(notice, policy);
    // Where something else kept it back it is done later than was told.
    return deadlineAt <= at && deadlineAt > at - STEP_MS ? deadlineAt : at;
  };

  const enabled = policies.filter((policy) => policy.enabled);
  let calendarAt: number | null = world.now;
  let now = world.now;
  let moneyAt = world.now;
  let steps = 0;
  for (; ; steps += 1) {
    for (const hold of ended)
      if (hold.until <= now && hold.until > world.now) forecast.endHold(hold.instance, hold.until);
    const isFirst = now === world.now;
    const look = agenda.take(now);
    const { keys } = look;
    for (let event = events[nextEvent]; event !== undefined && event.at <= now; event = events[nextEvent]) {
      nextEvent += 1;
      event.happen(forecast);
      if (event.instance === null) look.isWhole = true;
      else keys.add(event.instance);
    }
    // Nobody asks about a machine that no policy is about.
    for (const key of forecast.settle(now)) if ((own.get(key)?.length ?? 0) > 0) keys.add(key);
    let isCrossed = false;
    if (asksForMoney && now >= moneyAt) {
      isCrossed = forecast.countMoney(now);
      moneyAt = now + MONEY_EVERY_MS;
    }
    const at = forecast.at(now);
    const places = isFirst || look.isWhole || isCrossed ? null : forecast.placesOf(keys);
    const asked = places === null ? policies : aboutThese(keys);
    const evaluation = evaluate(asked, at, {
      ...(isFirst ? {} : { evidenceMaxAgeMs: Number.POSITIVE_INFINITY }),
      ...(places === null ? {} : { only: { places } }),
    });
    options.onLook?.(at, evaluation);
    coming.push(...newsOf(evaluation, { told, idle, zone, isNow: isFirst, dueAt }));
    const changed = carryOut(forecast, evaluation);
    for (const key of forecast.settle(now)) keys.add(key);
    for (const key of changed) keys.add(key);
    // What is planned by is asked for as it is by now: the history and the machines themselves.
    if (isFirst) for (const { instances } of forecast.accounts) for (const { key } of instances) plan(key, at);
    else for (const key of keys) plan(key, at);
    for (const hold of ended) if (hold.until <= now) plan(hold.instance, at);
    // What has just been done may be followed by the next step of its list, or by another policy.
    for (const key of changed) agenda.add(now + STEP_MS, key);
    // What a limit holds back is asked about again as soon as there may be room.
    for (const { reason, instance } of evaluation.refusals)
      if (reason.startsWith('limit-')) agenda.add(now + STEP_MS, instance);
    yield now;
    if (calendarAt !== null && calendarAt <= now) {
      calendarAt = nextCalendarEdge(enabled, now);
      agenda.add(calendarAt, null);
    }
    const movesAt = forecast.nextAt();
    if (movesAt !== null) agenda.wake(Math.max(movesAt, now + 1));
    if (asksForMoney) agenda.wake(moneyAt);
    const next = agenda.next(now);
    if (next === null || steps >= mostSteps) break;
    now = next;
  }
  const reached = steps >= mostSteps ? now : until;
  if (machines !== undefined) forecast.settle(reached);
  return { from: world.now, until, reached, coming: toldOf(coming, forecast.refused) };
}

/** {@link forecastSteps} in one go. */
export function forecast(policies: readonly Policy[], world: World, options: ForecastOptions): Forecast {
  const steps = forecastSteps(policies, world, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * What happens to an instance next: the first act or announcement, else the first message, else what its policies would
 * do, else what they are kept from.
 */
export function nextOf(coming: readonly ComingDecision[]): ComingDecision | null {
  const first = (kinds: readonly ComingDecision['kind'][]) => coming.find(({ kind }) => kinds.includes(kind));
  return first(['act', 'announce']) ?? first(['notify']) ?? first(['observe']) ?? first(['kept']) ?? null;
}

/** What there is to look at, at one instant. */
interface Look {
  readonly keys: Set<InstanceKey>;
  isWhole: boolean;
}

/** When to look again, and at which instances. */
class Agenda {
  readonly #from: number;
  readonly #until: number;
  /** By instant, with the plan of each instance that it belongs to. */
  readonly #looks = new Map<number, { readonly plans: Map<InstanceKey, number>; isWhole: boolean }>();
  readonly #plans = new Map<InstanceKey, number>();
  readonly #heap: number[] = [];

  constructor(from: number, until: number) {
    this.#from = from;
    this.#until = until;
  }

  /** `key` `null`: at everything. */
  add(at: number | null, key: InstanceKey | null): void {
    if (at === null) return;
    const look = this.#lookAt(at);
    if (look === null) return;
    if (key === null) look.isWhole = true;
    else look.plans.set(key, this.#plans.get(key) ?? 0);
  }

  /** Something may have happened by then, and who it was will be seen. */
  wake(at: number): void {
    this.#lookAt(at);
  }

  /** Takes back what was added for an instance so far. */
  forget(key: InstanceKey): void {
    this.#plans.set(key, (this.#plans.get(key) ?? 0) + 1);
  }

  /** What there is to look at then. */
  take(at: number): Look {
    const keys = new Set<InstanceKey>();
    const look = this.#looks.get(at);
    this.#looks.delete(at);
    for (const [key, plan] of look?.plans ?? []) if (plan === (this.#plans.get(key) ?? 0)) keys.add(key);
    return { keys, isWhole: look?.isWhole ?? false };
  }

  next(after: number): number | null {
    for (;;) {
      const at = pop(this.#heap);
      if (at === undefined) return null;
      if (at > after) return at;
      this.#looks.delete(at);
    }
  }

  #lookAt(at: number): { readonly plans: Map<InstanceKey, number>; isWhole: boolean } | null {
    const due = Math.ceil(at / STEP_MS) * STEP_MS;
    if (!(due > this.#from && due < this.#until)) return null;
    const known = this.#looks.get(due);
    if (known !== undefined) return known;
    const look = { plans: new Map<InstanceKey, number>(), isWhole: false };
    this.#looks.set(due, look);
    push(this.#heap, due);
    return look;
  }
}

/** A heap with the smallest number first. */
function push(heap: number[], value: number): void {
  let place = heap.length;
  heap.push(value);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap[parent] ?? 0;
    if (above <= value) break;
    heap[place] = above;
    place = parent;
  }
  heap[place] = value;
}

function pop(heap: number[]): number | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const smaller = right < heap.length && (heap[right] ?? 0) < (heap[left] ?? 0) ? right : left;
    const value = heap[smaller] ?? 0;
    if (value >= last) break;
    heap[place] = value;
    place = smaller;
  }
  heap[place] = last;
  return first;
}

/** What an evaluation says that was not said before. */
export function newsOf(
  evaluation: Evaluation,
  context: {
    readonly told: Set<string>;
    readonly idle: ReadonlySet<string>;
    readonly zone: Zone;
    readonly isNow: boolean;
    /** When what is decided at a look came due, as whoever was told of it was told. */
    readonly dueAt: (policy: string, instance: InstanceKey, occurrence: string, at: number) => number;
  },
): readonly ComingDecision[] {
  if (evaluation.acts.length + evaluation.announcements.length + evaluation.refusals.length === 0) return [];
  const { told: toldBefore, idle, zone, isNow, dueAt } = context;
  const news: ComingDecision[] = [];
  const common = (policy: string) => ({ at: evaluation.at, isNow, policy, assumesIdle: idle.has(policy) });
  for (const row of planRows({ ...evaluation, refusals: [], tidy: [] }, zone.name)) {
    const kind = row.decision === 'announce' ? 'announce' : row.decision === 'notify' ? 'notify' : 'act';
    const { account, instance, policy, action, occurrence, reason, detail, told, costYuan } = row;
    const assumesIdle = idle.has(policy) && reason !== 'afterwards';
    const isTold = kind === 'act' && !isNow && instance !== null && occurrence !== null;
    news.push({
      ...common(policy),
      ...(isTold && { at: dueAt(policy, instance, occurrence, evaluation.at) }),
      kind,
      account,
      instance,
      action,
      step: row.step ?? 0,
      occurrence,
      reason,
      detail,
      told,
      costYuan,
      assumesIdle,
    });
  }
  for (const { policy, account, instance, action, step, occurrence, reason, detail: told } of evaluation.refusals) {
    if (QUIET.has(reason)) continue;
    const key = `${policy}\u0000${instance ?? account}\u0000${occurrence}\u0000${action}\u0000${step}\u0000${reason}`;
    if (toldBefore.has(key)) continue;
    toldBefore.add(key);
    const detail = inEnglish(told, zone.name);
    const kind = reason === 'observe' ? 'observe' : 'kept';
    const what = { account, instance, action, step, occurrence, reason, detail, told };
    news.push({ ...common(policy), kind, ...what, costYuan: null });
  }
  return news;
}

/** In the order of time, with what the clouds refused. */
function toldOf(coming: ComingDecision[], refused: readonly RefusedAct[]): readonly ComingDecision[] {
  const sorted = withoutMere(coming.sort((a, b) => a.at - b.at));
  if (refused.length === 0) return sorted;
  const keyOf = (policy: string, instance: string | null, occurrence: string | null, step: number) =>
    [policy, instance, occurrence, step].join('\u0000');
  const byAct = Map.groupBy(refused, (each) => keyOf(each.policy, each.instance, each.occurrence, each.step));
  return sorted.map((each) => {
    if (each.kind !== 'act') return each;
    const all = byAct.get(keyOf(each.policy, each.instance, each.occurrence, each.step));
    // What is refused is tried again later for the same occurrence.
    const own = all?.find(({ at }) => at >= each.at && at - each.at < STEP_MS);
    return own === undefined ? each : { ...each, refused: own.why };
  });
}

/** Leaves out what a limit only puts off: the act itself is told. */
export function withoutMere(coming: readonly ComingDecision[]): readonly ComingDecision[] {
  const keyOf = ({ policy, instance, occurrence, step }: ComingDecision) =>
    [policy, instance, occurrence, step].join('\u0000');
  const done = new Set(coming.filter(({ kind }) => kind === 'act').map(keyOf));
  return coming.filter((each) => each.kind !== 'kept' || !each.reason.startsWith('limit-') || !done.has(keyOf(each)));
}

/** Nothing is kept from being done by these: it is not the time, or it is under way. */
const QUIET: ReadonlySet<Refusal['reason']> = new Set(['not-due', 'notice', 'open-operation']);

function asksForIdleness({ conditions }: Policy): boolean {
  return conditions.some(({ kind }) => kind === 'idleFor');
}

function carryOut(forecast: ForecastWorld, evaluation: Evaluation): Set<InstanceKey> {
  const changed = new Set<InstanceKey>();
  for (const tidy of evaluation.tidy) forecast.tidied(tidy);
  for (const announcement of evaluation.announcements) {
    forecast.announced(announcement);
    changed.add(announcement.view.key);
  }
  for (const act of evaluation.acts) {
    if (act.kind === 'operation') forecast.act(act);
    else forecast.told(act);
    if (act.view !== null) changed.add(act.view.key);
  }
  return changed;
}
