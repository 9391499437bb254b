import type { ActionCall } from '../fleet/action-call.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import { isUp, type Status } from '../fleet/status.ts';
import type { Step } from '../policy/policy.ts';

/** Where a step wants an instance to be. Two policies that want the two are opposed. */
export type Direction = 'up' | 'down';

export function directionOf(kind: Step['kind']): Direction | null {
  switch (kind) {
    case 'stop':
    case 'cardless-stop':
    case 'destroy':
      return 'down';
    case 'start':
    case 'restart':
      return 'up';
    case 'snapshot':
    case 'renew':
    case 'lengthen':
    case 'notify':
      return null;
    default:
      return assertNever(kind);
  }
}

/**
 * Is there anything left to do? `false`: it is so already, or on its way, or not yet in a state to begin from; the step
 * is then not due. An unknown status is for the guards, not for here. `stuck`: the policy is about how long a status
 * has lasted, so that a stop may also begin from a machine that never came up.
 */
export function isReady(step: Step, instance: Instance, stuck: boolean): boolean {
  const { status, provider } = instance;
  if (status === 'unknown') return true;
  switch (step.kind) {
    case 'stop':
      return status === 'running' || (stuck && (status === 'starting' || status === 'restarting'));
    case 'cardless-stop':
    case 'restart':
      return status === 'running';
    case 'start':
      return status === 'stopped';
    case 'snapshot':
      // chenyu v2 saves only what runs ("save_image"); 慧星云 states no precondition, so a stopped disk may be saved too.
      return status === 'running' || (provider === 'huixingyun' && status === 'stopped');
    case 'destroy':
      // 慧星云 API doc: only a stopped hourly instance can be destroyed. chenyu v1 destroys a running one as well.
      return status === 'stopped' || (provider === 'chenyu-v1' && status === 'running');
    case 'renew':
      return status !== 'destroyed';
    case 'lengthen':
      return status !== 'destroyed' && instance.billing !== step.to;
    case 'notify':
      return true;
    default:
      return assertNever(step);
  }
}

/**
 * What keeps a person's own wish from being carried out on an instance as it was last seen, as the end of a sentence
 * ("is stopped already"); `null`: nothing.
 */
export function isReadyFor(call: ActionCall, tracked: Tracked): string | null {
  const { status, rawStatus, billing, provider } = tracked.instance;
  if (call.kind === 'create' || call.kind === 'renew') return whyUnpayable(call, tracked);
  if (status === 'unknown') return `has the status ${JSON.stringify(rawStatus)}, which nobody has taught us`;
  const only = (...wanted: readonly Status[]) =>
    wanted.includes(status) ? null : `is ${status}, not ${wanted.join(' or ')}`;
  switch (call.kind) {
    case 'stop':
      return status === 'stopped' ? 'is stopped already' : only('running', 'starting', 'restarting');
    case 'cardless-stop':
    case 'restart':
    case 'shutdown-timer':
      return status === 'stopped' ? 'is stopped' : only('running');
    case 'start':
      return isUp(status) ? `is ${status} already` : only('stopped');
    case 'snapshot':
      return provider === 'huixingyun' ? only('running', 'stopped') : only('running');
    case 'lengthen':
      return whyUnpayable(call, tracked);
    case 'destroy':
      if (provider !== 'huixingyun') return only('running', 'stopped');
      return billing === 'hourly' ? only('stopped') : `is billed ${billing}; only hourly instances can be destroyed`;
    case 'rebuild':
      return only('running', 'stopped');
    default:
      return assertNever(call);
  }
}

function whyUnpayable(
  call: Extract<ActionCall, { kind: 'create' | 'renew' | 'lengthen' }>,
  tracked: Tracked,
): string | null {
  if (call.kind === 'create') return null;
  const { billing, rawBilling } = tracked.instance;
  if (billing === 'unknown') return `is billed ${JSON.stringify(rawBilling)}, which nobody has taught us`;
  if (call.kind === 'lengthen') {
    if (billing === call.to) return `is billed ${call.to} already`;
    return billing === 'monthly' ? `is billed monthly and cannot be changed to ${call.to}` : null;
  }
  if (billing !== call.unit) return `is billed ${billing}, and so cannot be renewed by ${call.unit} periods`;
  return tracked.instance.expiresAt === null ? 'has no expiry that could be moved' : null;
}
