import type { SimRules } from './rules.ts';
import type { SimInstance, SimStatus } from './sim-instance.ts';

/** What the clock did to an instance. */
export type Happening = 'timer-fired' | 'expired' | 'vanished' | 'saved' | 'save-failed';

/** Statuses in which an expired instance has nothing left to lose but its place in the listing. */
function isOff(status: SimStatus): boolean {
  return status === 'stopped' || status === 'created' || status === 'destroyed';
}

/** When the clock next changes something about the instance; null when it never does. */
export function nextDueAt(instance: SimInstance, rules: SimRules): number | null {
  let due: number | null = null;
  const consider = (at: number | null) => {
    if (at !== null && (due === null || at < due)) due = at;
  };
  consider(instance.next?.at ?? null);
  consider(instance.shutdownAt);
  consider(instance.saveDoneAt);
  if (instance.expiresAt !== null && instance.status !== 'destroyed') {
    consider(isOff(instance.status) ? instance.expiresAt + rules.graceMs : instance.expiresAt);
  }
  return due;
}

/** Sends the instance towards `status`, to arrive after `delayMs`. */
export function head(instance: SimInstance, through: SimStatus, to: SimStatus, at: number, delayMs: number): void {
  instance.status = through;
  instance.next = { status: to, at: at + delayMs };
}

/**
 * Applies everything due at or before `at`, in an order that matters: arrivals first, so that a timer due at the same moment
 * finds the instance running; expiry last, because it overrides whatever came before.
 */
export function advance(instance: SimInstance, at: number, rules: SimRules): Happening[] {
  const happenings: Happening[] = [];
  while (instance.next !== null && instance.next.at <= at) arrive(instance, instance.next, rules);
  if (instance.saveDoneAt !== null && instance.saveDoneAt <= at) {
    happenings.push(instance.failSave ? 'save-failed' : 'saved');
    instance.saveStatus = instance.failSave ? 3 : 2;
    // chenyu v2 doc "save-image": the instance is shut down by itself afterwards.
    if (instance.status === 'running') head(instance, 'stopping', 'stopped', instance.saveDoneAt, rules.stoppingMs);
    instance.saveDoneAt = null;
    instance.failSave = false;
  }
  if (instance.shutdownAt !== null && instance.shutdownAt <= at) {
    if (instance.status === 'running') {
      head(instance, 'stopping', 'stopped', instance.shutdownAt, rules.stoppingMs);
      happenings.push('timer-fired');
    }
    instance.shutdownAt = null;
  }
  if (instance.expiresAt !== null && instance.expiresAt <= at && instance.status !== 'destroyed') {
    if (!isOff(instance.status)) {
      instance.status = 'stopped';
      instance.next = null;
      happenings.push('expired');
    } else if (instance.expiresAt + rules.graceMs <= at) {
      happenings.push('vanished');
    }
  }
  return happenings;
}

function arrive(instance: SimInstance, next: { status: SimStatus; at: number }, rules: SimRules): void {
  instance.status = next.status;
  instance.next = null;
  if (next.status === 'creating') instance.next = { status: 'running', at: next.at + rules.creatingMs };
  if (next.status === 'running') {
    instance.startedAt = next.at;
    instance.cardless = false;
  }
}
