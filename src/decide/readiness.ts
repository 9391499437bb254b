import { assertNever } from '../fleet/assert-never.ts';
import type { Instance } from '../fleet/instance.ts';
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

/** May a policy's list have to go on although its own first step has made its conditions fail? */
export function canGoOn(steps: readonly Step[]): boolean {
  return steps.some((step, index) => index > 0 && isHarmless(step));
}

/** Nothing that interrupts, pays or destroys is done on the word of conditions that no longer hold. */
export function isHarmless(step: Step): step is Extract<Step, { kind: 'notify' }> | (Step & { kind: 'start' }) {
  return step.kind === 'notify' || step.kind === 'start';
}
