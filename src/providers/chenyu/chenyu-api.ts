import { actionClass, type CloudAction } from '../../fleet/action.ts';
import type { Fen } from '../../fleet/money.ts';
import { yuanToFen } from '../../fleet/money.ts';
import type { HttpClient, ReadOptions } from '../http/http-client.ts';
import { LISTING_MAX_BYTES } from '../http/limits.ts';
import { type Decoded, decoded, undocumented } from '../http/request.ts';
import type { ActOptions, CallOutcome } from '../port.ts';
import { isRecord, readPayload, sendPayload } from './envelope.ts';
import { instanceIdOf } from './instance-row.ts';
import { type ListAnswer, listAnswer, ONLY_LIST } from './list-answer.ts';
import {
  type BillRequest,
  billRequest,
  type CreateByImageRequest,
  type CreateByPodRequest,
  createByImageRequest,
  createByPodRequest,
  type InstanceRequest,
  instanceRequest,
  type MarketRequest,
  marketRequest,
  type PageRequest,
  pageRequest,
  type SaveImageRequest,
  type ShutdownTimerRequest,
  saveImageRequest,
  shutdownTimerRequest,
} from './requests.ts';

const ROOT = '/api/open/v2';

/**
 * Every endpoint of 晨羽智云 open API v2, one method each. Requests are checked strictly, and a request that does not
 * hold its schema throws before anything is sent. Lists come page by page as undecoded rows: walking and decoding is
 * for the caller. The docs are served under several host names that may differ in version; each method names its page.
 */
export class ChenyuApi {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  /**
   * enterprise.chenyu.cn "instance/list". The page says that there are no parameters and its sample sends both; they are
   * always sent.
   */
  instanceList(request: PageRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#list('instance/list', pageRequest.parse(request), 'instance_list', options, LISTING_MAX_BYTES);
  }

  /** chenyu.mintlify.app "instance/info": one instance in the form of a listing's row. */
  instanceInfo(request: InstanceRequest, options: ReadOptions): Promise<unknown> {
    const { instance_uuid } = instanceRequest.parse(request);
    const decode = readPayload('data', (row): Decoded<unknown> => {
      // An answer about another instance must never be believed of this one.
      if (instanceIdOf(row) !== instance_uuid) return undocumented('"data.instance_uuid" is not the one asked for');
      return decoded(row);
    });
    return this.#http.read(
      { operation: 'instance/info', method: 'GET', path: `${ROOT}/instance/info`, query: { instance_uuid } },
      decode,
      options,
    );
  }

  /**
   * enterprise.chenyu.cn "instance/create-by-pod". Buys: it is to be expected that the instance starts, and costs, at
   * once. `auto_start` is never sent: only the introduction knows it, the page itself does not.
   */
  createByPod(request: CreateByPodRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#create('instance/create_by_pod', createByPodRequest.parse(request), options);
  }

  /** `/instance/create_by_image` of the introduction; its page was not to be had. Buys, as create-by-pod does. */
  createByImage(request: CreateByImageRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#create('instance/create_by_image', createByImageRequest.parse(request), options);
  }

  /**
   * enterprise.chenyu.cn "instance/startup". The optional `gpu_uuid` and `gpu_nums` change model and count, and so the
   * price; they are not in the request schema. Without them the instance starts with what it was created with.
   */
  startup(request: InstanceRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#act('start', 'instance/startup', instanceRequest.parse(request), options);
  }

  /** enterprise.chenyu.cn "instance/shutdown": now. Only a running instance. */
  shutdown(request: InstanceRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#act('stop', 'instance/shutdown', instanceRequest.parse(request), options);
  }

  /**
   * enterprise.chenyu.cn "instance/set-shutdown-timer" (the introduction calls it "stop instance"; it is not one).
   * `shutdown_time` is Unix seconds by the page's table and minutes by its notes. Seconds are sent: read as minutes they
   * fire in some thousand years and lose no work, while minutes read as seconds are in 1970. Whether it was understood
   * shows in `shutdown_regular` of instance/info. `effectiveAt`: when it fires, epoch ms.
   */
  shutdownTimer(request: ShutdownTimerRequest, options: ActOptions): Promise<CallOutcome> {
    const body = shutdownTimerRequest.parse(request);
    return this.#act(
      'shutdown-timer',
      'instance/shutdown_timer',
      body,
      options,
      body.enable ? body.shutdown_time * 1000 : null,
    );
  }

  /** `/instance/restart` of the introduction; its page was not to be had. */
  restart(request: InstanceRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#act('restart', 'instance/restart', instanceRequest.parse(request), options);
  }

  /** enterprise.chenyu.cn "instance/save-image". Only a running instance, and **it is shut down** when saved. */
  saveImage(request: SaveImageRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#act('snapshot', 'instance/save_image', saveImageRequest.parse(request), options);
  }

  /**
   * `/balance/info` of the introduction: `data.balance`, yuan, as text or number. Whether cards are in it is not said.
   * A form that is no amount of money is a failed read, never a zero. Fen.
   */
  balanceInfo(options: ReadOptions): Promise<{ readonly cashFen: Fen; readonly at: number }> {
    const decode = readPayload('data', (payload, answer): Decoded<{ cashFen: Fen; at: number }> => {
      const cashFen = isRecord(payload) ? yuanToFen(payload.balance) : null;
      return cashFen === null
        ? undocumented('"data.balance" is not an amount in yuan')
        : decoded({ cashFen, at: answer.finishedAt });
    });
    return this.#http.read({ operation: 'balance/info', method: 'GET', path: `${ROOT}/balance/info` }, decode, options);
  }

  /** enterprise.chenyu.cn "bill/list": {@link billRow}s. No date filter. */
  billList(request: BillRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#list('bill/list', billRequest.parse(request), 'order_list', options);
  }

  /** `/recharge/list` of the introduction; its page was not to be had. {@link rechargeRow}s. */
  rechargeList(request: PageRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#list('recharge/list', pageRequest.parse(request), ONLY_LIST, options);
  }

  /** "card/list" (seen on a preview host of the docs): {@link cardRow}s. */
  cardList(request: PageRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#list('card/list', pageRequest.parse(request), 'card_list', options);
  }

  /** enterprise.chenyu.cn "gpu/list": {@link gpuRow}s. Documents a total but no paging. */
  gpuList(request: PageRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#list('gpu/list', pageRequest.parse(request), 'gpu_list', options);
  }

  /** `/pod/list` of the introduction; its page was not to be had. {@link podRow}s. */
  podList(request: PageRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#list('pod/list', pageRequest.parse(request), ONLY_LIST, options);
  }

  /** "image/market-list" (seen on a preview host of the docs): {@link marketImageRow}s. Public; the key is sent anyway. */
  imageMarketList(request: MarketRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#list('image/market/list', marketRequest.parse(request), 'image_list', options);
  }

  /** enterprise.chenyu.cn "image/private-list": {@link privateImageRow}s. Documents a total but no paging. */
  imagePrivateList(request: PageRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#list('image/private/list', pageRequest.parse(request), 'image_list', options);
  }

  #list(
    operation: string,
    request: Readonly<Record<string, string | number | undefined>>,
    rows: string | typeof ONLY_LIST,
    options: ReadOptions,
    maxBytes?: number,
  ): Promise<ListAnswer> {
    const query: Record<string, string> = {};
    for (const [name, value] of Object.entries(request)) if (value !== undefined) query[name] = String(value);
    return this.#http.read(
      {
        operation,
        method: 'GET',
        path: `${ROOT}/${operation}`,
        query,
        ...(maxBytes === undefined ? {} : { maxBytes }),
      },
      listAnswer('data', rows),
      options,
    );
  }

  /** Actions answer with `code` and `msg` alone, so the code is all there is to accept. */
  #act(
    action: CloudAction,
    operation: string,
    body: Readonly<Record<string, unknown>>,
    options: ActOptions,
    effectiveAt: number | null = null,
  ): Promise<CallOutcome> {
    return this.#http.send(
      { operation, method: 'POST', path: `${ROOT}/${operation}`, body },
      sendPayload('data', 'rejected', () => ({ kind: 'accepted', orderId: null, effectiveAt, detail: 'code 0' })),
      { ...options, actionClass: actionClass(action) },
    );
  }

  #create(operation: string, body: Readonly<Record<string, unknown>>, options: ActOptions): Promise<CallOutcome> {
    const decode = sendPayload('data', 'uncertain', (payload): CallOutcome => {
      const id = instanceIdOf(payload);
      if (id === null) return { kind: 'uncertain', detail: 'code 0, but the answer names no instance' };
      return { kind: 'accepted', orderId: id, effectiveAt: null, detail: `code 0, instance ${id}` };
    });
    return this.#http.send({ operation, method: 'POST', path: `${ROOT}/${operation}`, body }, decode, {
      ...options,
      actionClass: actionClass('create'),
    });
  }
}
