import { decideCloudStep } from './cloud-step.ts';
import type { Due } from './due.ts';
import { decideNotify } from './notify-step.ts';
import type { Pair } from './pass.ts';
import { isHarmless, isReady } from './readiness.ts';
import type { InstanceView } from './world.ts';

/** A list that has begun goes on for this long after `catchUp`: saving a large image takes up to an hour. */
const LIST_GRACE_MS = 3_600_000;

/** The later steps of a list that was begun in time may come later than its tick allows. */
export function isGoingOn(due: Pick<Due, 'pass' | 'standing' | 'view' | 'stepIndex'>): boolean {
  if (due.stepIndex === 0) return false;
  const { policy } = due.standing;
  const actedAt = due.pass.world.history.lastActedAt(policy.name, due.view.key);
  return actedAt !== null && due.pass.now - actedAt <= policy.catchUpMs + LIST_GRACE_MS;
}

/**
 * Goes on with a list whose conditions no longer hold, or that does not match any more: a stop ends idleness and
 * changes the status, and the message or the start after it is still to come.
 */
export function goOn(pair: Pair, view: InstanceView, place: number): void {
  const { pass, account, standing } = pair;
  const { policy } = standing;
  const occurrence = pass.world.history.latestOccurrence?.(policy.name, view.key) ?? null;
  if (occurrence === null || !standing.enforcing) return;
  for (const [stepIndex, step] of policy.steps.entries()) {
    const state = pass.world.history.step(policy.name, view.key, occurrence, stepIndex);
    if (state === 'done') continue;
    if (state !== 'none' || stepIndex === 0 || !isHarmless(step)) return;
    if (!isReady(step, view.tracked.instance, standing.stuck)) return;
    const due = { pass, account, standing, view, place, step, stepIndex, verdict: 'holds', occurrence } as const;
    if (!isGoingOn(due)) return;
    if (step.kind === 'start') {
      decideCloudStep({ ...due, step });
      return;
    }
    const done = policy.steps.slice(0, stepIndex).map((each) => each.kind);
    decideNotify(due, step, { kind: 'list-done', policy: policy.name, actions: done });
  }
}
