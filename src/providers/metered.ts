import type { ActionCall, Order } from '../fleet/action-call.ts';
import type { Clock } from '../fleet/clock.ts';
import type { Instance } from '../fleet/instance.ts';
import type { ProviderKind } from '../fleet/provider-kind.ts';
import type { Balance, Listing } from '../fleet/snapshot.ts';
import type { SshAccess } from '../fleet/ssh-access.ts';
import {
  type ActOptions,
  type CallOutcome,
  type CallOutcomeKind,
  type Provider,
  ProviderError,
  type ReadFailure,
  type ReadOperation,
  type SavedImage,
  type SshAccessRequest,
} from './port.ts';

/** How a call ended, for metrics. `ok` is a read that brought its answer; `error` a bug of ours. */
export type MeteredOutcome = 'ok' | 'error' | ReadFailure | CallOutcomeKind;

/** What is reported of one call. `operation`: `list`, `read`, `balance`, `saved-image`, an action's or a read's name. */
export interface MeteredCall {
  readonly account: string;
  readonly provider: ProviderKind;
  readonly operation: string;
  readonly outcome: MeteredOutcome;
  readonly seconds: number;
}

/** A word that a cloud used and nobody has taught us. Told once per word. */
export interface UnknownWord {
  readonly account: string;
  readonly provider: ProviderKind;
  readonly field: 'status' | 'billing';
  readonly word: string;
}

export interface MeterOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly onCall: (call: MeteredCall) => void;
  readonly onUnknownWord: (word: UnknownWord) => void;
}

/** A cloud that makes up a new word for every row must not fill the memory or the log. */
const MOST_WORDS = 200;

/** Measures a provider from outside, so that clients and fakes know nothing of metrics. */
export function metered(provider: Provider, options: MeterOptions): Provider {
  return new MeteredProvider(provider, options);
}

class MeteredProvider implements Provider {
  readonly kind: ProviderKind;
  readonly account: string;
  readonly reads: readonly ReadOperation[];
  readonly #inner: Provider;
  readonly #options: MeterOptions;
  readonly #toldWords = new Set<string>();
  /** How many wait for a listing that names them a way in. */
  #listingForAccess = 0;

  constructor(inner: Provider, options: MeterOptions) {
    this.kind = inner.kind;
    this.account = inner.account;
    this.#inner = inner;
    this.#options = options;
    this.reads = inner.reads.map((read) => ({
      name: read.name,
      summary: read.summary,
      run: (argument, signal) => this.#timed(read.name, () => read.run(argument, signal)),
    }));
  }

  async list(signal: AbortSignal): Promise<Listing> {
    const listing = await this.#timed('list', () => this.#inner.list(signal));
    for (const instance of listing.instances) this.#lookAt(instance);
    return listing;
  }

  async read(id: string, signal: AbortSignal): Promise<Instance | null> {
    const instance = await this.#timed('read', () => this.#inner.read(id, signal));
    if (instance !== null) this.#lookAt(instance);
    return instance;
  }

  balance(signal: AbortSignal): Promise<Balance | null> {
    return this.#timed('balance', () => this.#inner.balance(signal));
  }

  act(id: string, call: ActionCall, options: ActOptions): Promise<CallOutcome> {
    return this.#timed(
      call.kind,
      () => this.#inner.act(id, call, options),
      (outcome) => outcome.kind,
    );
  }

  savedImage(name: string, instance: Instance, signal: AbortSignal): Promise<SavedImage> {
    return this.#timed('saved-image', () => this.#inner.savedImage(name, instance, signal));
  }

  /** Mostly it is a look into memory; counted is the listing that it may take, once for all who wait for it. */
  async sshAccess(request: SshAccessRequest, signal: AbortSignal): Promise<SshAccess | null> {
    if (this.#inner.sshAccess === undefined) return null;
    let first: number | null = null;
    let isListing = false;
    const onListing = (): void => {
      isListing = true;
      if (this.#listingForAccess === 0) first = this.#options.clock.monotonic();
      this.#listingForAccess += 1;
    };
    const done = (outcome: MeteredOutcome): void => {
      if (isListing) this.#listingForAccess -= 1;
      if (first !== null) this.#report('list', outcome, first);
    };
    let access: SshAccess | null;
    try {
      access = await this.#inner.sshAccess({ ...request, onListing }, signal);
    } catch (error) {
      done(error instanceof ProviderError ? error.kind : 'error');
      throw error;
    }
    done('ok');
    return access;
  }

  parseOrder(argument: unknown): Order {
    return this.#inner.parseOrder(argument);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #timed<T>(
    operation: string,
    run: () => Promise<T>,
    outcomeOf: (value: T) => MeteredOutcome = () => 'ok',
  ): Promise<T> {
    const startedAt = this.#options.clock.monotonic();
    let value: T;
    try {
      value = await run();
    } catch (error) {
      this.#report(operation, error instanceof ProviderError ? error.kind : 'error', startedAt);
      throw error;
    }
    this.#report(operation, outcomeOf(value), startedAt);
    return value;
  }

  #report(operation: string, outcome: MeteredOutcome, startedAt: number): void {
    const seconds = (this.#options.clock.monotonic() - startedAt) / 1000;
    this.#options.onCall({ account: this.account, provider: this.kind, operation, outcome, seconds });
  }

  /** A row with problems is unknown for another reason than its words. */
  #lookAt(instance: Instance): void {
    if (instance.status === 'unknown' && instance.problems.length === 0) this.#tell('status', instance.rawStatus);
    if (instance.billing === 'unknown') this.#tell('billing', instance.rawBilling);
  }

  #tell(field: UnknownWord['field'], word: string): void {
    const key = `${field} ${word}`;
    if (word === '' || this.#toldWords.has(key) || this.#toldWords.size >= MOST_WORDS) return;
    this.#toldWords.add(key);
    this.#options.onUnknownWord({ account: this.account, provider: this.kind, field, word });
  }
}
