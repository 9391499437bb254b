import type { IncompleteReason } from '../../fleet/snapshot.ts';

/** One page of a list. `total`: how many rows the whole list has, by the cloud's count; `null` where it did not say. */
export interface Page {
  readonly rows: readonly unknown[];
  readonly total: number | null;
}

/** A list as far as it could be read. Rows are in the order they came, no id twice. */
export interface Walked {
  readonly rows: readonly unknown[];
  /** `null`: every page was read and the count is right. */
  readonly incomplete: IncompleteReason | null;
}

export interface WalkOptions {
  readonly fetchPage: (page: number) => Promise<Page>;
  /** The row's id, or `null` where it has none. */
  readonly idOf: (row: unknown) => string | null;
  /** Does the page document a total? Then a list without one is not complete. */
  readonly totalPromised: boolean;
  readonly signal: AbortSignal;
}

/** Far beyond any fleet (200 pages of 100), near enough to end a walk through a list that grows as it is read. */
export const MOST_PAGES = 200;

/**
 * Reads page after page until as many rows as the total are there, or a page is empty. A short page ends nothing: the
 * largest `page_size` is not documented, so the cloud may give fewer rows than asked for.
 *
 * The total is compared on every page, since a list that changes under the walk can lose a row between two pages.
 * @throws what `fetchPage` threw for the first page, or once the signal is aborted; a later page that fails is
 * `page-failed` with what was read before.
 */
export async function walkPages(options: WalkOptions): Promise<Walked> {
  const { fetchPage, idOf, totalPromised, signal } = options;
  const rows: unknown[] = [];
  const ids = new Set<string>();
  let total: number | null = null;
  let trouble: IncompleteReason | null = null;
  let doubled = false;
  let ended = false;

  for (let number = 1; number <= MOST_PAGES; number += 1) {
    let page: Page;
    try {
      page = await fetchPage(number);
    } catch (error) {
      if (number === 1 || signal.aborted) throw error;
      return { rows, incomplete: 'page-failed' };
    }
    if (number > 1 && page.total !== total) trouble ??= 'total-changed';
    total = page.total;
    if (page.rows.length === 0) {
      ended = true;
      break;
    }

    const pageIds = page.rows.map(idOf);
    if (number > 1 && pageIds.every((id) => id !== null && ids.has(id))) {
      // Every row was here before: the cloud ignores `page`, and a further page would be the same again.
      trouble ??= 'page-repeated';
      break;
    }
    for (const [index, id] of pageIds.entries()) {
      if (id !== null && ids.has(id)) {
        doubled = true;
        continue;
      }
      if (id !== null) ids.add(id);
      rows.push(page.rows[index]);
    }
    if (total !== null && rows.length >= total) {
      ended = true;
      break;
    }
  }

  if (doubled) trouble ??= 'duplicate-ids';
  const counted = total === null ? !totalPromised : rows.length === total;
  if (!ended || !counted) trouble ??= 'total-mismatch';
  return { rows, incomplete: trouble };
}
