import { beforeEach, describe, expect, test } from 'vitest';
import { ConsoleBed, HOUR } from './console-kit.ts';
import { accountBoard, NOTHING_SAVED, policyRow, savingsRow } from './memory-boards.ts';

let bed: ConsoleBed;
beforeEach(() => {
  bed = new ConsoleBed();
});

const ZH = { 'accept-language': 'zh-CN' };

async function page(path: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await bed.get(path, headers);
  expect(response.status).toBe(200);
  return await response.text();
}

/** What somebody reads: without tags, and with single spaces. */
function text(html: string): string {
  return html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

const DAY = { gpuMs: 9 * HOUR, grossFen: 2_000, keptFen: 200, instances: 1, stops: 1 };
const REPORT = {
  ...NOTHING_SAVED,
  rows: [
    savingsRow('2026-11-20', DAY),
    savingsRow('2026-11-21', { ...DAY, wrong: 1 }, { gpuMs: HOUR, grossFen: 300, instances: 1, stops: 1 }),
  ],
  total: savingsRow(
    null,
    {
      ...DAY,
      gpuMs: 18 * HOUR,
      grossFen: 4_000,
      keptFen: 400,
      stops: 2,
      wrong: 1,
      instances: 2,
      unpriced: 1,
      unkept: 2,
    },
    { gpuMs: HOUR, grossFen: 300, instances: 1, stops: 1 },
  ),
  unwatched: [{ account: 'hxy', ms: 3 * HOUR }],
};

describe('what was saved', () => {
  test('stands on the policies page by day: sums, plots with their data, and a table', async () => {
    bed.boards.savingsOf = (account) => (account === null ? REPORT : NOTHING_SAVED);
    const html = await page('/policies');
    const said = text(html);
    for (const words of [
      'Saved in 30 days',
      '¥36.00, 18.0 GPU hours · 2 stops, 1 of them wrong',
      'Observing policies would have saved ¥3.00, 1.0 GPU hours more, with 1 stop, 0 of them wrong; what two of them would have stopped on one day counts once',
      'Saved, yuan a day; today so far ¥18.00',
      '1 machine has no known price',
      'Of 2 machines nobody says what they cost while stopped',
      'Not watched, and not counted: hxy 3h',
      '2026-11-21 ¥18.00 9.0 1 1 ¥3.00',
    ])
      expect(said).toContain(words);
    expect(html).toContain('data-plot="saved" data-values="[18,18]"');
    expect(html).toContain('data-plot="would" data-values="[0,3]"');
    // By noon of each day in the zone of the page.
    const noon = Date.parse('2026-11-20T12:00:00+08:00') / 1000;
    expect(html).toContain(`data-times="[${noon},${noon + 86_400}]"`);
    const zh = text(await page('/policies', ZH));
    expect(zh).toContain('最近 30 天节省');
    expect(zh).toContain('关机 2 次，其中关错 1 次');
    expect(zh).toContain('每天节省（元），今天截至目前 ¥18.00');
  });

  test('stands on the page of an account for that account alone', async () => {
    bed.boards.savingsOf = (account) => (account === 'hxy' ? REPORT : NOTHING_SAVED);
    expect(text(await page('/accounts/hxy'))).toContain('¥36.00, 18.0 GPU hours');
    expect(text(await page('/policies'))).toContain('No policy has stopped a machine');
  });

  test('one day is a table and no plot', async () => {
    bed.boards.savingsOf = () => ({ ...REPORT, rows: REPORT.rows.slice(0, 1) });
    const html = await page('/policies');
    expect(html).not.toContain('data-plot=');
    expect(html).toContain('<details open>');
  });

  test('stops that were wrong stand beside what their policy saved', async () => {
    bed.boards.policyRows = [policyRow({ stops: { count: 26, wrong: 2 } })];
    expect(text(await page('/policies'))).toContain('¥19.80 10.0 GPU h 26 stops, 2 wrong');
  });
});

describe('how long the money lasts', () => {
  test.each([
    ['with its band', {}, '2d 14h from 40h to 3d 18h'],
    ['where the best case has no end', { runwayOptimisticMs: null }, '2d 14h from 40h to no end'],
    ['where it is the same in every case', { runwayPessimisticMs: 62 * HOUR, runwayOptimisticMs: 62 * HOUR }, '2d 14h'],
    [
      'where the balance is stale',
      { runwayMs: null, runwayPessimisticMs: null, runwayUnknown: 'stale-balance' as const },
      '– the balance was read too long ago',
    ],
    [
      'where what is to come has no price',
      { runwayMs: null, runwayPessimisticMs: null, runwayUnknown: 'no-burn' as const, unpriced: ['a100'] },
      '– prices lacks a100',
    ],
  ])('%s', async (_name, board, words) => {
    bed.boards.accountBoards = [accountBoard(board)];
    for (const path of ['/accounts', '/accounts/hxy']) expect(text(await page(path))).toContain(words);
  });
});
