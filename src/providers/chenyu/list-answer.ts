import { type Decoded, decoded, type ReadDecoder, undocumented } from '../http/request.ts';
import { isRecord, type PayloadKey, readPayload } from './envelope.ts';
import { wholeNumber } from './integer.ts';
import type { Page } from './walk-pages.ts';

/** One page of a list as it was answered, with what a listing needs to know about the answer. */
export interface ListAnswer extends Page {
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly serverTimeAt: number | null;
}

/** For endpoints whose page was not to be had: whatever the list is called, it is the only one. */
export const ONLY_LIST = Symbol('the only list');

/**
 * Decodes `{ total, [name]: [...] }`. A list that is `null` is an empty one only beside a total, as servers write an
 * empty list so; a missing one is not a list at all, and never an empty fleet.
 */
export function listAnswer(key: PayloadKey, name: string | typeof ONLY_LIST): ReadDecoder<ListAnswer> {
  return readPayload(key, (payload, answer): Decoded<ListAnswer> => {
    if (!isRecord(payload)) return undocumented(`"${key}" is not an object`);
    const total = wholeNumber(payload.total);
    const rows = name === ONLY_LIST ? onlyListOf(payload) : payload[name];
    if (!Array.isArray(rows) && !(rows === null && total !== null)) {
      return undocumented(`"${key}${name === ONLY_LIST ? '' : `.${name}`}" holds no list`);
    }
    const { startedAt, finishedAt, serverTimeAt } = answer;
    return decoded({ rows: rows ?? [], total, startedAt, finishedAt, serverTimeAt });
  });
}

function onlyListOf(payload: Readonly<Record<string, unknown>>): unknown {
  const lists = Object.values(payload).filter((value) => Array.isArray(value));
  return lists.length === 1 ? lists[0] : undefined;
}
