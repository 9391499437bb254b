import { formatDuration } from '../calendar/duration.ts';
import type { PrepaidUnit } from '../fleet/action-call.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { isUp, STATUSES, type Status } from '../fleet/status.ts';
import { conditionOf, type Draft, stepPath } from './draft.ts';
import type { Condition, Step } from './policy.ts';

/** In which statuses an action can do something at all; what is not named is not judged. */
export const USEFUL_IN: Partial<Readonly<Record<Step['kind'], readonly Status[]>>> = {
  stop: ['running', 'starting', 'restarting'],
  'cardless-stop': ['running', 'starting', 'restarting'],
  restart: ['running'],
  start: ['stopped'],
};

/** What an action leaves behind, for the steps after it; what is not named leaves the status as it is. */
const LEAVES: Partial<Readonly<Record<Step['kind'], Status>>> = {
  stop: 'stopped',
  'cardless-stop': 'stopped',
  restart: 'running',
  start: 'running',
  destroy: 'destroyed',
};

const DAY_MS = 86_400_000;
/** The longest that one period lasts, so that only what is certain is said. */
const PERIOD_MS: Readonly<Record<PrepaidUnit, number>> = { daily: DAY_MS, monthly: 31 * DAY_MS };

/** Warns of pieces of a policy of which each alone makes sense, and not beside the others. */
export function warnOfWhatCannotBe(draft: Draft): void {
  warnOfConditions(draft);
  warnOfSteps(draft);
  warnOfRenewals(draft);
  warnOfLengthening(draft);
}

/** In which statuses a condition can hold; `null`: in any. */
function statusesOf(condition: Condition): readonly Status[] | null {
  switch (condition.kind) {
    case 'idleFor':
      return ['running'];
    case 'runningFor':
      return STATUSES.filter(isUp);
    case 'stoppedFor':
      return ['stopped'];
    case 'statusFor':
      return condition.status;
    case 'during':
    case 'cron':
    case 'expiresWithin':
    case 'balanceBelow':
    case 'runwayBelow':
      return null;
    default:
      return assertNever(condition);
  }
}

/** Two conditions that never hold of one instance at the same time, or one under which the first step has nothing to do. */
function warnOfConditions({ conditions, steps, subject, text: { match } }: Draft): void {
  const bound = conditions.flatMap((condition) => {
    const statuses = statusesOf(condition);
    return statuses === null ? [] : [{ kind: condition.kind, statuses }];
  });
  for (const [index, one] of bound.entries()) {
    const other = bound.slice(0, index).find((each) => !each.statuses.some((status) => one.statuses.includes(status)));
    if (other === undefined) continue;
    const message = `${one.kind} and ${other.kind} never hold at the same time, so this policy never acts`;
    subject.warn(['when', one.kind], message, { part: 'key' });
    return;
  }
  // A status that match names is told of there.
  if (match !== undefined && match !== 'all' && match.status !== undefined) return;
  const first = steps.find(({ kind }) => kind !== 'notify');
  const useful = first === undefined ? undefined : USEFUL_IN[first.kind];
  const contrary = bound.find(({ statuses }) => useful?.some((status) => statuses.includes(status)) === false);
  if (first === undefined || contrary === undefined) return;
  const named = contrary.statuses.join(' or ');
  const message = `${contrary.kind} holds of instances that are ${named}, and ${first.kind} does nothing to these, so this policy never acts`;
  subject.warn(['when', contrary.kind], message, { part: 'key' });
}

/** A step that finds nothing to do, because an earlier one has left nothing of it. */
function warnOfSteps(draft: Draft): void {
  let before: { readonly kind: Step['kind']; readonly left: Status } | null = null;
  for (const [index, { kind }] of draft.steps.entries()) {
    const isIdle = before?.left === 'destroyed' ? kind !== 'notify' : before !== null && !can(kind, before.left);
    if (before !== null && isIdle) {
      const message = `${kind} does nothing to an instance that ${before.kind} has left ${before.left}`;
      draft.subject.warn(stepPath(draft, index), message);
    }
    const left: Status | undefined = LEAVES[kind];
    if (left !== undefined) before = { kind, left };
  }
}

function can(kind: Step['kind'], status: Status): boolean {
  return USEFUL_IN[kind]?.includes(status) ?? true;
}

/** A change of billing to what it is already. */
function warnOfLengthening({ steps, subject, text: { match } }: Draft): void {
  if (match === undefined || match === 'all' || match.billing === undefined) return;
  for (const step of steps) {
    if (step.kind !== 'lengthen' || !match.billing.every((each) => each === step.to)) continue;
    subject.warn(
      ['match', 'billing'],
      `what is billed ${step.to} is not changed to ${step.to}, so this policy never acts`,
    );
    return;
  }
}

/** A renewal after which the instance is due again at once, and so is paid for over and over. */
function warnOfRenewals(draft: Draft): void {
  const expiry = conditionOf(draft, 'expiresWithin');
  if (expiry === undefined) return;
  const { steps, subject, text } = draft;
  const { match } = text;
  const billing = match === undefined || match === 'all' ? undefined : match.billing;
  for (const step of steps) {
    if (step.kind !== 'renew') continue;
    const unit = (['daily', 'monthly'] as const).find((each) => {
      const periods = step.periods[each];
      return billing?.includes(each) !== false && periods !== null && periods * PERIOD_MS[each] < expiry.ms;
    });
    if (unit === undefined) continue;
    const periods = `${step.periods[unit]} ${unit === 'daily' ? 'd' : 'month'}`;
    const within = formatDuration(expiry.ms);
    const message = `what is renewed by ${periods} may still expire within ${within}, and is paid for again until it does not`;
    subject.warn(['when', 'expiresWithin'], message);
    return;
  }
}
