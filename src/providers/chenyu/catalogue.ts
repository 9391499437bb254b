import { z } from 'zod';
import { amount, epochSeconds, fen, integer, maskedCardNumber, text } from './lenient.ts';

/**
 * Answers of chenyu v2 besides instances: what is kept of them, decoded. Money is fen, times are epoch ms, `null` is
 * what could not be read.
 */

/** chenyu v2 "gpu/list". `status` is not enumerated; there is no stock count, and prices may be missing. */
export const gpuRow = z
  .object({
    gpu_name: text,
    gpu_uuid: text,
    status: integer,
    price: z.object({ hour: fen, day: fen, week: fen, month: fen, year: fen }).nullable().catch(null).optional(),
  })
  .transform((row) => ({
    gpuName: row.gpu_name,
    gpuUuid: row.gpu_uuid,
    status: row.status,
    hourlyFen: row.price?.hour ?? null,
    dailyFen: row.price?.day ?? null,
    weeklyFen: row.price?.week ?? null,
    monthlyFen: row.price?.month ?? null,
    yearlyFen: row.price?.year ?? null,
  }));
export type Gpu = z.infer<typeof gpuRow>;

/** chenyu v2 `/pod/list`: its page was not to be had; the fields are those that its neighbours share. */
export const podRow = z
  .object({ uuid: text, title: text, pod_uuid: text, pod_name: text, pod_tag: text, image_tag: text, remark: text })
  .transform((row) => ({
    uuid: row.uuid === '' ? row.pod_uuid : row.uuid,
    title: row.title === '' ? row.pod_name : row.title,
    tag: row.pod_tag === '' ? row.image_tag : row.pod_tag,
    remark: row.remark,
  }));
export type Pod = z.infer<typeof podRow>;

/** chenyu v2 "image/market-list". `size` is bytes here, and gigabytes on the private list. */
export const marketImageRow = z
  .object({
    uuid: text,
    components: z.record(z.string(), text).catch({}).optional(),
    size: amount,
    created_at: epochSeconds,
    updated_at: epochSeconds,
  })
  .transform((row) => ({
    uuid: row.uuid,
    components: row.components ?? {},
    sizeBytes: row.size,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
export type MarketImage = z.infer<typeof marketImageRow>;

/** chenyu v2 "image/private-list". `save_image_status`: 1 uploading, 2 uploaded, 3 failed. `size` is gigabytes. */
export const privateImageRow = z
  .object({
    title: text,
    uuid: text,
    remark: text,
    layer_count: integer,
    size: amount,
    pod_uuid: text,
    pod_tag: text,
    save_image_status: integer,
    create_time: epochSeconds,
  })
  .transform((row) => ({
    title: row.title,
    uuid: row.uuid,
    remark: row.remark,
    layerCount: row.layer_count,
    sizeGigabytes: row.size,
    podUuid: row.pod_uuid,
    podTag: row.pod_tag,
    saveImageStatus: row.save_image_status,
    createdAt: row.create_time,
  }));
export type PrivateImage = z.infer<typeof privateImageRow>;

/**
 * chenyu v2 "bill/list". What was consumed is positive. A bill names no instance: which one it was for can only be
 * guessed from the settled time, so nothing here does.
 */
export const billRow = z
  .object({
    amount: fen,
    charge_channel: integer,
    order_number: text,
    order_time: epochSeconds,
    settle_start_time: epochSeconds,
    settle_end_time: epochSeconds,
    remark: text,
  })
  .transform((row) => ({
    amountFen: row.amount,
    chargeChannel: row.charge_channel,
    orderNumber: row.order_number,
    orderedAt: row.order_time,
    settledFromAt: row.settle_start_time,
    settledToAt: row.settle_end_time,
    remark: row.remark,
  }));
export type Bill = z.infer<typeof billRow>;

/** chenyu v2 `/recharge/list`: its page was not to be had; the fields are v1's recharge record, times in either form. */
export const rechargeRow = z
  .object({
    amount: fen,
    pay_channel: text,
    out_trade_no: text,
    order_number: text,
    pay_time: epochSeconds,
    create_time: epochSeconds,
  })
  .transform((row) => ({
    amountFen: row.amount,
    payChannel: row.pay_channel,
    orderNumber: row.order_number === '' ? row.out_trade_no : row.order_number,
    paidAt: row.pay_time,
    createdAt: row.create_time,
  }));
export type Recharge = z.infer<typeof rechargeRow>;

/** chenyu v2 "card/list". Cards (算力卡) may be bound to certain pods. */
export const cardRow = z
  .object({
    uuid: text,
    title: text,
    card_no: maskedCardNumber,
    leave_amount: fen,
    face_amount: fen,
    sale_price: fen,
    bind_time: epochSeconds,
    expire_date: epochSeconds,
    bind_txt: text,
    status_txt: text,
    valid_days: integer,
    pods: z
      .array(z.object({ uuid: text, title: text }))
      .catch([])
      .optional(),
  })
  .transform((row) => ({
    uuid: row.uuid,
    title: row.title,
    cardNumber: row.card_no,
    leftFen: row.leave_amount,
    faceFen: row.face_amount,
    salePriceFen: row.sale_price,
    boundAt: row.bind_time,
    expiresAt: row.expire_date,
    boundText: row.bind_txt,
    statusText: row.status_txt,
    validDays: row.valid_days,
    pods: row.pods ?? [],
  }));
export type Card = z.infer<typeof cardRow>;
