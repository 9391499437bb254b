import type { Policy } from '../policy/policy.ts';
import { utcText } from './time-text.ts';

/** So many of one policy are named one by one; of more only how many there were. */
const MOST_NAMED = 24;
/** A pattern that ticks each minute, over a month away: no more is counted. */
const MOST_COUNTED = 50_000;

/** Times of a policy that came and went while nobody decided. */
export interface Unseen {
  readonly policy: string;
  /** As operations name them: `cron=…` or `during=…`; the latest of them, up to a bound. */
  readonly occurrences: readonly string[];
  /** All of them. */
  readonly count: number;
}

/**
 * Which occurrences of an account's policies passed unseen between two passes: ticks before the last one, which the pass
 * itself takes up or reports, and openings that began and ended in between. Nothing of one that only observes, or that
 * nobody had seen before.
 */
export function unseenBetween(
  policies: readonly Policy[],
  account: Parameters<Policy['match']['account']>[0],
  span: { readonly from: number; readonly to: number; readonly since: (policy: string) => number | null },
): readonly Unseen[] {
  return policies.flatMap((policy) => {
    if (!policy.enabled || policy.mode !== 'enforce' || !policy.match.account(account)) return [];
    const since = span.since(policy.name);
    if (since === null) return [];
    const all = occurrencesBetween(policy, Math.max(span.from, since), span.to);
    return all.length === 0 ? [] : [{ policy: policy.name, occurrences: all.slice(-MOST_NAMED), count: all.length }];
  });
}

function occurrencesBetween(policy: Policy, from: number, to: number): readonly string[] {
  const cron = policy.conditions.find((condition) => condition.kind === 'cron');
  const during = policy.conditions.find((condition) => condition.kind === 'during');
  const window = during?.kind === 'during' ? during.window : null;
  const found: string[] = [];
  if (cron?.kind === 'cron') {
    const last = cron.ticks.previousTick(to);
    let tick = cron.ticks.nextTick(from);
    for (
      ;
      tick !== null && last !== null && tick < last && found.length < MOST_COUNTED;
      tick = cron.ticks.nextTick(tick)
    ) {
      if (window === null || window.state(tick).inside) found.push(`cron=${utcText(tick)}`);
    }
    return found;
  }
  if (window === null) return [];
  // Two edges for each opening; one that is open at either end was seen there, or is.
  for (let at = from; found.length < MOST_COUNTED; ) {
    const [first, second] = window.edgesAfter(at, 2);
    if (first === undefined) return found;
    if (!first.opens) {
      at = first.at;
      continue;
    }
    if (second === undefined || second.at > to) return found;
    found.push(`during=${window.occurrence(first.at) ?? utcText(first.at)}`);
    at = second.at;
  }
  return found;
}
