import type { Instance } from '../../fleet/instance.ts';
import type { IncompleteReason, Listing } from '../../fleet/snapshot.ts';
import { tooManyBadRows } from '../bad-rows.ts';
import { JsonList } from '../http/json-list.ts';
import { type Decoded, decoded, type JsonAnswer, undocumented } from '../http/request.ts';
import { asDuplicate, decodeRow } from './instance-row.ts';
import { KnownRows, type RowDecoder } from './known-rows.ts';
import { isRecord, wholeNumber } from './wire-values.ts';
import type { Words } from './words.ts';

/**
 * The instance list (慧星云 API doc, 获取实例列表): `{ items, total }`, all in one page, `total` a text. Row by row, so that
 * a bad one costs itself only. An empty list with total "0" is complete.
 */
export function decodeListing(
  account: string,
  answer: JsonAnswer,
  words: Words,
  known = new KnownRows(),
  decode: RowDecoder = (row) => decodeRow(account, row, words),
): Decoded<Listing> {
  const cut = answer.body instanceof JsonList ? answer.body : null;
  const body = cut === null ? answer.body : cut.rest;
  if (!isRecord(body)) return undocumented('not an object');
  const rows = cut?.rows ?? rowsOf(body);
  if (rows === null) return undocumented('items: expected an array');

  const instances: Instance[] = [];
  const places = new Map<string, number>();
  let withoutId = 0;
  let bad = 0;
  let doubled = false;
  for (let index = 0; index < rows.length; index += 1) {
    const row = cut?.rows[index];
    const instance = row === undefined ? decode(rows[index]) : known.instance(row, decode);
    if (instance === null) {
      withoutId += 1;
      bad += 1;
      continue;
    }
    if (instance.problems.length > 0) bad += 1;
    const place = places.get(instance.id);
    if (place === undefined) {
      places.set(instance.id, instances.length);
      instances.push(instance);
    } else {
      doubled = true;
      instances[place] = asDuplicate(instance);
    }
  }

  known.turn();

  let incomplete: IncompleteReason | null = null;
  if (promisedRows(body) !== rows.length) incomplete = 'total-mismatch';
  else if (doubled) incomplete = 'duplicate-ids';
  else if (withoutId > 0 || tooManyBadRows(bad, rows.length)) incomplete = 'bad-rows';
  return decoded({
    startedAt: answer.startedAt,
    finishedAt: answer.finishedAt,
    instances,
    incomplete,
    serverTimeAt: answer.serverTimeAt,
  });
}

/** The `items` of any list. Some servers write an empty list as `null`; that is believed only beside a total of 0. */
export function rowsOf(body: Readonly<Record<string, unknown>>): readonly unknown[] | null {
  if (Array.isArray(body.items)) return body.items;
  return body.items === null && promisedRows(body) === 0 ? [] : null;
}

/**
 * How many rows the answer says to have: `total` here, `total_items` on the other lists; where both are given they must
 * agree. `null`: not told.
 */
export function promisedRows(body: Readonly<Record<string, unknown>>): number | null {
  const total = wholeNumber(body.total);
  const totalItems = wholeNumber(body.total_items);
  if (body.total !== undefined && body.total_items !== undefined && total !== totalItems) return null;
  return total ?? totalItems;
}
