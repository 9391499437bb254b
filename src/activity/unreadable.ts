import type { UnknownActivityReason } from '../fleet/activity.ts';

/** What a probe met could not be read; the message is shown to people and holds nothing that the other side sent. */
export class Unreadable extends Error {
  readonly reason: UnknownActivityReason;

  constructor(reason: UnknownActivityReason, message: string) {
    super(message);
    this.name = 'Unreadable';
    this.reason = reason;
  }
}
