import { type Connection, isUnsent } from './connection.ts';
import type { Keys } from './keys.ts';
import { KnownOperations } from './known-operations.ts';
import { ARM } from './lua/arm.lua.ts';
import { TRANSITION } from './lua/transition.lua.ts';
import type { Script } from './script.ts';
import { ScriptBatch } from './script-batch.ts';
import { LedgerUnclear, StoreDown } from './store-error.ts';
import { withLimit } from './with-limit.ts';

/** Longer than the client's own limit for a command, so that it is only the last resort against a promise that hangs. */
const CALL_LIMIT_MS = 2_500;

/** What Redis answers before a script has begun: nothing was written. */
const NOT_BEGUN = /^(LOADING|OOM|MISCONF|READONLY|NOAUTH|NOPERM|BUSY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN)\b/;

/** Runs the ledger's scripts and reads on its own connection, and sorts failures into "not done" and "nobody knows". */
export class LedgerClient {
  readonly keys: Keys;
  readonly known = new KnownOperations();
  readonly #connection: Connection;
  readonly #batch: ScriptBatch;

  constructor(connection: Connection, keys: Keys) {
    this.#connection = connection;
    this.keys = keys;
    this.#batch = new ScriptBatch(connection.ledger, keys.prefix, [ARM, TRANSITION]);
    connection.ledger.on('close', () => this.known.forget());
  }

  /** @throws StoreDown when nothing was written, LedgerUnclear when that is not known */
  async write(script: Script, args: readonly (string | number)[], what: string): Promise<unknown> {
    const { status } = this.#connection.ledger;
    // Asked here, since the client's own "connection is closed" does not tell before from during.
    if (status !== 'ready') throw new StoreDown(what, new Error(`the connection is ${status}`));
    try {
      return await this.#limited(this.#batch.run(script, args), what);
    } catch (error) {
      throw classify(error, what);
    }
  }

  /**
   * Waits until what this connection wrote is on Redis' disk (WAITAOF, from Redis 7.2). It must be asked on the connection
   * that wrote, and it answers with a number rather than an error when the time is over.
   * @throws LedgerUnclear when it is not
   */
  async confirmDurable(what: string): Promise<void> {
    let answer: unknown;
    try {
      answer = await this.#limited(this.#connection.ledger.call('WAITAOF', 1, 0, 1_000), what);
    } catch (error) {
      throw new LedgerUnclear(`${what} on disk`, error);
    }
    const local: unknown = Array.isArray(answer) ? answer[0] : null;
    if (typeof local !== 'number' || local < 1) {
      throw new LedgerUnclear(`${what} on disk`, new Error(`WAITAOF answered ${JSON.stringify(answer)}`));
    }
  }

  /** For reads and for commands that may be given twice: every failure is a plain "not done". @throws StoreDown */
  async ask<T>(ask: (client: Connection['ledger']) => Promise<T>, what: string): Promise<T> {
    try {
      return await this.#limited(ask(this.#connection.ledger), what);
    } catch (error) {
      throw new StoreDown(what, error);
    }
  }

  #limited<T>(promise: Promise<T>, what: string): Promise<T> {
    return withLimit(
      promise,
      CALL_LIMIT_MS,
      () => new LedgerUnclear(what, new Error(`no answer in ${CALL_LIMIT_MS} ms`)),
    );
  }
}

function classify(error: unknown, what: string): Error {
  if (error instanceof LedgerUnclear || error instanceof StoreDown) return error;
  if (!(error instanceof Error)) return new LedgerUnclear(what, error);
  if (isUnsent(error) || NOT_BEGUN.test(error.message)) return new StoreDown(what, error);
  // Any other answer of Redis is an error inside our script: a bug, and its half may have been written.
  return new LedgerUnclear(what, error);
}
