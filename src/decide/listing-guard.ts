import type { Listing, Snapshot } from '../fleet/snapshot.ts';

/** A fall by more than this share and more than this many at once is not believed at first. */
const FALL_SHARE = 0.2;
const FALL_COUNT = 2;
/** Two more complete reads must agree, and be this far apart from each other. */
const AGREEING_READS = 2;
const APART_MS = 60_000;
/** Below this share of what there was, only a person makes it believed. */
const PERSON_SHARE = 0.5;

/** What the guard remembers from one listing to the next; kept with the snapshot. */
export interface ShrinkState {
  /** How many instances are held to be there. */
  readonly baseline: number;
  /** A smaller listing that is not believed yet. */
  readonly pending: { readonly count: number; readonly agreed: number; readonly lastAt: number } | null;
}

export interface Judgement {
  /** Nothing may be stopped, destroyed or created by this listing. */
  readonly shrunken: boolean;
  readonly state: ShrinkState;
}

/**
 * Judges the size of a listing: an account that loses many machines at once is more often a fault of the answer than
 * of the account. Only complete listings say anything. `stored` is what was remembered, of whatever shape.
 */
export function judgeListing(previous: Snapshot | null, listing: Listing, stored: unknown): Judgement {
  const count = listing.instances.length;
  const state = shrinkStateOf(stored) ?? { baseline: previous?.instances.length ?? count, pending: null };
  if (listing.incomplete !== null) return { shrunken: state.pending !== null, state };
  if (!hasFallen(state.baseline, count)) return { shrunken: false, state: { baseline: count, pending: null } };
  const agreed = agreement(state, count, listing.startedAt);
  if (agreed.agreed >= AGREEING_READS && count > 0 && count >= PERSON_SHARE * state.baseline) {
    return { shrunken: false, state: { baseline: count, pending: null } };
  }
  return { shrunken: true, state: { baseline: state.baseline, pending: agreed } };
}

/** A person has looked: what is listed now is right. */
export function believeShrunken(stored: unknown): ShrinkState | null {
  const state = shrinkStateOf(stored);
  return state === null || state.pending === null ? state : { baseline: state.pending.count, pending: null };
}

/** Whatever the next listing holds is all there is. */
export const ANY_SIZE: ShrinkState = { baseline: 0, pending: null };

function hasFallen(baseline: number, count: number): boolean {
  const fall = baseline - count;
  return (fall > FALL_COUNT && fall > FALL_SHARE * baseline) || (count === 0 && baseline > 0);
}

function agreement(state: ShrinkState, count: number, at: number): NonNullable<ShrinkState['pending']> {
  const { pending } = state;
  const near = pending !== null && Math.abs(count - pending.count) <= FALL_COUNT;
  if (pending === null || !near || (count === 0) !== (pending.count === 0)) return { count, agreed: 0, lastAt: at };
  if (at - pending.lastAt < APART_MS) return pending;
  return { count, agreed: pending.agreed + 1, lastAt: at };
}

/** What is stored may be older than this code; anything that does not fit is forgotten. */
export function shrinkStateOf(stored: unknown): ShrinkState | null {
  if (typeof stored !== 'object' || stored === null || !('baseline' in stored) || !isCount(stored.baseline))
    return null;
  const { baseline } = stored;
  const pending = 'pending' in stored ? stored.pending : null;
  if (typeof pending !== 'object' || pending === null) return { baseline, pending: null };
  if (!('count' in pending) || !('agreed' in pending) || !('lastAt' in pending)) return { baseline, pending: null };
  const { count, agreed, lastAt } = pending;
  if (!isCount(count) || !isCount(agreed) || !isCount(lastAt)) return { baseline, pending: null };
  return { baseline, pending: { count, agreed, lastAt } };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
