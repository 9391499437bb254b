import { type Zone, zoneNamed } from '../../calendar/zone.ts';
import type { Evaluation } from '../../decide/decision.ts';
import { evaluate } from '../../decide/evaluate.ts';
import { type ComingDecision, newsOf } from '../../decide/forecast.ts';
import { hourlyPriceFen, stoppedPriceFen } from '../../decide/price.ts';
import type { AccountView, InstanceView } from '../../decide/world.ts';
import { type InstanceKey, parseInstanceKey } from '../../fleet/instance.ts';
import type { Fen } from '../../fleet/money.ts';
import { isUp } from '../../fleet/status.ts';
import type { Policy } from '../../policy/policy.ts';
import type { RecordedRules } from '../../recording/entries.ts';
import { isJsonMap, type Json } from '../../recording/json.ts';
import { historyOf } from '../../store/history.ts';
import { worldOf } from '../../work/facts.ts';
import { HOUR_MS } from '../simulate/track.ts';
import type { Simulation } from '../simulate.ts';
import { LedAccount, type LedStop } from './led-account.ts';
import type { Recorded, RecordedPass } from './read-recording.ts';
import { RecordedDays, recordedSimulation } from './recorded-simulation.ts';
import { type CalledOff, type Replay, ReplayCheck } from './replay.ts';

/** Between two passes over an account more than this is a time that nobody knows of. */
const LONGEST_GAP_MS = 30 * 60_000;

/** Something that the policies would have done. */
export interface WouldAct {
  readonly at: number;
  readonly account: string;
  /** `null`: about the account. */
  readonly instance: InstanceKey | null;
  readonly name: string | null;
  readonly policy: string;
  readonly action: string;
  readonly reason: string;
  readonly costFen: Fen | null;
}

/** What the days came to for one instance, and what they would have. Money in fen, not rounded; `null`: no price is known. */
export interface WhatIfUse {
  readonly instance: InstanceKey;
  readonly name: string;
  readonly upMs: number;
  readonly recordedUpMs: number;
  readonly fen: number | null;
  readonly recordedFen: number | null;
}

/** What other policies would have done on the days of a recording. */
export interface WhatIf {
  readonly from: number | null;
  readonly until: number | null;
  readonly passes: number;
  readonly acts: readonly WouldAct[];
  /** Stops by them; `missedAt`: somebody was at work there afterwards. */
  readonly stops: readonly LedStop[];
  /** Acts and messages that were decided on at the time. */
  readonly recordedActs: number;
  readonly uses: readonly WhatIfUse[];
  /** Time of which nobody knows, ms: holes, restarts. */
  readonly unknownMs: number;
  /** The same hour by hour; see `Assumptions.work` for what it is held against. `null`: there is no pass. */
  readonly simulation: Simulation | null;
}

/** Sums over the instances. Money is a lower bound where `unpriced` are left out of it. */
export function billOf({ uses, acts }: Pick<WhatIf, 'uses' | 'acts'>) {
  const sum = (of: (use: WhatIfUse) => number) => uses.reduce((total, use) => total + of(use), 0);
  const isPriced = ({ fen, recordedFen }: WhatIfUse) => fen !== null && recordedFen !== null;
  const money = (of: (use: WhatIfUse) => number | null) => sum((use) => (isPriced(use) ? (of(use) ?? 0) : 0));
  return {
    instances: uses.length,
    unpriced: uses.filter((use) => !isPriced(use)).length,
    upMs: sum(({ upMs }) => upMs),
    recordedUpMs: sum(({ recordedUpMs }) => recordedUpMs),
    fen: money(({ fen }) => fen),
    recordedFen: money(({ recordedFen }) => recordedFen),
    paidFen: acts.reduce((total, { costFen }) => total + (costFen ?? 0), 0),
  };
}

interface Sum {
  name: string;
  upMs: number;
  recordedUpMs: number;
  fen: number | null;
  recordedFen: number | null;
}

/** One account on the way. */
interface Course {
  readonly led: LedAccount;
  at: number;
  /** As they stood after the pass before: as it would have been, and as it was. */
  would: readonly InstanceView[];
  was: ReadonlyMap<InstanceKey, InstanceView>;
}

/** What is asked of a recording: days as other policies would have had them, or as they were, beside days without any. */
type Asked =
  | { readonly kind: 'would'; readonly policiesFor: (rules: RecordedRules) => readonly Policy[] }
  | { readonly kind: 'was'; readonly check: ReplayCheck };

/**
 * Leads a recording by other policies than those that were in force: they decide at every pass that was made, on what was
 * known then and what they would have done by then.
 * @param policiesFor the policies, by those that were in force at a pass
 */
export function whatIf(
  recording: AsyncIterable<Recorded>,
  policiesFor: (rules: RecordedRules) => readonly Policy[],
): Promise<WhatIf> {
  return lead(recording, { kind: 'would', policiesFor });
}

/**
 * Decides every pass of a recording once more, as {@link replay}, and tells of the days as they were: what machines were at,
 * what was decided, what that cost, and what it would have cost had nobody decided anything.
 */
export async function daysAsRecorded(
  recording: AsyncIterable<Recorded>,
): Promise<{ readonly replay: Replay; readonly simulation: Simulation | null }> {
  const check = new ReplayCheck();
  const { simulation } = await lead(recording, { kind: 'was', check });
  return { replay: check.result(), simulation };
}

async function lead(recording: AsyncIterable<Recorded>, asked: Asked): Promise<WhatIf> {
  let policies: readonly Policy[] = [];
  let zone: Zone | null = null;
  const days = new RecordedDays();
  const coming: ComingDecision[] = [];
  const told = new Set<string>();
  const courses = new Map<string, Course>();
  const sums = new Map<InstanceKey, Sum>();
  const acts: WouldAct[] = [];
  let passes = 0;
  let recordedActs = 0;
  let unknownMs = 0;
  let from: number | null = null;
  let until: number | null = null;
  for await (const pass of recording) {
    if (pass.kind !== 'pass') {
      const calledOff = asked.kind === 'was' ? asked.check.note(pass) : null;
      if (calledOff !== null) callOff(coming, calledOff);
      continue;
    }
    policies = asked.kind === 'was' ? asked.check.policiesOf(pass.rules) : asked.policiesFor(pass.rules);
    zone ??= zoneNamed(pass.rules.timezone);
    const recorded = worldOf(pass.facts, policies);
    const [account] = recorded.accounts;
    if (account === undefined) continue;
    passes += 1;
    from = Math.min(from ?? pass.at, pass.at);
    until = Math.max(until ?? pass.at, pass.at);
    const course = courses.get(pass.account) ?? begin(pass, account, zone);
    courses.set(pass.account, course);
    if (pass.at > course.at) unknownMs += count({ sums, days, asked }, course, account, pass.at);
    const deciding = asked.kind === 'was' ? [] : policies;
    const world = worldOf(course.led.at(pass.facts, account), deciding);
    const evaluation = evaluate(deciding, world);
    course.led.carryOut(evaluation, account);
    acts.push(...wouldActs(evaluation));
    const shown = asked.kind === 'was' ? asked.check.decide(pass, recorded) : evaluation;
    // Everything is done as soon as it is decided, and who would have come is known.
    coming.push(...newsOf(shown, { told, idle: new Set(), zone, isNow: false, dueAt: (_p, _i, _o, at) => at }));
    for (const { action, instance, costFen } of actsIn(pass.decided)) {
      recordedActs += 1;
      if (action === 'renew' && instance !== null) course.led.renewedThen(instance, costFen);
    }
    // A clock that was set back: time that was counted is not counted again.
    course.at = Math.max(course.at, pass.at);
    const led = world.accounts[0];
    days.balance(account, pass.at, (asked.kind === 'was' ? account : led)?.balanceFen ?? null);
    // What has just been done shows in the next world; until then it counts as done.
    course.would = course.led.standing(led?.instances ?? []);
    course.was = new Map(account.instances.map((view) => [view.key, view]));
  }
  const uses = [...sums].map(([instance, sum]) => ({ instance, ...sum }));
  const stops = [...courses.values()].flatMap(({ led }) => led.stops);
  const time = zone === null || from === null || until === null ? null : { zone, from, until };
  const work = asked.kind === 'was' ? 'as-recorded' : 'recorded';
  const simulation =
    time === null ? null : recordedSimulation(days, uses, { ...time, policies, coming, unknownMs, work });
  return { from, until, passes, acts, stops, recordedActs, uses, unknownMs, simulation };
}

/** What it is about was decided shortly before. */
function callOff(coming: ComingDecision[], { policy, instance, action, no }: CalledOff): void {
  const place = coming.findLastIndex(
    (each) => each.kind === 'act' && each.policy === policy && each.instance === instance && each.action === action,
  );
  const act = coming[place];
  if (act !== undefined) coming[place] = { ...act, refused: no.reason };
}

function begin({ facts }: RecordedPass, account: AccountView, zone: Zone): Course {
  const { rows } = facts.history;
  // What nobody asked for then was not read: it counts as nothing.
  const whole =
    rows?.recent === null ? historyOf({ ...rows, recent: new Map() }, account.name, facts.now) : facts.history;
  return { led: new LedAccount(whole, account, { now: facts.now, zone }), at: facts.now, would: [], was: new Map() };
}

/** Adds the time since the pass before; answers how much of it nobody knows of. */
function count(
  { sums, days, asked }: { readonly sums: Map<InstanceKey, Sum>; readonly days: RecordedDays; readonly asked: Asked },
  { led, would, was, at: from }: Course,
  account: AccountView,
  until: number,
): number {
  const ms = until - from;
  const shown = asked.kind === 'was' ? [...was.values()] : would;
  if (ms > LONGEST_GAP_MS) {
    days.unknown(account, shown, from);
    return ms;
  }
  for (const view of would) {
    const then = was.get(view.key);
    if (then === undefined) continue;
    const sum = sums.get(view.key) ?? { name: '', upMs: 0, recordedUpMs: 0, fen: 0, recordedFen: 0 };
    sums.set(view.key, sum);
    sum.name = view.tracked.instance.name;
    if (isUp(view.tracked.instance.status)) sum.upMs += ms;
    if (isUp(then.tracked.instance.status)) sum.recordedUpMs += ms;
    const rateFen = rateOf(view, account.prices);
    const recordedRateFen = rateOf(then, account.prices);
    sum.fen = added(sum.fen, rateFen, ms);
    sum.recordedFen = added(sum.recordedFen, recordedRateFen, ms);
    if (rateFen !== null && recordedRateFen !== null) led.saved(((recordedRateFen - rateFen) * ms) / HOUR_MS);
    const [rate, other] = [rateFen ?? 0, recordedRateFen ?? 0];
    if (asked.kind === 'was') days.ran(account, then, { from, until, rateFen: other, besideFen: rate });
    else days.ran(account, view, { from, until, rateFen: rate, besideFen: other });
  }
  days.goneBut(account, shown, from);
  return 0;
}

function added(sum: number | null, rateFen: number | null, ms: number): number | null {
  return sum === null || rateFen === null ? null : sum + (rateFen * ms) / HOUR_MS;
}

/** What an hour costs that is paid as it goes by. */
function rateOf({ tracked }: InstanceView, prices: AccountView['prices']): number | null {
  const { instance, stopMode } = tracked;
  if (instance.billing === 'daily' || instance.billing === 'monthly') return 0;
  return isUp(instance.status) ? hourlyPriceFen(instance, prices) : (stoppedPriceFen(instance, prices, stopMode) ?? 0);
}

function wouldActs({ at, acts }: Evaluation): readonly WouldAct[] {
  return acts.map((act) => ({
    at,
    account: act.account,
    instance: act.view?.key ?? null,
    name: act.view?.tracked.instance.name ?? null,
    policy: act.policy,
    action: act.kind === 'operation' ? act.action : 'notify',
    reason: act.reason,
    costFen: act.kind === 'operation' ? act.costFen : null,
  }));
}

interface DoneThen {
  readonly instance: InstanceKey | null;
  readonly action: string;
  readonly costFen: Fen | null;
}

/** What was done by a pass, as it was kept. */
function* actsIn(decided: Json): Generator<DoneThen> {
  if (!isJsonMap(decided)) return;
  for (const [subject, row] of Object.entries(decided)) {
    const [kind, , target = ''] = subject.split('|');
    if (kind !== 'act') continue;
    const key = parseInstanceKey(target);
    const { action, costFen } = isJsonMap(row) ? row : {};
    yield {
      instance: key === null ? null : `${key.account}/${key.id}`,
      action: typeof action === 'string' ? action : 'notify',
      costFen: typeof costFen === 'number' ? costFen : null,
    };
  }
}
