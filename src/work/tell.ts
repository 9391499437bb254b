import { createHash } from 'node:crypto';
import type { EventName, Notification, Severity } from '../fleet/event.ts';
import type { Instance } from '../fleet/instance.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Work } from './ports.ts';

export interface Telling {
  readonly event: EventName;
  readonly severity: Severity;
  readonly account: string | null;
  readonly instance: Pick<Instance, 'provider' | 'id' | 'name' | 'status'> | null;
  readonly policy: string | null;
  readonly action: string | null;
  readonly occurrence: string | null;
  readonly reason: string | null;
  readonly text: string;
  readonly details: Notification['details'];
  /** Which notifiers; `null`: all. */
  readonly to: readonly string[] | null;
  /** Also whoever hears of this event: who was told of a thing is told that it is off. */
  readonly alsoWhoHears?: EventName;
  /** What makes it the same notification when it is told again. */
  readonly identity: string;
}

/** The same for the same thing told again. */
export function notificationId(event: EventName, identity: string): string {
  return createHash('sha256').update(`${event}\u0000${identity}`).digest('hex').slice(0, 32);
}

/**
 * Hands a notification to every notifier that wants it. Answers whether all of them have it now; whoever must be sure
 * marks a thing as told only then, and tells it again later under the same identity, which receivers drop.
 */
export async function tell(work: Work, telling: Telling): Promise<boolean> {
  const standing = work.standing();
  const runtime = telling.account === null ? undefined : standing.accounts.get(telling.account);
  const notification: Notification = {
    id: notificationId(telling.event, telling.identity),
    version: 1,
    event: telling.event,
    severity: telling.severity,
    at: rfc3339(work.clock.now()),
    account: telling.account,
    provider: runtime?.account.provider ?? telling.instance?.provider ?? null,
    instance:
      telling.instance === null
        ? null
        : { id: telling.instance.id, name: telling.instance.name, status: telling.instance.status },
    policy: telling.policy,
    action: telling.action,
    occurrence: telling.occurrence,
    reason: telling.reason,
    text: telling.text,
    details: telling.details,
  };
  work.onEvent(telling.text);
  let all = true;
  for (const [name, notifier] of standing.notifiers) {
    if (telling.to !== null && !telling.to.includes(name)) continue;
    const { alsoWhoHears: other } = telling;
    const isWanted =
      notifier.accepts(notification, null) ||
      (other !== undefined && notifier.accepts({ ...notification, event: other }, null));
    if (!isWanted) continue;
    try {
      await work.queue.notify(name, notification);
    } catch (error) {
      all = false;
      work.metrics.notifications.inc({ notifier: name, outcome: 'dropped' });
      work.log.error({ err: error, notifier: name, event: telling.event }, 'a notification could not be queued');
    }
  }
  return all;
}
