import { actionClass, type CloudAction } from '../../fleet/action.ts';
import type { Fen } from '../../fleet/money.ts';
import { yuanToFen } from '../../fleet/money.ts';
import { isRecord, readPayload, sendPayload } from '../chenyu/envelope.ts';
import { wholeNumber } from '../chenyu/integer.ts';
import { rowsOf } from '../chenyu/lenient.ts';
import { type ListAnswer, listAnswer } from '../chenyu/list-answer.ts';
import type { HttpClient, ReadOptions } from '../http/http-client.ts';
import { LISTING_MAX_BYTES } from '../http/limits.ts';
import { type Decoded, decoded, type ReadDecoder, undocumented } from '../http/request.ts';
import type { ActOptions, CallOutcome } from '../port.ts';
import { type Card, cardRow, type GpuModel, gpuModelRow } from './catalogue.ts';
import { instanceIdOf } from './instance-row.ts';
import {
  type CancelShutdownRequest,
  type CreateRequest,
  cancelShutdownRequest,
  createRequest,
  type DestroyRequest,
  destroyRequest,
  type InstanceListRequest,
  type InstanceRequest,
  instanceListRequest,
  instanceRequest,
  type PageRequest,
  pageRequest,
  type TimedShutdownRequest,
  timedShutdownRequest,
} from './requests.ts';

const ROOT = '/api/v1';

/** The cash and the cards of an account. */
export interface CenterAiBalance {
  readonly cashFen: Fen;
  readonly cards: readonly Card[];
  readonly at: number;
}

/** GPU models, and what the cloud charges for an instance without one. No documented request turns that mode on. */
export interface GpuModels {
  readonly items: readonly GpuModel[];
  readonly total: number | null;
  readonly cardlessPriceFen: Fen | null;
}

/**
 * Every endpoint of 晨羽智云 v1 ("center-ai"), one method each, named after its title and not after its path: the path that
 * ends in "stop" destroys. All are POST; `code` is text. Requests are checked strictly and throw before anything is sent.
 * The calls that list, read a status or a balance change nothing and are repeated like any read.
 */
export class CenterAiApi {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  /**
   * 余额查询. `balance` is text and without the cards; of the cards the newest hundred are told. A balance that is no
   * amount of money is a failed read, never a zero.
   */
  financesBalance(options: ReadOptions): Promise<CenterAiBalance> {
    const decode = readPayload('result', (payload, answer): Decoded<CenterAiBalance> => {
      if (!isRecord(payload)) return undocumented('"result" is not an object');
      const cashFen = yuanToFen(payload.balance);
      if (cashFen === null) return undocumented('"result.balance" is not an amount in yuan');
      const cards = Array.isArray(payload.cards) ? rowsOf(payload.cards, cardRow) : [];
      return decoded({ cashFen, cards, at: answer.finishedAt });
    });
    return this.#read('finances/balance', {}, decode, options);
  }

  /** 充值记录: what was paid in. Rows for `rechargeRow`. */
  financesRecharge(request: PageRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#read('finances/recharge', pageRequest.parse(request), listAnswer('result', 'items'), options);
  }

  /** 账单记录: what was spent (its description says otherwise; its title and answer do not). Rows for `billRow`. */
  financesBill(request: PageRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#read('finances/bill', pageRequest.parse(request), listAnswer('result', 'items'), options);
  }

  /** pod列表. Rows for `podRow`. */
  podList(request: PageRequest, options: ReadOptions): Promise<ListAnswer> {
    return this.#read('app/list', pageRequest.parse(request), listAnswer('result', 'items'), options);
  }

  /** GPU列表. Documents no request. */
  gpuModels(options: ReadOptions): Promise<GpuModels> {
    const decode = readPayload('result', (payload): Decoded<GpuModels> => {
      if (!isRecord(payload) || !Array.isArray(payload.items)) return undocumented('"result.items" is not a list');
      return decoded({
        items: rowsOf(payload.items, gpuModelRow),
        total: wholeNumber(payload.total),
        cardlessPriceFen: yuanToFen(payload.no_card_price),
      });
    });
    return this.#read('gpu/models', {}, decode, options);
  }

  /** 实例列表: the instances in one state. Its answer is not documented; it is taken to be `{ total, items }` as elsewhere. */
  instanceList(request: InstanceListRequest, options: ReadOptions): Promise<ListAnswer> {
    const body = instanceListRequest.parse(request);
    return this.#read('app/instance/list', body, listAnswer('result', 'items'), options, LISTING_MAX_BYTES);
  }

  /** Pod实例状态: the number of the state one instance is in. */
  instanceStatus(request: InstanceRequest, options: ReadOptions): Promise<number> {
    const decode = readPayload('result', (payload): Decoded<number> => {
      const instance = isRecord(payload) ? payload.instance : null;
      const status = isRecord(instance) ? wholeNumber(instance.status) : null;
      return status === null ? undocumented('"result.instance.status" is not a whole number') : decoded(status);
    });
    return this.#read('app/instance/status', instanceRequest.parse(request), decode, options);
  }

  /**
   * 创建Pod实例. Buys, once per call: there is no key that would make a second call the same one, and a new instance
   * cannot be named. The answer names it.
   */
  createInstance(request: CreateRequest, options: ActOptions): Promise<CallOutcome> {
    const decode = sendPayload('result', 'uncertain', (payload): CallOutcome => {
      const id = isRecord(payload) ? instanceIdOf(payload.instance) : null;
      if (id === null) return { kind: 'uncertain', detail: 'code 0, but the answer names no instance' };
      return { kind: 'accepted', orderId: id, effectiveAt: null, detail: `code 0, instance ${id}` };
    });
    const body = createRequest.parse(request);
    return this.#http.send(
      { operation: 'app/instance/create', method: 'POST', path: `${ROOT}/app/instance/create`, body },
      decode,
      {
        ...options,
        actionClass: actionClass('create'),
      },
    );
  }

  /** 启动Pod实例. */
  startInstance(request: InstanceRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#act('start', 'app/instance/start', instanceRequest.parse(request), options);
  }

  /** 重启Pod实例. There is no state of its own for it; it may show as starting, running or stopping. */
  restartInstance(request: InstanceRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#act('restart', 'app/instance/restart', instanceRequest.parse(request), options);
  }

  /** Pod实例定时关机: shuts the instance down at `regular_time`; there is no immediate one. `firesAt`: that time, epoch ms. */
  timedShutdown(request: TimedShutdownRequest, firesAt: number, options: ActOptions): Promise<CallOutcome> {
    const body = timedShutdownRequest.parse(request);
    return this.#act('shutdown-timer', 'app/instance/scheduled/shutdown', body, options, firesAt);
  }

  /** Pod实例定时关机 with `cancel`: takes the timed shutdown back. */
  cancelTimedShutdown(request: CancelShutdownRequest, options: ActOptions): Promise<CallOutcome> {
    const body = cancelShutdownRequest.parse(request);
    return this.#act('shutdown-timer', 'app/instance/scheduled/shutdown', body, options);
  }

  /**
   * 销毁Pod实例: **destroys** the instance, whatever its path says. The only place that knows the path; a test holds that.
   */
  destroyInstance(request: DestroyRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#act('destroy', 'app/instance/stop', destroyRequest.parse(request), options);
  }

  #read<T>(
    operation: string,
    body: Readonly<Record<string, unknown>>,
    decode: ReadDecoder<T>,
    options: ReadOptions,
    maxBytes?: number,
  ): Promise<T> {
    const size = maxBytes === undefined ? {} : { maxBytes };
    return this.#http.read({ operation, method: 'POST', path: `${ROOT}/${operation}`, body, ...size }, decode, options);
  }

  /** The answers of actions are not documented, so the code is all there is to accept. */
  #act(
    action: CloudAction,
    operation: string,
    body: Readonly<Record<string, unknown>>,
    options: ActOptions,
    effectiveAt: number | null = null,
  ): Promise<CallOutcome> {
    const undocumentedCode = actionClass(action) === 'reversible' ? 'rejected' : 'uncertain';
    return this.#http.send(
      { operation, method: 'POST', path: `${ROOT}/${operation}`, body },
      sendPayload('result', undocumentedCode, () => ({
        kind: 'accepted',
        orderId: null,
        effectiveAt,
        detail: 'code 0',
      })),
      { ...options, actionClass: actionClass(action) },
    );
  }
}
