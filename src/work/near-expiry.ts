import { localText } from '../decide/time-text.ts';
import { actionClass } from '../fleet/action.ts';
import type { Operation } from '../fleet/operation.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import { operationThread } from './open-threads.ts';
import type { Work } from './ports.ts';
import { notificationId, tell } from './tell.ts';

/** With less paid time left than this nobody waits for the settle time: a person may still have to renew by hand. */
const NEAR_MS = 6 * 3_600_000;

function keyOf(operation: Operation): string {
  return `unclear|${operation.id}`;
}

/** A payment whose answer was unclear, on a machine that soon ends: that is for a person to know at once, not in an hour. */
export async function tellUnclearNearExpiry(work: Work, operation: Operation): Promise<void> {
  const { expiresAt } = operation.observed;
  if (expiresAt === null || !isUnclearNearExpiry(operation) || (await work.store.wasSaid(keyOf(operation)))) return;
  const told = await tell(work, {
    event: 'expiry.soon',
    severity: 'critical',
    account: operation.account,
    instance: {
      provider: operation.provider,
      id: operation.instanceId,
      name: operation.instanceName,
      status: operation.observed.status,
    },
    policy: operation.policy,
    action: operation.action,
    occurrence: operation.occurrence,
    reason: 'uncertain',
    text:
      `${operation.action} of ${operation.instanceName} (${operation.instance}) had no clear answer, and its paid time ends at ` +
      `${localText(expiresAt, work.standing().zone.name)}; it is not sent again: look in the cloud’s console`,
    said: { kind: 'unclear-payment', action: operation.action, expiresAt },
    opens: operationThread(operation.id),
    details: { operation: operation.id, expiresAt: rfc3339(expiresAt) },
    to: null,
    identity: keyOf(operation),
  });
  if (told) await work.store.sayOnce(keyOf(operation), work.clock.now());
}

/** By the record alone, so that whoever confirms knows of a page that another process is just sending. */
function isUnclearNearExpiry({ action, observed, transitions }: Operation): boolean {
  const { expiresAt } = observed;
  const since = transitions.findIndex(({ to }) => to === 'uncertain');
  if (actionClass(action) !== 'paid' || expiresAt === null || since === -1) return false;
  return transitions
    .slice(since)
    .some(({ to, at }) => (to === 'uncertain' || to === 'verifying') && expiresAt - at < NEAR_MS);
}

/** The notification that asked a person to look, which a confirmation closes; `null`: nobody was asked. */
export function pageOf(operation: Operation): string | null {
  const escalated = operation.transitions.findIndex(({ to }) => to === 'escalated');
  if (escalated !== -1) return notificationId('operation.escalated', `${operation.id}/${escalated + 1}`);
  return isUnclearNearExpiry(operation) ? notificationId('expiry.soon', keyOf(operation)) : null;
}
