import type { Account } from '../../fleet/account.ts';
import type { ActionCall, Order } from '../../fleet/action-call.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { Clock } from '../../fleet/clock.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { ProviderKind } from '../../fleet/provider-kind.ts';
import type { Balance, Listing } from '../../fleet/snapshot.ts';
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
import { usableCardsFen } from './cards.ts';
import { cardRow, privateImageRow } from './catalogue.ts';
import { ChenyuApi } from './chenyu-api.ts';
import { listInstances } from './chenyu-listing.ts';
import { chenyuReads } from './chenyu-reads.ts';
import { documentedRefusal } from './envelope.ts';
import { decodeInstance, isSendableId } from './instance-row.ts';
import { complaintOf, flatOrder, readOrder } from './order.ts';
import { savedImageNamed } from './saved-image.ts';
import { timerTime } from './timer.ts';
import { walkList } from './walk-list.ts';

/** One account at 晨羽智云, open API v2. Billing and prices of instances are not told by it, and nothing ends a lease. */
export class ChenyuProvider implements Provider {
  readonly kind: ProviderKind = 'chenyu';
  readonly account: string;
  readonly reads: readonly ReadOperation[];
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #http: HttpClient;
  readonly #api: ChenyuApi;
  readonly #listing: SharedRead<Listing>;
  readonly #vault: SshVault | null;

  /** @throws Error when the account's base URL or rate is not usable. */
  constructor(options: ProviderOptions) {
    const { account, token, clock, random, limits, onAnswer, keepSshPasswords = false } = options;
    this.account = account.name;
    this.#account = account;
    this.#clock = clock;
    const vault = keepSshPasswords ? new SshVault() : null;
    this.#vault = vault;
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
    this.#api = new ChenyuApi(this.#http);
    this.#listing = new SharedRead(account.name, 'instance/list', async (signal, onStart) => {
      const listing = await listInstances(this.#api, account, { signal, onStart }, vault);
      vault?.see(listing, clock.monotonic());
      return listing;
    });
    this.reads = chenyuReads(this.#api, this);
  }

  list(signal: AbortSignal): Promise<Listing> {
    return this.#listing.get(signal);
  }

  /**
   * One call of "instance/info". No page says how it answers for an instance that does not exist, so a refusal proves
   * nothing: then a complete listing decides.
   */
  async read(id: string, signal: AbortSignal): Promise<Instance | null> {
    if (!isSendableId(id))
      throw new ProviderError(
        'rejected',
        this.account,
        'instance/info',
        'an instance_uuid has no spaces, no comma and is not empty',
      );
    try {
      return decodeInstance(await this.#api.instanceInfo({ instance_uuid: id }, { signal }), this.#account);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.kind !== 'rejected') throw error;
      const listing = await this.list(signal);
      const found = listing.instances.find((instance) => instance.id === id);
      if (found !== undefined) return found;
      if (listing.incomplete === null) return null;
      throw error;
    }
  }

  /**
   * Cash by "/balance/info". Cards come from "card/list", which some keys may not see: they are shown beside the cash
   * and decide nothing, so where they cannot be read they count as none instead of hiding the cash.
   */
  async balance(signal: AbortSignal): Promise<Balance> {
    const { cashFen, at } = await this.#api.balanceInfo({ signal });
    return { cashFen, cardsFen: await this.#cardsFen(signal), at };
  }

  async act(id: string, call: ActionCall, options: ActOptions): Promise<CallOutcome> {
    try {
      return await this.#act(id, call, options);
    } catch (error) {
      // Only our own checks throw, before anything is sent: the client never does.
      return { kind: 'rejected', detail: `not sent: ${complaintOf(error)}` };
    }
  }

  async savedImage(name: string, _instance: Instance, signal: AbortSignal): Promise<SavedImage> {
    const images = await walkList((page, read) => this.#api.imagePrivateList(page, read), privateImageRow, signal);
    const found = savedImageNamed(name, images.items);
    if (found === 'absent' && images.incomplete !== null) {
      throw new ProviderError(
        'uncertain',
        this.account,
        'image/private/list',
        `the list is not complete: ${images.incomplete}`,
      );
    }
    return found;
  }

  async sshAccess(request: SshAccessRequest, signal: AbortSignal): Promise<SshAccess | null> {
    const vault = this.#vault;
    if (vault === null) return null;
    return vault.lookUp(request, this.#clock, () => this.list(signal));
  }

  parseOrder(argument: unknown): Order {
    return flatOrder(readOrder(argument).request);
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #act(id: string, call: ActionCall, options: ActOptions): Promise<CallOutcome> {
    if (call.kind === 'create') {
      const order = readOrder(call.order);
      if (order.kind === 'pod') return this.#api.createByPod(order.request, options);
      return this.#api.createByImage(order.request, options);
    }
    const instance = { instance_uuid: id };
    switch (call.kind) {
      case 'stop':
        return this.#api.shutdown(instance, options);
      case 'start':
        return this.#api.startup(instance, options);
      case 'restart':
        return this.#api.restart(instance, options);
      case 'snapshot':
        return this.#api.saveImage({ ...instance, image_name: call.name, remark: `lamplighter, of ${id}` }, options);
      case 'shutdown-timer': {
        // Both ways of cancelling that the page names, at once.
        if (call.at === null) return this.#api.shutdownTimer({ ...instance, enable: false, shutdown_time: 0 }, options);
        const at = timerTime(call.at, this.#clock.now());
        return this.#api.shutdownTimer({ ...instance, enable: true, shutdown_time: at / 1000 }, options);
      }
      case 'cardless-stop':
      case 'renew':
      case 'lengthen':
      case 'destroy':
      case 'rebuild':
        return { kind: 'rejected', detail: `not sent: ${call.kind} is not offered by chenyu open v2` };
      default:
        return assertNever(call);
    }
  }

  async #cardsFen(signal: AbortSignal): Promise<number> {
    try {
      const cards = await walkList((page, read) => this.#api.cardList(page, read), cardRow, signal);
      return usableCardsFen(cards.items, this.#clock.now());
    } catch (error) {
      if (error instanceof ProviderError && !signal.aborted) return 0;
      throw error;
    }
  }
}
