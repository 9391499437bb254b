import { z } from 'zod';
import { RENEWAL_PERIODS } from '../../fleet/action-call.ts';
import { isUsableId } from './instance-row.ts';

/**
 * What is sent, endpoint by endpoint, in the vendor's field names. Strict: an unknown key is an error. Numbers go out as
 * JSON numbers, the documented type; the samples of the two orders write them as texts, and trying the other way by
 * itself could buy twice.
 */

const RENEWALS: ReadonlySet<number> = new Set([...RENEWAL_PERIODS.daily, ...RENEWAL_PERIODS.monthly]);
const isRenewalPeriod = (periods: number): boolean => RENEWALS.has(periods);

const word = z.string().min(1).max(256);

/** One id per call: of several, some may succeed and some fail, and an empty text might mean all. */
const gid = z.custom<string>(isUsableId, 'expected one instance id: printable, without comma or white space');

/** How an order is paid: 4 hourly, 1 daily, 2 monthly (慧星云 API doc, 创建GPU云主机 `pay_unit`). Not in order, as documented. */
export const ORDER_PAY_UNIT = { hourly: 4, daily: 1, monthly: 2 } as const;
/** What a change of billing mode leads to: 1 daily, 2 monthly (慧星云 API doc, 修改实例计费模式). There is no way back. */
export const LENGTHEN_PAY_UNIT = { daily: 1, monthly: 2 } as const;

const orderPayUnit = z.literal(Object.values(ORDER_PAY_UNIT));

export const nothing = z.strictObject({});
export const imagesRequest = z.strictObject({ gpu_type: word });
export const myImagesRequest = z.strictObject({ room_name: word });

export const stopRequest = z.strictObject({ gid, card_less: z.boolean() });
export const gidRequest = z.strictObject({ gid });
export const snapshotRequest = z.strictObject({ gid, name: word });
export const rebuildRequest = z.strictObject({ gid, image_id: word });
export const lengthenRequest = z.strictObject({ gid, pay_unit: z.literal(Object.values(LENGTHEN_PAY_UNIT)) });
/** 1, 3, 7 for daily and 1, 3, 12 for monthly instances; which it is, the caller checks (慧星云 API doc, 实例续费). */
export const renewRequest = z.strictObject({
  gid,
  pay_period: z.int().refine(isRenewalPeriod, 'expected 1, 3, 7 or 12'),
});

/** An order as people give it and as the ledger keeps it: without `num`, which is always 1. Disk in GB, in steps of 100. */
export const instanceOrder = z.strictObject({
  image_id: word,
  gpu_type: word,
  gpu_count: z.int().min(1).max(16),
  extra_disk_cap: z.int().min(0).multipleOf(100),
  pay_unit: orderPayUnit,
  room_name: word,
});
export const applicationOrder = z.strictObject({ app_type: word, pay_unit: orderPayUnit });

const one = z.literal(1);
export const buyInstanceRequest = instanceOrder.extend({ num: one });
export const buyApplicationRequest = applicationOrder.extend({ num: one });

const consoleLogin = { username: word, password: word };
export const generateTokenRequest = z.strictObject({ ...consoleLogin, name: word });
/** One token per call, although the API takes several joined with commas. */
export const deleteTokenRequest = z.strictObject({ ...consoleLogin, token: z.string().regex(/^[^\s,]+$/) });
export const listTokensRequest = z.strictObject(consoleLogin);

export type ImagesRequest = z.infer<typeof imagesRequest>;
export type MyImagesRequest = z.infer<typeof myImagesRequest>;
export type StopRequest = z.infer<typeof stopRequest>;
export type GidRequest = z.infer<typeof gidRequest>;
export type SnapshotRequest = z.infer<typeof snapshotRequest>;
export type RebuildRequest = z.infer<typeof rebuildRequest>;
export type LengthenRequest = z.infer<typeof lengthenRequest>;
export type RenewRequest = z.infer<typeof renewRequest>;
export type InstanceOrder = z.infer<typeof instanceOrder>;
export type ApplicationOrder = z.infer<typeof applicationOrder>;
export type BuyInstanceRequest = z.infer<typeof buyInstanceRequest>;
export type BuyApplicationRequest = z.infer<typeof buyApplicationRequest>;
export type GenerateTokenRequest = z.infer<typeof generateTokenRequest>;
export type DeleteTokenRequest = z.infer<typeof deleteTokenRequest>;
export type ListTokensRequest = z.infer<typeof listTokensRequest>;

/** Every issue as "field: what is wrong". Values are not repeated: some are passwords. */
export function complaints(error: z.ZodError): string {
  return error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join('; ');
}
