import type { Answer } from './answer.ts';
import { boolArg, intArg, pageOf, textArg } from './args.ts';
import { data, notLoggedIn, refused, systemFault, told, V2_ENVELOPE as V2 } from './chenyu-answers.ts';
import { chenyuCatalogue } from './chenyu-catalogue.ts';
import { createByImage, createByPod } from './chenyu-create.ts';
import { chenyuFinance } from './chenyu-finance.ts';
import { chenyuRow } from './chenyu-rows.ts';
import type { Api, ApiRequest, Endpoint } from './endpoint.ts';
import type { SimOperation } from './history.ts';
import * as lifecycle from './lifecycle.ts';
import type { Outcome } from './outcome.ts';
import type { SimInstance } from './sim-instance.ts';
import type { SimulatedAccount } from './simulated-account.ts';

/** What v2 lists: it has no status for destroyed instances. */
function visible(account: SimulatedAccount): SimInstance[] {
  return [...account.rawInstances()].filter((row) => row.status !== 'ordered' && row.status !== 'destroyed');
}

function list({ account, args, origin }: ApiRequest): Answer {
  const all = visible(account);
  const page = pageOf(args, account.pageLimit, all);
  if (page === null) return refused(V2, 'bad-argument', 'page');
  return {
    kind: 'listing',
    rows: () =>
      page.map((row) => account.row(row, (instance) => chenyuRow(instance, { origin, account: account.name }))),
    total: all.length,
    wrap: (rows, total) => `{"code":0,"msg":"success","data":{"instance_list":[${rows.join(',')}],"total":${total}}}`,
    whole: null,
  };
}

function info({ account, args, origin }: ApiRequest): Answer {
  const id = textArg(args, 'instance_uuid');
  const instance = visible(account).find((row) => row.id === id);
  if (instance === undefined) return refused(V2, id === null ? 'bad-argument' : 'not-found');
  return data(V2, chenyuRow(instance, { origin, account: account.name }));
}

/** An action on one instance, answered by code and msg alone. */
function action(
  name: string,
  operation: SimOperation,
  msg: string,
  act: (request: ApiRequest, id: string) => Outcome,
): Endpoint {
  return {
    method: 'POST',
    path: `/api/open/v2/instance/${name}`,
    operation,
    access: 'token',
    handle: (request) => {
      const id = textArg(request.args, 'instance_uuid');
      if (id === null) return refused(V2, 'bad-argument', 'instance_uuid');
      return told(V2, act(request, id), msg);
    },
    accept: ({ args }) => ({ answer: told(V2, null, msg), args }),
  };
}

/** Doc "startup": leaving a GPU field out means the value at creation, not that of the last run. */
function startup(request: ApiRequest, id: string): Outcome {
  const { account, args } = request;
  const ordered = account.raw(id);
  const gpuCount = args.gpu_nums === undefined ? ordered?.orderedGpuCount : intArg(args, 'gpu_nums');
  if (gpuCount === null || (gpuCount !== undefined && ![1, 2, 4, 8].includes(gpuCount))) return 'bad-argument';
  const gpu = textArg(args, 'gpu_uuid') ?? ordered?.orderedGpu;
  return lifecycle.start(account, id, request, {
    cardless: null,
    ...(gpu === undefined ? {} : { gpu }),
    ...(gpuCount === undefined ? {} : { gpuCount }),
  });
}

/** Doc "set-shutdown-timer": the table's reading, Unix seconds; `enable` false or time 0 cancels. */
function shutdownTimer(request: ApiRequest, id: string): Outcome {
  const enable = boolArg(request.args, 'enable');
  const seconds = intArg(request.args, 'shutdown_time');
  if (enable === null || seconds === null || seconds < 0) return 'bad-argument';
  const shutdownAt = enable && seconds > 0 ? seconds * 1000 : null;
  const minLeadMs = request.account.rules.timerMinLeadMs;
  return lifecycle.setShutdownTimer(request.account, id, request, { shutdownAt, minLeadMs });
}

const instances: readonly Endpoint[] = [
  { method: 'GET', path: '/api/open/v2/instance/list', operation: 'list', access: 'token', handle: list },
  { method: 'GET', path: '/api/open/v2/instance/info', operation: 'info', access: 'token', handle: info },
  {
    method: 'POST',
    path: '/api/open/v2/instance/create_by_pod',
    operation: 'create',
    access: 'token',
    handle: createByPod,
  },
  {
    method: 'POST',
    path: '/api/open/v2/instance/create_by_image',
    operation: 'create-by-image',
    access: 'token',
    handle: createByImage,
  },
  action('startup', 'start', '开机成功', startup),
  action('shutdown', 'stop', '关机成功', (request, id) =>
    lifecycle.stop(request.account, id, request, { cardless: false }),
  ),
  action('shutdown_timer', 'shutdown-timer', '操作成功', shutdownTimer),
  action('restart', 'restart', '操作成功', (request, id) => lifecycle.restart(request.account, id, request)),
  action('save_image', 'snapshot', '操作成功', (request, id) =>
    lifecycle.saveImage(request.account, id, request, {
      name: textArg(request.args, 'image_name'),
      remark: textArg(request.args, 'remark') ?? '',
    }),
  ),
];

/** 晨羽智云 open v2: Bearer key, integer codes, refusals inside HTTP 200. */
export const chenyuApi: Api = {
  endpoints: [...instances, ...chenyuFinance, ...chenyuCatalogue],
  unauthorised: () => notLoggedIn(V2),
  refused: () => refused(V2, 'wrong-status'),
  systemFault: () => systemFault(V2),
  badRequest: (message) => refused(V2, 'bad-argument', message),
};
