import type { Refusal } from '../decide/decision.ts';
import { inEnglish } from '../decide/in-english.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { AuditEntry } from '../work/ports.ts';

/** What has a record of its own (an operation, an announcement, a missed time), or is none of that occurrence's business. */
const RECORDED: ReadonlySet<Refusal['reason']> = new Set(['not-due', 'notice', 'open-operation', 'missed']);

/** So many new refusals of one pass are written one by one; the rest as how many there were of each reason. */
const MOST_WRITTEN = 100;

/**
 * Writes each refusal into the audit when it is new, by occurrence and reason, and not at every pass: what a policy
 * wanted and did not get leaves a trace although no operation came of it. `count` gets all that are new.
 */
export function refusalAudit(
  write: (entry: AuditEntry) => Promise<void>,
  now: () => number,
  count: (fresh: readonly Refusal[], at: number) => Promise<void>,
  timezone: () => string,
): (account: string, refusals: readonly Refusal[]) => Promise<void> {
  const known = new Map<string, ReadonlySet<string>>();
  return async (account, refusals) => {
    const before = known.get(account);
    const standing = new Set<string>();
    const fresh: Refusal[] = [];
    for (const refusal of refusals) {
      if (RECORDED.has(refusal.reason)) continue;
      const { policy, instance, action, occurrence, reason } = refusal;
      const key = `${policy}|${instance ?? account}|${action}|${occurrence ?? ''}|${reason}`;
      if (before?.has(key) !== true && !standing.has(key)) fresh.push(refusal);
      standing.add(key);
    }
    known.set(account, standing);
    const at = now();
    await count(fresh, at);
    for (const refusal of fresh.slice(0, MOST_WRITTEN)) await write(entryOf(refusal, at, timezone()));
    for (const [key, more] of countRest(fresh.slice(MOST_WRITTEN))) {
      const [policy = '', reason = ''] = key.split('\u0000');
      const text = `${more} more instances of account ${account} are not acted on by policy ${policy}: ${reason}`;
      await write({ at, kind: 'refusal', account, instance: null, policy, reason, text, data: { count: more } });
    }
  };
}

function entryOf(refusal: Refusal, at: number, timezone: string): AuditEntry {
  const { policy, account, instance, name, action, occurrence, reason, detail } = refusal;
  const whom = instance === null ? account : `${name ?? ''} (${instance})`;
  const told: Detail = { kind: 'not-done', action, whom, why: detail };
  const text = inEnglish(told, timezone);
  return { at, kind: 'refusal', account, instance, policy, reason, text, told, data: { action, occurrence } };
}

function countRest(refusals: readonly Refusal[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { policy, reason } of refusals) {
    const key = `${policy}\u0000${reason}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
