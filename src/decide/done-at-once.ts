import type { ActionCall, PrepaidUnit } from '../fleet/action-call.ts';
import type { Activity } from '../fleet/activity.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import type { InstanceView } from './world.ts';

/** A month is 28 to 31 days, whichever the cloud means. */
export const UNIT_MS: Readonly<Record<PrepaidUnit, number>> = { daily: 86_400_000, monthly: 30 * 86_400_000 };

/** What a forecast without machines of its own knows when it does something. */
export interface AtOnce {
  readonly now: number;
  /** Does a snapshot end in a shutdown there? */
  readonly snapshotStops: boolean;
  /** The policy that wants it. */
  readonly policy: string;
  /** What the machine was at before it was stopped on the way; `null`: it was not. */
  readonly before: Activity | null;
}

/** The machine once a call has been carried out, at once and without fail. */
export function doneAtOnce(view: InstanceView, call: ActionCall, ground: AtOnce): InstanceView {
  const { now } = ground;
  switch (call.kind) {
    case 'stop':
      return down(view, 'normal', ground);
    case 'cardless-stop':
      return down(view, 'cardless', ground);
    case 'start':
    case 'restart':
      return up(view, ground);
    case 'snapshot':
      return ground.snapshotStops ? down(view, 'normal', ground) : view;
    case 'renew': {
      const { expiresAt } = view.tracked.instance;
      if (expiresAt === null) return view;
      return withInstance(view, { expiresAt: expiresAt + call.periods * UNIT_MS[call.unit] });
    }
    case 'lengthen':
      return withInstance(view, { billing: call.to, expiresAt: now + UNIT_MS[call.to] });
    case 'destroy':
      return withInstance(down(view, 'normal', ground), { status: 'destroyed' });
    case 'rebuild':
    case 'create':
    case 'shutdown-timer':
      // By hand only.
      return view;
    default:
      return assertNever(call);
  }
}

function withInstance(view: InstanceView, changed: Partial<Tracked['instance']>): InstanceView {
  return { ...view, tracked: { ...view.tracked, instance: { ...view.tracked.instance, ...changed } } };
}

function down(view: InstanceView, stopMode: 'normal' | 'cardless', { now, policy }: AtOnce): InstanceView {
  const { tracked } = withInstance(view, { status: 'stopped' });
  return {
    ...view,
    activity: { kind: 'not-applicable', at: now },
    tracked: { ...tracked, statusSince: now, upSince: null, stopMode, stoppedBy: policy, personStartAt: null },
  };
}

/** What it was at before it is at again; of one that was down from the beginning nobody knows, so it is left alone. */
function up(view: InstanceView, { now, before }: AtOnce): InstanceView {
  const { tracked } = withInstance(view, { status: 'running' });
  return {
    ...view,
    activity: begunAnew(before ?? view.activity, now),
    tracked: { ...tracked, statusSince: now, upSince: now, stopMode: null, stoppedBy: null },
  };
}

function begunAnew(before: Activity | null, now: number): Activity {
  if (before?.kind !== 'idle') return { kind: 'active', at: now, readings: [] };
  return { kind: 'idle', at: now, since: now, readings: [], watched: { from: now, to: now, holes: [] } };
}
