import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import type { Service } from '../fleet/instance.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import { BILLINGS, STATUSES } from '../fleet/status.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Level 1 was measured to be both the fastest and the smallest of what Node offers for such rows. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Rows per piece: few enough that one changed row costs little. */
const ROWS_AT_ONCE = 100;
/** After so many pieces, a few ms of work, other work gets its turn. */
const PIECES_A_TURN = 10;

/** The values of one field of a piece, row by row; where all rows have the same one it is written once. */
type Column<T> = { readonly all: T } | { readonly each: readonly T[] };

function column<T extends z.ZodType>(value: T) {
  return z.union([z.object({ all: value }), z.object({ each: z.array(value) })]);
}

// The defaults are what rows have where an older writer did not know the field.
const text = column(z.string()).default({ all: '' });
const time = column(z.number().nullable()).default({ all: null });
const word = column(z.string().nullable()).default({ all: null });
const service = z.object({ title: z.string(), url: z.string(), kind: z.string() });

/** A piece without ids or statuses is not readable at all. */
const pieceSchema = z.compile(
  z.object({
    rows: z.number(),
    account: column(z.string()),
    provider: column(z.enum(PROVIDER_KINDS)),
    id: column(z.string()),
    name: text,
    status: column(z.enum(STATUSES)),
    rawStatus: text,
    billing: column(z.enum(BILLINGS)).default({ all: 'unknown' }),
    rawBilling: text,
    gpu: text,
    gpuCount: time,
    gpuType: text,
    room: text,
    createdAt: time,
    startedAt: time,
    expiresAt: time,
    hourlyFen: time,
    orderId: word,
    imageId: word,
    savingImage: column(z.boolean()).default({ all: false }),
    shutdownTimerAt: time,
    services: column(z.array(service)).default({ all: [] }),
    problems: column(z.array(z.string())).default({ all: [] }),
    firstSeenAt: column(z.number()),
    statusSince: column(z.number()),
    upSince: time,
    personStartAt: time,
    stopMode: column(z.enum(['normal', 'cardless']).nullable()).default({ all: null }),
    stoppedBy: word,
    missing: column(z.number()).default({ all: 0 }),
  }),
);
type Piece = z.output<typeof pieceSchema>;

const NO_SERVICES: readonly Service[] = [];
const NO_PROBLEMS: readonly string[] = [];

function columnOf<T>(rows: readonly Tracked[], get: (tracked: Tracked) => T): Column<T> {
  const [first] = rows;
  if (first === undefined) return { each: [] };
  const all = get(first);
  return rows.every((row) => get(row) === all) ? { all } : { each: rows.map(get) };
}

/** The fields that are kept, one by one: whatever else hangs on a row stays out of Redis. */
function pieceOf(rows: readonly Tracked[]): Readonly<Record<keyof Piece, unknown>> {
  const of = <T>(get: (tracked: Tracked) => T) => columnOf(rows, get);
  return {
    rows: rows.length,
    account: of(({ instance }) => instance.account),
    provider: of(({ instance }) => instance.provider),
    id: of(({ instance }) => instance.id),
    name: of(({ instance }) => instance.name),
    status: of(({ instance }) => instance.status),
    rawStatus: of(({ instance }) => instance.rawStatus),
    billing: of(({ instance }) => instance.billing),
    rawBilling: of(({ instance }) => instance.rawBilling),
    gpu: of(({ instance }) => instance.gpu),
    gpuCount: of(({ instance }) => instance.gpuCount),
    gpuType: of(({ instance }) => instance.gpuType),
    room: of(({ instance }) => instance.room),
    createdAt: of(({ instance }) => instance.createdAt),
    startedAt: of(({ instance }) => instance.startedAt),
    expiresAt: of(({ instance }) => instance.expiresAt),
    hourlyFen: of(({ instance }) => instance.hourlyFen),
    orderId: of(({ instance }) => instance.orderId),
    imageId: of(({ instance }) => instance.imageId),
    savingImage: of(({ instance }) => instance.savingImage),
    shutdownTimerAt: of(({ instance }) => instance.shutdownTimerAt),
    services: of(({ instance: { services } }) =>
      services.length === 0 ? NO_SERVICES : services.map(({ title, url, kind }) => ({ title, url, kind })),
    ),
    problems: of(({ instance: { problems } }) => (problems.length === 0 ? NO_PROBLEMS : problems)),
    firstSeenAt: of(({ firstSeenAt }) => firstSeenAt),
    statusSince: of(({ statusSince }) => statusSince),
    upSince: of(({ upSince }) => upSince),
    personStartAt: of(({ personStartAt }) => personStartAt),
    stopMode: of(({ stopMode }) => stopMode),
    stoppedBy: of(({ stoppedBy }) => stoppedBy),
    missing: of(({ missing = 0 }) => missing),
  };
}

function valueAt<T>(column: Column<T>, row: number): T {
  if ('all' in column) return column.all;
  const value = column.each[row];
  if (value === undefined) throw new Error(`a column ends before row ${row}`);
  return value;
}

function rowOf(piece: Piece, row: number): Tracked {
  const missing = valueAt(piece.missing, row);
  return {
    instance: {
      account: valueAt(piece.account, row),
      provider: valueAt(piece.provider, row),
      id: valueAt(piece.id, row),
      name: valueAt(piece.name, row),
      status: valueAt(piece.status, row),
      rawStatus: valueAt(piece.rawStatus, row),
      billing: valueAt(piece.billing, row),
      rawBilling: valueAt(piece.rawBilling, row),
      gpu: valueAt(piece.gpu, row),
      gpuCount: valueAt(piece.gpuCount, row),
      gpuType: valueAt(piece.gpuType, row),
      room: valueAt(piece.room, row),
      createdAt: valueAt(piece.createdAt, row),
      startedAt: valueAt(piece.startedAt, row),
      expiresAt: valueAt(piece.expiresAt, row),
      hourlyFen: valueAt(piece.hourlyFen, row),
      orderId: valueAt(piece.orderId, row),
      imageId: valueAt(piece.imageId, row),
      savingImage: valueAt(piece.savingImage, row),
      shutdownTimerAt: valueAt(piece.shutdownTimerAt, row),
      services: valueAt(piece.services, row),
      problems: valueAt(piece.problems, row),
    },
    firstSeenAt: valueAt(piece.firstSeenAt, row),
    statusSince: valueAt(piece.statusSince, row),
    upSince: valueAt(piece.upSince, row),
    personStartAt: valueAt(piece.personStartAt, row),
    stopMode: valueAt(piece.stopMode, row),
    stoppedBy: valueAt(piece.stoppedBy, row),
    ...(missing === 0 ? {} : { missing }),
  };
}

/** Some rows and the line they are written as. */
interface WrittenPiece {
  readonly rows: readonly Tracked[];
  readonly line: Buffer;
}

/** Rows as they are stored, and the pieces that the next encoding may use again. */
export interface EncodedRows {
  readonly pieces: readonly WrittenPiece[];
  readonly packed: Buffer;
}

function isMadeOf(piece: WrittenPiece | undefined, rows: readonly Tracked[]): piece is WrittenPiece {
  return piece !== undefined && piece.rows.length === rows.length && piece.rows.every((row, i) => row === rows[i]);
}

/**
 * Rows as one compressed value: a piece per line. A piece whose rows are all the very ones of `before` is taken from
 * there: of a fleet in which little changes, little is written anew. Compression runs beside the event loop.
 */
export async function encodeRows(rows: readonly Tracked[], before: EncodedRows | null): Promise<EncodedRows> {
  const pieces: WrittenPiece[] = [];
  let written = 0;
  // No rows are a piece, too.
  for (let i = 0; i === 0 || i < rows.length; i += ROWS_AT_ONCE) {
    const mine = rows.slice(i, i + ROWS_AT_ONCE);
    const known = before?.pieces[pieces.length];
    if (isMadeOf(known, mine)) {
      pieces.push(known);
      continue;
    }
    written += 1;
    if (written % PIECES_A_TURN === 0) await nextTurn();
    pieces.push({ rows: mine, line: Buffer.from(`${JSON.stringify(pieceOf(mine))}\n`) });
  }
  if (written === 0 && before?.pieces.length === pieces.length) return before;
  return { pieces, packed: await compress(Buffer.concat(pieces.map(({ line }) => line)), LEVEL) };
}

/** @throws Error where the value is not one of ours */
export async function decodeRows(value: Buffer): Promise<readonly Tracked[]> {
  if (value.length === 0) return [];
  const lines = await decompress(value);
  const rows: Tracked[] = [];
  let read = 0;
  for (let start = 0; start < lines.length; ) {
    read += 1;
    if (read % PIECES_A_TURN === 0) await nextTurn();
    const end = lines.indexOf(10, start);
    const line: unknown = JSON.parse(lines.toString('utf8', start, end === -1 ? lines.length : end));
    const piece = pieceSchema.parse(line);
    for (let row = 0; row < piece.rows; row += 1) rows.push(rowOf(piece, row));
    start = end === -1 ? lines.length : end + 1;
  }
  return rows;
}
