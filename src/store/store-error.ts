/**
 * Redis could not be asked: provably nothing was written. Trying again later is safe.
 */
export class StoreDown extends Error {
  constructor(what: string, cause: unknown) {
    super(`Redis cannot be reached: ${what} was not done`, { cause });
    this.name = 'StoreDown';
  }
}

/**
 * A command of the ledger may or may not have been carried out: its answer was lost. It is never sent again by itself.
 * A `sending` that ends like this must not be followed by a request; the same transaction id asks what became of it.
 */
export class LedgerUnclear extends Error {
  constructor(what: string, cause: unknown) {
    super(`no answer from Redis: ${what} may or may not have been written`, { cause });
    this.name = 'LedgerUnclear';
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
