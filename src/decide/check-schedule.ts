import { actionClass } from '../fleet/action.ts';
import type { Operation } from '../fleet/operation.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** Looks after a paid or destructive request, counted from the request: early for the usual case, then patient. */
const PATIENT_MS = [20 * SECOND_MS, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS] as const;
/** Looks after a stop or a start, which clouds do within a minute. */
const BRISK_MS = [5, 10, 20, 40, 60].map((seconds) => seconds * SECOND_MS);
/** Between looks when the list is at its end. */
const PATIENT_STEP_MS = 5 * MINUTE_MS;
const BRISK_STEP_MS = MINUTE_MS;
/** However late we are, a cloud is not asked twice in the same breath. */
const SHORTEST_MS = SECOND_MS;

/** When to look next at an operation that has been looked at `operation.checks` times; epoch ms. */
export function checkAfter(operation: Operation, now: number): number {
  const { offsets, stepMs } = scheduleOf(operation);
  const sentAt = operation.sendingAt ?? now;
  const offset = offsets[operation.checks];
  const plannedAt = offset === undefined ? now + stepMs : sentAt + offset;
  return Math.max(plannedAt, now + SHORTEST_MS);
}

/**
 * When to try again to look at an operation that could not be looked at just now; epoch ms. By the time that has passed,
 * since a look that failed does not count: else whoever is late would ask a cloud in trouble again and again.
 */
export function checkAfterFailure(operation: Operation, now: number): number {
  const { offsets, stepMs } = scheduleOf(operation);
  const sentAt = operation.sendingAt ?? now;
  const next = offsets.find((offset) => sentAt + offset > now);
  return next === undefined ? now + stepMs : Math.max(sentAt + next, now + SHORTEST_MS);
}

function scheduleOf({ action }: Operation): { readonly offsets: readonly number[]; readonly stepMs: number } {
  const isBrisk = actionClass(action) === 'reversible' && action !== 'snapshot';
  return isBrisk ? { offsets: BRISK_MS, stepMs: BRISK_STEP_MS } : { offsets: PATIENT_MS, stepMs: PATIENT_STEP_MS };
}
