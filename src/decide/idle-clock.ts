import type { Watched } from '../fleet/activity.ts';
import type { History, InstanceView } from './world.ts';

/**
 * Of the readings that were due within `idleFor` so many must have been made: a machine whose every second reading fails
 * is not proven idle, however long.
 */
export const LEAST_COVERAGE = 0.9;

/**
 * Since when the instance has been up and shown no activity; `null`: it is not known to be idle. A start begins it anew.
 * It is what an occurrence of `idleFor` is named by, so it stays the same through one stretch of idleness; how much of the
 * stretch counts is told by {@link idleStart}.
 */
export function idleSince(view: InstanceView): number | null {
  const { activity, tracked } = view;
  if (activity === null || activity.kind !== 'idle' || tracked.upSince === null) return null;
  return Math.max(activity.since, tracked.upSince);
}

/** What the idle clock began at. */
export type IdleCause = 'activity' | 'boot' | 'watch' | 'policy-edit' | 'daemon-start' | 'hold';

/** Before then nothing counts for a policy: it meant something else, or it was another daemon that looked. Epoch ms. */
export interface NotBefore {
  readonly at: number;
  readonly cause: Extract<IdleCause, 'policy-edit' | 'daemon-start'>;
}

export function notBeforeOf(policy: string, history: Pick<History, 'policyEditedAt' | 'watchBeganAt'>): NotBefore {
  const editedAt = history.policyEditedAt?.(policy) ?? 0;
  const beganAt = history.watchBeganAt?.() ?? 0;
  return beganAt > editedAt ? { at: beganAt, cause: 'daemon-start' } : { at: editedAt, cause: 'policy-edit' };
}

/**
 * From when on idleness is counted: the latest of the last activity, the boot, the beginning of the unbroken watch, the
 * end of a hold, and `notBefore`. `null`: it is not idle.
 */
export function idleStart(view: InstanceView, notBefore: number): number | null {
  const since = idleSince(view);
  const { activity } = view;
  if (since === null || activity?.kind !== 'idle') return null;
  return Math.max(since, activity.watched.from, view.heldUntil ?? 0, notBefore);
}

/** What made it begin there, for people. */
export function idleCause(view: InstanceView, notBefore: NotBefore): IdleCause | null {
  const start = idleStart(view, notBefore.at);
  const { activity, tracked } = view;
  if (start === null || activity?.kind !== 'idle') return null;
  if (start === tracked.upSince) return 'boot';
  if (start === activity.since) return 'activity';
  if (start === activity.watched.from) return 'watch';
  return start === notBefore.at ? notBefore.cause : 'hold';
}

/**
 * Was it proven idle for `ms`? Of the last `ms / LEAST_COVERAGE` before `until`, and not before `startAt`, at least `ms`
 * must have been watched. The time of a hole is left out, so it neither counts nor makes anything begin anew.
 */
export function isProven(ms: number, startAt: number, watched: Watched, until: number): boolean {
  return provenMs(ms, startAt, watched, until) >= ms;
}

/** How much of what {@link isProven} asks for is there. */
export function provenMs(ms: number, startAt: number, watched: Watched, until: number): number {
  const from = Math.max(startAt, until - ms / LEAST_COVERAGE);
  let proven = until - from;
  for (const hole of watched.holes) {
    proven -= Math.max(0, Math.min(hole.at + hole.ms, until) - Math.max(hole.at, from));
  }
  return Math.max(0, proven);
}

/** The window slides while it fills, so that the time that is missing is asked for a few times over. */
const MOST_TRIES = 20;

/** When it will be proven idle for `ms`, if it goes on as it is and is watched without a hole. */
export function provenAt(ms: number, startAt: number, watched: Watched): number {
  let at = Math.max(startAt, watched.to);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const missing = ms - provenMs(ms, startAt, watched, at);
    if (!(missing > 0)) return at;
    at += missing;
  }
  return at;
}
