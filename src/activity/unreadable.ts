import type { UnknownActivityReason } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import { english } from '../fleet/detail/english.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';

/** What a probe met could not be read; the detail is shown to people and holds nothing that the other side sent. */
export class Unreadable extends Error {
  readonly reason: UnknownActivityReason;
  readonly detail: Detail;

  constructor(reason: UnknownActivityReason, detail: Detail) {
    super(english(detail, rfc3339));
    this.name = 'Unreadable';
    this.reason = reason;
    this.detail = detail;
  }
}
