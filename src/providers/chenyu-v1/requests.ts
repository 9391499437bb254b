import { z } from 'zod';
import { instanceUuid, page, sentText } from '../chenyu/requests.ts';

/** What may be sent to chenyu v1 ("center-ai"), one strict schema for each endpoint. */

/** Rows asked for on one page: the largest is not documented, the default is 10. */
export const PAGE_SIZE = 50;

const pageSize = z.int().min(1).max(PAGE_SIZE);

/** Of 充值记录, 账单记录 and pod列表; `kw` is a search word. */
export const pageRequest = z.strictObject({ page, page_size: pageSize, kw: sentText.optional() });

/** 实例列表. `status` is required and takes one state at a time; 0 is one of them. */
export const instanceListRequest = z.strictObject({ page, page_size: pageSize, status: z.literal([0, 1, 2, 3, 4, 9]) });

export const instanceRequest = z.strictObject({ instance_uuid: instanceUuid });

/**
 * 创建Pod实例. The page requires only `image_tag` and `gpu_model_uuid`; `pod_uuid` is required here, since without it
 * nothing says what is created. `auto_start`: the values are not listed, 0 and 1 are taken for no and yes.
 */
export const createRequest = z.strictObject({
  pod_uuid: sentText,
  image_uuid: sentText.optional(),
  image_tag: sentText,
  gpu_model_uuid: sentText,
  auto_start: z.literal([0, 1]),
});

/** Pod实例定时关机, arming: `yyyy-MM-dd HH:mm:ss` in Asia/Shanghai, and nothing about cancelling beside it. */
export const timedShutdownRequest = z.strictObject({
  instance_uuid: instanceUuid,
  regular_time: z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, 'must be yyyy-MM-dd HH:mm:ss'),
});

/** Pod实例定时关机, taking it back: no time beside it. */
export const cancelShutdownRequest = z.strictObject({ instance_uuid: instanceUuid, cancel: z.literal(true) });

/** 销毁Pod实例. */
export const destroyRequest = z.strictObject({ instance_uuid: instanceUuid, shutdown_reason: sentText.optional() });

export type PageRequest = z.infer<typeof pageRequest>;
export type InstanceListRequest = z.infer<typeof instanceListRequest>;
export type InstanceRequest = z.infer<typeof instanceRequest>;
export type CreateRequest = z.infer<typeof createRequest>;
export type TimedShutdownRequest = z.infer<typeof timedShutdownRequest>;
export type CancelShutdownRequest = z.infer<typeof cancelShutdownRequest>;
export type DestroyRequest = z.infer<typeof destroyRequest>;
