import type { Account } from '../../fleet/account.ts';
import type { ActionCall, Order } from '../../fleet/action-call.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { Clock } from '../../fleet/clock.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { ProviderKind } from '../../fleet/provider-kind.ts';
import type { Balance, Listing } from '../../fleet/snapshot.ts';
import { usableCardsFen } from '../chenyu/cards.ts';
import { documentedRefusal } from '../chenyu/envelope.ts';
import { isSendableId } from '../chenyu/instance-row.ts';
import { complaintOf, flatOrder, parsedOrder } from '../chenyu/order.ts';
import { SHORTEST_TIMER_LEAD_MS, timerTime } from '../chenyu/timer.ts';
import { toShanghaiText } from '../chenyu/times.ts';
import { HttpClient } from '../http/http-client.ts';
import {
  type ActOptions,
  type CallOutcome,
  type Provider,
  ProviderError,
  type ReadOperation,
  type SavedImage,
} from '../port.ts';
import type { ProviderOptions } from '../provider-options.ts';
import { SharedRead } from '../shared-read.ts';
import { CenterAiApi } from './center-ai-api.ts';
import { centerAiReads } from './center-ai-reads.ts';
import { FleetWalk } from './fleet-walk.ts';
import { nameless, withStatus } from './instance-row.ts';
import { KnownInstances } from './known-instances.ts';
import { type CreateRequest, createRequest } from './requests.ts';
import { DESTROYED } from './status.ts';

const MINUTE_MS = 60_000;

const ORDER_SHAPE = '{ pod_uuid, image_uuid?, image_tag, gpu_model_uuid, auto_start: 0 | 1 }';

/**
 * One account at 晨羽智云, v1 ("center-ai"). It has no immediate shutdown: `stop` arms a timed one a few minutes ahead,
 * which `shutdown-timer` with `null` takes back. No relation between its ids and those of open v2 is documented, so
 * nothing here knows of the other.
 */
export class ChenyuV1Provider implements Provider {
  readonly kind: ProviderKind = 'chenyu-v1';
  readonly account: string;
  readonly reads: readonly ReadOperation[];
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #http: HttpClient;
  readonly #api: CenterAiApi;
  readonly #known = new KnownInstances();
  readonly #listing: SharedRead<Listing>;

  /** @throws Error when the account's base URL or rate is not usable. */
  constructor(options: ProviderOptions) {
    const { account, token, clock, random, limits, onAnswer } = options;
    this.account = account.name;
    this.#account = account;
    this.#clock = clock;
    this.#http = new HttpClient({
      account: account.name,
      baseUrl: account.baseUrl,
      token,
      authorization: (key) => `Bearer ${key}`,
      requestsPerSecond: account.requestsPerSecond,
      clock,
      random,
      refusal: documentedRefusal,
      ...(limits === undefined ? {} : { limits }),
      ...(onAnswer === undefined ? {} : { onAnswer }),
    });
    this.#api = new CenterAiApi(this.#http);
    const walk = new FleetWalk(this.#api, account, this.#known, clock);
    this.#listing = new SharedRead(account.name, 'app/instance/list', (signal, onStart) =>
      walk.list({ signal, onStart }),
    );
    this.reads = centerAiReads(this.#api, walk, this);
  }

  list(signal: AbortSignal): Promise<Listing> {
    return this.#listing.get(signal);
  }

  /**
   * 实例状态 (one call) over the row of the last listing. No page says how it answers for an instance that does not
   * exist, so a refusal proves nothing: then a complete listing decides.
   */
  async read(id: string, signal: AbortSignal): Promise<Instance | null> {
    if (!isSendableId(id)) throw this.#error('rejected', 'an instance_uuid has no spaces, no comma and is not empty');
    let status: number;
    try {
      status = await this.#api.instanceStatus({ instance_uuid: id }, { signal });
    } catch (error) {
      if (!(error instanceof ProviderError) || error.kind !== 'rejected') throw error;
      const listing = await this.list(signal);
      const found = listing.instances.find((instance) => instance.id === id);
      if (found !== undefined) return found;
      if (listing.incomplete === null) return null;
      throw error;
    }
    const known = this.#known.get(id);
    if (known !== null) return withStatus(known, status, this.#account);
    if (status === DESTROYED) return nameless(id, status, this.#account);
    const listing = await this.list(signal);
    const found = listing.instances.find((instance) => instance.id === id);
    if (found !== undefined) return found;
    throw this.#error('protocol', `it has status ${status}, and no listing has it`);
  }

  /** Cash, and beside it what is left on cards that are surely good still; the two are never added. */
  async balance(signal: AbortSignal): Promise<Balance> {
    const { cashFen, cards, at } = await this.#api.financesBalance({ signal });
    return { cashFen, cardsFen: usableCardsFen(cards, this.#clock.now()), at };
  }

  async act(id: string, call: ActionCall, options: ActOptions): Promise<CallOutcome> {
    try {
      return await this.#act(id, call, options);
    } catch (error) {
      // Only our own checks throw, before anything is sent: the client never does.
      return { kind: 'rejected', detail: `not sent: ${complaintOf(error)}` };
    }
  }

  /** v1 saves no images. */
  savedImage(): Promise<SavedImage> {
    return Promise.resolve('absent');
  }

  parseOrder(argument: unknown): Order {
    return flatOrder(readOrder(argument));
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #act(id: string, call: ActionCall, options: ActOptions): Promise<CallOutcome> {
    const instance = { instance_uuid: id };
    switch (call.kind) {
      case 'stop': {
        // Up to the next whole minute, so that the time is never nearer than the shortest lead.
        const earliest = this.#clock.now() + SHORTEST_TIMER_LEAD_MS;
        return this.#shutdownAt(id, Math.ceil(earliest / MINUTE_MS) * MINUTE_MS, options);
      }
      case 'shutdown-timer':
        if (call.at === null) return this.#api.cancelTimedShutdown({ ...instance, cancel: true }, options);
        return this.#shutdownAt(id, timerTime(call.at, this.#clock.now()), options);
      case 'start':
        return this.#api.startInstance(instance, options);
      case 'restart':
        return this.#api.restartInstance(instance, options);
      case 'destroy':
        return this.#api.destroyInstance({ ...instance, shutdown_reason: 'lamplighter' }, options);
      case 'create':
        return this.#api.createInstance(readOrder(call.order), options);
      case 'cardless-stop':
      case 'snapshot':
      case 'renew':
      case 'lengthen':
      case 'rebuild':
        return { kind: 'rejected', detail: `not sent: ${call.kind} is not offered by chenyu v1` };
      default:
        return assertNever(call);
    }
  }

  #shutdownAt(id: string, firesAt: number, options: ActOptions): Promise<CallOutcome> {
    return this.#api.timedShutdown({ instance_uuid: id, regular_time: toShanghaiText(firesAt) }, firesAt, options);
  }

  #error(kind: 'rejected' | 'protocol', message: string): ProviderError {
    return new ProviderError(kind, this.account, 'app/instance/status', message);
  }
}

/** @throws Error that names each field that is wrong and what is allowed. */
function readOrder(argument: unknown): CreateRequest {
  return parsedOrder(argument, createRequest, ORDER_SHAPE);
}
