import { type Answer, ok } from './answer.ts';
import { type Args, boolArg, idsArg, intArg, textArg } from './args.ts';
import { APPLICATIONS, PRODUCTS, PUBLIC_IMAGES } from './catalogue.ts';
import type { Api, ApiRequest, Endpoint } from './endpoint.ts';
import type { SimOperation } from './history.ts';
import { findImage, readyImages } from './huixingyun-images.ts';
import { huixingyunOrders } from './huixingyun-orders.ts';
import { huixingyunRow } from './huixingyun-rows.ts';
import { huixingyunTokens } from './huixingyun-tokens.ts';
import * as lifecycle from './lifecycle.ts';
import type { Outcome } from './outcome.ts';
import { lengthen, renew } from './paid.ts';
import { toShanghaiText } from './shanghai-time.ts';
import type { SimulatedAccount } from './simulated-account.ts';

/** No document shows an error; this is a plausible one. */
function refusal(status: number, message: string): Answer {
  return { kind: 'object', status, body: { message } };
}

/** An endpoint that takes ids and answers which of them went well. */
function action(path: string, operation: SimOperation, act: (request: ApiRequest, id: string) => Outcome): Endpoint {
  return {
    method: 'POST',
    path,
    operation,
    access: 'token',
    handle: (request) => {
      const ids = idsArg(request.args, 'gid');
      if (ids.length === 0) return refusal(400, 'gid is required');
      const success: string[] = [];
      const fails: string[] = [];
      for (const id of ids) (act(request, id) === null ? success : fails).push(id);
      return { kind: 'ids', success, fails };
    },
    accept: ({ args }) => ({ answer: { kind: 'ids', success: idsArg(args, 'gid'), fails: [] }, args }),
  };
}

function read(path: string, operation: SimOperation, handle: (request: ApiRequest) => Answer): Endpoint {
  return { method: 'POST', path, operation, access: 'token', handle };
}

const bodies = new WeakMap<SimulatedAccount, { revision: number; body: Buffer }>();

function wrap(rows: readonly string[], total: number): string {
  // `total` is a text here, and only here, in this API (慧星云 API doc, 获取实例列表).
  return `{"items":[${rows.join(',')}],"total":"${total}"}`;
}

function list({ account }: ApiRequest): Answer {
  const rows = () => {
    const texts: string[] = [];
    for (const instance of account.rawInstances()) {
      if (instance.status !== 'ordered') texts.push(account.row(instance, huixingyunRow));
    }
    return texts;
  };
  let total = 0;
  for (const instance of account.rawInstances()) if (instance.status !== 'ordered') total += 1;
  const whole = () => {
    const known = bodies.get(account);
    if (known?.revision === account.revision) return known.body;
    const body = Buffer.from(wrap(rows(), total));
    bodies.set(account, { revision: account.revision, body });
    return body;
  };
  return { kind: 'listing', rows, total, wrap, whole };
}

function items(rows: readonly unknown[]): Answer {
  return ok({ items: rows, total_items: rows.length });
}

function imageRow(image: { id: string; name: string; room: string }, description: string): unknown {
  const { id, name, room } = image;
  return { name, image_id: id, scene: 'Gpu', os: 'linux', description, room_name: room };
}

const catalogue: readonly Endpoint[] = [
  read('/gpu/product/list', 'products', () =>
    items(
      PRODUCTS.map((row) => ({
        name: row.name,
        gpu_type: row.gpuType,
        disk_cap: row.diskCap,
        memory: row.memory,
        cpu: row.cpu,
        room_name: row.room,
        gpu_remain: row.gpuRemain,
        disk_one: 60,
        disk_data_one: 100,
        gpu_ram: row.gpuRam,
      })),
    ),
  ),
  read('/gpu/application/list', 'applications', () =>
    items(
      APPLICATIONS.map((row) => ({
        app_type: row.appType,
        memory: 100,
        cpu: 16,
        disk_one: 60,
        disk_data_one: 100,
        title: row.title,
      })),
    ),
  ),
  read('/gpu/images/list', 'images', ({ args }) => {
    const gpuType = textArg(args, 'gpu_type');
    if (gpuType === null) return refusal(400, 'gpu_type is required');
    const room = PRODUCTS.find((row) => row.gpuType === gpuType)?.room;
    const found = PUBLIC_IMAGES.filter((image) => image.room === room);
    return items(found.map((image) => imageRow(image, 'ubuntu 22.04, nvidia_driver 535.161.08, jupyterlab 4.1.2')));
  }),
  read('/gpu/images/mine', 'own-images', ({ account, args, at }) => {
    const room = textArg(args, 'room_name');
    if (room === null) return refusal(400, 'room_name is required');
    const found = readyImages(account, at).filter((image) => image.room === room);
    return items(found.map((image) => imageRow(image, `创建时间: ${toShanghaiText(image.createdAt)}`)));
  }),
];

function snapshot(request: ApiRequest): Answer {
  const id = textArg(request.args, 'gid');
  const name = textArg(request.args, 'name');
  // A single id here: the document takes several in every other action (保存镜像).
  if (id === null || id.includes(',') || name === null) return refusal(400, 'gid and name are required');
  const outcome = lifecycle.snapshot(request.account, id, request, { name });
  return outcome === null ? ok({ success: true }) : refusal(400, outcome);
}

function payUnit(args: Args): 'daily' | 'monthly' | null {
  const unit = intArg(args, 'pay_unit');
  return unit === 1 ? 'daily' : unit === 2 ? 'monthly' : null;
}

const instances: readonly Endpoint[] = [
  read('/gpu/instances/list', 'list', list),
  action('/gpu/instances/stop', 'stop', (request, id) => {
    const cardless = boolArg(request.args, 'card_less') ?? false;
    return lifecycle.stop(request.account, id, request, { cardless });
  }),
  action('/gpu/instances/restart', 'restart', (request, id) => lifecycle.restart(request.account, id, request)),
  action('/gpu/instances/start', 'start', (request, id) =>
    lifecycle.start(request.account, id, request, { cardless: false }),
  ),
  action('/gpu/instances/cardless/start', 'cardless-start', (request, id) =>
    lifecycle.start(request.account, id, request, { cardless: true }),
  ),
  {
    method: 'POST',
    path: '/gpu/instance/snapshot',
    operation: 'snapshot',
    access: 'token',
    handle: snapshot,
    accept: ({ args }) => ({ answer: ok({ success: true }), args }),
  },
  action('/gpu/instances/rebuild', 'rebuild', (request, id) => {
    const image = findImage(request.account, textArg(request.args, 'image_id'), request.at);
    return image === undefined ? 'bad-argument' : lifecycle.rebuild(request.account, id, request, image);
  }),
  action('/gpu/instances/destroy', 'destroy', (request, id) => lifecycle.destroy(request.account, id, request)),
  action('/gpu/instances/lengthen', 'lengthen', (request, id) => {
    const to = payUnit(request.args);
    return to === null ? 'bad-argument' : lengthen(request.account, id, request, to);
  }),
  action('/gpu/instances/renew', 'renew', (request, id) => {
    const periods = intArg(request.args, 'pay_period');
    return periods === null ? 'bad-argument' : renew(request.account, id, request, periods);
  }),
];

/** 慧星云: bare token in Authorization, POST throughout, no envelope. */
export const huixingyunApi: Api = {
  endpoints: [...huixingyunTokens, ...catalogue, ...huixingyunOrders, ...instances],
  unauthorised: () => refusal(401, 'token is invalid'),
  refused: () => refusal(400, '操作失败'),
  systemFault: () => refusal(500, 'internal error'),
  badRequest: (message) => refusal(400, message),
};
