import type { z } from 'zod';
import type { IncompleteReason } from '../../fleet/snapshot.ts';
import type { ReadOptions } from '../http/http-client.ts';
import { isRecord } from './envelope.ts';
import { rowsOf } from './lenient.ts';
import type { ListAnswer } from './list-answer.ts';
import { PAGE_SIZE, type PageRequest } from './requests.ts';
import { walkPages } from './walk-pages.ts';

/** A decoded list; `incomplete` says why it is not the whole one. */
export interface WholeList<Row> {
  readonly items: readonly Row[];
  readonly incomplete: IncompleteReason | null;
}

/**
 * Reads a whole list of things with a `uuid`. Lists that document no paging are asked page by page as well: where paging
 * is ignored the first page holds everything, and the total says so.
 * @throws ProviderError when the first page could not be read.
 */
export async function walkList<Row>(
  fetchPage: (request: PageRequest, options: ReadOptions) => Promise<ListAnswer>,
  row: z.ZodType<Row>,
  signal: AbortSignal,
): Promise<WholeList<Row>> {
  const walked = await walkPages({
    fetchPage: (page) => fetchPage({ page, page_size: PAGE_SIZE }, { signal }),
    idOf: (value) => {
      for (const id of isRecord(value) ? [value.uuid, value.gpu_uuid] : []) {
        if (typeof id === 'string' && id !== '') return id;
      }
      return null;
    },
    totalPromised: true,
    signal,
  });
  return { items: rowsOf(walked.rows, row), incomplete: walked.incomplete };
}
