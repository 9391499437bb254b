import type { Instance, Service } from '../../fleet/instance.ts';
import type { Billing } from '../../fleet/status.ts';
import { isRecord, textOf, timeOf, wholeNumber } from './wire-values.ts';
import type { Words } from './words.ts';

/** The listing names no URLs; `custom_ports` and `app_metadata` have no documented shape. */
const NO_SERVICES: readonly Service[] = Object.freeze([]);
const NO_PROBLEMS: readonly string[] = Object.freeze([]);
const NO_OBJECT: Readonly<Record<string, unknown>> = Object.freeze({});

const MAX_ID_LENGTH = 128;

/**
 * Can this id be sent in a request? The API takes several ids joined with commas (慧星云 API doc, 实例关机 `gid`), and what
 * an empty one means is not said: it might be "all". So: printable ASCII, no comma, no white space, not empty.
 */
export function isUsableId(gid: unknown): gid is string {
  if (typeof gid !== 'string' || gid.length === 0 || gid.length > MAX_ID_LENGTH) return false;
  for (let index = 0; index < gid.length; index += 1) {
    const code = gid.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x2c) return false;
  }
  return true;
}

/**
 * One row of the instance list (慧星云 API doc, 获取实例列表) as an Instance; `null`: a row without a usable id.
 *
 * A new object of named fields: the row's `password`, `username`, `ip` and `port` are not among them. (The SSH
 * probe gets them from a second decoder of the same rows, into memory only: ssh-access.ts.)
 *
 * Written by hand instead of with a schema: it runs for every row of every poll, and a field that cannot be read is to
 * cost this row its status and nothing else.
 */
export function decodeRow(account: string, row: unknown, words: Words): Instance | null {
  if (!isRecord(row) || !isUsableId(row.gid)) return null;
  const size = isRecord(row.size) ? row.size : NO_OBJECT;
  const image = isRecord(row.image) ? row.image : NO_OBJECT;

  let problems: string[] | null = null;
  const rawStatus = textOf(row.status);
  if (typeof row.status !== 'string' || rawStatus === '') problems = ['status'];
  const rawBilling = textOf(row.pay_method);
  if (typeof row.pay_method !== 'string' || rawBilling === '') problems = withProblem(problems, 'pay_method');
  const billing = words.billing(rawBilling);
  const createdAt = timeOf(row.create_at);
  if (createdAt === null) problems = withProblem(problems, 'create_at');
  const none = hasNoExpiry(row.expire_at, billing);
  const expiresAt = none ? null : timeOf(row.expire_at);
  if (expiresAt === null && (!none || isPrepaid(billing))) problems = withProblem(problems, 'expire_at');

  return {
    account,
    provider: 'huixingyun',
    id: row.gid,
    name: textOf(row.name),
    status: problems === null ? words.status(rawStatus) : 'unknown',
    rawStatus,
    billing,
    rawBilling,
    gpu: model(textOf(size.gpu_model)),
    gpuCount: wholeNumber(size.gpu),
    gpuType: textOf(size.gpu_type),
    room: textOf(row.room_name),
    createdAt,
    startedAt: null,
    expiresAt,
    hourlyFen: null,
    orderId: textOf(row.order_uid) || null,
    imageId: textOf(image.image_id) || null,
    savingImage: false,
    shutdownTimerAt: null,
    services: NO_SERVICES,
    problems: problems ?? NO_PROBLEMS,
  };
}

/** Two rows say to be the same machine: neither is believed. */
export function asDuplicate(instance: Instance): Instance {
  return { ...instance, status: 'unknown', problems: [...instance.problems, 'gid'] };
}

function withProblem(problems: string[] | null, field: string): string[] {
  if (problems === null) return [field];
  problems.push(field);
  return problems;
}

function isPrepaid(billing: Billing): boolean {
  return billing === 'daily' || billing === 'monthly';
}

/**
 * Hourly instances have no expiry, and how the API writes that is not documented: empty, null and absent mean none, and
 * on an hourly row the zero time of Go's servers does, too.
 */
function hasNoExpiry(value: unknown, billing: Billing): boolean {
  if (value === undefined || value === null || value === '') return true;
  return billing === 'hourly' && value === '0001-01-01T00:00:00Z';
}

/** "NVIDIA 4090 * 1" without the count. */
function model(label: string): string {
  const star = label.lastIndexOf(' * ');
  return star === -1 ? label : label.slice(0, star);
}
