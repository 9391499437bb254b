import type { Detail } from '../fleet/detail/detail.ts';
import type { Policy } from '../policy/policy.ts';
import { leashOf } from './guards.ts';
import { type IdleCause, idleCause, idleStart, notBeforeOf, provenAt, provenMs } from './idle-clock.ts';
import type { InstanceView, World } from './world.ts';

/** Something that keeps a policy from stopping an instance for being idle. */
export interface Blocker {
  readonly what: 'working' | 'people' | 'keep-alive' | 'unknown' | 'hold' | 'minimum-uptime' | 'not-idle-long-enough';
  /** `null`: nobody can tell when it ends. Epoch ms. */
  readonly until: number | null;
  readonly detail: Detail;
}

/** How far one policy's `idleFor` has come on one instance. All times epoch ms. */
export interface IdleStand {
  readonly policy: string;
  readonly idleForMs: number;
  /** Of that so much is proven. */
  readonly provenMs: number;
  /** From when on it is counted, and what made it begin there; `null`: it is not idle. */
  readonly countedFrom: number | null;
  readonly cause: IdleCause | null;
  /** When the policy may act if everything goes on as it is; `null`: that cannot be told. A notice comes after it. */
  readonly eligibleAt: number | null;
  readonly noticeMs: number;
  readonly blockers: readonly Blocker[];
}

/** How far every policy that matches and asks for idleness has come. */
export function idleStands(policies: readonly Policy[], world: World, view: InstanceView): readonly IdleStand[] {
  const account = world.accounts.find(({ instances }) => instances.includes(view));
  if (account === undefined) return [];
  return policies.flatMap((policy) => {
    const idle = policy.conditions.find((condition) => condition.kind === 'idleFor');
    if (idle?.kind !== 'idleFor' || !policy.enabled) return [];
    if (!policy.match.account(account) || !policy.match.instance(view.tracked.instance, view.labels)) return [];
    return [standOf(policy, idle.ms, world, view)];
  });
}

function standOf(policy: Policy, idleForMs: number, world: World, view: InstanceView): IdleStand {
  const { now } = world;
  const { activity, tracked } = view;
  const notBefore = notBeforeOf(policy.name, world.history);
  const countedFrom = idleStart(view, notBefore.at);
  const blockers: Blocker[] = [];
  const block = (what: Blocker['what'], until: number | null, detail: Detail) => blockers.push({ what, until, detail });
  let proven = 0;
  switch (activity?.kind) {
    case undefined:
      block('unknown', null, { kind: 'no-probe' });
      break;
    case 'not-applicable':
      block('unknown', null, { kind: 'status-is', status: tracked.instance.status });
      break;
    case 'unknown':
      block('unknown', null, activity.detail ?? { kind: 'blind-by', reason: activity.reason, why: null });
      break;
    case 'active': {
      const { protection } = activity;
      if (protection === undefined) block('working', null, { kind: 'at-work' });
      else if (protection.by === 'people') block('people', protection.until, { kind: 'somebody-there' });
      else block('keep-alive', protection.until, { kind: 'kept-by-lease' });
      break;
    }
    case 'idle': {
      if (countedFrom === null) {
        block('unknown', null, { kind: 'up-since-unknown' });
        break;
      }
      proven = Math.min(
        idleForMs,
        provenMs(idleForMs, countedFrom, activity.watched, Math.min(now, activity.watched.to)),
      );
      if (proven < idleForMs) {
        block('not-idle-long-enough', provenAt(idleForMs, countedFrom, activity.watched), { kind: 'idle-too-short' });
      }
      break;
    }
  }
  const hold = world.holds.get(view.key);
  if (hold !== undefined && !(hold.until <= now)) {
    // Its end begins the idle clock anew.
    block('hold', hold.until + idleForMs, { kind: 'held', owner: hold.owner, until: null, why: hold.reason });
  }
  const { ms: aloneForMs, restarts } = leashOf(policy, view, world);
  if (tracked.upSince !== null && now - tracked.upSince < aloneForMs) {
    block('minimum-uptime', tracked.upSince + aloneForMs, { kind: 'started-lately', restarts });
  }
  const ends = blockers.map(({ until }) => until);
  const eligibleAt = ends.includes(null) ? null : ends.reduce<number>((last, at) => Math.max(last, at ?? 0), now);
  return {
    policy: policy.name,
    idleForMs,
    provenMs: proven,
    countedFrom,
    cause: countedFrom === null ? null : idleCause(view, notBefore),
    eligibleAt,
    noticeMs: policy.noticeMs,
    blockers,
  };
}
