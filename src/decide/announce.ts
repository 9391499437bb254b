import { interrupts } from '../fleet/action.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Notice } from '../fleet/notice.ts';
import type { Policy } from '../policy/policy.ts';
import type { Announcement } from './decision.ts';
import type { CloudPolicyAction, Due, No } from './due.ts';
import { evidenceOf, priceOf } from './evidence.ts';
import type { InstanceView } from './world.ts';

/** A deadline missed by this much (the daemon was down, a limit held it back) is announced anew. */
export const NOTICE_GRACE_MS = 15 * 60_000;

/** A delivery that takes longer is late: whoever is to have the whole notice is then given it from there on. */
const LATE_MS = 60_000;

/** Before the deadline: wait. `announce`: nobody has been told yet, or too long ago. `go`: the time is now. */
export type NoticeState =
  | { readonly kind: 'go' }
  | { readonly kind: 'announce' }
  | { readonly kind: 'wait'; readonly no: No };

/** Where an announced step stands. A reload may lengthen the notice, never shorten it: the later deadline counts. */
export function noticeState(due: Due, action: CloudPolicyAction, occurrence: string): NoticeState {
  const { pass, standing, view } = due;
  const { noticeMs, requireNotice, name } = standing.policy;
  if (!interrupts(action, due.account.view.provider)) return { kind: 'go' };
  // Asked for first: what has been promised stands, also where an edit has taken the notice out of the policy.
  const kept = pass.world.history.notice(name, view.key, occurrence);
  // What was announced of a machine that is gone is no announcement of the one that has its id now.
  const isOver = kept !== null && (isOfAnother(kept, view) || isOfEarlierStep(due, kept));
  const notice = isOver ? null : kept;
  if (notice === null) return noticeMs <= 0 ? { kind: 'go' } : { kind: 'announce' };
  const deadlineAt = deadlineOf(notice, standing.policy);
  const wait = (detail: Detail): NoticeState => ({ kind: 'wait', no: { reason: 'notice', detail } });
  if (!(pass.now >= deadlineAt)) return wait({ kind: 'announced-for', at: deadlineAt });
  if (pass.now >= deadlineAt + NOTICE_GRACE_MS) return noticeMs <= 0 ? { kind: 'go' } : { kind: 'announce' };
  if (requireNotice && !notice.delivered) return wait({ kind: 'announced-untaken' });
  return { kind: 'go' };
}

/** From when on what was announced may be done. */
export function deadlineOf(
  notice: Notice,
  { noticeMs, requireNotice }: Pick<Policy, 'noticeMs' | 'requireNotice'>,
): number {
  const { announcedAt, deliveredAt = announcedAt } = notice;
  const isLate = requireNotice && deliveredAt - announcedAt > LATE_MS;
  return Math.max(notice.deadlineAt, (isLate ? deliveredAt : announcedAt) + noticeMs);
}

/**
 * Was it the announcement of a step that is done? A list that stops first and destroys then announces each by itself: who
 * was told of a stop was not told of a destruction.
 */
function isOfEarlierStep({ pass, standing, view, stepIndex }: Due, notice: Notice): boolean {
  if (stepIndex === 0 || notice.announcedAt === 0) return false;
  const actedAt = pass.world.history.lastActedAt(standing.policy.name, view.key);
  return actedAt !== null && notice.announcedAt <= actedAt;
}

/**
 * Was it announced before this machine was first seen? Then it was of another one that had the id. One of time 0 stands
 * for a notice that was over when its operation was armed; there the operation's own fence knows the machine.
 */
export function isOfAnother(notice: Notice, view: InstanceView): boolean {
  return notice.announcedAt > 0 && notice.announcedAt < view.tracked.firstSeenAt;
}

export function announcementOf(due: Due, action: CloudPolicyAction, occurrence: string): Announcement {
  const { pass, account, standing, view } = due;
  const { name, noticeMs } = standing.policy;
  return {
    kind: 'announcement',
    policy: name,
    account: account.view.name,
    view,
    action,
    notice: {
      policy: name,
      instance: view.key,
      occurrence,
      announcedAt: pass.now,
      deadlineAt: pass.now + noticeMs,
      delivered: false,
    },
    evidence: { ...evidenceOf(standing, account.view, view), ...priceOf(action, account.view, view) },
  };
}
