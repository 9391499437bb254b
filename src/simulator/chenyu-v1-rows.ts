import { gpuName, PODS, priceFen } from './catalogue.ts';
import { CHARGING_TYPES, jupyterUrl } from './chenyu-rows.ts';
import { yuanNumber, yuanText } from './money-text.ts';
import { toShanghaiRfc3339 } from './shanghai-time.ts';
import type { SimBilling, SimInstance, SimStatus } from './sim-instance.ts';

/** center-ai doc, 实例列表: 0 已创建, 1 开机中, 2 运行中, 3 关机中, 4 已关机, 9 已销毁. Restarting has no number and shows as 1. */
const V1_STATUS = {
  ordered: 0,
  creating: 0,
  created: 0,
  starting: 1,
  running: 2,
  stopping: 3,
  stopped: 4,
  restarting: 1,
  destroyed: 9,
} as const satisfies Record<SimStatus, number>;

const V1_STATUS_TEXT = new Map<number | string, string>([
  [0, '已创建'],
  [1, '开机中'],
  [2, '运行中'],
  [3, '关机中'],
  [4, '已关机'],
  [9, '已销毁'],
]);

const CHARGING_NAMES = { hourly: '按时', daily: '包天', monthly: '包月' } as const satisfies Record<SimBilling, string>;

/** Whether `status` is one of the numbers that the list may be filtered by. */
export function isV1Status(status: number): boolean {
  return V1_STATUS_TEXT.has(status);
}

/** The number by which the list's filter finds an instance. */
export function v1StatusOf(instance: SimInstance): number {
  return V1_STATUS[instance.status];
}

/** `status` and `status_txt`, as `/app/instance/status` shows them. */
export function v1StatusPair(instance: SimInstance): { status: number | string; status_txt: string } {
  const status = instance.statusWord ?? v1StatusOf(instance);
  return { status, status_txt: V1_STATUS_TEXT.get(status) ?? '未知' };
}

/**
 * An instance as the answer to 创建Pod实例 documents it. The list's answer is not documented at all; it is taken to have the
 * same rows, and `created_at` besides.
 */
export function chenyuV1Row(
  instance: SimInstance,
  place: { origin: string; account: string },
): Record<string, unknown> {
  const priceHourFen = priceFen(instance.gpu, instance.gpuCount, 'hourly');
  const pod = PODS.find((row) => row.uuid === instance.imageId) ?? PODS[0];
  return {
    uuid: instance.id,
    title: instance.name,
    pod_uuid: pod?.uuid ?? '',
    pod_title: pod?.title ?? '',
    pod_name: pod?.title ?? '',
    pod_price: yuanText(priceHourFen),
    pod_startup_elapse: 40,
    image_tag: instance.imageTag,
    out_web_url: jupyterUrl(place.origin, place.account, instance.id),
    category: 1,
    gpus: instance.gpuCount,
    no_card: instance.cardless ? 1 : 0,
    gpu_model_name: gpuName(instance.gpu),
    charging_type: instance.billingWord ?? CHARGING_TYPES[instance.billing],
    charging_type_name: CHARGING_NAMES[instance.billing],
    charging_num: 1,
    price_h: yuanNumber(priceHourFen),
    instance_type_txt: 'GPU',
    ...v1StatusPair(instance),
    created_at: toShanghaiRfc3339(instance.createdAt),
  };
}
