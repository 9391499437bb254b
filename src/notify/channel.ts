import type { Notification } from '../fleet/event.ts';

/** What became of one attempt to deliver. `retry`: the same notification may be sent again, with the same id. */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly detail: string; readonly afterMs: number | null }
  | { readonly kind: 'failed'; readonly detail: string };

/** One configured notifier. `send` never throws for what the receiver does. */
export interface Channel {
  readonly name: string;
  /** Is this notification for it? A notifier without routes gets every event. */
  accepts(notification: Notification): boolean;
  send(notification: Notification, signal: AbortSignal): Promise<Delivery>;
}
