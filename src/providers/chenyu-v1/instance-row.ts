import { z } from 'zod';
import type { Account } from '../../fleet/account.ts';
import type { Instance } from '../../fleet/instance.ts';
import { isRecord } from '../chenyu/envelope.ts';
import { isSendableId } from '../chenyu/instance-row.ts';
import { wholeNumber } from '../chenyu/integer.ts';
import { fen, integer, raw, text } from '../chenyu/lenient.ts';
import { webUrl } from '../chenyu/services.ts';
import { billingOf } from '../chenyu/status.ts';
import { fromTimeText, timeOrNull } from '../chenyu/times.ts';
import { statusOf } from './status.ts';

/**
 * One row of 实例列表, whose answer is not documented: the fields are those that 创建Pod实例 answers with, and
 * `created_at`, which every other list has. Only `uuid` and `status` are counted on.
 */
const instanceRow = z.object({
  status: raw,
  title: text,
  pod_title: text,
  image_uuid: text,
  out_web_url: text,
  gpus: integer,
  gpu_model_uuid: text,
  gpu_model_name: text,
  charging_type: integer,
  price_h: fen,
  created_at: raw,
});

/** The row's id, or `null` where it has none that could be sent back. */
export function instanceIdOf(row: unknown): string | null {
  if (!isRecord(row)) return null;
  const id = row.uuid;
  return typeof id === 'string' && isSendableId(id) ? id : null;
}

/** Decodes one row into an instance of ours; `null` where it has no id. What needs to be readable is named in `problems`. */
export function decodeInstance(row: unknown, account: Account): Instance | null {
  const id = instanceIdOf(row);
  const parsed = instanceRow.safeParse(row);
  if (id === null || !parsed.success) return null;
  const fields = parsed.data;
  const problems: string[] = [];

  const status = wholeNumber(fields.status);
  if (status === null) problems.push('status');
  const createdAt = fromTimeText(fields.created_at);
  if (createdAt.kind === 'odd') problems.push('created_at');
  const url = webUrl(fields.out_web_url);

  return {
    account: account.name,
    provider: account.provider,
    id,
    name: fields.title === '' ? fields.pod_title : fields.title,
    status: status === null || problems.length > 0 ? 'unknown' : statusOf(status, account),
    rawStatus: status === null ? '' : String(status),
    billing: billingOf(fields.charging_type, account),
    rawBilling: fields.charging_type === null ? '' : String(fields.charging_type),
    gpu: fields.gpu_model_name,
    gpuCount: fields.gpus !== null && fields.gpus > 0 ? fields.gpus : null,
    gpuType: fields.gpu_model_uuid === '' ? fields.gpu_model_name : fields.gpu_model_uuid,
    room: '',
    createdAt: timeOrNull(createdAt),
    startedAt: null,
    expiresAt: null,
    // No card is for nothing: where a row says 0 nobody has said what it costs, and the configured price holds.
    hourlyFen: fields.price_h === 0 ? null : fields.price_h,
    // A creation answers with the instance itself, so its own id is what joins the two.
    orderId: id,
    imageId: fields.image_uuid === '' ? null : fields.image_uuid,
    savingImage: false,
    shutdownTimerAt: null,
    services: url === null ? [] : [{ title: '', url, kind: 'http' }],
    problems,
  };
}

/** The row as it was listed, with the status that was read since. */
export function withStatus(instance: Instance, status: number, account: Account): Instance {
  const problems = instance.problems.filter((problem) => problem !== 'status');
  return {
    ...instance,
    status: problems.length > 0 ? 'unknown' : statusOf(status, account),
    rawStatus: String(status),
    problems,
  };
}

/** An instance of which nothing is known but its id and status: one that is destroyed is in no listing. */
export function nameless(id: string, status: number, account: Account): Instance | null {
  return decodeInstance({ uuid: id, status }, account);
}
