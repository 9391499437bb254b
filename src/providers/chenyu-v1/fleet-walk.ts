import type { Account } from '../../fleet/account.ts';
import type { Clock } from '../../fleet/clock.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { IncompleteReason, Listing } from '../../fleet/snapshot.ts';
import { timesOf } from '../chenyu/chenyu-listing.ts';
import type { ListAnswer } from '../chenyu/list-answer.ts';
import { decodeRows } from '../chenyu/listing.ts';
import { walkPages } from '../chenyu/walk-pages.ts';
import type { ReadOptions } from '../http/http-client.ts';
import { ProviderError } from '../port.ts';
import type { CenterAiApi } from './center-ai-api.ts';
import { decodeInstance, instanceIdOf, withStatus } from './instance-row.ts';
import type { KnownInstances } from './known-instances.ts';
import { PAGE_SIZE } from './requests.ts';
import { DESTROYED, LISTED_STATUSES } from './status.ts';

/** So that a listing from which everything has vanished does not spend minutes of the rate budget on asking after it. */
const MOST_CONFIRMED = 20;

/**
 * Lists the whole account (center-ai 实例列表): one paged query for each state, since the filter takes one at a time. An
 * instance that changes state meanwhile may be in two answers, of which the later is right, or in none: so every id that
 * was known and is missing is asked after before the listing is believed.
 */
export class FleetWalk {
  readonly #api: CenterAiApi;
  readonly #account: Account;
  readonly #known: KnownInstances;
  readonly #clock: Clock;

  constructor(api: CenterAiApi, account: Account, known: KnownInstances, clock: Clock) {
    this.#api = api;
    this.#account = account;
    this.#known = known;
    this.#clock = clock;
  }

  /** @throws ProviderError when not even the first query could be read. */
  async list(options: ReadOptions): Promise<Listing> {
    const answers: ListAnswer[] = [];
    const seen = new Map<string, Instance>();
    let incomplete: IncompleteReason | null = null;
    for (const status of LISTED_STATUSES) {
      const first = status === LISTED_STATUSES[0];
      try {
        const found = await this.#inState(status, first ? options : { signal: options.signal }, answers);
        for (const instance of found.instances) seen.set(instance.id, instance);
        incomplete ??= found.incomplete;
      } catch (error) {
        if (first || options.signal.aborted || !(error instanceof ProviderError)) throw error;
        incomplete ??= 'page-failed';
        break;
      }
    }
    if (incomplete === null) incomplete = await this.#confirmMissing(seen, options.signal);
    this.#known.see(seen.values());
    return { ...timesOf(answers), finishedAt: this.#clock.now(), instances: [...seen.values()], incomplete };
  }

  /** The instances that were destroyed; they are in no other listing. */
  async destroyed(options: ReadOptions): Promise<Listing> {
    const answers: ListAnswer[] = [];
    const found = await this.#inState(DESTROYED, options, answers);
    return { ...timesOf(answers), ...found };
  }

  async #inState(
    status: (typeof LISTED_STATUSES)[number] | typeof DESTROYED,
    options: ReadOptions,
    answers: ListAnswer[],
  ): Promise<Pick<Listing, 'instances' | 'incomplete'>> {
    const walked = await walkPages({
      fetchPage: async (page) => {
        const pageOptions = page === 1 ? options : { signal: options.signal };
        const answer = await this.#api.instanceList({ page, page_size: PAGE_SIZE, status }, pageOptions);
        answers.push(answer);
        return answer;
      },
      idOf: instanceIdOf,
      totalPromised: false,
      signal: options.signal,
    });
    return decodeRows(walked, this.#account, decodeInstance);
  }

  /** Adds what had only slipped between two queries to `seen`. */
  async #confirmMissing(seen: Map<string, Instance>, signal: AbortSignal): Promise<'unconfirmed-missing' | null> {
    const missing = this.#known.missingFrom(seen);
    let unconfirmed = missing.length > MOST_CONFIRMED;
    for (const id of missing.slice(0, MOST_CONFIRMED)) {
      try {
        const status = await this.#api.instanceStatus({ instance_uuid: id }, { signal });
        const row = this.#known.get(id);
        if (status === DESTROYED) this.#known.forget(id);
        else if (row !== null) seen.set(id, withStatus(row, status, this.#account));
      } catch (error) {
        if (signal.aborted || !(error instanceof ProviderError)) throw error;
        if (error.kind !== 'rejected') return 'unconfirmed-missing';
        if (this.#known.refused(id, this.#clock.monotonic())) this.#known.forget(id);
        else unconfirmed = true;
      }
    }
    return unconfirmed ? 'unconfirmed-missing' : null;
  }
}
