import type { Refusal } from '../decide/decision.ts';
import type { Log } from '../telemetry/log.ts';

/** What is merely on its way, or will come round by itself, is not worth a line each time. */
const QUIET: ReadonlySet<Refusal['reason']> = new Set([
  'not-due',
  'open-operation',
  'notice',
  'cooldown',
  'missed',
  'minimum-uptime',
  'limit-per-pass',
  'limit-percent',
]);

/** Tells each refusal when it is new or its reason changes, not at every pass: inaction is to be visible, not loud. */
export function refusalLines(
  onLine: (line: string) => void,
  log: Log,
): (account: string, refusals: readonly Refusal[]) => void {
  const told = new Map<string, Map<string, string>>();
  return (account, refusals) => {
    const before = told.get(account) ?? new Map<string, string>();
    const now = new Map<string, string>();
    for (const refusal of refusals) {
      if (QUIET.has(refusal.reason)) continue;
      const key = `${refusal.policy}|${refusal.instance ?? account}|${refusal.action}`;
      now.set(key, refusal.reason);
      if (before.get(key) === refusal.reason) continue;
      const { policy, instance, action, reason, detail } = refusal;
      log.info({ policy, instance, account, action, reason, detail }, 'something is due and is not done');
      const whom = instance === null ? account : `${refusal.name ?? ''} (${instance})`;
      onLine(`${action} of ${whom} is not done (${reason}: ${detail}); asked by policy ${policy}`);
    }
    told.set(account, now);
  };
}
