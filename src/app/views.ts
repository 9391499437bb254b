import { formatDuration } from '../calendar/duration.ts';
import { inEnglish } from '../decide/in-english.ts';
import type { Account } from '../fleet/account.ts';
import type { Activity } from '../fleet/activity.ts';
import type { Hold } from '../fleet/hold.ts';
import { type InstanceKey, instanceKey, parseInstanceKey } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import { formatYuan } from '../fleet/money.ts';
import { nearestWord } from '../fleet/nearest-word.ts';
import type { Notice } from '../fleet/notice.ts';
import type { Obligation } from '../fleet/obligation.ts';
import { type Operation, outcomeOf } from '../fleet/operation.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import type { AccountHealth } from '../work/ports.ts';
import type { AccountMoney } from '../work/runway.ts';

function time(at: number | null): string | null {
  return at === null ? null : rfc3339(at);
}

function yuan(fen: number | null): string | null {
  return fen === null ? null : formatYuan(fen);
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms / 1000);
}

/** An activity as API and CLI show it. */
export function activityView(activity: Activity, zone: string) {
  const readings =
    activity.kind === 'not-applicable'
      ? []
      : activity.readings.map((reading) => ({
          probe: reading.probe,
          verdict: reading.verdict,
          reason: reading.reason,
          judges: reading.judges,
          at: rfc3339(reading.at),
          lastActiveAt: time(reading.lastActiveAt),
          evidence: inEnglish(reading.evidence, zone),
          told: reading.evidence,
        }));
  return {
    verdict: activity.kind,
    since: activity.kind === 'idle' ? rfc3339(activity.since) : null,
    reason: activity.kind === 'unknown' ? activity.reason : null,
    at: rfc3339(activity.at),
    readings,
  };
}

/** One instance as API and CLI show it. */
export function instanceView(
  tracked: Tracked,
  labels: Labels,
  activity: Activity | null,
  hold: Hold | null,
  zone: string,
) {
  const { instance, missing = 0 } = tracked;
  // Where it is, and how, is not known, whatever it was when it was last listed.
  const isMissing = missing > 0;
  return {
    key: instanceKey(instance),
    account: instance.account,
    provider: instance.provider,
    id: instance.id,
    name: instance.name,
    status: isMissing ? 'unknown' : instance.status,
    rawStatus: instance.rawStatus,
    cardless: tracked.stopMode === 'cardless',
    statusSince: rfc3339(tracked.statusSince),
    upSince: time(tracked.upSince),
    billing: instance.billing,
    gpu: instance.gpu,
    gpuCount: instance.gpuCount,
    gpuType: instance.gpuType,
    room: instance.room,
    createdAt: time(instance.createdAt),
    expiresAt: time(instance.expiresAt),
    shutdownTimerAt: time(instance.shutdownTimerAt),
    labels,
    activity: activity === null ? null : activityView(activity, zone),
    hold: hold === null ? null : holdView(hold),
    problems: isMissing ? ['missing from the last listing', ...instance.problems] : instance.problems,
  };
}

export function holdView(hold: Hold) {
  return {
    id: hold.id,
    instance: hold.instance,
    owner: hold.owner,
    reason: hold.reason,
    createdAt: rfc3339(hold.createdAt),
    until: rfc3339(hold.until),
  };
}

/**
 * One operation as API and CLI show it, with times in sentences of that zone. `callArguments` has no secrets: a call never
 * holds one.
 */
export function operationView(operation: Operation, zone: string) {
  const { kind: _kind, ...callArguments } = operation.call;
  return {
    id: operation.id,
    account: operation.account,
    instance: operation.instance,
    instanceName: operation.instanceName,
    action: operation.action,
    arguments: callArguments,
    policy: operation.policy,
    occurrence: operation.occurrence,
    by: operation.by,
    attempt: operation.attempt,
    state: operation.state,
    outcome: outcomeOf(operation.state),
    reason: operation.reason,
    detail: inEnglish(operation.detail, zone),
    told: operation.detail,
    createdAt: rfc3339(operation.createdAt),
    updatedAt: rfc3339(operation.updatedAt),
    sendingAt: time(operation.sendingAt),
    effectiveAt: time(operation.effectiveAt),
    nextCheckAt: time(operation.nextCheckAt),
    orderId: operation.orderId,
    costYuan: yuan(operation.costFen),
    evidence: operation.evidence,
    transitions: operation.transitions.map((transition) => ({
      ...transition,
      at: rfc3339(transition.at),
      detail: inEnglish(transition.detail, zone),
      told: transition.detail,
    })),
  };
}

export function policyView(policy: Policy) {
  return {
    name: policy.name,
    description: policy.description,
    enabled: policy.enabled,
    mode: policy.mode,
    match: policy.match.text,
    when: policy.conditions.map((condition) => condition.kind),
    do: policy.steps.map((step) => step.kind),
    scope: policy.scope,
    notice: formatDuration(policy.noticeMs),
    minimumUptime: formatDuration(policy.minimumUptimeMs),
    cooldown: formatDuration(policy.cooldownMs),
    timezone: policy.timezone,
    file: policy.place.file,
    line: policy.place.line,
  };
}

export function accountView(account: Account, snapshot: Snapshot | null, health: AccountHealth, money: AccountMoney) {
  const ok = health.failures === 0 && health.okAt !== null;
  return {
    account: account.name,
    provider: account.provider,
    ok,
    detail: health.okAt === null && health.failures === 0 ? 'not read yet' : health.detail,
    lastTriedAt: time(health.triedAt),
    lastReadAt: time(health.okAt),
    instances: snapshot?.instances.length ?? null,
    complete: snapshot === null ? null : snapshot.complete && !snapshot.shrunken,
    balanceYuan: yuan(snapshot?.balance?.cashFen ?? null),
    cardsYuan: yuan(snapshot?.balance?.cardsFen ?? null),
    burnYuanPerHour: yuan(money.burnFenPerHour === null ? null : Math.round(money.burnFenPerHour)),
    runwaySeconds: seconds(money.runwayMs),
    runwayPessimisticSeconds: seconds(money.runwayPessimisticMs),
    runwayOptimisticSeconds: seconds(money.runwayOptimisticMs),
    runwayUnknown: money.runwayUnknown,
    actions: account.actions,
  };
}

export function noticeView(notice: Notice) {
  return {
    policy: notice.policy,
    instance: notice.instance,
    announcedAt: rfc3339(notice.announcedAt),
    deadlineAt: rfc3339(notice.deadlineAt),
    delivered: notice.delivered,
  };
}

export function obligationView(obligation: Obligation) {
  return {
    policy: obligation.policy,
    instance: obligation.instance,
    stoppedAt: rfc3339(obligation.stoppedAt),
    dueAt: rfc3339(obligation.dueAt),
    lapsesAt: time(obligation.lapsesAt),
    attempts: obligation.attempts,
  };
}

/** For look-ups by "account/id" or by a name that is unique. */
export type Found =
  | { readonly kind: 'found'; readonly key: InstanceKey; readonly tracked: Tracked }
  | { readonly kind: 'none'; readonly message: string }
  | { readonly kind: 'several'; readonly message: string };

const INDEXES = new WeakMap<Snapshot, ReadonlyMap<string, Tracked>>();

/** A person may act on a thousand instances at once, and each is looked up. */
function byId(snapshot: Snapshot): ReadonlyMap<string, Tracked> {
  const known = INDEXES.get(snapshot);
  if (known !== undefined) return known;
  const index = new Map(snapshot.instances.map((tracked) => [tracked.instance.id, tracked]));
  INDEXES.set(snapshot, index);
  return index;
}

export function findInstance(text: string, snapshots: readonly Snapshot[]): Found {
  const wanted = parseInstanceKey(text);
  const snapshot = snapshots.find(({ account }) => account === wanted?.account);
  const exact = snapshot === undefined || wanted === null ? undefined : byId(snapshot).get(wanted.id);
  if (exact !== undefined) return { kind: 'found', key: instanceKey(exact.instance), tracked: exact };
  const all = snapshots.flatMap((snapshot) => snapshot.instances);
  const same = all.filter(({ instance }) => instance.id === text || instance.name === text);
  const first = same[0];
  if (first === undefined) {
    const names = all.flatMap(({ instance }) => [instance.name, instanceKey(instance), instance.id]);
    const near = nearestWord(text, names);
    const hint = near === null ? 'write account/id, an id or a name' : `did you mean "${near}"?`;
    return { kind: 'none', message: `no account has an instance "${text}"; ${hint}` };
  }
  if (same.length === 1) return { kind: 'found', key: instanceKey(first.instance), tracked: first };
  const keys = same.slice(0, 5).map(({ instance }) => instanceKey(instance));
  return {
    kind: 'several',
    message: `"${text}" is ${same.length} instances: ${keys.join(', ')}${same.length > 5 ? '…' : ''}`,
  };
}
