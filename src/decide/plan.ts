import { assertNever } from '../fleet/assert-never.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import { formatYuan } from '../fleet/money.ts';
import type { Evidence } from '../fleet/operation.ts';
import type { DecisionReason } from '../fleet/reason.ts';
import type { Announcement, CloudAct, Evaluation, NotifyAct, Refusal } from './decision.ts';
import { localText, utcText } from './time-text.ts';

/** One decision as `plan` prints it and the API answers it: flat, JSON, money in yuan, times as RFC 3339. */
export interface PlanRow {
  readonly decision: 'act' | 'notify' | 'announce' | 'refuse' | 'tidy';
  readonly policy: string;
  readonly account: string;
  /** "account/id"; `null`: about the account. */
  readonly instance: InstanceKey | null;
  readonly name: string | null;
  readonly action: string;
  readonly step: number | null;
  readonly occurrence: string | null;
  readonly reason:
    | DecisionReason
    | 'policy-removed'
    | 'done'
    | 'activity'
    | 'no-longer-due'
    | 'up'
    | 'lapsed'
    | 'gone'
    | 'recovered';
  /** One sentence. */
  readonly detail: string;
  readonly costYuan: string | null;
  readonly evidence: Evidence;
}

/**
 * Acts first, in the order in which they would be done; then what is announced, what is refused, and what is tidied.
 * @param timezone for the times in sentences
 */
export function planRows(evaluation: Evaluation, timezone: string): readonly PlanRow[] {
  return [
    ...evaluation.acts.map((act) => (act.kind === 'operation' ? operationRow(act) : notificationRow(act))),
    ...evaluation.announcements.map((announcement) => announcementRow(announcement, timezone)),
    ...evaluation.refusals.map(refusalRow),
    ...evaluation.tidy.map(tidyRow),
  ];
}

function operationRow(act: CloudAct): PlanRow {
  const cost = act.costFen === null ? '' : ` for ${formatYuan(act.costFen)} yuan`;
  const { instance } = act.view.tracked;
  return {
    decision: 'act',
    policy: act.policy,
    account: act.account,
    instance: act.view.key,
    name: instance.name,
    action: act.action,
    step: act.step,
    occurrence: act.occurrence,
    reason: act.reason,
    detail: `${act.action} ${instance.name === '' ? act.view.key : instance.name}${cost}`,
    costYuan: act.costFen === null ? null : formatYuan(act.costFen),
    evidence: act.evidence,
  };
}

function notificationRow(act: NotifyAct): PlanRow {
  return {
    decision: 'notify',
    policy: act.policy,
    account: act.account,
    instance: act.view?.key ?? null,
    name: act.view?.tracked.instance.name ?? null,
    action: 'notify',
    step: act.step,
    occurrence: act.occurrence,
    reason: act.reason,
    detail: act.text,
    costYuan: null,
    evidence: act.evidence,
  };
}

function announcementRow(announcement: Announcement, timezone: string): PlanRow {
  const { view, notice, action } = announcement;
  return {
    decision: 'announce',
    policy: announcement.policy,
    account: announcement.account,
    instance: view.key,
    name: view.tracked.instance.name,
    action,
    step: null,
    occurrence: notice.occurrence,
    reason: 'notice',
    detail: `announce a ${action} of ${view.tracked.instance.name} at ${localText(notice.deadlineAt, timezone)}`,
    costYuan: null,
    evidence: announcement.evidence,
  };
}

function refusalRow(refusal: Refusal): PlanRow {
  return {
    decision: 'refuse',
    policy: refusal.policy,
    account: refusal.account,
    instance: refusal.instance,
    name: refusal.name,
    action: refusal.action,
    step: refusal.step,
    occurrence: refusal.occurrence,
    reason: refusal.reason,
    detail: refusal.detail,
    costYuan: null,
    evidence: {},
  };
}

function tidyRow(tidy: Evaluation['tidy'][number]): PlanRow {
  const row = { decision: 'tidy', name: null, step: null, costYuan: null, evidence: {} } as const;
  switch (tidy.kind) {
    case 'drop-notice': {
      const { policy, instance, occurrence } = tidy.notice;
      const detail = `the announced stop is called off: ${tidy.why}`;
      return {
        ...row,
        policy,
        account: accountOf(instance),
        instance,
        action: 'stop',
        occurrence,
        reason: tidy.why,
        detail,
      };
    }
    case 'drop-obligation': {
      const { policy, instance } = tidy.obligation;
      const detail = `no start is owed any more: ${tidy.why}`;
      const occurrence = `afterwards=${utcText(tidy.obligation.dueAt)}`;
      return {
        ...row,
        policy,
        account: accountOf(instance),
        instance,
        action: 'start',
        occurrence,
        reason: tidy.why,
        detail,
      };
    }
    case 'recovered': {
      const { policy, account, occurrence } = tidy;
      const detail = `the balance of account ${account} is high enough again`;
      return { ...row, policy, account, instance: null, action: 'notify', occurrence, reason: 'recovered', detail };
    }
    default:
      return assertNever(tidy);
  }
}

function accountOf(key: InstanceKey): string {
  return key.slice(0, key.indexOf('/'));
}
