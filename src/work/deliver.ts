import type { Notification } from '../fleet/event.ts';
import type { Work } from './ports.ts';

/** What follows from somebody having taken a notification: a stop that needs its notice may go ahead. */
export async function delivered(work: Pick<Work, 'store'>, notification: Notification): Promise<void> {
  if (notification.event !== 'decision.announced') return;
  const { account, instance, policy, occurrence } = notification;
  if (account === null || instance === null || policy === null || occurrence === null) return;
  await work.store.noticeDelivered({ policy, instance: `${account}/${instance.id}`, occurrence });
}
