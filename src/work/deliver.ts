import { assertNever } from '../fleet/assert-never.ts';
import type { Notification } from '../fleet/event.ts';
import type { Message } from '../notify/message.ts';
import type { Work } from './ports.ts';

/** The receiver did not take it and may later: the queue sends it again, with the same id. */
export class DeliveryPutOff extends Error {
  readonly afterMs: number | null;
  constructor(detail: string, afterMs: number | null) {
    super(detail);
    this.name = 'DeliveryPutOff';
    this.afterMs = afterMs;
  }
}

/** Delivers one notification to one notifier. @throws DeliveryPutOff to be asked again. */
export async function deliver(
  work: Work,
  notifier: string,
  notification: Notification,
  signal: AbortSignal,
): Promise<void> {
  const target = work.standing().notifiers.get(notifier);
  if (target === undefined) {
    work.metrics.notifications.inc({ notifier, outcome: 'dropped' });
    return;
  }
  const delivery = await target.channel.send(messageOf(notification), signal);
  switch (delivery.kind) {
    case 'delivered':
      work.metrics.notifications.inc({ notifier, outcome: 'delivered' });
      if (notification.event === 'decision.announced') await announced(work, notification);
      return;
    case 'retry':
      work.metrics.notifications.inc({ notifier, outcome: 'retried' });
      throw new DeliveryPutOff(delivery.detail, delivery.afterMs);
    case 'muted':
      work.metrics.notifications.inc({ notifier, outcome: 'muted' });
      throw new DeliveryPutOff(delivery.detail, delivery.forMs);
    case 'failed':
      work.metrics.notifications.inc({ notifier, outcome: 'failed' });
      work.log.error(
        { notifier, event: notification.event, detail: delivery.detail, hint: delivery.hint },
        'a notification was refused for good',
      );
      return;
    default:
      assertNever(delivery);
  }
}

function messageOf(notification: Notification): Message {
  const { id, severity, text } = notification;
  return {
    id,
    severity,
    mood: severity === 'info' ? 'info' : 'firing',
    language: 'en',
    title: text,
    lines: [],
    links: [],
    notifications: [notification],
  };
}

/** A stop that needs its notice may go ahead once somebody has been told. */
async function announced(work: Work, notification: Notification): Promise<void> {
  const { account, instance, policy, occurrence } = notification;
  if (account === null || instance === null || policy === null || occurrence === null) return;
  await work.store.noticeDelivered({ policy, instance: `${account}/${instance.id}`, occurrence });
}
