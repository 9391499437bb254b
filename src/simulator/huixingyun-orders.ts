import { type Answer, ok } from './answer.ts';
import { type Args, intArg, textArg } from './args.ts';
import { APPLICATIONS, PRODUCTS, PUBLIC_IMAGES } from './catalogue.ts';
import type { ApiRequest, Endpoint } from './endpoint.ts';
import { findImage } from './huixingyun-images.ts';
import { REFUSALS, type Refusal } from './outcome.ts';
import { buy, type Order } from './paid.ts';
import { makeOrderUid, type SimBilling } from './sim-instance.ts';

/** 慧星云 API doc, 创建GPU云主机: 按小时 4, 按天 1, 按月 2. */
const PAY_UNITS = new Map<number | null, SimBilling>([
  [4, 'hourly'],
  [1, 'daily'],
  [2, 'monthly'],
]);

/** Argument under which a late order keeps the number it was answered with. */
const KEPT_ORDER = '(order_uid)';

type Draft = Pick<Order, 'gpu' | 'gpuCount' | 'billing' | 'room' | 'imageId' | 'imageName'>;

function order(request: ApiRequest, draft: Draft | null): Answer {
  const num = intArg(request.args, 'num') ?? 0;
  if (num < 1) return { kind: 'object', status: 400, body: { message: 'num must be 1 or more' } };
  const success: { order_uid: string }[] = [];
  const fails: string[] = [];
  const kept = textArg(request.args, KEPT_ORDER);
  for (let index = 0; index < num; index += 1) {
    const bought = draft === null ? 'bad-argument' : place(request, draft, index === 0 ? kept : null);
    if (typeof bought === 'string') fails.push(REFUSALS[bought]);
    else success.push({ order_uid: bought.orderUid });
  }
  return ok({ success_instance: success.length, fail_instance: fails.length, success, fails });
}

function place(request: ApiRequest, draft: Draft, orderUid: string | null): { orderUid: string } | Refusal {
  const whole: Order = { ...draft, imageTag: '', name: null, begins: 'ordered' };
  return buy(request.account, request, orderUid === null ? whole : { ...whole, orderUid });
}

function instanceDraft({ account, args, at }: ApiRequest): Draft | null {
  const product = PRODUCTS.find((row) => row.gpuType === textArg(args, 'gpu_type'));
  const image = findImage(account, textArg(args, 'image_id'), at);
  const billing = PAY_UNITS.get(intArg(args, 'pay_unit'));
  const gpuCount = intArg(args, 'gpu_count') ?? 0;
  const extraDisk = intArg(args, 'extra_disk_cap') ?? -1;
  if (product === undefined || image === undefined || billing === undefined) return null;
  if (product.room !== textArg(args, 'room_name') || image.room !== product.room) return null;
  if (gpuCount < 1 || gpuCount > product.gpuRemain || extraDisk < 0 || extraDisk % 100 !== 0) return null;
  return { gpu: product.gpuType, gpuCount, billing, room: product.room, imageId: image.id, imageName: image.name };
}

function applicationDraft({ args }: ApiRequest): Draft | null {
  const product = PRODUCTS[0];
  const image = PUBLIC_IMAGES[0];
  const billing = PAY_UNITS.get(intArg(args, 'pay_unit'));
  const known = APPLICATIONS.some((row) => row.appType === textArg(args, 'app_type'));
  if (product === undefined || image === undefined || billing === undefined || !known) return null;
  return { gpu: product.gpuType, gpuCount: 1, billing, room: product.room, imageId: image.id, imageName: image.name };
}

function accept({ account, args, at }: ApiRequest): { answer: Answer; args: Args } {
  const orderUid = makeOrderUid(account.random, at);
  return {
    answer: ok({ success_instance: 1, fail_instance: 0, success: [{ order_uid: orderUid }], fails: [] }),
    args: { ...args, [KEPT_ORDER]: orderUid },
  };
}

/** Ordering. The answer names no instance, only the order (慧星云 API doc, 创建GPU云主机 and 创建应用). */
export const huixingyunOrders: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/gpu/instances/buy',
    operation: 'buy',
    access: 'token',
    handle: (request) => order(request, instanceDraft(request)),
    accept,
  },
  {
    method: 'POST',
    path: '/gpu/application/buy',
    operation: 'buy-application',
    access: 'token',
    handle: (request) => order(request, applicationDraft(request)),
    accept,
  },
];
