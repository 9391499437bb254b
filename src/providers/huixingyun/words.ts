import type { Account } from '../../fleet/account.ts';
import type { Billing, Status } from '../../fleet/status.ts';

/**
 * The doc shows one status, "Stopped", and one way to pay, "Month" (慧星云 API doc, 获取实例列表); the other words are
 * taken for granted until the cloud says otherwise. Any other word is `unknown` until it is taught.
 */
const STATUS_WORDS: ReadonlyMap<string, Status> = new Map([
  ['creating', 'creating'],
  ['starting', 'starting'],
  ['running', 'running'],
  ['stopping', 'stopping'],
  ['stopped', 'stopped'],
  ['restarting', 'restarting'],
]);

const BILLING_WORDS: ReadonlyMap<string, Billing> = new Map([
  ['hour', 'hourly'],
  ['day', 'daily'],
  ['month', 'monthly'],
]);

/** An account's dictionary: what it was taught goes before what is built in. Case does not matter. */
export class Words {
  readonly #status: ReadonlyMap<string, Status>;
  readonly #billing: ReadonlyMap<string, Billing>;

  constructor(account: Pick<Account, 'statusWords' | 'billingWords'>) {
    this.#status = new Map([...STATUS_WORDS, ...account.statusWords]);
    this.#billing = new Map([...BILLING_WORDS, ...account.billingWords]);
  }

  status(word: string): Status {
    return this.#status.get(word.toLowerCase()) ?? 'unknown';
  }

  billing(word: string): Billing {
    return this.#billing.get(word.toLowerCase()) ?? 'unknown';
  }
}
