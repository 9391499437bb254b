import type { Refusal } from '../decide/decision.ts';
import { inEnglish } from '../decide/in-english.ts';
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

/** A refusal as it stands: by which listing its reason was first seen, and whether it was told. */
interface Stand {
  readonly reason: Refusal['reason'];
  readonly takenAt: number | null;
  readonly told: boolean;
}

/**
 * Tells each refusal when it is new or its reason changes, not at every pass: inaction is to be visible, not loud.
 * Unknown activity is told once a second listing of the account bears it out: a machine that was just stopped is still up
 * by the older one, and that its probe fails then means nothing.
 */
export function refusalLines(
  onLine: (line: string) => void,
  log: Log,
  timezone: () => string,
): (account: string, refusals: readonly Refusal[], takenAt: number | null) => void {
  const known = new Map<string, ReadonlyMap<string, Stand>>();
  return (account, refusals, takenAt) => {
    const before = known.get(account);
    const now = new Map<string, Stand>();
    for (const refusal of refusals) {
      if (QUIET.has(refusal.reason)) continue;
      const { policy, instance, action, reason } = refusal;
      const key = `${policy}|${instance ?? account}|${action}`;
      const last = before?.get(key);
      const same = last !== undefined && last.reason === reason ? last : { reason, takenAt, told: false };
      const tellNow = !same.told && (reason !== 'unknown-activity' || same.takenAt !== takenAt);
      now.set(key, { ...same, told: same.told || tellNow });
      if (!tellNow) continue;
      const detail = inEnglish(refusal.detail, timezone());
      log.info({ policy, instance, account, action, reason, detail }, 'something is due and is not done');
      const whom = instance === null ? account : `${refusal.name ?? ''} (${instance})`;
      onLine(`${action} of ${whom} is not done (${reason}: ${detail}); asked by policy ${policy}`);
    }
    known.set(account, now);
  };
}
