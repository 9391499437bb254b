import { DAY_MS } from '../calendar/civil.ts';
import { type Zone, zoneNamed } from '../calendar/zone.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Notice } from '../fleet/notice.ts';
import type { Obligation } from '../fleet/obligation.ts';
import type { Policy } from '../policy/policy.ts';
import { NOTICE_GRACE_MS } from './announce.ts';
import { OPEN_ENDS_MS } from './forecast-history.ts';
import type { ForecastWorld } from './forecast-world.ts';
import { AFTER_RENEWAL_MS, leashOf } from './guards.ts';
import { idleStart, provenAt } from './idle-clock.ts';
import { HALF_UNIT_MS } from './spending.ts';
import type { InstanceView, World } from './world.ts';

/** The first instant after `after` at which the calendar of some policy says something else; `null`: never. */
export function nextCalendarEdge(policies: readonly Policy[], after: number): number | null {
  let next: number | null = null;
  const consider = (at: number | null | undefined) => {
    if (at !== null && at !== undefined && at > after && (next === null || at < next)) next = at;
  };
  for (const policy of policies) {
    for (const condition of policy.conditions) {
      if (condition.kind === 'cron') consider(condition.ticks.nextTick(after));
      if (condition.kind === 'during') {
        consider(condition.window.edgesAfter(after, 1)[0]?.at);
        const state = condition.window.state(after);
        // An opening without a beginning is named by the local day.
        if (state.inside && state.openedAt === null) consider(nextMidnight(after, zoneNamed(policy.timezone)));
      }
    }
  }
  return next;
}

function nextMidnight(after: number, zone: Zone): number {
  const wall = after + zone.offsetMs(after);
  return zone.firstReading((Math.floor(wall / DAY_MS) + 1) * DAY_MS);
}

/** When something about one instance comes due or ceases to be kept back, by itself: in no order, past ones among them. */
export function instanceEdges(
  policies: readonly Policy[],
  world: World,
  view: InstanceView,
  waiting: { readonly notices: readonly Notice[]; readonly obligations: readonly Obligation[]; readonly from: number },
): readonly number[] {
  const edges: number[] = [];
  const add = (at: number | null) => {
    if (at !== null && Number.isFinite(at)) edges.push(at);
  };
  const { history } = world;
  const { tracked, key } = view;
  const { instance } = tracked;
  const hold = world.holds.get(key);
  if (hold !== undefined) add(hold.until);
  if (history.open(key) === 'any') add(waiting.from + OPEN_ENDS_MS);
  for (const notice of waiting.notices) {
    const noticeMs = policies.find(({ name }) => name === notice.policy)?.noticeMs ?? 0;
    const toldAt = Math.max(notice.announcedAt, notice.deliveredAt ?? notice.announcedAt);
    for (const at of [notice.deadlineAt, notice.announcedAt + noticeMs, toldAt + noticeMs]) {
      add(at);
      add(at + NOTICE_GRACE_MS);
    }
  }
  for (const { dueAt, nextTryAt, lapsesAt } of waiting.obligations) {
    add(dueAt);
    add(nextTryAt);
    add(lapsesAt);
  }
  const renewedAt = history.lastRenewedAt(key);
  if (renewedAt !== null) {
    add(renewedAt + AFTER_RENEWAL_MS);
    if (instance.billing === 'daily' || instance.billing === 'monthly') add(renewedAt + HALF_UNIT_MS[instance.billing]);
  }
  for (const policy of policies) addPolicyEdges(policy, world, view, add);
  return edges;
}

function addPolicyEdges(policy: Policy, world: World, view: InstanceView, add: (at: number | null) => void): void {
  const { tracked, activity } = view;
  const { statusSince, upSince, instance } = tracked;
  const after = (at: number | null, ms: number) => (at === null ? null : at + ms);
  for (const condition of policy.conditions) {
    switch (condition.kind) {
      case 'statusFor':
      case 'stoppedFor':
        add(statusSince + condition.ms);
        break;
      case 'runningFor':
        add(after(upSince, condition.ms));
        break;
      case 'expiresWithin':
        add(after(instance.expiresAt, -condition.ms));
        add(instance.expiresAt);
        break;
      case 'idleFor': {
        add(after(upSince, leashOf(policy, view, world).ms));
        if (activity?.kind !== 'idle') break;
        for (const notBefore of [0, world.history.policyEditedAt?.(policy.name) ?? 0]) {
          const start = idleStart(view, notBefore);
          // With a look at another time what was idle counts as watched up to then.
          if (start !== null) add(provenAt(condition.ms, start, { ...activity.watched, to: start }));
        }
        break;
      }
      case 'during':
      case 'cron':
      case 'balanceBelow':
      case 'runwayBelow':
        // The calendar's are the same for all, and money is taken to stay as it is.
        break;
      default:
        assertNever(condition);
    }
  }
  if (policy.cooldownMs > 0) add(after(world.history.lastActedAt(policy.name, view.key), policy.cooldownMs));
}

/** Which of the policies may ever have to do with an instance, whatever its status becomes. */
export function policiesOf(
  policies: readonly Policy[],
  forecast: ForecastWorld,
): ReadonlyMap<InstanceKey, readonly Policy[]> {
  const map = new Map<InstanceKey, readonly Policy[]>();
  for (const account of forecast.accounts) {
    const here = policies.filter(
      ({ enabled, match, scope }) => enabled && scope === 'instance' && match.account(account),
    );
    for (const { key, tracked, labels } of account.instances) {
      map.set(
        key,
        here.filter(({ match }) => match.instanceWhateverStatus(tracked.instance, labels)),
      );
    }
  }
  return map;
}
