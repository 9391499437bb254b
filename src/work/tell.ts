import { createHash } from 'node:crypto';
import type { EventName, Notification, Severity } from '../fleet/event.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Said } from '../fleet/said.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { Standing, Work } from './ports.ts';

export interface Telling {
  readonly event: EventName;
  readonly severity: Severity;
  readonly account: string | null;
  readonly instance: Pick<Instance, 'provider' | 'id' | 'name' | 'status'> | null;
  readonly policy: string | null;
  readonly action: string | null;
  readonly occurrence: string | null;
  readonly reason: string | null;
  /** One English sentence, for programs and logs. */
  readonly text: string;
  /** The same with its parts, for the catalogue of each language. */
  readonly said: Said;
  readonly details: Notification['details'];
  /** Which notifiers; `null`: all. */
  readonly to: readonly string[] | null;
  /** Also whoever hears of this event: who was told of a thing is told that it is off. */
  readonly alsoWhoHears?: EventName;
  /** What makes it the same notification when it is told again. */
  readonly identity: string;
  /** What goes on until something closes it, by the names in open-threads.ts. */
  readonly opens?: string;
  /** When that is looked at again, from now, where it is not told again before. */
  readonly lookAfterMs?: number;
  /** What is over: whoever was told of it hears of this, whatever their routes. */
  readonly closes?: string;
  /** Nobody else hears of it. */
  readonly onlyWhoWasTold?: boolean;
}

/** What is open is looked at again after this, where nobody wants to be told of it again. */
export const LOOK_AGAIN_MS = 3_600_000;

/** The same for the same thing told again. */
export function notificationId(event: EventName, identity: string): string {
  return createHash('sha256').update(`${event}\u0000${identity}`).digest('hex').slice(0, 32);
}

/**
 * Hands a notification to every notifier that wants it. Answers whether all of them have it now; whoever must be sure
 * marks a thing as told only then, and tells it again later under the same identity, which is dropped.
 */
export async function tell(work: Work, telling: Telling): Promise<boolean> {
  const standing = work.standing();
  const runtime = telling.account === null ? undefined : standing.accounts.get(telling.account);
  const now = work.clock.now();
  const bare: Notification = {
    id: notificationId(telling.event, telling.identity),
    version: 1,
    event: telling.event,
    severity: telling.severity,
    at: rfc3339(now),
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
  if (telling.onlyWhoWasTold !== true) work.onEvent(telling.text);
  const { said, opens = null, closes = null, lookAfterMs } = telling;
  let all = true;
  try {
    const told = await toldOf(work, standing, telling);
    const wanted = await wantedBy(work, standing, telling, bare, told);
    // By this whoever gets it finds the alarm that it ends.
    const ended = [...told.values()].find((id) => id !== '');
    const notification: Notification =
      ended === undefined ? bare : { ...bare, details: { closes: ended, ...bare.details } };
    for (const notifier of wanted) {
      const { name } = notifier.channel;
      try {
        const parcel = notifier.parcel({ said, notification, links: work.links?.() ?? null, now, opens, closes });
        const lookMs = lookAfterMs ?? notifier.repeatEveryMs ?? LOOK_AGAIN_MS;
        await work.queue.notify(name, parcel, { waitMs: notifier.waitMs(parcel), lookMs });
      } catch (error) {
        all = false;
        work.metrics.notifications.inc({ notifier: name, outcome: 'dropped' });
        work.log.error({ err: error, notifier: name, event: telling.event }, 'a notification could not be queued');
      }
    }
  } catch (error) {
    all = false;
    work.log.error({ err: error, event: telling.event }, 'it could not be found out who is to be told');
  }
  return all;
}

/** Who was told of what is over, and by which notification. */
async function toldOf(work: Work, standing: Standing, { closes }: Telling): Promise<ReadonlyMap<string, string>> {
  if (closes === undefined || work.threads === undefined) return new Map();
  return await work.threads.knowing(closes, [...standing.notifiers.keys()]);
}

/** Whoever was told of what is over, and whoever wants such things. */
async function wantedBy(
  work: Work,
  standing: Standing,
  telling: Telling,
  notification: Notification,
  told: ReadonlyMap<string, string>,
): Promise<readonly Notifier[]> {
  const notifiers = [...standing.notifiers];
  const { to, alsoWhoHears: other, onlyWhoWasTold = false } = telling;
  const labels = notifiers.some(([, { asksLabels }]) => asksLabels) ? await labelsOf(work, standing, telling) : null;
  return notifiers.flatMap(([name, notifier]) => {
    if (told.has(name)) return [notifier];
    if (onlyWhoWasTold || (to !== null && !to.includes(name))) return [];
    const isWanted =
      notifier.accepts(notification, labels) ||
      (other !== undefined && notifier.accepts({ ...notification, event: other }, labels));
    return isWanted ? [notifier] : [];
  });
}

/** As it was last seen: by then a machine that is gone has its labels still. */
async function labelsOf(work: Work, standing: Standing, { account, instance }: Telling): Promise<Labels | null> {
  if (account === null || instance === null) return null;
  const snapshot = await work.store.loadSnapshot(account);
  const seen = snapshot?.instances.find((tracked) => tracked.instance.id === instance.id)?.instance;
  return seen === undefined ? null : standing.labels(seen);
}
