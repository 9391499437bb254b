import { type ActionCall, type Order, RENEWAL_PERIODS } from '../../fleet/action-call.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { Clock } from '../../fleet/clock.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { Listing } from '../../fleet/snapshot.ts';
import type { SshAccess } from '../../fleet/ssh-access.ts';
import { HttpClient } from '../http/http-client.ts';
import {
  type ActOptions,
  type CallOutcome,
  type Provider,
  ProviderError,
  type ReadOperation,
  type SavedImage,
  type SshAccessRequest,
} from '../port.ts';
import type { ProviderOptions } from '../provider-options.ts';
import { SharedRead } from '../shared-read.ts';
import { SshVault } from '../ssh-vault.ts';
import { HuixingyunApi } from './huixingyun-api.ts';
import { KnownRows } from './known-rows.ts';
import { readOrder } from './order.ts';
import { readOperations } from './reads.ts';
import { LENGTHEN_PAY_UNIT } from './requests.ts';
import { checkToken } from './token-shape.ts';
import { Words } from './words.ts';

/**
 * 慧星云 as a Provider. The API has no call for one instance, so `read` looks it up in a listing; concurrent ones share it.
 * It documents no errors at all: what is not a documented success or a documented failure naming the instance is
 * `uncertain`.
 */
export class HuixingyunProvider implements Provider {
  readonly kind = 'huixingyun';
  readonly account: string;
  readonly reads: readonly ReadOperation[];
  readonly #clock: Clock;
  readonly #http: HttpClient;
  readonly #api: HuixingyunApi;
  readonly #listing: SharedRead<Listing>;
  readonly #vault: SshVault | null;

  /** @throws Error on a token or base URL of the wrong form; the message never holds the token. */
  constructor(options: ProviderOptions) {
    const { account, token, clock, random, limits, onAnswer, keepSshPasswords = false } = options;
    checkToken(account.name, token);
    this.account = account.name;
    this.#clock = clock;
    const vault = keepSshPasswords ? new SshVault() : null;
    this.#vault = vault;
    this.#http = new HttpClient({
      account: account.name,
      baseUrl: account.baseUrl,
      token,
      requestsPerSecond: account.requestsPerSecond,
      clock,
      random,
      ...(limits === undefined ? {} : { limits }),
      ...(onAnswer === undefined ? {} : { onAnswer }),
    });
    const rows = new KnownRows(Math.floor(random() * 2 ** 32));
    const api = new HuixingyunApi(this.#http, new Words(account), rows, vault);
    this.#api = api;
    this.#listing = new SharedRead(account.name, 'instances/list', async (signal, onStart) => {
      const listing = await api.instances({ signal, onStart });
      vault?.see(listing, clock.monotonic());
      return listing;
    });
    this.reads = readOperations(api, (signal) => this.list(signal));
  }

  list(signal: AbortSignal): Promise<Listing> {
    return this.#listing.get(signal);
  }

  async read(id: string, signal: AbortSignal): Promise<Instance | null> {
    const listing = await this.#listing.get(signal);
    const instance = listing.instances.find((candidate) => candidate.id === id);
    if (instance !== undefined) return instance;
    if (listing.incomplete === null) return null;
    const why = `the listing is incomplete (${listing.incomplete}) and does not hold ${id}`;
    throw new ProviderError('uncertain', this.account, 'instances/list', why);
  }

  /** There is no balance in this API. */
  async balance(): Promise<null> {
    return null;
  }

  async act(id: string, call: ActionCall, options: ActOptions): Promise<CallOutcome> {
    const api = this.#api;
    switch (call.kind) {
      case 'stop':
        return api.stop({ gid: id, card_less: false }, options);
      case 'cardless-stop':
        return api.stop({ gid: id, card_less: true }, options);
      case 'start':
        // Where nobody knows how it was stopped, the normal start comes first; the other one only after a new look.
        if (call.stopMode === 'cardless') return api.startCardless({ gid: id }, options);
        return api.start({ gid: id }, options);
      case 'restart':
        return api.restart({ gid: id }, options);
      case 'snapshot':
        return api.snapshot({ gid: id, name: call.name }, options);
      case 'renew': {
        const allowed = RENEWAL_PERIODS[call.unit];
        if (!allowed.includes(call.periods)) {
          return cannot(`${call.periods} ${call.unit} periods cannot be renewed; allowed: ${allowed.join(', ')}`);
        }
        return api.renew({ gid: id, pay_period: call.periods }, options);
      }
      case 'lengthen':
        return api.lengthen({ gid: id, pay_unit: LENGTHEN_PAY_UNIT[call.to] }, options);
      case 'destroy':
        return api.destroy({ gid: id }, options);
      case 'rebuild':
        return api.rebuild({ gid: id, image_id: call.imageId }, options);
      case 'create':
        return this.#create(call.order, options);
      case 'shutdown-timer':
        return cannot('huixingyun has no shutdown timer');
      default:
        return assertNever(call);
    }
  }

  /**
   * The list of own images has no state: an image is there when it has been saved, and saving or a failure cannot be told
   * from absence.
   */
  async savedImage(name: string, instance: Instance, signal: AbortSignal): Promise<SavedImage> {
    const images = await this.#api.myImages({ room_name: instance.room }, { signal });
    if (images.items.some((image) => image.name === name)) return 'saved';
    if (images.complete) return 'absent';
    throw new ProviderError(
      'uncertain',
      this.account,
      'my-images',
      `the list is incomplete and does not hold "${name}"`,
    );
  }

  async sshAccess(request: SshAccessRequest, signal: AbortSignal): Promise<SshAccess | null> {
    const vault = this.#vault;
    if (vault === null) return null;
    return vault.lookUp(request, this.#clock, () => this.list(signal));
  }

  parseOrder(argument: unknown): Order {
    return readOrder(argument).order;
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #create(order: Order, options: ActOptions): Promise<CallOutcome> {
    let read: ReturnType<typeof readOrder>;
    try {
      read = readOrder(order);
    } catch (error) {
      return cannot(error instanceof Error ? error.message : 'not an order');
    }
    if (read.kind === 'application') return this.#api.buyApplication({ ...read.order, num: 1 }, options);
    return this.#api.buyInstance({ ...read.order, num: 1 }, options);
  }
}

/** A call that can never be carried out: refused here, before the gate is asked, and for good. */
function cannot(why: string): CallOutcome {
  return { kind: 'rejected', detail: `not sent: ${why}` };
}
