import type { QueueName } from './payloads.ts';

const MINUTE_MS = 60_000;
/** So far back is counted how many jobs ended. */
export const STAND_MINUTES = 60;
/** So many of the latest failures are shown. */
export const FAILURES_SHOWN = 5;
/** A reason is one sentence; what is longer is the page that a proxy answered with. */
const LONGEST_REASON = 300;

/** How one queue stands, for people to look at. Times are the operating system's, epoch ms. */
export interface QueueStand {
  readonly queue: QueueName;
  readonly waiting: number;
  readonly active: number;
  /** For a later time: the next run of a schedule, or another try. */
  readonly delayed: number;
  /** Of those that wait or are delayed, how many have failed before. */
  readonly retrying: number;
  /** Kept for a look, at most 500 for at most a week. */
  readonly failed: number;
  /** How long the job at the head has waited, ms; `null`: none waits. */
  readonly oldestMs: number | null;
  /** How many ended well and for good badly in each of the last minutes, oldest first; the last one is under way. */
  readonly completed: readonly number[];
  readonly gaveUp: readonly number[];
  /** The latest first. */
  readonly failures: readonly JobFailure[];
}

export interface JobFailure {
  readonly jobId: string;
  readonly at: number | null;
  readonly attempts: number;
  readonly reason: string;
  /** What it was about: the names and ids that its payload consists of, and nothing else of it. */
  readonly about: JobSubject;
}

export interface JobSubject {
  readonly account: string | null;
  readonly operations: readonly string[];
  readonly notifier: string | null;
  readonly event: string | null;
}

/** What BullMQ keeps of how many jobs ended: the newest minute that has ended comes first in `data`. */
export interface Ended {
  readonly meta: { readonly count: number; readonly prevTS: number; readonly prevCount: number };
  readonly data: readonly number[];
}

/**
 * By the minute, oldest first. BullMQ writes a minute down when the first job after it ends: of the minute in which that
 * was, `prevTS`, it has counted what came since, and the points are the minutes before it.
 */
export function endedByMinute({ meta, data }: Ended, now: number): readonly number[] {
  const last = Math.floor(now / MINUTE_MS);
  const counted = Math.floor(meta.prevTS / MINUTE_MS);
  return Array.from({ length: STAND_MINUTES }, (_, i) => {
    const minute = last - STAND_MINUTES + 1 + i;
    if (meta.count === 0 || minute > counted) return 0;
    return minute === counted ? meta.count - meta.prevCount : (data[counted - 1 - minute] ?? 0);
  });
}

/** Which of the names and ids of a payload are there. The payload itself is not shown: a notification is in it whole. */
export function subjectOf(payload: unknown): JobSubject {
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const field = (of: unknown, name: string): unknown =>
    typeof of === 'object' && of !== null && Object.hasOwn(of, name) ? Reflect.get(of, name) : undefined;
  const one = text(field(payload, 'operationId'));
  const several = field(payload, 'operationIds');
  const notification = field(payload, 'notification');
  return {
    account: text(field(payload, 'account')) ?? text(field(notification, 'account')),
    operations: [
      ...(one === null ? [] : [one]),
      ...(Array.isArray(several) ? several.filter((id) => typeof id === 'string') : []),
    ],
    notifier: text(field(payload, 'notifier')),
    event: text(field(notification, 'event')),
  };
}

/** The first line, without what plays tricks on a page. Of a job that was broken off at a stop the library keeps the word `null`. */
export function reasonShown(reason: string | undefined): string {
  const [first = ''] = reason === 'null' ? [] : (reason ?? '').split('\n');
  const plain = first.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd').trim();
  return plain.length > LONGEST_REASON ? `${plain.slice(0, LONGEST_REASON)}…` : plain;
}
