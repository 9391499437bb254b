import type { CloudAct } from '../decide/decision.ts';
import { afterTry } from '../decide/obligations.ts';
import type { ArmResult } from '../store/ledger.ts';
import { arm } from './arm.ts';
import { wishOf } from './draft.ts';
import { operationKey } from './operation-id.ts';
import type { Work } from './ports.ts';

/**
 * Arms what was decided for a policy, for its step and occurrence.
 * @param by who asks: the policy itself, or the person who applies a plan
 */
export async function armDecided(work: Work, act: CloudAct, by: string): Promise<ArmResult> {
  const { action, policy, step, occurrence, obligation } = act;
  const key = operationKey({ instance: act.view.tracked.instance, action, policy, step, occurrence });
  // Before arming: a start that is refused after a crash in between must not wait for the first try's occurrence.
  if (obligation !== null) {
    const { attempts, nextTryAt } = afterTry(obligation, work.clock.now());
    await work.store.postponeObligation(obligation, attempts, nextTryAt);
  }
  const result = await arm(work, wishOf(act, key, by), act.caps);
  if (result.kind !== 'armed' && obligation !== null) {
    const { attempts, nextTryAt } = obligation;
    await work.store.postponeObligation(obligation, attempts, nextTryAt);
  }
  return result;
}
