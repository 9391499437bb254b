import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import { BILLINGS, STATUSES } from '../fleet/status.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Level 1 was measured to be both the fastest and the smallest of what Node offers for such rows. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Rows per piece: a few ms of work, after which other work gets its turn. */
const ROWS_AT_ONCE = 1_000;

const text = z.string().default('');
const time = z.number().nullable().default(null);

/** Rows of older writers may lack fields; a row without id or status is not readable at all. */
const trackedSchema = z.compile(
  z.object({
    instance: z.object({
      account: z.string(),
      provider: z.enum(PROVIDER_KINDS),
      id: z.string(),
      name: text,
      status: z.enum(STATUSES),
      rawStatus: text,
      billing: z.enum(BILLINGS).default('unknown'),
      rawBilling: text,
      gpu: text,
      gpuCount: z.number().nullable().default(null),
      gpuType: text,
      room: text,
      createdAt: time,
      startedAt: time,
      expiresAt: time,
      hourlyFen: z.number().nullable().default(null),
      orderId: z.string().nullable().default(null),
      imageId: z.string().nullable().default(null),
      savingImage: z.boolean().default(false),
      shutdownTimerAt: time,
      services: z.array(z.object({ title: z.string(), url: z.string(), kind: z.string() })).default([]),
      problems: z.array(z.string()).default([]),
    }),
    firstSeenAt: z.number(),
    statusSince: z.number(),
    upSince: time,
    personStartAt: time,
    stopMode: z.enum(['normal', 'cardless']).nullable().default(null),
    stoppedBy: z.string().nullable().default(null),
  }),
);

/** The fields that are kept, one by one: whatever else hangs on a row stays out of Redis. */
function allowListed(tracked: Tracked): Tracked {
  const i = tracked.instance;
  return {
    instance: {
      account: i.account,
      provider: i.provider,
      id: i.id,
      name: i.name,
      status: i.status,
      rawStatus: i.rawStatus,
      billing: i.billing,
      rawBilling: i.rawBilling,
      gpu: i.gpu,
      gpuCount: i.gpuCount,
      gpuType: i.gpuType,
      room: i.room,
      createdAt: i.createdAt,
      startedAt: i.startedAt,
      expiresAt: i.expiresAt,
      hourlyFen: i.hourlyFen,
      orderId: i.orderId,
      imageId: i.imageId,
      savingImage: i.savingImage,
      shutdownTimerAt: i.shutdownTimerAt,
      services: i.services.map(({ title, url, kind }) => ({ title, url, kind })),
      problems: i.problems,
    },
    firstSeenAt: tracked.firstSeenAt,
    statusSince: tracked.statusSince,
    upSince: tracked.upSince,
    personStartAt: tracked.personStartAt,
    stopMode: tracked.stopMode,
    stoppedBy: tracked.stoppedBy,
  };
}

/** Rows as one compressed value: a JSON array per line. Compression runs beside the event loop. */
export async function encodeRows(rows: readonly Tracked[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
    if (i > 0) await nextTurn();
    pieces.push(Buffer.from(`${JSON.stringify(rows.slice(i, i + ROWS_AT_ONCE).map(allowListed))}\n`));
  }
  return await compress(Buffer.concat(pieces), LEVEL);
}

/** @throws Error where the value is not one of ours */
export async function decodeRows(value: Buffer): Promise<readonly Tracked[]> {
  if (value.length === 0) return [];
  const lines = await decompress(value);
  const rows: Tracked[] = [];
  for (let start = 0; start < lines.length; ) {
    if (start > 0) await nextTurn();
    const end = lines.indexOf(10, start);
    const line: unknown = JSON.parse(lines.toString('utf8', start, end === -1 ? lines.length : end));
    // One by one: a whole array that has one bad row would be gone through slowly.
    for (const row of z.array(z.unknown()).parse(line)) rows.push(trackedSchema.parse(row));
    start = end === -1 ? lines.length : end + 1;
  }
  return rows;
}
