export { LedgerUnclear } from '../fleet/ledger-error.ts';

/**
 * Redis could not be asked: provably nothing was written. Trying again later is safe.
 */
export class StoreDown extends Error {
  constructor(what: string, cause: unknown) {
    super(`Redis cannot be reached: ${what} was not done`, { cause });
    this.name = 'StoreDown';
  }
}

/** Something stored is not in the shape that we write: what, where and how. */
export class StoreCorrupt extends Error {
  constructor(where: string, cause: unknown) {
    super(`what is stored at ${where} cannot be read`, { cause });
    this.name = 'StoreCorrupt';
  }
}

/** The ledger's watermark file cannot be read or understood: what, where, and what to do. */
export class WatermarkUnusable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'WatermarkUnusable';
  }
}
