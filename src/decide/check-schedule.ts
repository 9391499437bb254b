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
  const isBrisk = actionClass(operation.action) === 'reversible' && operation.action !== 'snapshot';
  const offsets: readonly number[] = isBrisk ? BRISK_MS : PATIENT_MS;
  const stepMs = isBrisk ? BRISK_STEP_MS : PATIENT_STEP_MS;
  const sentAt = operation.sendingAt ?? now;
  const offset = offsets[operation.checks];
  const plannedAt = offset === undefined ? now + stepMs : sentAt + offset;
  return Math.max(plannedAt, now + SHORTEST_MS);
}
