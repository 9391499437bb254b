import { describe, expect, test } from 'vitest';
import { ProviderError } from '../../src/providers/port.ts';
import { chenyu, chenyuV1, KEY, NOW, never } from './chenyu-support/account.ts';
import { instanceRow, items, list, v1Row } from './chenyu-support/rows.ts';
import { scriptedCloud, WholeAnswer } from './chenyu-support/scripted-cloud.ts';

const LIST = '/api/open/v2/instance/list';
const INFO = '/api/open/v2/instance/info';
const BALANCE = '/api/open/v2/balance/info';
const CARDS = '/api/open/v2/card/list';
const V1_BALANCE = '/api/v1/finances/balance';

async function failure(read: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await read.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof ProviderError) return error;
  throw error;
}

describe('the envelope of reads', () => {
  test.each<[string, unknown, string]>([
    ['C1-15: code 2 is an invalid key', { code: 2, msg: '未登录' }, 'unauthorised'],
    ['code 2 as text', { code: '2', msg: '未登录' }, 'unauthorised'],
    ['C1-16: code -2 is a system fault', { code: -2, msg: '系统异常' }, 'uncertain'],
    ['C2-26: any other code refuses', { code: 7, msg: 'no' }, 'rejected'],
    ['C1-03: an empty code is no success', { code: '', data: { instance_list: [], total: 0 } }, 'protocol'],
    ['C1-03: a null code is no success', { code: null, data: { instance_list: [], total: 0 } }, 'protocol'],
    ['C1-03: false is no success', { code: false, data: { instance_list: [], total: 0 } }, 'protocol'],
    ['C1-03: [] is no success', { code: [], data: { instance_list: [], total: 0 } }, 'protocol'],
    ['C1-03: "0.0" is no success', { code: '0.0', data: { instance_list: [], total: 0 } }, 'protocol'],
    ['an empty object', {}, 'protocol'],
    ['a list at the top', [], 'protocol'],
    ['C2-24: a friendly msg without a code', { msg: 'success' }, 'protocol'],
    ['code 0 without data', { code: 0, msg: 'success' }, 'protocol'],
    ['code 0 without a list', { code: 0, msg: 'success', data: {} }, 'protocol'],
    ['a page of HTML', new WholeAnswer(200, '<html></html>'), 'protocol'],
    ['401', new WholeAnswer(401, 'no'), 'unauthorised'],
    ['500 with a body that says 0', new WholeAnswer(500, '{"code":0}'), 'uncertain'],
  ])('%s', async (_, answer, kind) => {
    await using cloud = await scriptedCloud({ [LIST]: () => answer });
    const error = await failure(chenyu(cloud.origin).list(never));
    expect(error.kind).toBe(kind);
    expect(error.account).toBe('cy');
  });

  test('what the cloud says in msg is told to people, without the key and on one line', async () => {
    await using cloud = await scriptedCloud({ [LIST]: () => ({ code: 5, msg: `余额不足\n\u001b[2J key ${KEY}` }) });
    const { message } = await failure(chenyu(cloud.origin).list(never));
    expect(message).toContain('code 5: 余额不足');
    expect(message).not.toContain(KEY);
    expect(message).not.toContain('\n');
  });

  test('C2-29: code is looked at on the public list, too, and the key goes as Bearer', async () => {
    const path = '/api/open/v2/image/market/list';
    await using cloud = await scriptedCloud({
      [path]: () => ({ code: 5, msg: 'no', data: { image_list: [], total: 0 } }),
    });
    const provider = chenyu(cloud.origin);
    const read = provider.reads.find((operation) => operation.name === 'market-images');
    expect((await failure(Promise.resolve(read?.run({}, never)))).kind).toBe('rejected');
    expect(cloud.requests[0]?.authorization).toBe(`Bearer ${KEY}`);
  });
});

describe('the listing of v2', () => {
  test('C2-09: page and page_size are always sent, as plain digits', async () => {
    await using cloud = await scriptedCloud({ [LIST]: () => list('instance_list', [instanceRow()]) });
    const listing = await chenyu(cloud.origin).list(never);
    expect(listing).toMatchObject({ incomplete: null, startedAt: NOW, finishedAt: NOW });
    expect(listing.instances.map((instance) => instance.id)).toEqual(['inst_1']);
    expect(cloud.sent(LIST)).toEqual([{ page: '1', page_size: '100' }]);
  });

  test('C2-09: where paging is ignored, what was read is kept and said to be incomplete', async () => {
    await using cloud = await scriptedCloud({ [LIST]: () => list('instance_list', [instanceRow()], 3) });
    const listing = await chenyu(cloud.origin).list(never);
    expect([listing.instances.length, listing.incomplete]).toEqual([1, 'page-repeated']);
  });

  test('an empty list written as null is empty; a total beside it is believed more', async () => {
    let total = 0;
    await using cloud = await scriptedCloud({ [LIST]: () => list('instance_list', null, total) });
    const provider = chenyu(cloud.origin);
    expect(await provider.list(never)).toMatchObject({ instances: [], incomplete: null });
    total = 4;
    expect(await provider.list(never)).toMatchObject({ instances: [], incomplete: 'total-mismatch' });
  });

  test('a row without an id spoils the listing; one odd row costs itself', async () => {
    let rows: unknown[] = [instanceRow(), instanceRow({ instance_uuid: 'inst_2', status: 'up' })];
    await using cloud = await scriptedCloud({ [LIST]: () => list('instance_list', rows) });
    const provider = chenyu(cloud.origin);
    const odd = await provider.list(never);
    expect([odd.incomplete, odd.instances[1]?.status]).toEqual([null, 'unknown']);
    rows = [instanceRow(), { status: 2 }];
    expect((await provider.list(never)).incomplete).toBe('bad-rows');
  });

  test('who asks before it leaves shares a listing', async () => {
    await using cloud = await scriptedCloud({ [LIST]: () => list('instance_list', [instanceRow()]) });
    const provider = chenyu(cloud.origin);
    await Promise.all(Array.from({ length: 10 }, () => provider.list(never)));
    expect(cloud.requests.length).toBeLessThanOrEqual(2);
  });
});

describe('reading one instance of v2', () => {
  test('asks for it by id', async () => {
    await using cloud = await scriptedCloud({
      [INFO]: () => ({ code: 0, msg: '', data: instanceRow({ status: 21 }) }),
    });
    expect(await chenyu(cloud.origin).read('inst_1', never)).toMatchObject({ id: 'inst_1', status: 'stopping' });
    expect(cloud.sent(INFO)).toEqual([{ instance_uuid: 'inst_1' }]);
  });

  test('an answer about another one is not believed', async () => {
    await using cloud = await scriptedCloud({
      [INFO]: () => ({ code: 0, data: instanceRow({ instance_uuid: 'inst_9' }) }),
    });
    expect((await failure(chenyu(cloud.origin).read('inst_1', never))).kind).toBe('protocol');
  });

  test('a refusal proves nothing: a complete listing without it does, an incomplete one does not', async () => {
    let total = 1;
    await using cloud = await scriptedCloud({
      [INFO]: () => ({ code: 4, msg: '实例不存在' }),
      [LIST]: ({ query }) =>
        list('instance_list', query.page === '1' ? [instanceRow({ instance_uuid: 'inst_2' })] : [], total),
    });
    const provider = chenyu(cloud.origin);
    expect(await provider.read('inst_1', never)).toBeNull();
    expect(await provider.read('inst_2', never)).toMatchObject({ id: 'inst_2' });
    total = 2;
    expect((await failure(provider.read('inst_1', never))).kind).toBe('rejected');
  });

  test.each(['', 'a b', 'a,b', '列'])('an id %j is never sent', async (id) => {
    await using cloud = await scriptedCloud({});
    expect((await failure(chenyu(cloud.origin).read(id, never))).kind).toBe('rejected');
    expect(cloud.requests).toEqual([]);
  });
});

describe('money', () => {
  const day = 86_400;
  const card = (leave_amount: unknown, expireIn: number) => ({
    uuid: `c${expireIn}`,
    leave_amount,
    expire_date: Math.floor(NOW / 1000) + expireIn,
    card_no: '6222020200012345678',
  });

  test.each([
    ['88.50', 8850],
    [88.5, 8850],
    [0, 0],
    ['-3.20', -320],
  ])('C2-23, C1-04: a balance of %j is %j fen in both APIs', async (balance, fen) => {
    await using cloud = await scriptedCloud({
      [BALANCE]: () => ({ code: 0, data: { balance } }),
      [CARDS]: () => list('card_list', []),
      [V1_BALANCE]: () => ({ code: '0', result: { balance, cards: [] } }),
    });
    expect(await chenyu(cloud.origin).balance(never)).toEqual({ cashFen: fen, cardsFen: 0, at: NOW });
    expect(await chenyuV1(cloud.origin).balance(never)).toEqual({ cashFen: fen, cardsFen: 0, at: NOW });
  });

  test.each([null, undefined, '', 'many', { yuan: 3 }, '1.234', [], true])(
    'C2-23: a balance of %j is a failed read, never zero',
    async (balance) => {
      await using cloud = await scriptedCloud({
        [BALANCE]: () => ({ code: 0, data: { balance } }),
        [V1_BALANCE]: () => ({ code: '0', result: { balance, cards: [] } }),
      });
      expect((await failure(chenyu(cloud.origin).balance(never))).kind).toBe('protocol');
      expect((await failure(chenyuV1(cloud.origin).balance(never))).kind).toBe('protocol');
    },
  );

  test('C2-22: a card counts until 24 h before its date, beside the cash and not in it', async () => {
    const cards = [
      card(10.5, 3 * day),
      card('20.00', day + 60),
      card(40, day - 60),
      card(80, -day),
      card('x', 9 * day),
    ];
    await using cloud = await scriptedCloud({
      [BALANCE]: () => ({ code: 0, data: { balance: 5 } }),
      [CARDS]: () => list('card_list', cards),
    });
    expect(await chenyu(cloud.origin).balance(never)).toMatchObject({ cashFen: 500, cardsFen: 3050 });
  });

  test('cards that a key may not see do not hide the cash', async () => {
    await using cloud = await scriptedCloud({
      [BALANCE]: () => ({ code: 0, data: { balance: 5 } }),
      [CARDS]: () => ({ code: 403, msg: 'no' }),
    });
    expect(await chenyu(cloud.origin).balance(never)).toMatchObject({ cashFen: 500, cardsFen: 0 });
  });

  test('C1-14: cash and cards of v1 are kept apart, and a card without a readable date is not counted', async () => {
    const cards = [
      { uuid: 'a', leave_amount: 12.34, expire_date: '2026-12-31 23:59:59', pods: [{ uuid: 'p' }] },
      { uuid: 'b', leave_amount: 100, expire_date: '2019-08-24T14:15:22Z' },
      { uuid: 'c', leave_amount: 100 },
    ];
    await using cloud = await scriptedCloud({ [V1_BALANCE]: () => ({ code: '0', result: { balance: '1', cards } }) });
    expect(await chenyuV1(cloud.origin).balance(never)).toMatchObject({ cashFen: 100, cardsFen: 1234 });
  });
});

describe('images', () => {
  const IMAGES = '/api/open/v2/image/private/list';
  const instance = { id: 'inst_1' };
  test.each<[string, readonly (readonly [string, unknown])[], string]>([
    ['absent', [['other', 2]], 'absent'],
    ['saving', [['nightly', 1]], 'saving'],
    ['saved', [['nightly', 2]], 'saved'],
    ['failed', [['nightly', 3]], 'failed'],
    [
      'saved after a failed one',
      [
        ['nightly', 3],
        ['nightly', 2],
      ],
      'saved',
    ],
    ['in a state no page shows', [['nightly', 7]], 'saving'],
  ])('C2-15: an image that is %s', async (_, images, expected) => {
    const rows = images.map(([title, save_image_status], index) => ({ uuid: `m${index}`, title, save_image_status }));
    await using cloud = await scriptedCloud({
      [IMAGES]: () => list('image_list', rows),
      [LIST]: () => list('instance_list', [instanceRow()]),
    });
    const provider = chenyu(cloud.origin);
    const [of] = (await provider.list(never)).instances;
    if (of === undefined) throw new Error(`no ${instance.id}`);
    expect(await provider.savedImage('nightly', of, never)).toBe(expected);
  });

  test('C2-28: fewer images than the total: not to be found is not to be absent', async () => {
    await using cloud = await scriptedCloud({
      [IMAGES]: () => list('image_list', [{ uuid: 'm', title: 'other', save_image_status: 2 }], 12),
      [LIST]: () => list('instance_list', [instanceRow()]),
    });
    const provider = chenyu(cloud.origin);
    const [of] = (await provider.list(never)).instances;
    if (of === undefined) throw new Error('no instance');
    expect((await failure(provider.savedImage('nightly', of, never))).message).toContain('page-repeated');
  });
});

describe('reads for people', () => {
  test('C2-20: sizes are gigabytes here and bytes there; money is yuan, times are RFC 3339', async () => {
    await using cloud = await scriptedCloud({
      '/api/open/v2/image/private/list': () =>
        list('image_list', [{ uuid: 'm', title: 't', size: 12.5, create_time: 1_767_225_600 }]),
      '/api/open/v2/image/market/list': () =>
        list('image_list', [{ uuid: 'm', size: 8_589_934_592, components: { CUDA: '11.8' } }]),
      '/api/open/v2/gpu/list': () =>
        list('gpu_list', [{ gpu_uuid: 'g', gpu_name: '4090', price: { hour: 5.5, week: '800.00' } }]),
    });
    const { reads } = chenyu(cloud.origin);
    const run = (name: string, argument?: unknown) => reads.find((read) => read.name === name)?.run(argument, never);
    expect(await run('private-images')).toMatchObject({
      items: [{ sizeGigabytes: 12.5, createdAt: '2026-01-01T00:00:00.000Z' }],
      incomplete: null,
    });
    expect(await run('market-images', { page: 2 })).toMatchObject({
      items: [{ sizeBytes: 8_589_934_592, components: { CUDA: '11.8' } }],
    });
    expect(await run('gpus')).toMatchObject({
      items: [{ gpuUuid: 'g', hourlyYuan: '5.50', weeklyYuan: '800.00', dailyYuan: null }],
    });
    expect(cloud.sent('/api/open/v2/image/market/list')).toEqual([{ page: '2', page_size: '20' }]);
  });

  test('C2-18, C2-19: bills are asked for with plain digits and name no instance', async () => {
    const bill = {
      amount: 1.5,
      charge_channel: 1,
      order_number: 'n',
      settle_start_time: 1_767_225_600,
      remark: 'inst_1?',
    };
    await using cloud = await scriptedCloud({ '/api/open/v2/bill/list': () => list('order_list', [bill], 41) });
    const read = chenyu(cloud.origin).reads.find((operation) => operation.name === 'bills');
    expect(await read?.run({ page: 3, charge_channel: 1 }, never)).toEqual({
      items: [
        {
          amountYuan: '1.50',
          chargeChannel: 1,
          orderNumber: 'n',
          orderedAt: null,
          settledFromAt: '2026-01-01T00:00:00.000Z',
          settledToAt: null,
          remark: 'inst_1?',
        },
      ],
      total: 41,
    });
    expect(cloud.sent('/api/open/v2/bill/list')).toEqual([{ page: '3', page_size: '20', charge_channel: '1' }]);
  });

  test('C2-21: cards of both APIs by their own fields, the number masked', async () => {
    const both = { uuid: 'c', card_no: '6222020200012345678', leave_amount: 1 };
    await using cloud = await scriptedCloud({
      [CARDS]: () => list('card_list', [{ ...both, face_amount: 9.9, expire_date: 1_767_225_600 }]),
      [V1_BALANCE]: () => ({
        code: '0',
        result: { balance: '1', cards: [{ ...both, face_price: 9.9, expire_date: '2026-01-01 08:00:00' }] },
      }),
    });
    for (const provider of [chenyu(cloud.origin), chenyuV1(cloud.origin)]) {
      const answer = await provider.reads.find((operation) => operation.name === 'cards')?.run(undefined, never);
      expect(answer).toMatchObject({
        items: [{ faceYuan: '9.90', expiresAt: '2026-01-01T00:00:00.000Z', cardNumber: '…5678' }],
      });
      expect(JSON.stringify(answer)).not.toContain('622202');
    }
  });

  test('pages nobody documented: the only list in the answer is the list', async () => {
    await using cloud = await scriptedCloud({
      '/api/open/v2/pod/list': () => list('whatever_list', [{ uuid: 'p', title: 'ComfyUI' }]),
      '/api/open/v2/recharge/list': () => list('rows', [{ amount: '100.00' }]),
    });
    const { reads } = chenyu(cloud.origin);
    expect(await reads.find((read) => read.name === 'pods')?.run({}, never)).toMatchObject({ items: [{ uuid: 'p' }] });
    expect(await reads.find((read) => read.name === 'recharges')?.run({}, never)).toMatchObject({
      items: [{ amountYuan: '100.00' }],
    });
  });

  test('C1-08, C1-04: v1 goes by path and title; totals are texts', async () => {
    await using cloud = await scriptedCloud({
      '/api/v1/finances/bill': () => items([{ order_no: 'b', occurred_amount: 0.29, show: '扣费' }], '12'),
      '/api/v1/finances/recharge': () => items([{ out_trade_no: 'r', amount: 100, pay_time: '2026-01-01 08:00:00' }]),
      '/api/v1/app/list': () => items([{ uuid: 'p', title: 'ComfyUI', image_tags: 'v1,v2', status: 0 }]),
      '/api/v1/gpu/models': () => ({
        code: '0',
        result: { total: '1', no_card_price: 0.1, items: [{ uuid: 'g', title: '4090', price: '1.98' }] },
      }),
    });
    const { reads } = chenyuV1(cloud.origin);
    const run = (name: string, argument?: unknown) => reads.find((read) => read.name === name)?.run(argument, never);
    expect(await run('bills')).toMatchObject({ items: [{ orderNumber: 'b', amountYuan: '0.29' }], total: 12 });
    expect(await run('recharges', { kw: 'r' })).toMatchObject({
      items: [{ orderNumber: 'r', amountYuan: '100.00', paidAt: '2026-01-01T00:00:00.000Z' }],
    });
    expect(await run('pods')).toMatchObject({ items: [{ uuid: 'p', status: 0 }] });
    expect(await run('gpus')).toMatchObject({ items: [{ uuid: 'g', priceYuan: '1.98' }], cardlessPriceYuan: '0.10' });
    expect(cloud.sent('/api/v1/finances/recharge')).toEqual([{ page: 1, page_size: 20, kw: 'r' }]);
  });

  test('an argument that no endpoint takes is refused before anything is sent', async () => {
    await using cloud = await scriptedCloud({});
    const { reads } = chenyu(cloud.origin);
    for (const [name, argument] of [
      ['bills', { from: '2026-01-01' }],
      ['bills', { page: 0 }],
      ['gpus', { page: 1 }],
      ['instance', {}],
      ['instance', { instance_uuid: '' }],
    ] as const) {
      await expect(reads.find((read) => read.name === name)?.run(argument, never)).rejects.toThrow(name);
    }
    expect(cloud.requests).toEqual([]);
  });

  test('no read of either API shows a password', async () => {
    await using cloud = await scriptedCloud({
      [LIST]: () => list('instance_list', [instanceRow()]),
      [INFO]: () => ({ code: 0, data: instanceRow() }),
      '/api/v1/app/instance/list': () => items([v1Row({ ssh_info: { password: 'canary-v1' } })]),
    });
    const v2 = chenyu(cloud.origin).reads;
    const answers = [
      await v2.find((read) => read.name === 'instances')?.run({}, never),
      await v2.find((read) => read.name === 'instance')?.run({ instance_uuid: 'inst_1' }, never),
      await chenyuV1(cloud.origin)
        .reads.find((read) => read.name === 'instances')
        ?.run({}, never),
    ];
    expect(JSON.stringify(answers)).toContain('inst_1');
    expect(JSON.stringify(answers)).not.toContain('canary');
  });
});
