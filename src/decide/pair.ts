import { interrupts } from '../fleet/action.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import { type DecisionReason, isActReason } from '../fleet/reason.ts';
import type { Step } from '../policy/policy.ts';
import { carriedOccurrence } from './carried-occurrence.ts';
import { decideCloudStep } from './cloud-step.ts';
import { testInstance, type Verdict } from './conditions.ts';
import { addNotDue } from './counts.ts';
import { isGoingOn } from './list.ts';
import { type NotDue, notDueDetail } from './not-due.ts';
import { decideNotify } from './notify-step.ts';
import { occurrenceOf } from './occurrence.ts';
import type { Pair } from './pass.ts';
import { isReady } from './readiness.ts';
import { refuse } from './refuse.ts';
import type { InstanceView } from './world.ts';

/**
 * Decides one pair. Hot: the first questions compare numbers and make no garbage; a pair that comes further is rare,
 * and only then are texts made.
 * @returns the last reason given
 */
export function decidePair(pair: Pair, view: InstanceView, place: number): DecisionReason {
  const { pass, account, standing } = pair;
  if (standing.calendar === 'closed') return notDue(pair, view, 0, 'outside-window');
  if (standing.calendar === 'not-yet') return notDue(pair, view, 0, 'no-tick');
  const { instance } = view.tracked;
  const tests = account.hasNotice(standing.policy.name, view.key) ? standing.noticedTests : standing.tests;
  const verdict = testInstance(tests, view, pass.now, pass.evidenceMaxAgeMs, pair.accountVerdict);
  if (verdict === 'fails') return notDueYetWanted(pair, view, place, 0, 'condition');
  const { steps } = standing.policy;
  const only = steps.length === 1 ? steps[0] : undefined;
  if (only !== undefined && !isReady(only, instance, standing.stuck)) {
    return notDueYetWanted(pair, view, place, 0, 'not-ready');
  }
  const known = verdict === 'holds' || verdict === 'expired';
  const occurrence = known
    ? carriedOccurrence(
        pass,
        account,
        standing,
        view,
        occurrenceOf(standing.ordered, standing.keys, account.view, view),
      )
    : null;
  let told: DecisionReason | null = null;
  for (let stepIndex = 0; stepIndex < steps.length; stepIndex += 1) {
    const step = steps[stepIndex];
    if (step === undefined) continue;
    const state =
      occurrence === null ? 'none' : pass.world.history.step(standing.policy.name, view.key, occurrence, stepIndex);
    if (state === 'done') continue;
    if (state !== 'none') {
      return notDueYetWanted(pair, view, place, stepIndex, state === 'open' ? 'under-way' : 'failed');
    }
    const why = whyNotDue(pair, view, step, stepIndex, verdict);
    if (why !== null) return notDueYetWanted(pair, view, place, stepIndex, why);
    const due = { pass, account, standing, view, place, step, stepIndex, verdict, occurrence };
    if (standing.calendar === 'late' && !isGoingOn(due)) {
      const detail: Detail = { kind: 'tick-missed', occurrence: occurrence ?? String(standing.keys.tickAt) };
      return refuse(due, { reason: 'missed', detail });
    }
    if (step.kind !== 'notify') return decideCloudStep({ ...due, step });
    told = decideNotify(due, step);
    // A message does not keep its list waiting; what refused it does.
    if (!isActReason(told) && told !== 'observe') return told;
  }
  return told ?? notDueYetWanted(pair, view, place, steps.length - 1, 'done');
}

/** What makes a step not due although the conditions hold. */
function whyNotDue(pair: Pair, view: InstanceView, step: Step, stepIndex: number, verdict: Verdict): NotDue | null {
  const { standing, pass } = pair;
  const { tracked } = view;
  if (verdict === 'expired') return 'expired';
  if (!isReady(step, tracked.instance, standing.stuck)) return 'not-ready';
  if (step.kind !== 'notify' && interrupts(step.kind, tracked.instance.provider) && isPersonsOwn(pair, view)) {
    return 'person-start';
  }
  if (standing.calendar !== 'late' || stepIndex > 0) return null;
  // Who only observes misses nothing.
  if (!standing.enforcing) return 'late';
  const { tickAt } = standing.keys;
  if (tickAt === null) return 'late';
  const missedUntil = Math.min(tickAt + standing.policy.catchUpMs, pass.now);
  return tracked.firstSeenAt > missedUntil || tracked.statusSince > missedUntil ? 'changed-since' : null;
}

/** Did a person start it in this very opening of the window? Then it is left to them until the next. */
function isPersonsOwn(pair: Pair, view: InstanceView): boolean {
  const { window, openedAt, keys } = pair.standing;
  const { personStartAt } = view.tracked;
  if (window === null || personStartAt === null) return false;
  if (openedAt !== null) return personStartAt >= openedAt;
  return window.occurrence(personStartAt) === keys.window;
}

/** Not due, but within its window the policy goes on wanting what is so already: a later policy's opposite is a conflict. */
function notDueYetWanted(
  pair: Pair,
  view: InstanceView,
  place: number,
  stepIndex: number,
  why: NotDue,
): DecisionReason {
  const { lasting, enforcing } = pair.standing;
  if (lasting !== null && enforcing && why !== 'person-start' && why !== 'failed') {
    const { status } = view.tracked.instance;
    const down = status === 'stopped' || status === 'stopping';
    const up = status === 'running' || status === 'starting' || status === 'restarting';
    if (lasting === 'down' ? down : up) pair.account.want(place, pair.standing, lasting);
  }
  return notDue(pair, view, stepIndex, why);
}

function notDue(pair: Pair, view: InstanceView, stepIndex: number, why: NotDue): DecisionReason {
  const { pass, account, standing } = pair;
  const row = standing.rows[stepIndex];
  if (row !== undefined) addNotDue(row);
  const consumed = why === 'under-way' || why === 'done' || why === 'failed';
  account.watch(standing.policy.name, view.key, consumed ? 'consumed' : 'not-due', null);
  const action = standing.policy.steps[stepIndex]?.kind;
  // Too late to renew is reported without being asked: somebody is about to lose a machine.
  const tell = pass.explain || (why === 'expired' && action === 'renew');
  if (!tell || action === undefined) return 'not-due';
  pass.refusals.push({
    kind: 'refusal',
    policy: standing.policy.name,
    account: account.view.name,
    instance: view.key,
    name: view.tracked.instance.name,
    action,
    step: stepIndex,
    occurrence: null,
    reason: 'not-due',
    detail: notDueDetail(why, standing, view, pass.now),
  });
  return 'not-due';
}
