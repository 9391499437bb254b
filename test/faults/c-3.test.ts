import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Account } from '../../src/fleet/account.ts';
import { fromEpochSeconds, fromTimeText } from '../../src/providers/chenyu/times.ts';
import { decodeRow } from '../../src/providers/huixingyun/instance-row.ts';
import { Words } from '../../src/providers/huixingyun/words.ts';
import { account, daily, HOUR, KEEP_PAID, NOON, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();
const ACCOUNT: Account = {
  name: 'hxy',
  provider: 'huixingyun',
  baseUrl: 'http://127.0.0.1:1',
  pollEveryMs: 60_000,
  requestsPerSecond: 5,
  actions: [],
  statusWords: new Map(),
  billingWords: new Map(),
  prices: new Map(),
  spendLimit: null,
};
const WORDS = new Words(ACCOUNT);

/** A machine paid by the day as the listing shows it, with this for its end. */
function row(expire: unknown) {
  const instance = decodeRow(
    'hxy',
    { gid: 'd', status: 'Running', pay_method: 'Day', create_at: '2025-11-30T12:00:00+08:00', expire_at: expire },
    WORDS,
  );
  if (instance === null) throw new Error('no row');
  return instance;
}

/** Every form in which an end may come, and what it is: epoch ms, or `null` for what must not be read. */
const FORMS: readonly (readonly [name: string, value: unknown, at: number | null])[] = [
  ['an offset', '2025-12-01T18:00:00+08:00', NOON + 6 * HOUR],
  ['another offset', '2025-12-01T05:00:00-05:00', NOON + 6 * HOUR],
  ['UTC', '2025-12-01T10:00:00Z', NOON + 6 * HOUR],
  ['no zone', '2025-12-01T18:00:00', null],
  ['no zone, with a blank', '2025-12-01 18:00:00', null],
  ['seconds', 1_764_583_200, null],
  ['seconds as text', '1764583200', null],
  ['milliseconds', 1_764_583_200_000, null],
  ['null', null, null],
  ['nothing', undefined, null],
  ['empty', '', null],
  ['zero', 0, null],
  ['the past', '2001-01-01T00:00:00+08:00', Date.UTC(2000, 11, 31, 16)],
  ['long past', '1970-01-01T00:00:00Z', null],
  ['the zero time', '0001-01-01T00:00:00Z', null],
  ['the year 9999', '9999-12-31T23:59:59+08:00', null],
  ['29 February', '2028-02-29T12:00:00+08:00', Date.UTC(2028, 1, 29, 4)],
  ['29 February of a year that has none', '2027-02-29T12:00:00+08:00', null],
  ['31 November', '2025-11-31T12:00:00+08:00', null],
  ['hour 24', '2025-12-01T24:00:00+08:00', null],
  ['a gap of summer time, no zone', '2026-03-08T02:30:00', null],
  ['a gap of summer time, with its offset', '2026-03-08T02:30:00-05:00', Date.UTC(2026, 2, 8, 7, 30)],
  ['a leap second', '2016-12-31T23:59:60Z', null],
  ['words', 'tomorrow', null],
  ['an object', { at: 1 }, null],
  ['a list', ['2025-12-01T18:00:00+08:00'], null],
];

describe('C3: an end that is not written as documented makes its machine unknown, and is never made up', () => {
  test.each(FORMS)('%s', (_, value, at) => {
    const instance = row(value);
    expect(instance.expiresAt).toBe(at);
    expect(instance.status).toBe(at === null ? 'unknown' : 'running');
    expect(instance.problems).toEqual(at === null ? ['expire_at'] : []);
  });

  test.each(['America/New_York', 'Asia/Shanghai', 'Pacific/Kiritimati'])('in whatever zone we run (%s)', (zone) => {
    const before = process.env.TZ;
    process.env.TZ = zone;
    try {
      for (const [name, value, at] of FORMS) expect(row(value).expiresAt, name).toBe(at);
      // chenyu v1 writes no zone: it is Shanghai's, where no hour was ever left out since.
      expect(fromTimeText('2026-03-08 02:30:00')).toEqual({ kind: 'at', at: Date.UTC(2026, 2, 7, 18, 30) });
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, 'TZ');
      else process.env.TZ = before;
    }
  });

  test('for anything at all: what Temporal reads in it, or unknown', () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)?$/),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(texts, (value) => {
        const { expiresAt, status, problems } = row(value);
        if (expiresAt === null) return status === 'unknown' && problems.includes('expire_at');
        if (typeof value !== 'string' || !/(?:Z|[+-]\d\d:\d\d)$/.test(value)) return false;
        const meant = Temporal.Instant.from(value.replace(' ', 'T')).epochMilliseconds;
        return Math.floor(meant / SECOND) * SECOND === expiresAt && status === 'running';
      }),
    );
  });

  test('every second of this century reads back, in each form that a cloud writes', () => {
    const seconds = fc.integer({ min: Date.UTC(2020, 0, 1) / SECOND, max: Date.UTC(2099, 11, 31) / SECOND });
    fc.assert(
      fc.property(seconds, fc.integer({ min: -12 * 60, max: 14 * 60 }), (second, minutes) => {
        const at = second * SECOND;
        const local = new Date(at + minutes * 60 * SECOND).toISOString().slice(0, 19);
        const size = Math.abs(minutes);
        const two = (number: number) => `${number}`.padStart(2, '0');
        const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        const shanghai = new Date(at + 8 * HOUR).toISOString().slice(0, 19).replace('T', ' ');
        const read = [fromTimeText(`${local}${offset}`), fromTimeText(shanghai), fromEpochSeconds(second)];
        return row(`${local}${offset}`).expiresAt === at && read.every((time) => time.kind === 'at' && time.at === at);
      }),
    );
  });

  test('seconds are not taken for milliseconds, nor for minutes', () => {
    expect(fromEpochSeconds(1_764_583_200)).toEqual({ kind: 'at', at: NOON + 6 * HOUR });
    for (const value of [1_764_583_200_000, 29_409_720, -1, 1.5, '1e9', Number.NaN]) {
      expect(fromEpochSeconds(value), `${value}`).toEqual({ kind: 'odd' });
    }
  });
});

test('C3: of machines with odd ends only the one whose end is sure is renewed, and the others say why not', async () => {
  const odd = FORMS.filter(([, value, at]) => at === null && typeof value === 'string' && value !== '');
  const bed = await beds.prepare({
    accounts: [
      account('huixingyun', [
        ...Array.from({ length: 45 }, (_, index) => daily(`well-${index}`, 300)),
        daily('sure', 6),
        ...odd.slice(0, 2).map(([, value], index) => daily(`odd-${index}`, 6, { expireText: String(value) })),
      ]),
    ],
    policies: KEEP_PAID,
  });
  const child = await bed.spawnFaulty();
  await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  await bed.until('the others say why not', async () => {
    const count = await bed.metricOf(child, 'decisions_total', { action: 'renew', reason: 'unknown-status' });
    return (count ?? 0) >= 2;
  });
  expect(bed.sent.map(({ instance }) => instance)).toEqual(['hxy/sure']);
  await bed.expectSound();
});
