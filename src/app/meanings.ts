import { hash } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { Policy } from '../policy/policy.ts';

/**
 * What each policy means, with how idleness is found out where it asks for that: the same `idleFor` by other probes or other
 * thresholds has proven nothing yet. How often they look, and by which secrets, makes no difference.
 */
export function meaningsOf(
  { activity }: Pick<Config, 'activity'>,
  policies: readonly Policy[],
): readonly { readonly name: string; readonly hash: string }[] {
  const rules = activity.map(({ match, presenceMs, probes }) => ({ match: match.text, presenceMs, probes }));
  const judged = hash('sha256', JSON.stringify(rules)).slice(0, 16);
  return policies.map(({ name, hash: own, conditions }) => ({
    name,
    hash: conditions.some(({ kind }) => kind === 'idleFor') ? `${own}-${judged}` : own,
  }));
}
