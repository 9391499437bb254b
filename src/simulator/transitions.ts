import type { SimRules } from './rules.ts';
import type { SimInstance, SimStatus } from './sim-instance.ts';
import { nextWorkAt } from './workload.ts';

/** What the clock did to an instance. */
export type Happening = 'owner-start' | 'timer-fired' | 'expired' | 'vanished' | 'saved' | 'save-failed';

/** Statuses in which an expired instance has nothing left to lose but its place in the listing. */
function isOff(status: SimStatus): boolean {
  return status === 'stopped' || status === 'created' || status === 'destroyed';
}

/** When the clock, after `at`, next changes something about the instance; null when it never does. */
export function nextDueAt(instance: SimInstance, at: number, rules: SimRules): number | null {
  let due: number | null = null;
  const consider = (at: number | null) => {
    if (at !== null && (due === null || at < due)) due = at;
  };
  consider(instance.next?.at ?? null);
  consider(instance.shutdownAt);
  consider(instance.saveDoneAt);
  if (instance.ownerStarts && instance.status === 'stopped') consider(nextWorkAt(instance.workload, at));
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
 * finds the instance running; expiry last, because it overrides whatever came before. `solvent`: whether the account can
 * afford a start.
 */
export function advance(instance: SimInstance, at: number, rules: SimRules, solvent: boolean): Happening[] {
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
  if (ownerStartsNow(instance, at) && solvent) {
    happenings.push('owner-start');
    head(instance, 'starting', 'running', at, rules.startingMs);
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

/** Only at the very begin of the work: an owner whose machine is stopped in the middle does not come back for it. */
function ownerStartsNow(instance: SimInstance, at: number): boolean {
  if (!instance.ownerStarts || instance.status !== 'stopped') return false;
  if (instance.expiresAt !== null && instance.expiresAt <= at) return false;
  return nextWorkAt(instance.workload, at - 1) === at;
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
