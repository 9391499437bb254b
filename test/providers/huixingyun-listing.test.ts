import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isUsableId } from '../../src/providers/huixingyun/instance-row.ts';
import { timeOf, wholeNumber } from '../../src/providers/huixingyun/wire-values.ts';
import { listingOf, listOf, ROW } from './support/huixingyun.ts';

const only = (row: unknown) => listingOf(listOf(row)).instances[0];

describe('a row of the instance list', () => {
  test('becomes an instance of named fields', () => {
    expect(only(ROW)).toEqual({
      account: 'hxy',
      provider: 'huixingyun',
      id: 'gpu-105b63811a4cb082',
      name: 'NVIDIA 4090 * 1',
      status: 'stopped',
      rawStatus: 'Stopped',
      billing: 'monthly',
      rawBilling: 'Month',
      gpu: 'NVIDIA 4090',
      gpuCount: 1,
      gpuType: 'geforce_rtx_4090_16u100m_105',
      room: '105',
      createdAt: Date.UTC(2024, 6, 5, 7, 21, 21),
      startedAt: null,
      expiresAt: Date.UTC(2024, 7, 4, 7, 23, 27),
      hourlyFen: null,
      orderId: '20240705173xxxx20674',
      imageId: '04c852e9-91a3-4444-b5de-a07acc51c39f',
      savingImage: false,
      shutdownTimerAt: null,
      services: [],
      problems: [],
    });
  });

  test('HX-24: leaves the root password, the login and the address behind', () => {
    const print = inspect(listingOf(listOf(ROW, { ...ROW, gid: 'gpu-2', status: { password: 'x-canary' } })), {
      depth: 9,
    });
    for (const secret of ['canary', 'root', '203.0.113.7', '30022']) expect(print).not.toContain(secret);
  });

  test.each([
    ['Running', 'running'],
    ['RUNNING', 'running'],
    ['starting', 'starting'],
    ['Stopping', 'stopping'],
    ['stopped', 'stopped'],
    ['Restarting', 'restarting'],
    ['Creating', 'creating'],
    ['Shutdown', 'unknown'],
    ['Running ', 'unknown'],
  ])('HX-23: status %s is %s', (status, expected) => {
    expect(only({ ...ROW, status })).toMatchObject({ status: expected, rawStatus: status, problems: [] });
  });

  test.each([
    ['Hour', 'hourly'],
    ['day', 'daily'],
    ['MONTH', 'monthly'],
    ['Year', 'unknown'],
  ])('HX-23: pay method %s is %s', (pay_method, expected) => {
    expect(only({ ...ROW, pay_method })).toMatchObject({ billing: expected, rawBilling: pay_method, problems: [] });
  });

  test('HX-23: words can be taught, and a taught one goes before a built-in one', () => {
    const words = {
      statusWords: new Map([['shutdown', 'stopped'] as const, ['running', 'starting'] as const]),
      billingWords: new Map([['按时', 'hourly'] as const]),
    };
    const rows = [
      { ...ROW, status: 'ShutDown', pay_method: '按时' },
      { ...ROW, gid: 'gpu-2', status: 'Running' },
    ];
    expect(listingOf(listOf(...rows), words).instances).toMatchObject([
      { status: 'stopped', billing: 'hourly' },
      { status: 'starting', billing: 'monthly' },
    ]);
  });

  test.each(['', null, undefined, '0001-01-01T00:00:00Z'])('an hourly row with the expiry %s has none', (expire_at) => {
    expect(only({ ...ROW, pay_method: 'Hour', expire_at })).toMatchObject({
      expiresAt: null,
      status: 'stopped',
      problems: [],
    });
  });

  test.each(['', null, undefined, '0001-01-01T00:00:00Z'])(
    'a prepaid row with the expiry %s is not understood',
    (expire_at) => {
      expect(only({ ...ROW, expire_at })).toMatchObject({
        expiresAt: null,
        status: 'unknown',
        problems: ['expire_at'],
      });
    },
  );

  test('HX-13: a stopped instance is stopped and hourly, and nothing says that it costs nothing', () => {
    const instance = only({ ...ROW, pay_method: 'Hour', expire_at: '' });
    expect(instance).toMatchObject({ status: 'stopped', billing: 'hourly', hourlyFen: null });
  });

  test('HX-10: nothing tells how it was stopped, so nothing is made up', () => {
    expect(Object.keys(only(ROW) ?? {})).not.toContain('cardless');
  });

  test.each([
    ['status', { status: 3 }],
    ['status', { status: '' }],
    ['status', { status: undefined }],
    ['pay_method', { pay_method: null }],
    ['create_at', { create_at: '2024-07-05 15:21:21' }],
    ['create_at', { create_at: undefined }],
    ['expire_at', { expire_at: '2024-08-04T15:23:27' }],
    ['expire_at', { expire_at: 1_722_756_207 }],
    ['expire_at', { expire_at: '9999-12-31T23:59:59Z' }],
  ])('whose %s cannot be read (%j) is not understood, and keeps its id', (problem, change) => {
    expect(only({ ...ROW, ...change })).toMatchObject({ id: ROW.gid, status: 'unknown', problems: [problem] });
  });

  test('fields that no decision needs may be anything', () => {
    const odd = { ...ROW, name: 7, size: null, image: [], room_name: 105, order_uid: false, port: 'xxxx', extra: {} };
    expect(only(odd)).toMatchObject({
      status: 'stopped',
      name: '7',
      gpu: '',
      gpuCount: null,
      gpuType: '',
      room: '105',
      orderId: null,
      imageId: null,
      problems: [],
    });
  });

  test('HX-06: the port may be a number, a text or missing', () => {
    for (const port of [22, '22', undefined, 'xxxx']) expect(only({ ...ROW, port })?.problems).toEqual([]);
  });

  test('HX-32: ids and orders are taken as they are', () => {
    expect(only({ ...ROW, gid: 'x', order_uid: '0' })).toMatchObject({ id: 'x', orderId: '0', room: '105' });
  });
});

describe('numbers and times', () => {
  test.each<[unknown, number | null]>([
    [0, 0],
    ['0', 0],
    ['160', 160],
    [8, 8],
    ['', null],
    [null, null],
    [undefined, null],
    [[], null],
    [true, null],
    [1.5, null],
    ['1.5', null],
    ['-1', null],
    [-1, null],
    [' 1', null],
    ['1e3', null],
    ['0x10', null],
    ['９', null],
    ['9'.repeat(16), null],
  ])('HX-04: %j is the number %s', (value, number) => expect(wholeNumber(value)).toBe(number));

  test.each<[unknown, string | null]>([
    ['2024-07-05T15:21:21+08:00', '2024-07-05T07:21:21.000Z'],
    ['2024-07-05T15:21:21Z', '2024-07-05T15:21:21.000Z'],
    ['2024-07-05 15:21:21.123456+08:00', '2024-07-05T07:21:21.000Z'],
    ['2024-07-05T00:21:21-05:30', '2024-07-05T05:51:21.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2023-02-29T00:00:00Z', null],
    ['2024-04-31T00:00:00Z', null],
    ['2024-13-01T00:00:00Z', null],
    ['2024-07-05T24:00:00Z', null],
    ['2024-07-05T15:21:21', null],
    ['2024-07-05 15:21:21', null],
    ['2024-07-05T15:21:21+0800', null],
    ['2024-07-05T15:21:21+08:00 ', null],
    ['2024-07-05T15:21:21.+08:00', null],
    ['2024-07-05T15:21:21+08:00[Asia/Shanghai]', null],
    ['1970-01-01T00:00:00Z', null],
    ['0001-01-01T00:00:00Z', null],
    ['9999-12-31T23:59:59Z', null],
    [1_720_164_081, null],
    [null, null],
  ])('HX-29: %j is the time %s', (value, iso) => {
    expect(timeOf(value)).toBe(iso === null ? null : Date.parse(iso));
  });

  test('HX-29: every second of this century reads back, and no text makes it throw', () => {
    const seconds = fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2099, 11, 31) / 1000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const text = new Date(second * 1000).toISOString();
        const shanghai = `${new Date((second + 8 * 3600) * 1000).toISOString().slice(0, 19)}+08:00`;
        return timeOf(text) === second * 1000 && timeOf(shanghai) === second * 1000;
      }),
    );
    fc.assert(fc.property(fc.string({ maxLength: 40 }), (text) => timeOf(text) === null));
  });

  test.each(['', 'a,b', 'a b', 'a\n', ' a', 'é', 'x'.repeat(129), 7, null, undefined])('HX-16: %j is no id', (gid) => {
    expect(isUsableId(gid)).toBe(false);
  });
});

describe('a listing', () => {
  test('of nothing is complete', () => {
    expect(listingOf({ items: [], total: '0' })).toMatchObject({ instances: [], incomplete: null });
    expect(listingOf({ items: null, total: 0 })).toMatchObject({ instances: [], incomplete: null });
  });

  test('carries the times of its answer', () => {
    expect(listingOf(listOf(ROW))).toMatchObject({ startedAt: 1000, finishedAt: 2000, serverTimeAt: 3000 });
  });

  test.each([
    ['the number is a text', { items: [ROW], total: '1' }, null],
    ['the number is a number', { items: [ROW], total: 1 }, null],
    ['it is called total_items', { items: [ROW], total_items: 1 }, null],
    ['both agree', { items: [ROW], total: '1', total_items: 1 }, null],
    ['both disagree', { items: [ROW], total: '1', total_items: 2 }, 'total-mismatch'],
    ['rows are missing (N5)', { items: [ROW], total: '2' }, 'total-mismatch'],
    ['there are too many', { items: [ROW], total: '0' }, 'total-mismatch'],
    ['it is not told', { items: [ROW] }, 'total-mismatch'],
    ['it is no number', { items: [ROW], total: '' }, 'total-mismatch'],
  ])('HX-05: when %s', (_, body, incomplete) => expect(listingOf(body).incomplete).toBe(incomplete));

  test('with an id twice is incomplete, and neither row is believed', () => {
    const listing = listingOf(listOf(ROW, { ...ROW, status: 'Running' }));
    expect(listing.incomplete).toBe('duplicate-ids');
    expect(listing.instances).toMatchObject([{ id: ROW.gid, status: 'unknown', problems: ['gid'] }]);
  });

  const fleet = (count: number) => Array.from({ length: count }, (_, index) => ({ ...ROW, gid: `gpu-${index}` }));

  test('with one bad row costs one row', () => {
    const rows: object[] = fleet(3);
    rows[1] = { ...ROW, gid: 'gpu-1', status: { broken: true }, create_at: { broken: true } };
    const listing = listingOf(listOf(...rows));
    expect(listing.incomplete).toBeNull();
    expect(listing.instances.map((instance) => instance.status)).toEqual(['stopped', 'unknown', 'stopped']);
    expect(listing.instances[1]?.problems).toEqual(['status', 'create_at']);
  });

  test.each([
    [2, null],
    [3, 'bad-rows'],
  ])('with %i bad rows among 40 is %s', (bad, incomplete) => {
    const rows = fleet(40).map((row, index) => (index < bad ? { ...row, status: 9 } : row));
    expect(listingOf(listOf(...rows)).incomplete).toBe(incomplete);
  });

  test.each([null, 'row lost', 7, [], {}, { ...ROW, gid: '' }, { ...ROW, gid: 'a,b' }, { ...ROW, gid: 105 }])(
    'with a row without a usable id (%j) is incomplete, and the others are there',
    (row) => {
      const listing = listingOf(listOf(...fleet(30), row));
      expect(listing.incomplete).toBe('bad-rows');
      expect(listing.instances).toHaveLength(30);
    },
  );

  test.each([null, [], 'x', {}, { items: {} }, { items: null }, { items: null, total: '3' }, { success: [] }])(
    'HX-02: %j is none',
    (body) => expect(() => listingOf(body)).toThrow(/^protocol: the answer is not as documented/),
  );

  test('of anything at all does not throw anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), (rows) => {
        const listing = listingOf({ items: rows, total: rows.length });
        return listing.instances.every((instance) => isUsableId(instance.id));
      }),
    );
  });
});
