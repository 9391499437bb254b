import type { ActionCall } from '../fleet/action-call.ts';
import { RENEWAL_PERIODS } from '../fleet/action-call.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Instance } from '../fleet/instance.ts';

/**
 * Why an action makes no sense on an instance as it was last seen, as the end of a sentence that begins with the
 * instance; `null`: it does. The cloud's own conditions: 慧星云 API doc for destroy, lengthen and renew; 晨羽 v2 for
 * what only a running instance can do.
 */
export function whyNotReady(call: ActionCall, instance: Instance, now: number): string | null {
  const { status, billing } = instance;
  switch (call.kind) {
    case 'stop':
      return status === 'running' || status === 'starting' || status === 'restarting'
        ? null
        : `is ${status}, so there is nothing to stop`;
    case 'cardless-stop':
    case 'restart':
      return status === 'running' ? null : `is ${status}; only a running instance can do that`;
    case 'start':
      return status === 'stopped' ? null : `is ${status}; only a stopped instance can be started`;
    case 'snapshot':
      return status === 'running' || (instance.provider === 'huixingyun' && status === 'stopped')
        ? null
        : `is ${status}; its image cannot be saved now`;
    case 'shutdown-timer':
      return status === 'running' ? null : `is ${status}; only a running instance has a shutdown timer`;
    case 'renew':
      return renewNo(call, instance, now);
    case 'lengthen':
      if (billing === 'unknown') return `is billed in a way nobody has taught us ("${instance.rawBilling}")`;
      if (billing === call.to) return `is billed ${billing} already`;
      return billing === 'monthly' ? 'is billed monthly, which cannot be changed back' : null;
    case 'destroy':
      if (instance.provider !== 'huixingyun') return null;
      if (billing !== 'hourly') return `is billed ${billing}; only an hourly instance can be destroyed`;
      return status === 'stopped' ? null : `is ${status}; it has to be stopped before it can be destroyed`;
    case 'rebuild':
      return status === 'unknown' ? 'has an unknown status' : null;
    case 'create':
      return null;
    default:
      return assertNever(call);
  }
}

function renewNo(call: Extract<ActionCall, { kind: 'renew' }>, instance: Instance, now: number): string | null {
  const { billing } = instance;
  if (billing === 'hourly') return 'is billed hourly, which cannot be renewed';
  if (billing === 'unknown') return `is billed in a way nobody has taught us ("${instance.rawBilling}")`;
  if (billing !== call.unit) return `is billed ${billing}, so it is renewed by ${billing} periods`;
  if (instance.expiresAt === null) return 'has no expiry that could be moved';
  if (instance.expiresAt <= now)
    return 'is past the end of its paid time; what a renewal would do now is not documented';
  const allowed = RENEWAL_PERIODS[billing];
  return allowed.includes(call.periods)
    ? null
    : `is billed ${billing}, where ${allowed.join(', ')} periods can be renewed, not ${call.periods}`;
}

/** What stands in for an instance that does not exist yet. */
export function emptySlot(account: string, provider: Instance['provider'], slot: string): Instance {
  return {
    account,
    provider,
    id: `slot:${slot}`,
    name: slot,
    status: 'unknown',
    rawStatus: '',
    billing: 'unknown',
    rawBilling: '',
    gpu: '',
    gpuCount: null,
    gpuType: '',
    room: '',
    createdAt: null,
    startedAt: null,
    expiresAt: null,
    hourlyFen: null,
    orderId: null,
    imageId: null,
    savingImage: false,
    shutdownTimerAt: null,
    services: [],
    problems: [],
  };
}
