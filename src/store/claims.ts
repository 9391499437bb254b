import { CLAIM } from './lua/small.lua.ts';
import { accountOf } from './notices.ts';
import type { StoreRedis } from './redis.ts';

/** A step of a policy that needs no operation. `target` is "account/id", or the account's name. */
export interface StepClaim {
  readonly policy: string;
  readonly target: string;
  readonly occurrence: string;
  readonly step: number;
  readonly now: number;
}

/** Notes the step as done: `true` for the first who does, once per policy, target, occurrence and step. */
export async function claimStep(store: StoreRedis, claim: StepClaim): Promise<boolean> {
  const { policy, target, occurrence, step, now } = claim;
  const account = target.includes('/') ? accountOf(target) : target;
  const first = await store.ask(`claiming a step of ${policy}`, (redis) =>
    CLAIM.run(redis, store.keys.prefix, [account, policy, target, occurrence, step, now]),
  );
  return first === 1;
}
