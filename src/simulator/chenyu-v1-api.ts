import type { Answer } from './answer.ts';
import { boolArg, intArg, pageOf, textArg } from './args.ts';
import { GPU_MODELS, PODS } from './catalogue.ts';
import { data, notLoggedIn, refused, systemFault, told, V1_ENVELOPE as V1 } from './chenyu-answers.ts';
import { chenyuV1Finance } from './chenyu-v1-finance.ts';
import { chenyuV1Row, isV1Status, v1StatusOf, v1StatusPair } from './chenyu-v1-rows.ts';
import type { Api, ApiRequest, Endpoint } from './endpoint.ts';
import type { SimOperation } from './history.ts';
import * as lifecycle from './lifecycle.ts';
import type { Outcome } from './outcome.ts';
import { buy } from './paid.ts';
import { parseShanghaiText } from './shanghai-time.ts';

/** 实例列表: `status` is required and picks one status; 0 is a legal value. `total` is a text. */
function list({ account, args, origin }: ApiRequest): Answer {
  const status = intArg(args, 'status');
  if (status === null || !isV1Status(status)) return refused(V1, 'bad-argument', 'status');
  const all = [...account.rawInstances()].filter((row) => row.status !== 'ordered' && v1StatusOf(row) === status);
  const page = pageOf(args, account.pageLimit, all);
  if (page === null) return refused(V1, 'bad-argument', 'page');
  const place = { origin, account: account.name };
  return {
    kind: 'listing',
    rows: () => page.map((row) => account.row(row, (instance) => chenyuV1Row(instance, place))),
    total: all.length,
    wrap: (rows, total) => `{"code":"0","msg":"success","result":{"total":"${total}","items":[${rows.join(',')}]}}`,
    whole: null,
  };
}

function post(path: string, operation: SimOperation, handle: (request: ApiRequest) => Answer): Endpoint {
  return { method: 'POST', path: `/api/v1${path}`, operation, access: 'token', handle };
}

function action(path: string, operation: SimOperation, act: (request: ApiRequest, id: string) => Outcome): Endpoint {
  return {
    ...post(path, operation, (request) => {
      const id = textArg(request.args, 'instance_uuid');
      return id === null ? refused(V1, 'bad-argument', 'instance_uuid') : told(V1, act(request, id), '操作成功');
    }),
    accept: ({ args }) => ({ answer: told(V1, null, '操作成功'), args }),
  };
}

/** 创建Pod实例: `image_tag` and `gpu_model_uuid` are required; `auto_start` 1 starts it at once. */
function create(request: ApiRequest): Answer {
  const { account, args, origin } = request;
  const gpu = GPU_MODELS.find((row) => row.uuid === textArg(args, 'gpu_model_uuid'));
  const tag = textArg(args, 'image_tag');
  const pod = PODS.find((row) => row.uuid === textArg(args, 'pod_uuid'));
  const image = textArg(args, 'image_uuid') ?? pod?.uuid;
  const autoStart = intArg(args, 'auto_start') ?? 0;
  if (gpu === undefined) return refused(V1, 'bad-argument', 'gpu_model_uuid');
  if (tag === null) return refused(V1, 'bad-argument', 'image_tag');
  if (image === undefined) return refused(V1, 'bad-argument', 'pod_uuid');
  const bought = buy(account, request, {
    gpu: gpu.uuid,
    gpuCount: 1,
    billing: 'hourly',
    room: '',
    imageId: image,
    imageName: pod?.title ?? image,
    imageTag: tag,
    name: pod?.title ?? null,
    begins: autoStart === 1 ? 'starting' : 'created',
  });
  if (typeof bought === 'string') return refused(V1, bought);
  // The document's answer has no `created_at`; only the list's rows carry it here.
  const { created_at: _, ...row } = chenyuV1Row(bought, { origin, account: account.name });
  return data(V1, { instance: row });
}

function status({ account, args }: ApiRequest): Answer {
  const id = textArg(args, 'instance_uuid');
  const instance = id === null ? undefined : account.raw(id);
  if (instance === undefined || instance.status === 'ordered') {
    return refused(V1, id === null ? 'bad-argument' : 'not-found');
  }
  return data(V1, { instance: v1StatusPair(instance) });
}

/** Pod实例定时关机: `regular_time` is Shanghai wall clock without an offset; no minimum lead is documented. */
function scheduledShutdown(request: ApiRequest, id: string): Outcome {
  const { account, args } = request;
  const text = textArg(args, 'regular_time');
  if (boolArg(args, 'cancel') === true) {
    return lifecycle.setShutdownTimer(account, id, request, { shutdownAt: null, minLeadMs: 0 });
  }
  const shutdownAt = text === null ? null : parseShanghaiText(text);
  if (shutdownAt === null) return 'bad-argument';
  return lifecycle.setShutdownTimer(account, id, request, { shutdownAt, minLeadMs: 0 });
}

/** 晨羽智云 center-ai (v1): Bearer key, POST throughout, `code` and `total` as texts. */
export const chenyuV1Api: Api = {
  endpoints: [
    ...chenyuV1Finance,
    post('/app/instance/list', 'list', list),
    post('/app/instance/create', 'create', create),
    post('/app/instance/status', 'status', status),
    action('/app/instance/start', 'start', (request, id) =>
      lifecycle.start(request.account, id, request, { cardless: null }),
    ),
    action('/app/instance/restart', 'restart', (request, id) => lifecycle.restart(request.account, id, request)),
    action('/app/instance/scheduled/shutdown', 'shutdown-timer', scheduledShutdown),
    // Named stop, titled 销毁Pod实例: it destroys.
    action('/app/instance/stop', 'destroy', (request, id) => lifecycle.destroyForGood(request.account, id, request)),
  ],
  unauthorised: () => notLoggedIn(V1),
  refused: () => refused(V1, 'wrong-status'),
  systemFault: () => systemFault(V1),
  badRequest: (message) => refused(V1, 'bad-argument', message),
};
