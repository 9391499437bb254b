import type { InstanceKey } from './instance.ts';

/** An announced stop that waits for its deadline. One per policy, instance and occurrence. */
export interface Notice {
  readonly policy: string;
  readonly instance: InstanceKey;
  readonly occurrence: string;
  readonly announcedAt: number;
  /** A reload may only lengthen it. */
  readonly deadlineAt: number;
  /** Did at least one notifier take the announcement? Needed where the policy says `requireNotice`. */
  readonly delivered: boolean;
  /** When the first of them did; absent: nobody did, or nobody knows when. */
  readonly deliveredAt?: number;
}

export function noticeId(notice: Pick<Notice, 'policy' | 'instance' | 'occurrence'>): string {
  return `${notice.policy}|${notice.instance}|${notice.occurrence}`;
}
