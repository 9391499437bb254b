import { hasBalance, hasExpiry } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Status } from '../fleet/status.ts';
import { isUp } from '../fleet/status.ts';
import type { Condition } from '../policy/policy.ts';
import { idleStart, isProven } from './idle-clock.ts';
import type { AccountView, InstanceView } from './world.ts';

/**
 * What the conditions say of one instance. `fails` wins over everything, since then nothing was asked for; what cannot
 * be known is never taken for `holds`. `expired`: the paid time is over, so that it is too late to renew.
 */
export type Verdict =
  | 'holds'
  | 'fails'
  | 'expired'
  | 'not-supported'
  | 'unknown-status'
  | 'unknown-activity'
  | 'unknown-balance';

/** Activity read longer ago is as good as unread. A pass may look back this far; a worker about to act may not. */
export const PASS_EVIDENCE_MAX_AGE_MS = 5 * 60_000;
/** At the moment of the call the evidence for an idle stop is at most this old. */
export const CALL_EVIDENCE_MAX_AGE_MS = 60_000;
/** Two replicas' clocks may differ by this much; a reading from farther in the future is not believed. */
const CLOCK_SLACK_MS = 60_000;

/** One condition on an instance, all with the same fields so that checking many stays quick. */
export interface InstanceTest {
  readonly kind: 'statusFor' | 'runningFor' | 'stoppedFor' | 'expiresWithin' | 'idleFor';
  readonly ms: number;
  /** `null`: any. */
  readonly statuses: readonly Status[] | null;
  /** Of `idleFor`: what was before then is not counted. Epoch ms. */
  readonly notBefore: number;
}

/** Cheapest first: the dear ones are then rarely asked. */
const COST: Readonly<Record<InstanceTest['kind'], number>> = {
  statusFor: 0,
  stoppedFor: 1,
  runningFor: 2,
  expiresWithin: 3,
  idleFor: 4,
};

/** `notBefore`: when the policy came to mean what it means; idleness before then is not counted. */
export function instanceTests(conditions: readonly Condition[], notBefore = 0): readonly InstanceTest[] {
  const tests = conditions.flatMap((condition): InstanceTest[] => {
    switch (condition.kind) {
      case 'statusFor':
        return [{ kind: condition.kind, ms: condition.ms, statuses: condition.status, notBefore: 0 }];
      case 'runningFor':
      case 'stoppedFor':
      case 'expiresWithin':
      case 'idleFor':
        return [{ kind: condition.kind, ms: condition.ms, statuses: null, notBefore }];
      case 'during':
      case 'cron':
      case 'balanceBelow':
      case 'runwayBelow':
        return [];
      default:
        return assertNever(condition);
    }
  });
  return tests.sort((a, b) => COST[a.kind] - COST[b.kind]);
}

/** All tests on one instance, with `start` as the verdict so far. Every comparison is false for NaN, so NaN never acts. */
export function testInstance(
  tests: readonly InstanceTest[],
  view: InstanceView,
  now: number,
  evidenceMaxAgeMs: number,
  start: Verdict,
): Verdict {
  let worst = start;
  for (let index = 0; index < tests.length; index += 1) {
    const test = tests[index];
    if (test === undefined) continue;
    const verdict = testOne(test, view, now, evidenceMaxAgeMs);
    if (verdict === 'fails') return 'fails';
    if (verdict !== 'holds' && (worst === 'holds' || verdict === 'expired')) worst = verdict;
  }
  return worst;
}

function testOne(test: InstanceTest, view: InstanceView, now: number, evidenceMaxAgeMs: number): Verdict {
  const { tracked } = view;
  switch (test.kind) {
    case 'statusFor': {
      if (test.statuses !== null && !test.statuses.includes(tracked.instance.status)) return 'fails';
      return now - tracked.statusSince >= test.ms ? 'holds' : 'fails';
    }
    case 'stoppedFor':
      return tracked.instance.status === 'stopped' && now - tracked.statusSince >= test.ms ? 'holds' : 'fails';
    case 'runningFor':
      return tracked.upSince !== null && now - tracked.upSince >= test.ms ? 'holds' : 'fails';
    case 'expiresWithin':
      return testExpiry(test.ms, view, now);
    case 'idleFor':
      return testIdle(test, view, now, evidenceMaxAgeMs);
    default:
      return assertNever(test.kind);
  }
}

function testExpiry(ms: number, view: InstanceView, now: number): Verdict {
  const { instance } = view.tracked;
  if (!hasExpiry(instance.provider)) return 'not-supported';
  const { expiresAt } = instance;
  if (expiresAt === null) {
    // Hourly instances have no expiry. A prepaid one without is a row that we could not read.
    const prepaid = instance.billing === 'daily' || instance.billing === 'monthly';
    return prepaid || instance.problems.length > 0 ? 'unknown-status' : 'fails';
  }
  if (now >= expiresAt) return 'expired';
  return expiresAt <= now + ms ? 'holds' : 'fails';
}

function testIdle(test: InstanceTest, view: InstanceView, now: number, evidenceMaxAgeMs: number): Verdict {
  const { tracked, activity } = view;
  const { status } = tracked.instance;
  if (status !== 'unknown' && !isUp(status)) return 'fails';
  // What is only coming up has nothing to be idle with yet.
  if (status === 'starting' || status === 'restarting') return 'fails';
  if (activity === null || activity.kind === 'unknown' || activity.kind === 'not-applicable') return 'unknown-activity';
  if (!isFresh(now - activity.at, evidenceMaxAgeMs)) return 'unknown-activity';
  if (activity.kind === 'active') return 'fails';
  // What was read before its last start says nothing of the time since.
  if (tracked.upSince !== null && activity.at < tracked.upSince) return 'unknown-activity';
  const startAt = idleStart(view, test.notBefore);
  if (startAt === null) return 'unknown-activity';
  // For a look at another time the fleet is taken as it is: what was idle when last seen goes on being so.
  const until = evidenceMaxAgeMs === Number.POSITIVE_INFINITY ? now : Math.min(now, activity.watched.to);
  if (isProven(test.ms, startAt, activity.watched, until)) return 'holds';
  // Idle for so long, but with too many holes in what was seen: that is not to be told, and what is announced stands.
  return until - startAt >= test.ms ? 'unknown-activity' : 'fails';
}

/** Of any age, for a look at another time: also one from after it. NaN is never fresh. */
function isFresh(ageMs: number, maxAgeMs: number): boolean {
  if (maxAgeMs === Number.POSITIVE_INFINITY) return !Number.isNaN(ageMs);
  return ageMs <= maxAgeMs && ageMs >= -CLOCK_SLACK_MS;
}

/** The balance and runway conditions, the same for every instance of the account. */
export function testAccount(conditions: readonly Condition[], account: AccountView): Verdict {
  let worst: Verdict = 'holds';
  for (const condition of conditions) {
    if (condition.kind !== 'balanceBelow' && condition.kind !== 'runwayBelow') continue;
    const verdict = testMoney(condition, account);
    if (verdict === 'fails') return 'fails';
    if (worst === 'holds') worst = verdict;
  }
  return worst;
}

export function testMoney(
  condition: Extract<Condition, { kind: 'balanceBelow' | 'runwayBelow' }>,
  account: AccountView,
): Verdict {
  if (!hasBalance(account.provider)) return 'not-supported';
  if (account.balanceFen === null) return 'unknown-balance';
  if (condition.kind === 'balanceBelow') return account.balanceFen < condition.fen ? 'holds' : 'fails';
  if (account.runwayUnknown === 'stale-balance') return 'unknown-balance';
  // No runway with a known balance: nothing is burnt, or it is not known yet how much.
  return account.runwayMs !== null && account.runwayMs < condition.ms ? 'holds' : 'fails';
}
