import { formatDuration } from '../calendar/duration.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import { isProtected } from '../fleet/label.ts';
import type { Policy } from '../policy/policy.ts';
import { evaluate } from './evaluate.ts';
import { idleSince } from './idle-clock.ts';
import { inEnglish } from './in-english.ts';
import { type PlanRow, planRows } from './plan.ts';
import { localText } from './time-text.ts';
import type { AccountView, InstanceView, World } from './world.ts';

/** How one policy stands to one instance. */
export interface PolicyStand {
  readonly policy: string;
  readonly mode: Policy['mode'];
  readonly matches: boolean;
  readonly reason: PlanRow['reason'] | 'no-match' | 'disabled';
  readonly action: string | null;
  readonly occurrence: string | null;
  readonly detail: string;
  /** The same with its parts. */
  readonly told: Detail;
  /** `file:line:column`. */
  readonly place: string;
}

/** Everything that deciding knows of one instance. */
export interface Explanation {
  readonly instance: InstanceKey;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
  readonly policies: readonly PolicyStand[];
  /** What would happen to it now, in rows of a plan. */
  readonly rows: readonly PlanRow[];
}

/**
 * Everything about one instance, for `why`: what is known of it, and each policy's answer with the values seen, also of
 * those that do not match. `null`: no account lists it. Limits and conflicts are those that a whole pass would meet.
 */
export function explainInstance(
  policies: readonly Policy[],
  world: World,
  key: InstanceKey,
  timezone: string,
): Explanation | null {
  const account = world.accounts.find((each) => each.instances.some((view) => view.key === key));
  const view = account?.instances.find((each) => each.key === key);
  if (account === undefined || view === undefined) return null;
  const evaluation = evaluate(policies, world, { explain: true, only: { account: account.name } });
  const rows = planRows(evaluation, timezone).filter((row) => row.instance === key);
  return {
    instance: key,
    facts: factsOf(world, account, view, timezone),
    policies: policies
      .filter((policy) => policy.scope === 'instance')
      .map((policy) => standOf(policy, account, view, rows))
      .map((stand) => ({ ...stand, detail: inEnglish(stand.told, timezone) })),
    rows,
  };
}

function standOf(
  policy: Policy,
  account: AccountView,
  view: InstanceView,
  rows: readonly PlanRow[],
): Omit<PolicyStand, 'detail'> {
  const { file, line, column } = policy.place;
  const common = { policy: policy.name, mode: policy.mode, place: `${file}:${line}:${column}` };
  const none = { action: null, occurrence: null };
  const matches = policy.match.account(account) && policy.match.instance(view.tracked.instance, view.labels);
  if (!policy.enabled) return { ...common, ...none, matches, reason: 'disabled', told: { kind: 'policy-off' } };
  if (!matches)
    return { ...common, ...none, matches, reason: 'no-match', told: { kind: 'no-match', match: policy.match.text } };
  const row = rows.find(
    (each) => each.policy === policy.name && each.decision !== 'tidy' && each.reason !== 'afterwards',
  );
  if (row === undefined) {
    return { ...common, ...none, matches, reason: 'not-due', told: { kind: 'nothing-due' } };
  }
  const { action, occurrence, told } = row;
  return { ...common, matches, reason: row.reason, action, occurrence, told };
}

function factsOf(world: World, account: AccountView, view: InstanceView, timezone: string): Explanation['facts'] {
  const time = (at: number | null) => (at === null ? null : localText(at, timezone));
  const { tracked, activity } = view;
  const { instance } = tracked;
  const hold = world.holds.get(view.key);
  const idleAt = idleSince(view);
  const owed = world.history.obligations(account.name).filter((each) => each.instance === view.key);
  return {
    name: instance.name,
    provider: instance.provider,
    status: instance.status,
    rawStatus: instance.rawStatus,
    statusSince: time(tracked.statusSince),
    upSince: time(tracked.upSince),
    billing: instance.billing,
    expiresAt: time(instance.expiresAt),
    firstSeenAt: time(tracked.firstSeenAt),
    personStartAt: time(tracked.personStartAt),
    stopMode: tracked.stopMode,
    problems: instance.problems.length === 0 ? null : instance.problems.join(', '),
    labels: Object.entries(view.labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    protected: isProtected(view.labels),
    activity: activity?.kind ?? 'unknown',
    activityReadAt: time(activity?.at ?? null),
    idleSince: time(idleAt),
    idleFor: idleAt === null ? null : formatDuration(Math.max(0, world.now - idleAt)),
    probes: activity === null || activity.kind === 'not-applicable' ? null : probesOf(activity.readings, timezone),
    hold: hold === undefined ? null : `${hold.owner} until ${localText(hold.until, timezone)}: ${hold.reason}`,
    openOperation: world.history.open(view.key),
    startOwedAt: time(owed[0]?.dueAt ?? null),
    listing: account.trust,
    listedAt: time(account.takenAt),
    paused: world.paused,
  };
}

function probesOf(
  readings: readonly { readonly probe: string; readonly verdict: string; readonly evidence: Detail }[],
  timezone: string,
): string {
  return readings
    .map((reading) => `${reading.probe}: ${reading.verdict} (${inEnglish(reading.evidence, timezone)})`)
    .join('; ');
}
