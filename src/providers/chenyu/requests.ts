import { z } from 'zod';
import { isSendableId } from './instance-row.ts';

/**
 * What may be sent to chenyu v2, one strict schema for each endpoint: a key that is not named here never leaves.
 */
export const instanceUuid = z.string().refine(isSendableId, 'must be an instance_uuid: not empty, no spaces, no comma');

/** A text of a request that may not be empty. */
export const sentText = z.string().trim().min(1).max(200);

/**
 * Rows asked for on one page. The largest is not documented; where the cloud gives fewer, the walk goes on until the
 * total is there.
 */
export const PAGE_SIZE = 100;

export const page = z.int().min(1).max(100_000);
export const pageSize = z.int().min(1).max(PAGE_SIZE);

/** "GPUs per instance" (create-by-pod `gpu_nums`). */
export const GPU_NUMS = [1, 2, 4, 8] as const;
const gpuNums = z.literal(GPU_NUMS);

export const instanceRequest = z.strictObject({ instance_uuid: instanceUuid });

export const pageRequest = z.strictObject({ page, page_size: pageSize });

export const billRequest = z.strictObject({
  page,
  page_size: pageSize,
  /** 1 balance, 2 compute card. */
  charge_channel: z.literal([1, 2]).optional(),
  order_number: sentText.optional(),
});

export const marketRequest = z.strictObject({
  page,
  page_size: pageSize,
  /** Such as "11.8.0". */
  cuda_version: sentText.optional(),
  /** Such as "3.10". */
  python_version: sentText.optional(),
});

/** Without `auto_start`: the introduction sends it, the page itself does not know it; see the API class. */
export const createByPodRequest = z.strictObject({
  pod_uuid: sentText,
  /** The latest where absent. */
  pod_tag: sentText.optional(),
  gpu_uuid: sentText,
  gpu_nums: gpuNums,
});

/** The page of this endpoint was not to be had: the fields are those of create-by-pod with the image in place of the pod. */
export const createByImageRequest = z.strictObject({ image_uuid: sentText, gpu_uuid: sentText, gpu_nums: gpuNums });

/** Both fields always: one page says that `enable` is required, its own sample leaves it out. */
export const shutdownTimerRequest = z.strictObject({
  instance_uuid: instanceUuid,
  enable: z.boolean(),
  /** Unix seconds; 0 when cancelling. */
  shutdown_time: z.int().min(0),
});

export const saveImageRequest = z.strictObject({
  instance_uuid: instanceUuid,
  image_name: sentText,
  remark: z.string().max(200),
});

export type PageRequest = z.infer<typeof pageRequest>;
export type BillRequest = z.infer<typeof billRequest>;
export type MarketRequest = z.infer<typeof marketRequest>;
export type InstanceRequest = z.infer<typeof instanceRequest>;
export type CreateByPodRequest = z.infer<typeof createByPodRequest>;
export type CreateByImageRequest = z.infer<typeof createByImageRequest>;
export type ShutdownTimerRequest = z.infer<typeof shutdownTimerRequest>;
export type SaveImageRequest = z.infer<typeof saveImageRequest>;
