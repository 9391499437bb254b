import { assertNever } from '../fleet/assert-never.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import { formatYuan } from '../fleet/money.ts';
import type { Evidence } from '../fleet/operation.ts';
import type { DecisionReason } from '../fleet/reason.ts';
import type { Announcement, CloudAct, Evaluation, NotifyAct, Refusal } from './decision.ts';
import { inEnglish } from './in-english.ts';
import { utcText } from './time-text.ts';

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
  /** The same with its parts, for whoever reads another language. */
  readonly told: Detail;
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
    ...evaluation.announcements.map(announcementRow),
    ...evaluation.refusals.map(refusalRow),
    ...evaluation.tidy.map(tidyRow),
  ].map((row) => ({ ...row, detail: inEnglish(row.told, timezone) }));
}

/** A row that is not put into words yet. */
type Row = Omit<PlanRow, 'detail'>;

function operationRow(act: CloudAct): Row {
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
    told: {
      kind: 'will-do',
      action: act.action,
      name: instance.name === '' ? act.view.key : instance.name,
      costFen: act.costFen,
    },
    costYuan: act.costFen === null ? null : formatYuan(act.costFen),
    evidence: act.evidence,
  };
}

function notificationRow(act: NotifyAct): Row {
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
    told: act.told,
    costYuan: null,
    evidence: act.evidence,
  };
}

function announcementRow(announcement: Announcement): Row {
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
    told: { kind: 'will-announce', action, name: view.tracked.instance.name, at: notice.deadlineAt },
    costYuan: null,
    evidence: announcement.evidence,
  };
}

function refusalRow(refusal: Refusal): Row {
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
    told: refusal.detail,
    costYuan: null,
    evidence: {},
  };
}

function tidyRow(tidy: Evaluation['tidy'][number]): Row {
  const row = { decision: 'tidy', name: null, step: null, costYuan: null, evidence: {} } as const;
  switch (tidy.kind) {
    case 'drop-notice': {
      const { policy, instance, occurrence } = tidy.notice;
      const told: Detail = { kind: 'called-off', why: tidy.why };
      return {
        ...row,
        policy,
        account: accountOf(instance),
        instance,
        action: 'stop',
        occurrence,
        reason: tidy.why,
        told,
      };
    }
    case 'drop-obligation': {
      const { policy, instance } = tidy.obligation;
      const told: Detail = { kind: 'no-start-owed', why: tidy.why };
      const occurrence = `afterwards=${utcText(tidy.obligation.dueAt)}`;
      return {
        ...row,
        policy,
        account: accountOf(instance),
        instance,
        action: 'start',
        occurrence,
        reason: tidy.why,
        told,
      };
    }
    case 'recovered': {
      const { policy, account, occurrence } = tidy;
      const told: Detail = { kind: 'balance-enough', account };
      return { ...row, policy, account, instance: null, action: 'notify', occurrence, reason: 'recovered', told };
    }
    default:
      return assertNever(tidy);
  }
}

function accountOf(key: InstanceKey): string {
  return key.slice(0, key.indexOf('/'));
}
