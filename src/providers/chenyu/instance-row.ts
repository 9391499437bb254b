import { z } from 'zod';
import type { Account } from '../../fleet/account.ts';
import type { Instance } from '../../fleet/instance.ts';
import { isRecord } from './envelope.ts';
import { wholeNumber } from './integer.ts';
import { epochSeconds, integer, raw, text } from './lenient.ts';
import { servicesOf } from './services.ts';
import { billingOf, statusOf } from './status.ts';
import { fromEpochSeconds, timeOrNull } from './times.ts';

/** One row of chenyu v2 "instance/list"; "instance/info" and the create calls answer with the same object. */
const instanceRow = z.object({
  instance_uuid: text,
  status: raw,
  title: text,
  create_time: raw,
  start_time: epochSeconds,
  server_url: raw,
  server_map: raw,
  save_image_status: raw,
  charging_type: integer,
  shutdown_regular: raw,
  image_uuid: text,
  gpu_uuid: text,
  gpu_name: text,
  gpu_nums: integer,
});

/** `save_image_status` 1: 上传中, the image is being uploaded. */
const SAVING = 1;

/** The row's id, or `null` where it has none that could be sent back. */
export function instanceIdOf(row: unknown): string | null {
  if (!isRecord(row)) return null;
  const id = row.instance_uuid;
  return typeof id === 'string' && isSendableId(id) ? id : null;
}

/**
 * Printable ASCII in one piece, without a comma. More is not known of ids: their prefix differs from page to page, so they
 * are opaque.
 */
export function isSendableId(id: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]{1,128}$/.test(id);
}

/**
 * Decodes one row into an instance of ours; `null` where it has no id. A needed field that cannot be read is named in
 * `problems` and makes the status `unknown`: the status itself, the creation time (it tells this machine from a later
 * one), and whether an image is being saved (nothing may interrupt that).
 */
export function decodeInstance(row: unknown, account: Account): Instance | null {
  const id = instanceIdOf(row);
  const parsed = instanceRow.safeParse(row);
  if (id === null || !parsed.success) return null;
  const fields = parsed.data;
  const problems: string[] = [];

  const status = wholeNumber(fields.status);
  if (status === null) problems.push('status');
  const createdAt = fromEpochSeconds(fields.create_time);
  if (createdAt.kind === 'odd') problems.push('create_time');
  // Its value when nothing was ever saved is not documented, so absent is taken for "no".
  const saving = fields.save_image_status === undefined || fields.save_image_status === null;
  const saveStatus = wholeNumber(fields.save_image_status);
  if (!saving && saveStatus === null) problems.push('save_image_status');

  return {
    account: account.name,
    provider: account.provider,
    id,
    name: fields.title,
    status: status === null || problems.length > 0 ? 'unknown' : statusOf(status, account),
    rawStatus: status === null ? '' : String(status),
    billing: billingOf(fields.charging_type, account),
    rawBilling: fields.charging_type === null ? '' : String(fields.charging_type),
    gpu: fields.gpu_name,
    gpuCount: fields.gpu_nums !== null && fields.gpu_nums > 0 ? fields.gpu_nums : null,
    gpuType: fields.gpu_uuid,
    room: '',
    createdAt: timeOrNull(createdAt),
    startedAt: fields.start_time,
    expiresAt: null,
    hourlyFen: null,
    // A creation answers with the instance itself, so its own id is what joins the two.
    orderId: id,
    imageId: fields.image_uuid === '' ? null : fields.image_uuid,
    savingImage: saveStatus === SAVING,
    shutdownTimerAt: timerOf(fields.shutdown_regular),
    services: servicesOf(fields.server_map, fields.server_url),
    problems,
  };
}

/** When the cloud's own timer fires. Only `true` arms it; a time that is none (minutes, say) reads as not armed. */
function timerOf(value: unknown): number | null {
  if (!isRecord(value) || value.enable !== true) return null;
  return timeOrNull(fromEpochSeconds(value.shutdown_time));
}
