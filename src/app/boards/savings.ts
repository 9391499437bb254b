import type { SavingsReport } from '../../fleet/savings-report.ts';
import type { Store } from '../../store/store.ts';
import { SAVINGS_DAYS } from '../../web/console/savings.ts';
import type { Work } from '../../work/ports.ts';
import { readSavings, savings } from '../savings.ts';

/** Days of a thousand machines are not read anew for every look at a page that is open. Real ms. */
const KEEP_MS = 30_000;

/** What was saved lately, kept for a moment. */
export class SavingsBoards {
  readonly #work: Work;
  readonly #store: Store;
  readonly #kept = new Map<string | null, { readonly at: number; readonly report: Promise<SavingsReport> }>();

  constructor(work: Work, store: Store) {
    this.#work = work;
    this.#store = store;
  }

  report(account: string | null): Promise<SavingsReport> {
    const now = performance.now();
    const known = this.#kept.get(account);
    if (known !== undefined && now - known.at < KEEP_MS) return known.report;
    const report = this.#read(account);
    this.#kept.set(account, { at: now, report });
    // What failed is asked for again at the next look.
    report.catch(() => this.#kept.delete(account));
    return report;
  }

  async #read(account: string | null): Promise<SavingsReport> {
    const asked = { since: `${SAVINGS_DAYS}d`, by: 'day' };
    const read = readSavings(asked, this.#work.clock.now(), this.#work.standing().zone);
    if (!read.ok) throw new Error(read.message);
    return await savings(this.#work, this.#store, read.question, account);
  }
}
