import { actionClass } from '../fleet/action.ts';
import type { DecisionReason } from '../fleet/reason.ts';
import { cloudAct } from './acts.ts';
import { announcementOf, noticeState } from './announce.ts';
import { callOf, isCall } from './calls.ts';
import { addTo } from './counts.ts';
import type { CloudStep, Due } from './due.ts';
import { firstNo } from './guards.ts';
import { limitGuard } from './limits.ts';
import { bookAct } from './pass.ts';
import { refuse, settle } from './refuse.ts';
import { costOf, spendGuard } from './spending.ts';
import { sentence } from './wording.ts';

/**
 * A due step that reaches a cloud: refused by the first guard that says no, announced, or done. Observing comes last,
 * so that `plan` shows what would be done and nothing else.
 * @returns the reason given
 */
export function decideCloudStep(due: Due & { readonly step: CloudStep }): DecisionReason {
  const { pass, account, standing, view, step } = due;
  const action = step.kind;
  const no = firstNo(due, action);
  if (no !== null) return refuse(due, no);
  const { occurrence } = due;
  // Every verdict that leaves it open is refused above; what is left has all its facts.
  if (occurrence === null) return refuse(due, { reason: 'unknown-status', detail: { kind: 'facts-unknown' } });
  const notice = noticeState(due, action, occurrence);
  if (notice.kind === 'wait') return refuse(due, notice.no);
  if (notice.kind === 'announce' && standing.enforcing) {
    pass.announcements.push(announcementOf(due, action, occurrence));
    addTo(standing.counts.row(action), 'notice');
    settle(due, 'notice');
    return 'notice';
  }
  const call = callOf(step, view, standing.keys.tickAt ?? pass.now, standing.policy.timezone);
  if (!isCall(call)) return refuse(due, call);
  const costFen = costOf(call, view.tracked.instance, account.view);
  const paid = actionClass(action) === 'paid';
  const broke = paid ? spendGuard(account, costFen) : null;
  if (broke !== null) return refuse(due, broke);
  const full = limitGuard(due, action);
  if (full !== null) return refuse(due, full);
  const act = cloudAct(due, action, call, occurrence, costFen);
  if (!standing.enforcing) {
    const because = sentence(standing, account.view, view);
    const announced = notice.kind === 'announce';
    return refuse(due, {
      reason: 'observe',
      detail: { kind: 'would', action, announced, costFen: act.costFen, because },
    });
  }
  pass.acts.push(act);
  bookAct(pass, account, standing.policy.name, view, action, paid ? (costFen ?? 0) : null);
  addTo(standing.counts.row(action), act.reason);
  settle(due, 'acted');
  return act.reason;
}
