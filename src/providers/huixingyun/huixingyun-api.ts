import type { z } from 'zod';
import type { ActionClass } from '../../fleet/action.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { Listing } from '../../fleet/snapshot.ts';
import type { HttpClient, ReadOptions } from '../http/http-client.ts';
import { LISTING_MAX_BYTES } from '../http/limits.ts';
import type { HttpRequest, ReadDecoder, SendDecoder } from '../http/request.ts';
import type { ActOptions, CallOutcome } from '../port.ts';
import type { SshVault } from '../ssh-vault.ts';
import {
  type Application,
  applicationRow,
  type Catalogue,
  decodeCatalogue,
  type Image,
  imageRow,
  type Product,
  productRow,
} from './catalogue.ts';
import { decodeRow } from './instance-row.ts';
import { KnownRows } from './known-rows.ts';
import { decodeListing } from './listing.ts';
import { decodeFlagOutcome, decodeGidOutcome, decodeOrderOutcome } from './outcomes.ts';
import { type Operation, PATHS } from './paths.ts';
import {
  type BuyApplicationRequest,
  type BuyInstanceRequest,
  buyApplicationRequest,
  buyInstanceRequest,
  complaints,
  type GidRequest,
  gidRequest,
  type ImagesRequest,
  imagesRequest,
  type LengthenRequest,
  lengthenRequest,
  type MyImagesRequest,
  myImagesRequest,
  nothing,
  type RebuildRequest,
  type RenewRequest,
  rebuildRequest,
  renewRequest,
  type SnapshotRequest,
  type StopRequest,
  snapshotRequest,
  stopRequest,
} from './requests.ts';
import { sshAccessOf } from './ssh-access.ts';
import type { Words } from './words.ts';

/**
 * Every endpoint of 慧星云 that takes the token, one method each; the headings are those of the vendor's API doc. Requests
 * are checked strictly before anything is sent: a read with a bad one throws a ZodError, an action is `rejected`, its gate
 * unasked.
 * All are POST; reads are tried again by the client, actions never.
 */
export class HuixingyunApi {
  readonly #http: HttpClient;
  readonly #words: Words;
  readonly #rows: KnownRows;
  readonly #vault: SshVault | null;

  /** `vault`: where the ways in over SSH go; `null`: nobody wants them, and they are dropped. */
  constructor(http: HttpClient, words: Words, rows = new KnownRows(), vault: SshVault | null = null) {
    this.#http = http;
    this.#words = words;
    this.#rows = rows;
    this.#vault = vault;
  }

  /** 获取 GPU 云主机列表: what can be rented. Disks and memory in GB. */
  products(options: ReadOptions): Promise<Catalogue<Product>> {
    return this.#read('products', nothing, {}, decodeCatalogue(productRow), options);
  }

  /** 获取应用列表: ready-made applications. */
  applications(options: ReadOptions): Promise<Catalogue<Application>> {
    return this.#read('applications', nothing, {}, decodeCatalogue(applicationRow), options);
  }

  /** 查询公共镜像: public images for one product. */
  images(request: ImagesRequest, options: ReadOptions): Promise<Catalogue<Image>> {
    return this.#read('images', imagesRequest, request, decodeCatalogue(imageRow), options);
  }

  /** 查询自定义镜像: our own images in one room. An image shows up here when it has been saved. */
  myImages(request: MyImagesRequest, options: ReadOptions): Promise<Catalogue<Image>> {
    return this.#read('my-images', myImagesRequest, request, decodeCatalogue(imageRow), options);
  }

  /** 获取实例列表: all instances of the account in one answer, which also holds their root passwords. */
  instances(options: ReadOptions): Promise<Listing> {
    const rows = this.#rows;
    const account = this.#http.account;
    const row = (given: unknown): Instance | null => {
      const instance = decodeRow(account, given, this.#words);
      if (instance !== null) this.#vault?.note(instance, sshAccessOf(given));
      return instance;
    };
    const decode: ReadDecoder<Listing> = (answer) => decodeListing(account, answer, this.#words, rows, row);
    const parse = (raw: Buffer) => rows.parse(raw, row);
    const request = { ...httpRequest('instances/list', {}, LISTING_MAX_BYTES), parse };
    return this.#http.read(request, decode, options);
  }

  /** 创建GPU云主机: buys one instance for one unit of time. COSTS MONEY. Answers with the order, not with an id. */
  buyInstance(request: BuyInstanceRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send('instances/buy', buyInstanceRequest, request, decodeOrderOutcome(), 'paid', options);
  }

  /** 创建应用: buys one instance with an application. COSTS MONEY. */
  buyApplication(request: BuyApplicationRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send('application/buy', buyApplicationRequest, request, decodeOrderOutcome(), 'paid', options);
  }

  /** 实例关机: stops, `card_less` the cardless way (无卡关机). What is not said without the flag, so it is always sent. */
  stop(request: StopRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send('instances/stop', stopRequest, request, decodeGidOutcome(request.gid), 'reversible', options);
  }

  /** 实例重启. */
  restart(request: GidRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send('instances/restart', gidRequest, request, decodeGidOutcome(request.gid), 'reversible', options);
  }

  /** 实例开机 1: starts what was stopped the normal way. */
  start(request: GidRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send('instances/start', gidRequest, request, decodeGidOutcome(request.gid), 'reversible', options);
  }

  /** 实例开机 2: starts what was stopped the cardless way. */
  startCardless(request: GidRequest, options: ActOptions): Promise<CallOutcome> {
    const decode = decodeGidOutcome(request.gid);
    return this.#send('instances/cardless-start', gidRequest, request, decode, 'reversible', options);
  }

  /** 保存镜像: saves the instance as an image of this name. Each call makes a new one. */
  snapshot(request: SnapshotRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send('instance/snapshot', snapshotRequest, request, decodeFlagOutcome(), 'reversible', options);
  }

  /** 重装镜像: puts another image on it, of the same system only. What becomes of the disks is not documented. */
  rebuild(request: RebuildRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send(
      'instances/rebuild',
      rebuildRequest,
      request,
      decodeGidOutcome(request.gid),
      'destructive',
      options,
    );
  }

  /** 销毁实例: for good. Only hourly instances, and only stopped ones. */
  destroy(request: GidRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send('instances/destroy', gidRequest, request, decodeGidOutcome(request.gid), 'destructive', options);
  }

  /** 修改实例计费模式: hourly to daily or monthly, daily to monthly. COSTS MONEY, and it cannot be destroyed from then on. */
  lengthen(request: LengthenRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send('instances/lengthen', lengthenRequest, request, decodeGidOutcome(request.gid), 'paid', options);
  }

  /** 实例续费: adds `pay_period` of the instance's own units, days or months. COSTS MONEY each time. Not for hourly ones. */
  renew(request: RenewRequest, options: ActOptions): Promise<CallOutcome> {
    return this.#send('instances/renew', renewRequest, request, decodeGidOutcome(request.gid), 'paid', options);
  }

  async #read<Request extends Record<string, unknown>, T>(
    operation: Operation,
    schema: z.ZodType<Request>,
    request: Request,
    decode: ReadDecoder<T>,
    options: ReadOptions,
  ): Promise<T> {
    return this.#http.read(httpRequest(operation, schema.parse(request)), decode, options);
  }

  async #send<Request extends Record<string, unknown>>(
    operation: Operation,
    schema: z.ZodType<Request>,
    request: Request,
    decode: SendDecoder,
    actionClass: ActionClass,
    options: ActOptions,
  ): Promise<CallOutcome> {
    const parsed = schema.safeParse(request);
    if (!parsed.success) return { kind: 'rejected', detail: `not sent: ${operation}: ${complaints(parsed.error)}` };
    return this.#http.send(httpRequest(operation, parsed.data), decode, { ...options, actionClass });
  }
}

export function httpRequest(
  operation: Operation,
  body: Readonly<Record<string, unknown>>,
  maxBytes?: number,
): HttpRequest {
  const request = { operation, method: 'POST', path: PATHS[operation], body } as const;
  return maxBytes === undefined ? request : { ...request, maxBytes };
}
