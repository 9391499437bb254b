import type { Parcel } from '../fleet/parcel.ts';

/** What comes within this of the first is told with it; what is critical does not wait. */
export const GROUP_WINDOW_MS = 10_000;
/** Of more groups than these at once one message is made. */
export const MOST_MESSAGES = 3;
/** More in one message nobody reads, and no channel takes; the rest comes in the next. */
export const MOST_IN_ONE = 100;
/** A program is sent so many at once. */
export const MOST_AT_ONCE = 16;

/** One parcel that waits, as the store knows it. Times epoch ms. */
export interface Waiting {
  readonly parcel: Parcel;
  /** The order in which they came. */
  readonly seq: number;
  readonly cameAt: number;
  readonly dueAt: number;
  readonly tries: number;
}

export interface PlanRules {
  readonly reader: 'person' | 'program';
  /** Until when `info` waits, where these are quiet hours; by the clock of `now`. */
  readonly quietUntil: number | null;
  /** Did it come in quiet hours? */
  readonly cameQuietly: (parcel: Parcel) => boolean;
  /** Whatever is there is told as one. */
  readonly digest: boolean;
}

export type Plan =
  /** `one`: a single one; `group`: several of one group; `digest`: of several groups. */
  | { readonly kind: 'send'; readonly form: 'one' | 'group' | 'digest'; readonly batch: readonly Waiting[] }
  /** To a program: each by itself. */
  | { readonly kind: 'send-each'; readonly batch: readonly Waiting[] }
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'nothing' };

/**
 * What leaves next. To a person: what is critical first and without waiting; everything else together with what came
 * within a moment of it, group by group, or all in one where there are too many groups. What is only information, and no
 * end of something worse, waits for the end of the quiet hours, and is then told as one.
 */
export function plan(waiting: readonly Waiting[], now: number, rules: PlanRules): Plan {
  if (waiting.length === 0) return { kind: 'nothing' };
  const { quietUntil } = rules;
  const isHeld = (one: Waiting) => quietUntil !== null && isQuiet(one);
  const free = waiting.filter((one) => !isHeld(one));
  const due = free.filter((one) => one.dueAt <= now).sort(bySeq);
  if (due.length === 0) {
    const times = waiting.map((one) =>
      quietUntil !== null && isHeld(one) ? Math.max(one.dueAt, quietUntil) : one.dueAt,
    );
    return { kind: 'wait', until: Math.min(...times) };
  }
  if (rules.reader === 'program') return { kind: 'send-each', batch: due.slice(0, MOST_AT_ONCE) };
  const critical = due.filter(isCritical);
  if (critical.length > 0) return oneOf(critical, rules.digest);
  // What has not been tried yet need not wait for its own moment: it came within that of the first.
  const ready = free.filter((one) => !isCritical(one) && (one.dueAt <= now || one.tries === 0)).sort(bySeq);
  const wasHeld = ready.some((one) => isQuiet(one) && rules.cameQuietly(one.parcel));
  return oneOf(ready, rules.digest || wasHeld);
}

/** The first message that is made of them. */
function oneOf(ready: readonly Waiting[], digest: boolean): Plan {
  const groups = groupsOf(ready);
  const [first] = groups;
  if (first === undefined) return { kind: 'nothing' };
  if (groups.length > 1 && (digest || groups.length > MOST_MESSAGES)) {
    return { kind: 'send', form: 'digest', batch: ready.slice(0, MOST_IN_ONE) };
  }
  const batch = first.slice(0, MOST_IN_ONE);
  return { kind: 'send', form: batch.length === 1 ? 'one' : 'group', batch };
}

/** In the order of their first. */
export function groupsOf<T extends Pick<Waiting, 'parcel'>>(waiting: readonly T[]): readonly (readonly T[])[] {
  return [...Map.groupBy(waiting, ({ parcel }) => parcel.group).values()];
}

/** Whoever was alarmed in the night hears in the night that it is over. */
function isQuiet({ parcel }: Waiting): boolean {
  return parcel.notification.severity === 'info' && parcel.closes === null;
}

function isCritical({ parcel }: Waiting): boolean {
  return parcel.notification.severity === 'critical';
}

function bySeq(a: Waiting, b: Waiting): number {
  return a.seq - b.seq;
}
