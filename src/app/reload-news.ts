import type { Config } from '../config/config.ts';
import { labelsOf } from '../config/labels-of.ts';
import { reachOf, widened } from '../decide/reach.ts';
import { instanceKey } from '../fleet/instance.ts';
import type { Policy } from '../policy/policy.ts';
import type { Work } from '../work/ports.ts';
import { type Telling, tell } from '../work/tell.ts';
import { type Located, summarise } from '../yaml/located.ts';

/** What new policies may do on the fleet as last seen that those in force may not. */
export async function widening(work: Work, next: readonly Policy[], config: Config): Promise<readonly string[]> {
  const standing = work.standing();
  const accounts = await Promise.all(
    config.accounts.map(async ({ name, provider }) => {
      const snapshot = await work.store.loadSnapshot(name);
      const instances = (snapshot?.instances ?? []).map((tracked) => ({
        key: instanceKey(tracked.instance),
        tracked,
        labels: labelsOf(config.labels, tracked.instance),
        activity: null,
      }));
      return { name, provider, instances };
    }),
  );
  return widened(reachOf(standing.policies, accounts), reachOf(next, accounts));
}

/** Tells that a reload is held under `reload: careful`. */
export async function tellHeld(work: Work, held: readonly string[]): Promise<void> {
  const text = `a change of the policies is held, since it would newly allow ${held.length} actions, such as ${held[0]}; reload by hand to take it`;
  if (!(await work.store.sayOnce('policy.invalid', work.clock.now()))) return;
  await say(work, {
    event: 'policy.invalid',
    severity: 'warning',
    reason: 'frozen',
    text,
    details: { actions: held.length },
  });
}

/** Tells once that policies or configuration cannot be used, until they can again. */
export async function tellInvalid(work: Work, errors: readonly Located[]): Promise<void> {
  const first = errors[0];
  const text = `policies or configuration cannot be used, so the last good ones stay in force: ${first === undefined ? 'no reason given' : summarise(first)}${errors.length > 1 ? ` and ${errors.length - 1} more` : ''}`;
  if (!(await work.store.sayOnce('policy.invalid', work.clock.now()))) return;
  await say(work, {
    event: 'policy.invalid',
    severity: 'critical',
    reason: null,
    text,
    details: { errors: errors.length },
  });
}

/** Tells that they can be used again, where it had been told that they could not. */
export async function tellValid(work: Work, count: number): Promise<void> {
  await say(work, {
    event: 'policy.recovered',
    severity: 'info',
    reason: null,
    text: `policies can be read again: ${count} are in force`,
    details: { policies: count },
  });
}

async function say(
  work: Work,
  what: Pick<Telling, 'event' | 'severity' | 'reason' | 'text' | 'details'>,
): Promise<void> {
  const none = { account: null, instance: null, policy: null, action: null, occurrence: null, to: null };
  await tell(work, { ...none, ...what, identity: String(work.clock.now()) });
}
