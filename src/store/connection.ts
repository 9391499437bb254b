import { type ChainableCommander, Redis } from 'ioredis';
import { StoreDown } from './store-error.ts';
import { withLimit } from './with-limit.ts';

export type RedisClient = Redis;
export type RedisPipeline = ChainableCommander;

/** Is Redis there? `since` is epoch ms by our clock. */
export type ConnectionState =
  | { readonly kind: 'ready'; readonly since: number }
  | { readonly kind: 'down'; readonly since: number; readonly error: string | null };

export interface ConnectionOptions {
  /** redis:// or rediss:// */
  readonly url: string;
  readonly clock: () => number;
  /** For the jitter of the back-off, 0 to 1. */
  readonly random: () => number;
  /** Told of every change; both clients must be ready for `ready`. */
  readonly onChange?: (state: ConnectionState) => void;
}

/** Did the client refuse to send the command at all? Every other failure of a connection leaves that open. */
export function isUnsent(error: Error): boolean {
  return error.message.startsWith("Stream isn't writeable");
}

/** Did Redis refuse the database? */
function isOfSelect(error: Error): boolean {
  const command: unknown = 'command' in error ? error.command : null;
  return typeof command === 'object' && command !== null && 'name' in command && command.name === 'select';
}

/** No single command takes longer, else it fails: small values on a local network, with room for a slow fsync. */
const COMMAND_LIMIT_MS = 2_000;
/** Whole snapshots of large accounts go over this client. */
const GENERAL_LIMIT_MS = 10_000;
/** Reconnecting goes on for ever; this bounds the pause between two tries, and so the time to notice that Redis is back. */
const MAX_BACKOFF_MS = 2_000;

/**
 * Our two clients of one Redis. Neither queues while Redis is away and neither sends a command again whose answer was
 * lost: a counter would count twice, and a job would act on what was decided before the outage.
 */
export class Connection {
  readonly general: RedisClient;
  /** The ledger's own: a slow read elsewhere never stands in its way. */
  readonly ledger: RedisClient;
  readonly #clock: () => number;
  readonly #onChange: (state: ConnectionState) => void;
  #state: ConnectionState;
  #lastError: string | null = null;
  /**
   * Those that were refused the database that they asked for (`/16` of a Redis that has 16). The library lets them go on in
   * database 0, which may be another team's, with keys of the same names: to us they are not ready.
   */
  readonly #elsewhere = new Set<RedisClient>();
  #waiters: (() => void)[] = [];
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#clock = options.clock;
    this.#onChange = options.onChange ?? (() => {});
    this.#state = { kind: 'down', since: options.clock(), error: null };
    const make = (name: string, commandTimeout: number) => {
      const client = new Redis(options.url, {
        lazyConnect: true,
        connectionName: `lamplighter-${name}`,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        autoResendUnfulfilledCommands: false,
        connectTimeout: 5_000,
        commandTimeout,
        retryStrategy: (times) =>
          Math.min(MAX_BACKOFF_MS, 50 * 2 ** Math.min(times, 6)) * (0.75 + options.random() / 4),
        // After a failover the old socket leads to a replica: come back on a new one, but fail the command.
        reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
      });
      client.on('error', (error: Error) => {
        this.#lastError = error.message;
        if (isOfSelect(error)) this.#elsewhere.add(client);
      });
      client.on('close', () => this.#elsewhere.delete(client));
      for (const event of ['ready', 'close', 'end'] as const) client.on(event, () => this.#look());
      return client;
    };
    this.general = make('general', GENERAL_LIMIT_MS);
    this.ledger = make('ledger', COMMAND_LIMIT_MS);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Begins to connect and goes on trying for ever. Does not wait. */
  start(): void {
    for (const client of [this.general, this.ledger]) {
      // The first failure is reported here and by `error`; trying goes on by itself.
      client.connect().catch(() => {});
    }
  }

  /** Resolves when Redis is ready. @throws StoreDown after `limitMs`; the signal's reason when aborted. */
  async waitReady(limitMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#state.kind === 'ready') return;
    signal?.throwIfAborted();
    let stop = () => {};
    const ready = new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      this.#waiters.push(resolve);
      signal?.addEventListener('abort', abort, { once: true });
      stop = () => {
        this.#waiters = this.#waiters.filter((waiter) => waiter !== resolve);
        signal?.removeEventListener('abort', abort);
      };
    });
    const last = () => new StoreDown('connecting', new Error(this.#lastError ?? `not ready within ${limitMs} ms`));
    await withLimit(ready, limitMs, last).finally(() => stop());
  }

  /** Says goodbye where Redis is there, and lets go in any case within `limitMs`. May be called twice. */
  async close(limitMs = 2_000): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all(
      [this.general, this.ledger].map(async (client) => {
        if (client.status === 'ready') {
          await withLimit(client.quit(), limitMs, () => new Error('quit took too long')).catch(() => {});
        }
        client.disconnect(false);
      }),
    );
  }

  #look(): void {
    const ready = [this.general, this.ledger].every(
      (client) => client.status === 'ready' && !this.#elsewhere.has(client),
    );
    const kind = ready ? 'ready' : 'down';
    if (kind === this.#state.kind) return;
    const since = this.#clock();
    this.#state = kind === 'ready' ? { kind, since } : { kind, since, error: this.#lastError };
    if (kind === 'ready') {
      for (const waiter of this.#waiters.splice(0)) waiter();
    }
    this.#onChange(this.#state);
  }
}
