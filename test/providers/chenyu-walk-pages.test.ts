import { describe, expect, test } from 'vitest';
import { MOST_PAGES, type Page, walkPages } from '../../src/providers/chenyu/walk-pages.ts';

const signal = new AbortController().signal;

function rows(from: number, to: number): { id: string }[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({ id: `i${from + index}` }));
}

function idOf(row: unknown): string | null {
  return typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string' ? row.id : null;
}

async function walk(pages: readonly (Page | Error)[], totalPromised = true) {
  let asked = 0;
  const walked = await walkPages({
    fetchPage: async (number) => {
      asked += 1;
      const page = pages[number - 1] ?? { rows: [], total: null };
      if (page instanceof Error) throw page;
      return page;
    },
    idOf,
    totalPromised,
    signal,
  });
  return { count: walked.rows.length, incomplete: walked.incomplete, asked };
}

describe('walking a paged list', () => {
  test.each<[string, (Page | Error)[], { count: number; incomplete: string | null; asked: number }]>([
    [
      'C2-09: one page that holds the total',
      [{ rows: rows(1, 3), total: 3 }],
      { count: 3, incomplete: null, asked: 1 },
    ],
    ['an empty account', [{ rows: [], total: 0 }], { count: 0, incomplete: null, asked: 1 }],
    [
      'C2-09: pages until the total is there; a short page ends nothing',
      [
        { rows: rows(1, 2), total: 5 },
        { rows: rows(3, 3), total: 5 },
        { rows: rows(4, 5), total: 5 },
      ],
      { count: 5, incomplete: null, asked: 3 },
    ],
    [
      'C2-09: page 2 repeats page 1: paging is ignored',
      [
        { rows: rows(1, 2), total: 5 },
        { rows: rows(1, 2), total: 5 },
      ],
      { count: 2, incomplete: 'page-repeated', asked: 2 },
    ],
    [
      'the total changes while walking',
      [
        { rows: rows(1, 2), total: 4 },
        { rows: rows(3, 5), total: 5 },
      ],
      { count: 5, incomplete: 'total-changed', asked: 2 },
    ],
    [
      'C2-09: an empty page before the total is there',
      [
        { rows: rows(1, 2), total: 5 },
        { rows: [], total: 5 },
      ],
      { count: 2, incomplete: 'total-mismatch', asked: 2 },
    ],
    [
      'more rows than the total',
      [{ rows: rows(1, 3), total: 2 }],
      { count: 3, incomplete: 'total-mismatch', asked: 1 },
    ],
    ['an empty page with a total', [{ rows: [], total: 40 }], { count: 0, incomplete: 'total-mismatch', asked: 1 }],
    [
      'a later page fails',
      [{ rows: rows(1, 2), total: 5 }, new Error('no')],
      { count: 2, incomplete: 'page-failed', asked: 2 },
    ],
    [
      'a row comes twice',
      [
        { rows: rows(1, 3), total: 4 },
        { rows: rows(3, 4), total: 4 },
      ],
      { count: 4, incomplete: 'duplicate-ids', asked: 2 },
    ],
    [
      'no total although one is documented',
      [{ rows: rows(1, 2), total: null }],
      { count: 2, incomplete: 'total-mismatch', asked: 2 },
    ],
  ])('%s', async (_, pages, expected) => {
    expect(await walk(pages)).toEqual(expected);
  });

  test('where no total is documented, an empty page is the end', async () => {
    expect(await walk([{ rows: rows(1, 2), total: null }], false)).toEqual({ count: 2, incomplete: null, asked: 2 });
  });

  test('C1-20: a list that never ends is given up, and says so', async () => {
    const walked = await walkPages({
      fetchPage: async (number) => ({ rows: rows(number, number), total: null }),
      idOf,
      totalPromised: false,
      signal,
    });
    expect(walked.rows.length).toBe(MOST_PAGES);
    expect(walked.incomplete).toBe('total-mismatch');
  });

  test('the first page failing is a failed listing', async () => {
    await expect(walk([new Error('no route')])).rejects.toThrow('no route');
  });
});
