import type { Invariant } from './freeze.ts';
import type { OperationState } from './operation.ts';

/** Asked for a change that the map of states does not have: a bug of the caller. */
export class IllegalTransition extends Error {
  constructor(id: string, from: OperationState, to: OperationState) {
    super(`operation ${id}: there is no way from ${from} to ${to}`);
    this.name = 'IllegalTransition';
  }
}

/** Something happened, or was about to, that must never happen. The class is frozen already, and nothing was written. */
export class InvariantBroken extends Error {
  readonly invariant: Invariant;
  readonly detail: string;
  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.name = 'InvariantBroken';
    this.invariant = invariant;
    this.detail = detail;
  }
}

/**
 * A command of the ledger may or may not have been carried out: its answer was lost. The store never gives it again by
 * itself. A `sending` that ends like this must not be followed by a request; the same transaction id asks what became of it.
 */
export class LedgerUnclear extends Error {
  constructor(what: string, cause: unknown) {
    super(`no answer from Redis: ${what} may or may not have been written`, { cause });
    this.name = 'LedgerUnclear';
  }
}
