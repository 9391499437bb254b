import { type Zone, zoneNamed } from '../../calendar/zone.ts';
import type { Evaluation } from '../../decide/decision.ts';
import { evaluate } from '../../decide/evaluate.ts';
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
import { LedAccount, type LedStop } from './led-account.ts';
import type { Recorded, RecordedPass } from './read-recording.ts';

/** Between two passes over an account more than this is a time that nobody knows of. */
const LONGEST_GAP_MS = 30 * 60_000;
const HOUR_MS = 3_600_000;

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

/**
 * Leads a recording by other policies than those that were in force: they decide at every pass that was made, on what was
 * known then and what they would have done by then.
 * @param policiesFor the policies, by those that were in force at the beginning
 */
export async function whatIf(
  recording: AsyncIterable<Recorded>,
  policiesFor: (rules: RecordedRules) => readonly Policy[],
): Promise<WhatIf> {
  let by: { readonly policies: readonly Policy[]; readonly zone: Zone } | null = null;
  const courses = new Map<string, Course>();
  const sums = new Map<InstanceKey, Sum>();
  const acts: WouldAct[] = [];
  let passes = 0;
  let recordedActs = 0;
  let unknownMs = 0;
  let from: number | null = null;
  let until: number | null = null;
  for await (const pass of recording) {
    if (pass.kind !== 'pass') continue;
    by ??= { policies: policiesFor(pass.rules), zone: zoneNamed(pass.rules.timezone) };
    const { policies, zone } = by;
    const recorded = worldOf(pass.facts, policies);
    const [account] = recorded.accounts;
    if (account === undefined) continue;
    passes += 1;
    from ??= pass.at;
    until = Math.max(until ?? pass.at, pass.at);
    const course = courses.get(pass.account) ?? begin(pass, account, zone);
    courses.set(pass.account, course);
    if (pass.at > course.at) unknownMs += count(sums, course, account, pass.at - course.at);
    const world = course.led.at(recorded, account);
    const evaluation = evaluate(policies, world);
    course.led.carryOut(evaluation, account);
    acts.push(...wouldActs(evaluation));
    for (const subject of actsIn(pass.decided)) {
      recordedActs += 1;
      if (subject.action === 'renew' && subject.instance !== null) course.led.renewedThen(subject.instance);
    }
    course.at = pass.at;
    // What has just been done shows in the next world; until then it counts as done.
    course.would = course.led.standing(world.accounts[0]?.instances ?? []);
    course.was = new Map(account.instances.map((view) => [view.key, view]));
  }
  const uses = [...sums].map(([instance, sum]) => ({ instance, ...sum }));
  const stops = [...courses.values()].flatMap(({ led }) => led.stops);
  return { from, until, passes, acts, stops, recordedActs, uses, unknownMs };
}

function begin({ facts }: RecordedPass, account: AccountView, zone: Zone): Course {
  const { rows } = facts.history;
  // What nobody asked for then was not read: it counts as nothing.
  const whole =
    rows?.recent === null ? historyOf({ ...rows, recent: new Map() }, account.name, facts.now) : facts.history;
  return { led: new LedAccount(whole, account, { now: facts.now, zone }), at: facts.now, would: [], was: new Map() };
}

/** Adds the time since the pass before; answers how much of it nobody knows of. */
function count(sums: Map<InstanceKey, Sum>, { would, was }: Course, { prices }: AccountView, ms: number): number {
  if (ms > LONGEST_GAP_MS) return ms;
  for (const view of would) {
    const then = was.get(view.key);
    if (then === undefined) continue;
    const sum = sums.get(view.key) ?? { name: '', upMs: 0, recordedUpMs: 0, fen: 0, recordedFen: 0 };
    sums.set(view.key, sum);
    sum.name = view.tracked.instance.name;
    if (isUp(view.tracked.instance.status)) sum.upMs += ms;
    if (isUp(then.tracked.instance.status)) sum.recordedUpMs += ms;
    sum.fen = added(sum.fen, costOf(view, prices, ms));
    sum.recordedFen = added(sum.recordedFen, costOf(then, prices, ms));
  }
  return 0;
}

function added(sum: number | null, more: number | null): number | null {
  return sum === null || more === null ? null : sum + more;
}

/** What time costs that is paid as it goes by. */
function costOf({ tracked }: InstanceView, prices: AccountView['prices'], ms: number): number | null {
  const { instance, stopMode } = tracked;
  if (instance.billing === 'daily' || instance.billing === 'monthly') return 0;
  const fen = isUp(instance.status)
    ? hourlyPriceFen(instance, prices)
    : (stoppedPriceFen(instance, prices, stopMode) ?? 0);
  return fen === null ? null : (fen * ms) / HOUR_MS;
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

/** What was done by a pass, as it was kept. */
function* actsIn(decided: Json): Generator<{ readonly instance: InstanceKey | null; readonly action: string }> {
  if (!isJsonMap(decided)) return;
  for (const [subject, row] of Object.entries(decided)) {
    const [kind, , target = ''] = subject.split('|');
    if (kind !== 'act') continue;
    const key = parseInstanceKey(target);
    const action = isJsonMap(row) && typeof row.action === 'string' ? row.action : 'notify';
    yield { instance: key === null ? null : `${key.account}/${key.id}`, action };
  }
}
