import { describe, expect, test } from 'vitest';
import { ProviderError } from '../../src/providers/port.ts';
import { chenyuV1, never, StillClock } from './chenyu-support/account.ts';
import { items, v1Row } from './chenyu-support/rows.ts';
import { type ScriptedCloud, type SeenRequest, scriptedCloud, WholeAnswer } from './chenyu-support/scripted-cloud.ts';

const LIST = '/api/v1/app/instance/list';
const STATUS = '/api/v1/app/instance/status';

/** What each state's query shows, by the filter's number, and what the status call says of each id. */
interface Fleet {
  shown: Record<number, unknown[]>;
  status: Record<string, number>;
}

function field(request: SeenRequest, name: string): unknown {
  const { body } = request;
  return typeof body === 'object' && body !== null && name in body ? Reflect.get(body, name) : undefined;
}

function cloudOf(fleet: Fleet): Promise<ScriptedCloud> {
  return scriptedCloud({
    [LIST]: (request) => {
      const rows = fleet.shown[Number(field(request, 'status'))] ?? [];
      const from = (Number(field(request, 'page')) - 1) * 50;
      return items(rows.slice(from, from + 50), String(rows.length));
    },
    [STATUS]: (request) => {
      const status = fleet.status[String(field(request, 'instance_uuid'))];
      if (status === undefined) return { code: '4', msg: '不存在', result: {} };
      return { code: '0', msg: '', result: { instance: { status, status_txt: '…' } } };
    },
  });
}

const row = (uuid: string, status: number): Record<string, unknown> => v1Row({ uuid, status });

describe('the listing of v1', () => {
  test('C1-05, C1-06, C1-20: one paged query per state, 0 included, destroyed ones not', async () => {
    await using cloud = await cloudOf({
      shown: { 0: [row('a', 0)], 2: [row('b', 2)], 4: [row('c', 4)], 9: [row('d', 9)] },
      status: {},
    });
    const listing = await chenyuV1(cloud.origin).list(never);
    expect(listing.incomplete).toBeNull();
    expect(listing.instances.map((instance) => [instance.id, instance.status])).toEqual([
      ['b', 'running'],
      ['c', 'stopped'],
      ['a', 'creating'],
    ]);
    expect(cloud.sent(LIST)).toEqual([2, 1, 3, 4, 0].map((status) => ({ page: 1, page_size: 50, status })));
  });

  test('destroyed ones are listed on request', async () => {
    await using cloud = await cloudOf({ shown: { 9: [row('d', 9)] }, status: {} });
    const read = chenyuV1(cloud.origin).reads.find((operation) => operation.name === 'destroyed-instances');
    expect(await read?.run({}, never)).toMatchObject({
      instances: [{ id: 'd', status: 'destroyed' }],
      incomplete: null,
    });
  });

  test('C1-05: one that moves on between two queries is the later read', async () => {
    await using cloud = await cloudOf({ shown: { 2: [row('a', 2)], 3: [row('a', 3)] }, status: {} });
    const listing = await chenyuV1(cloud.origin).list(never);
    expect([listing.incomplete, listing.instances.map((instance) => instance.status)]).toEqual([null, ['stopping']]);
  });

  test('C1-20: pages of 50 until the total is there', async () => {
    const rows = Array.from({ length: 120 }, (_, index) => row(`u${index}`, 2));
    await using cloud = await cloudOf({ shown: { 2: rows }, status: {} });
    const listing = await chenyuV1(cloud.origin).list(never);
    expect([listing.incomplete, listing.instances.length]).toEqual([null, 120]);
    expect(cloud.requests.length).toBe(7);
  });

  test('C1-05: a known one that slipped between the queries is asked after and kept', async () => {
    const fleet: Fleet = { shown: { 2: [row('a', 2), row('b', 2)] }, status: { b: 1 } };
    await using cloud = await cloudOf(fleet);
    const provider = chenyuV1(cloud.origin);
    await provider.list(never);
    fleet.shown = { 2: [row('a', 2)] };
    const listing = await provider.list(never);
    expect([listing.incomplete, listing.instances.map(({ id, status, rawStatus }) => [id, status, rawStatus])]).toEqual(
      [
        null,
        [
          ['a', 'running', '2'],
          ['b', 'starting', '1'],
        ],
      ],
    );
    expect(cloud.sent(STATUS)).toEqual([{ instance_uuid: 'b' }]);
  });

  test('C1-05: a known one that was destroyed is gone, and not asked after again', async () => {
    const fleet: Fleet = { shown: { 4: [row('a', 4)] }, status: { a: 9 } };
    await using cloud = await cloudOf(fleet);
    const provider = chenyuV1(cloud.origin);
    await provider.list(never);
    fleet.shown = {};
    expect(await provider.list(never)).toMatchObject({ instances: [], incomplete: null });
    await provider.list(never);
    expect(cloud.sent(STATUS).length).toBe(1);
  });

  test('C1-05: a known one of which the cloud says nothing makes the listing incomplete, until that has lasted', async () => {
    const fleet: Fleet = { shown: { 2: [row('a', 2), row('b', 2)] }, status: {} };
    await using cloud = await cloudOf(fleet);
    const clock = new StillClock();
    const provider = chenyuV1(cloud.origin, {}, clock);
    await provider.list(never);
    fleet.shown = { 2: [row('a', 2)] };
    const seen: unknown[] = [];
    for (let poll = 0; poll < 4; poll += 1) {
      seen.push((await provider.list(never)).incomplete);
      clock.advance(60_000);
    }
    expect(seen).toEqual(['unconfirmed-missing', 'unconfirmed-missing', null, null]);
  });

  test('three quick listings do not make it believed', async () => {
    const fleet: Fleet = { shown: { 2: [row('a', 2)] }, status: {} };
    await using cloud = await cloudOf(fleet);
    const provider = chenyuV1(cloud.origin);
    await provider.list(never);
    fleet.shown = {};
    for (let poll = 0; poll < 5; poll += 1) {
      expect((await provider.list(never)).incomplete).toBe('unconfirmed-missing');
    }
  });

  test('a whole fleet that vanishes is asked after in portions', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `u${index}`);
    const fleet: Fleet = {
      shown: { 4: ids.map((id) => row(id, 4)) },
      status: Object.fromEntries(ids.map((id) => [id, 9])),
    };
    await using cloud = await cloudOf(fleet);
    const provider = chenyuV1(cloud.origin);
    await provider.list(never);
    fleet.shown = {};
    expect((await provider.list(never)).incomplete).toBe('unconfirmed-missing');
    expect(await provider.list(never)).toMatchObject({ incomplete: null, instances: [] });
  });

  test('a query that fails leaves what was read, incomplete; the first one failing fails it all', async () => {
    let failing = 3;
    await using cloud = await scriptedCloud({
      [LIST]: (request) => {
        const status = field(request, 'status');
        if (status === failing) return new WholeAnswer(200, '<html>');
        return items(status === 2 ? [row('a', 2)] : []);
      },
    });
    const provider = chenyuV1(cloud.origin);
    const listing = await provider.list(never);
    expect([listing.incomplete, listing.instances.length]).toEqual(['page-failed', 1]);
    failing = 2;
    await expect(provider.list(never)).rejects.toBeInstanceOf(ProviderError);
  });

  test('C1-07: without a total an empty page is the end; without a list there is no listing', async () => {
    let answer: (page: unknown) => unknown = (page) => ({
      code: '0',
      result: { items: page === 1 ? [row('a', 2)] : [] },
    });
    await using cloud = await scriptedCloud({
      [LIST]: (request) => (field(request, 'status') === 2 ? answer(field(request, 'page')) : items([])),
    });
    const provider = chenyuV1(cloud.origin);
    const listing = await provider.list(never);
    expect([listing.incomplete, listing.instances.length]).toEqual([null, 1]);
    answer = () => ({ code: '0', result: {} });
    await expect(provider.list(never)).rejects.toThrow(/result.items/);
  });
});

describe('reading one instance of v1', () => {
  test('is its status over the row that was listed', async () => {
    const fleet: Fleet = { shown: { 2: [row('a', 2)] }, status: { a: 3 } };
    await using cloud = await cloudOf(fleet);
    const provider = chenyuV1(cloud.origin);
    await provider.list(never);
    expect(await provider.read('a', never)).toMatchObject({
      id: 'a',
      status: 'stopping',
      name: 'comfy',
      hourlyFen: 198,
    });
    expect(cloud.sent(STATUS)).toEqual([{ instance_uuid: 'a' }]);
    expect(cloud.sent(LIST).length).toBe(5);
  });

  test('C1-19: a restart may show as any of three numbers; each is told as it is', async () => {
    const fleet: Fleet = { shown: { 2: [row('a', 2)] }, status: { a: 1 } };
    await using cloud = await cloudOf(fleet);
    const provider = chenyuV1(cloud.origin);
    await provider.list(never);
    const seen: unknown[] = [];
    for (const status of [1, 3, 2]) {
      fleet.status = { a: status };
      seen.push((await provider.read('a', never))?.status);
    }
    expect(seen).toEqual(['starting', 'stopping', 'running']);
  });

  test('one that was never listed is looked up in a listing', async () => {
    await using cloud = await cloudOf({ shown: { 4: [row('a', 4)] }, status: { a: 4, d: 9 } });
    const provider = chenyuV1(cloud.origin);
    expect(await provider.read('a', never)).toMatchObject({ id: 'a', status: 'stopped' });
    expect(await provider.read('d', never)).toMatchObject({ id: 'd', status: 'destroyed' });
    expect(await provider.read('x', never)).toBeNull();
  });

  test('one that has a status but is in no listing is a contradiction', async () => {
    await using cloud = await cloudOf({ shown: {}, status: { a: 2 } });
    await expect(chenyuV1(cloud.origin).read('a', never)).rejects.toMatchObject({ kind: 'protocol' });
  });

  test('C1-17: ids and keys of the other API are not looked for', async () => {
    await using cloud = await cloudOf({ shown: {}, status: {} });
    const provider = chenyuV1(cloud.origin);
    await provider.list(never);
    await provider.read('a', never);
    expect(cloud.requests.every((request) => request.path.startsWith('/api/v1/'))).toBe(true);
  });
});
