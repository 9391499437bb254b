import { expect, test } from 'vitest';
import { noSaving } from '../../src/decide/savings.ts';
import { type AccountLedger, net, type SavingsQuestion, savingsReport } from '../../src/decide/savings-report.ts';
import type { SavedTime } from '../../src/fleet/saved-time.ts';
import type { SavingsBy } from '../../src/fleet/savings-report.ts';
import { HOUR } from './kit.ts';

function saved(
  day: string,
  policy: string,
  instance: string,
  hours: number,
  fields: Partial<SavedTime> = {},
): SavedTime {
  const ms = hours * HOUR;
  return { ...noSaving(`2026-10-${day}`, policy, instance), ms, gpuMs: ms, grossFen: hours * 100, ...fields };
}

function ledger(fields: Partial<AccountLedger>): AccountLedger {
  return { account: 'hxy', saved: [], would: [], unwatchedMs: 0, called: () => null, ...fields };
}

function report(ledgers: readonly AccountLedger[], by: SavingsBy = 'policy', label: string | null = null) {
  const question: SavingsQuestion = { since: '2026-10-01', until: '2026-10-12', timezone: 'Asia/Shanghai', by, label };
  const { rows, total } = savingsReport(ledgers, question);
  const gist = ({ key, saved: real, would }: (typeof rows)[number]) => [key, net(real) / 100, net(would) / 100];
  return { rows: rows.map(gist), total: gist(total), sums: total };
}

test('days on which nothing was saved are days with nothing, from the first that has something until today', () => {
  const kept = ledger({ saved: [saved('08', 'night', 'a', 2), saved('10', 'night', 'a', 3)] });
  expect(report([kept], 'day').rows).toEqual([
    ['2026-10-08', 2, 0],
    ['2026-10-09', 0, 0],
    ['2026-10-10', 3, 0],
    ['2026-10-11', 0, 0],
    ['2026-10-12', 0, 0],
  ]);
  expect(report([ledger({})], 'day').rows).toEqual([]);
});

test('what several observing policies would have stopped at once counts once where they are added up', () => {
  const would = [
    saved('08', 'night', 'a', 8, { stops: 1 }),
    saved('08', 'idle', 'a', 10, { stops: 1, wrong: 1 }),
    // Two stops of one policy on one day are not the same time.
    saved('08', 'idle', 'a', 1, { stops: 1 }),
    saved('09', 'night', 'a', 5),
    saved('08', 'night', 'b', 4),
  ];
  const both = [ledger({ would })];
  expect(report(both).rows).toEqual([
    ['night', 0, 17],
    ['idle', 0, 11],
  ]);
  expect(report(both).total).toEqual([null, 0, 11 + 5 + 4]);
  expect(report(both, 'instance').rows).toEqual([
    ['hxy/a', 0, 16],
    ['hxy/b', 0, 4],
  ]);
  // Each stop is one that a policy would have made, wrong or not.
  expect(report(both).sums.would).toMatchObject({ stops: 3, wrong: 1, instances: 2, ms: 20 * HOUR });
});

test('the same machine of two accounts is two, and what was really saved is never cut', () => {
  const twice = ['one', 'two'].map((account) => ledger({ account, would: [saved('08', account, 'a', 2)] }));
  expect(report(twice).total).toEqual([null, 0, 4]);
  const real = ledger({ saved: [saved('08', 'night', 'a', 8), saved('08', 'idle', 'a', 3)] });
  expect(report([real]).total).toEqual([null, 11, 0]);
});

test('a machine counts under the label that it has now, and one without it under none', () => {
  const called = (id: string) => (id === 'gone' ? null : { name: id, labels: { owner: id === 'a' ? 'wang' : 'li' } });
  const kept = ledger({
    saved: [saved('08', 'old-name', 'a', 2), saved('08', 'new-name', 'a', 1), saved('08', 'p', 'gone', 1)],
    called,
  });
  expect(report([kept], 'label', 'owner').rows).toEqual([
    ['wang', 3, 0],
    [null, 1, 0],
  ]);
  // A label that is called as something every object has.
  expect(report([kept], 'label', 'constructor').rows).toEqual([[null, 4, 0]]);
});
