import type { World } from '../../decide/world.ts';
import type { Policy } from '../../policy/policy.ts';
import type { AccountSetup } from './machines.ts';

/** An account as it is led: what is known of it, and what is taken for granted. */
export interface Led {
  readonly world: World;
  readonly setup: AccountSetup;
}

/**
 * Which accounts have to be led through the same time at once: those on which one policy acts whose hour is limited, since
 * what it does on the one counts for the other as it does in the ledger. Most are led by themselves, which is quicker.
 */
export function ledTogether(policies: readonly Policy[], accounts: readonly Led[]): readonly (readonly Led[])[] {
  let groups = accounts.map((each) => [each]);
  for (const { enabled, limits, match } of policies) {
    if (!enabled || (limits?.perHour ?? null) === null) continue;
    const isAbout = (group: readonly Led[]) => group.some(({ setup }) => match.account(setup.view));
    const joined = groups.filter(isAbout).flat();
    if (joined.length > 0) groups = [joined, ...groups.filter((group) => !isAbout(group))];
  }
  return groups;
}
