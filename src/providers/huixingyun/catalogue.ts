import { z } from 'zod';
import { type Decoded, decoded, type JsonAnswer, undocumented } from '../http/request.ts';
import { promisedRows, rowsOf } from './listing.ts';
import { isRecord, textOf, wholeNumber } from './wire-values.ts';

/** A list as far as it could be read. `complete`: every row is here and their number is the one promised. */
export interface Catalogue<T> {
  readonly items: readonly T[];
  readonly badRows: number;
  readonly complete: boolean;
}

const needed = z.string().min(1);
const text = z.unknown().optional().transform(textOf);
/** A field that is missing or odd becomes an empty value; only the key decides whether the row counts. Whole numbers come as JSON numbers or as texts; what is neither is `null`. */
const count = z.unknown().optional().transform(wholeNumber);

/**
 * A product (慧星云 API doc, 获取 GPU 云主机列表). Memory and disks in GB, by inference: the doc names no units.
 * `name` is not unique, the key is `gpu_type` with `room_name`. `gpu_remain` is the most GPUs in one order and says
 * nothing about what is in stock. There are no prices.
 */
export const productRow = z
  .object({
    gpu_type: needed,
    room_name: text,
    name: text,
    gpu_ram: count,
    memory: count,
    cpu: count,
    disk_one: count,
    disk_data_one: count,
    disk_cap: count,
    gpu_remain: count,
  })
  .transform((row) => ({
    gpuType: row.gpu_type,
    room: row.room_name,
    name: row.name,
    gpuMemoryGb: row.gpu_ram,
    memoryGb: row.memory,
    cpus: row.cpu,
    systemDiskGb: row.disk_one,
    dataDiskGb: row.disk_data_one,
    mostExtraDiskGb: row.disk_cap,
    mostGpusPerOrder: row.gpu_remain,
  }));
export type Product = z.infer<typeof productRow>;

/**
 * An application (慧星云 API doc, 获取应用列表). The text promises the fields of a product as well, the sample has none of
 * them; so they are all optional.
 */
export const applicationRow = z
  .object({
    app_type: needed,
    title: text,
    memory: count,
    cpu: count,
    disk_one: count,
    disk_data_one: count,
    gpu_type: z.string().optional(),
    room_name: text,
  })
  .transform((row) => ({
    appType: row.app_type,
    title: row.title,
    memoryGb: row.memory,
    cpus: row.cpu,
    systemDiskGb: row.disk_one,
    dataDiskGb: row.disk_data_one,
    gpuType: row.gpu_type ?? null,
    room: row.room_name === '' ? null : row.room_name,
  }));
export type Application = z.infer<typeof applicationRow>;

/**
 * An image, public or own (慧星云 API doc, 查询镜像, 查询自定义镜像). Bound to one room. The time in `description` has no offset
 * and is for people; there is no field for progress or state.
 */
export const imageRow = z
  .object({
    image_id: needed,
    name: text,
    scene: text,
    os: text,
    description: text,
    room_name: text,
  })
  .transform((row) => ({
    imageId: row.image_id,
    name: row.name,
    scene: row.scene,
    os: row.os,
    description: row.description,
    room: row.room_name,
  }));
export type Image = z.infer<typeof imageRow>;

/** `{ items, total_items }`, row by row; what a schema does not name is dropped. */
export function decodeCatalogue<T>(row: z.ZodType<T>): (answer: JsonAnswer) => Decoded<Catalogue<T>> {
  return ({ body }) => {
    if (!isRecord(body)) return undocumented('not an object');
    const rows = rowsOf(body);
    if (rows === null) return undocumented('items: expected an array');
    const items: T[] = [];
    for (const value of rows) {
      const parsed = row.safeParse(value);
      if (parsed.success) items.push(parsed.data);
    }
    const badRows = rows.length - items.length;
    return decoded({ items, badRows, complete: badRows === 0 && promisedRows(body) === rows.length });
  };
}
