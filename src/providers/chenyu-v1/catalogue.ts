import { z } from 'zod';
import { fen, integer, maskedCardNumber, text, timeText } from '../chenyu/lenient.ts';

/**
 * Answers of chenyu v1 ("center-ai") besides instances: what is kept of them, decoded. Money is fen, times are epoch ms,
 * `null` is what could not be read. The descriptions of some endpoints are copies of others'; path and title are right.
 */

/** 充值记录. */
export const rechargeRow = z
  .object({ created_at: timeText, pay_time: timeText, out_trade_no: text, pay_channel: text, amount: fen })
  .transform((row) => ({
    amountFen: row.amount,
    payChannel: row.pay_channel,
    orderNumber: row.out_trade_no,
    paidAt: row.pay_time,
    createdAt: row.created_at,
  }));
export type Recharge = z.infer<typeof rechargeRow>;

/** 账单记录 (消费记录). */
export const billRow = z
  .object({ created_at: timeText, order_no: text, occurred_amount: fen, card_txt: text, show: text })
  .transform((row) => ({
    amountFen: row.occurred_amount,
    orderNumber: row.order_no,
    card: row.card_txt,
    text: row.show,
    createdAt: row.created_at,
  }));
export type Bill = z.infer<typeof billRow>;

/** pod列表. `image_tags` is one text described as a list. */
export const podRow = z
  .object({
    uuid: text,
    title: text,
    image_tags: text,
    image_tag: text,
    pod_name: text,
    status: integer,
    status_txt: text,
    created_at: timeText,
  })
  .transform((row) => ({
    uuid: row.uuid,
    title: row.title,
    imageTags: row.image_tags,
    imageTag: row.image_tag,
    podName: row.pod_name,
    status: row.status,
    statusText: row.status_txt,
    createdAt: row.created_at,
  }));
export type Pod = z.infer<typeof podRow>;

/** GPU列表. `price` is text; `free_txt` says in words what is free. */
export const gpuModelRow = z
  .object({
    uuid: text,
    title: text,
    desc: text,
    price: fen,
    remark: text,
    status: integer,
    status_txt: text,
    created_at: timeText,
    free_txt: text,
  })
  .transform((row) => ({
    uuid: row.uuid,
    title: row.title,
    description: row.desc,
    priceFen: row.price,
    remark: row.remark,
    status: row.status,
    statusText: row.status_txt,
    freeText: row.free_txt,
    createdAt: row.created_at,
  }));
export type GpuModel = z.infer<typeof gpuModelRow>;

/** 余额查询, 算力卡: the newest hundred only, and a card may be good for certain pods only. `status` is not enumerated. */
export const cardRow = z
  .object({
    uuid: text,
    title: text,
    card_no: maskedCardNumber,
    valid_days: integer,
    bind_time: timeText,
    expire_date: timeText,
    bind_txt: text,
    sale_price: fen,
    face_price: fen,
    leave_amount: fen,
    pods: z.array(z.unknown()).catch([]).optional(),
    remark: text,
    status: integer,
    status_txt: text,
  })
  .transform((row) => ({
    uuid: row.uuid,
    title: row.title,
    cardNumber: row.card_no,
    leftFen: row.leave_amount,
    faceFen: row.face_price,
    salePriceFen: row.sale_price,
    boundAt: row.bind_time,
    expiresAt: row.expire_date,
    boundText: row.bind_txt,
    validDays: row.valid_days,
    boundToPods: (row.pods ?? []).length,
    status: row.status,
    statusText: row.status_txt,
    remark: row.remark,
  }));
export type Card = z.infer<typeof cardRow>;
