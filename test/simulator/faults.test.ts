import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/simulator/random.ts';
import { Bed, DAY, HOUR, HXY, MINUTE, NOON } from './bed.ts';

let bed: Bed;
beforeEach(async () => {
  bed = new Bed();
  await bed.sim.start();
});
afterEach(() => bed.sim.stop());

const renew = () => bed.hxy('/gpu/instances/renew', { gid: 'gpu-daily', pay_period: 1 });
const list = () => bed.hxy('/gpu/instances/list');
const page = (number: string) => bed.cyGet('/instance/list', { page: number, page_size: '2' });
const hxy = () => bed.sim.account('hxy');
const daily = () => hxy().instance('gpu-daily').expiresAt;

describe('between effect and answer', () => {
  test('lost answer: committed, not told', async () => {
    bed.sim.faults.add({ kind: 'lost-answer', operation: 'renew' });
    const answered = once(bed.sim.events, 'answer');
    await expect(renew()).rejects.toThrow();
    await answered;
    expect(daily()).toBe(NOON + 6 * HOUR + DAY);
    expect(hxy().calls).toMatchObject([{ operation: 'renew', fault: 'lost-answer', answered: false, status: null }]);
    expect((await renew()).status).toBe(200);
    expect(hxy().commits).toHaveLength(2);
  });

  test('reset: nothing happened', async () => {
    bed.sim.faults.add({ kind: 'reset', operation: 'renew' });
    await expect(renew()).rejects.toThrow();
    expect(hxy().commits).toEqual([]);
  });

  test.each(['http-status', 'html', 'empty-object'] as const)('%s with and without effect', async (kind) => {
    const spec = kind === 'http-status' ? { kind, status: 502 } : { kind };
    bed.sim.faults.add({ ...spec, operation: 'renew' });
    bed.sim.faults.add({ ...spec, operation: 'renew', effect: 'now' });
    const first = await renew();
    expect(first.status).toBe(kind === 'http-status' ? 502 : 200);
    if (kind === 'empty-object') expect(first.body).toEqual({});
    else expect(first.text).toContain('<html');
    expect(hxy().commits).toHaveLength(0);
    await renew();
    expect(hxy().commits).toHaveLength(1);
  });

  test('an effect that comes later by the clock, answered as done', async () => {
    bed.sim.faults.add({ kind: 'delayed-effect', delayMs: 20 * MINUTE, operation: 'renew' });
    expect((await renew()).body).toEqual({ fails: [], success: ['gpu-daily'] });
    expect(hxy().commits).toEqual([]);
    bed.clock.pass(20 * MINUTE);
    const committed = once(bed.sim.events, 'commit');
    bed.sim.settle();
    expect(await committed).toMatchObject([{ kind: 'renew', at: NOON + 20 * MINUTE, callSeq: hxy().calls[0]?.seq }]);
  });

  test('a late purchase keeps the order it was answered with', async () => {
    bed.sim.faults.add({ kind: 'delayed-effect', delayMs: MINUTE, operation: 'buy-application' });
    const { body } = await bed.hxy('/gpu/application/buy', { num: 1, pay_unit: 4, app_type: 'comfyui' });
    bed.clock.pass(HOUR);
    expect(body).toMatchObject({ success: [{ order_uid: hxy().commits[0]?.orderUid }] });
  });

  test('hang: released as if nothing had been wrong', async () => {
    const fault = bed.sim.faults.add({ kind: 'hang', operation: 'renew' });
    const called = once(bed.sim.events, 'call');
    const reply = renew();
    await called;
    expect(hxy().commits).toEqual([]);
    fault.release();
    expect((await reply).body).toEqual({ fails: [], success: ['gpu-daily'] });
    expect(fault.hits).toBe(1);
  });

  test('hang: the effect may be at once or later, and the caller may hang up', async () => {
    bed.sim.faults.add({ kind: 'hang', operation: 'renew', effect: 'now' });
    bed.sim.faults.add({ kind: 'hang', operation: 'renew', effect: { afterMs: MINUTE } });
    for (const commits of [1, 1]) {
      const hangUp = new AbortController();
      const [called, answered] = [once(bed.sim.events, 'call'), once(bed.sim.events, 'answer')];
      const reply = bed.send('/gpu/instances/renew', {
        method: 'POST',
        headers: { authorization: HXY.token },
        body: '{"gid":"gpu-daily","pay_period":1}',
        signal: hangUp.signal,
      });
      const broken = expect(reply).rejects.toThrow();
      await called;
      hangUp.abort();
      await broken;
      await answered;
      expect(hxy().commits).toHaveLength(commits);
    }
    bed.clock.pass(MINUTE);
    expect(hxy().commits).toHaveLength(2);
  });
});

describe('refusals of the road', () => {
  test('throttled with the given Retry-After', async () => {
    bed.sim.faults.add({ kind: 'throttled', retryAfter: '1e12' });
    const reply = await list();
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, '1e12']);
  });

  test('redirect, and whether anybody follows it', async () => {
    bed.sim.faults.add({ kind: 'redirect' });
    const reply = await renew();
    expect([reply.status, reply.headers.get('location')]).toEqual([307, `${bed.sim.origin}/redirected`]);
    await bed.send('/redirected', { method: 'POST' });
    expect(bed.sim.calls.at(-1)).toMatchObject({ operation: 'unknown', path: '/redirected', authorised: false });
  });

  test('unauthorised in each API’s way', async () => {
    bed.sim.faults.add({ kind: 'unauthorised', times: 3 });
    expect((await list()).status).toBe(401);
    expect((await page('1')).body).toMatchObject({ code: 2 });
    expect((await bed.cy1('/gpu/models')).body).toMatchObject({ code: '2' });
  });

  test('refused: nothing happens, and each API says so', async () => {
    bed.sim.faults.add({ kind: 'refused', times: 4 });
    expect((await renew()).body).toEqual({ fails: ['gpu-daily'], success: [] });
    expect((await list()).status).toBe(400);
    const shutdown = await bed.cy('/instance/shutdown', { instance_uuid: 'inst_a' });
    expect(shutdown.body).toEqual({ code: 5, msg: '实例当前状态不支持该操作' });
    expect((await bed.cy1('/gpu/models')).body).toMatchObject({ code: '5' });
    expect(hxy().commits).toEqual([]);
    expect(bed.sim.account('cy').effects).toEqual([]);
  });

  test('system fault: code -2, with or without effect', async () => {
    bed.sim.faults.add({ kind: 'system-fault' });
    bed.sim.faults.add({ kind: 'system-fault', effect: 'now', times: 2 });
    const shutdown = () => bed.cy('/instance/shutdown', { instance_uuid: 'inst_a' });
    expect((await shutdown()).body).toEqual({ code: -2, msg: '系统异常' });
    expect(bed.sim.account('cy').effects).toEqual([]);
    expect((await shutdown()).body).toEqual({ code: -2, msg: '系统异常' });
    expect(bed.sim.account('cy').instance('inst_a').status).toBe('stopping');
    expect((await renew()).status).toBe(500);
    expect(hxy().commits).toHaveLength(1);
  });

  test('a whole account down, breaking off or hanging', async () => {
    hxy().down = true;
    await expect(list()).rejects.toThrow();
    hxy().down = 'hang';
    await expect(
      bed.send('/gpu/instances/list', {
        method: 'POST',
        headers: { authorization: HXY.token },
        signal: AbortSignal.timeout(50),
      }),
    ).rejects.toThrow(/timeout/i);
    expect((await page('1')).status).toBe(200);
    hxy().down = false;
    expect((await list()).status).toBe(200);
  });
});

describe('listings', () => {
  test('partial page, wrong total, empty list', async () => {
    bed.sim.faults.add({ kind: 'partial-page', drop: 2 });
    bed.sim.faults.add({ kind: 'wrong-total' });
    bed.sim.faults.add({ kind: 'empty-list' });
    expect((await list()).body).toMatchObject({ total: '5', items: [{}, {}, {}] });
    expect((await list()).body).toMatchObject({ total: '6', items: [{}, {}, {}, {}, {}] });
    expect((await list()).body).toEqual({ total: '0', items: [] });
    expect((await list()).body).toMatchObject({ total: '5' });
  });

  test('page 2 repeats page 1', async () => {
    bed.sim.faults.add({ kind: 'repeat-page', account: 'cy', skip: 1 });
    const first = await page('1');
    expect((await page('2')).body).toEqual(first.body);
  });

  test('a bad row with and without its id, an unknown status', async () => {
    bed.sim.faults.add({ kind: 'bad-row', row: 1 });
    bed.sim.faults.add({ kind: 'bad-row', keepId: false });
    bed.sim.faults.add({ kind: 'status-word', word: 'Booting' });
    bed.sim.faults.add({ kind: 'status-word', word: 77, all: true, account: 'cy' });
    const bad = await list();
    expect(bad.body).toHaveProperty('items.1.gid', 'gpu-daily');
    expect(bad.body).toHaveProperty('items.1.status', { broken: true });
    expect((await list()).body).toHaveProperty('items.0', 'row lost');
    expect((await list()).body).toHaveProperty('items.0.status', 'Booting');
    expect((await page('1')).body).toMatchObject({ data: { instance_list: [{ status: 77 }, { status: 77 }] } });
    expect((await list()).body).toHaveProperty('items.0.status', 'Running');
  });

  test('words that last can be set on the instance', async () => {
    Object.assign(hxy().instance('gpu-daily'), { statusWord: 'Booting', billingWord: 'Week', expireText: 'soon' });
    const { body } = await list();
    expect(body).toHaveProperty('items.1.status', 'Booting');
    expect(body).toHaveProperty('items.1.pay_method', 'Week');
    expect(body).toHaveProperty('items.1.expire_at', 'soon');
  });
});

test('the lists of an action can lie', async () => {
  bed.sim.faults.add({ kind: 'wrong-id', id: 'gpu-other' });
  bed.sim.faults.add({ kind: 'both-lists' });
  bed.sim.faults.add({ kind: 'neither-list' });
  expect((await list()).status).toBe(200);
  expect((await renew()).body).toEqual({ success: ['gpu-other'], fails: [] });
  expect((await renew()).body).toEqual({ success: ['gpu-daily'], fails: ['gpu-daily'] });
  expect((await renew()).body).toEqual({ success: [], fails: [] });
});

describe('bodies', () => {
  test('truncated: cut, without a length, and the connection closed', async () => {
    bed.sim.faults.add({ kind: 'truncated', bytes: 12 });
    const reply = await list();
    expect(reply.text).toBe('{"items":[{"');
    expect(reply.headers.get('content-length')).toBeNull();
    expect(reply.headers.get('transfer-encoding')).toBeNull();
    expect(reply.headers.get('connection')).toBe('close');
  });

  test('slow drip: in small pieces', async () => {
    bed.sim.faults.add({ kind: 'slow-drip', chunkBytes: 400, everyMs: 1 });
    const asked = request(`${bed.sim.origin}/gpu/instances/list`, {
      method: 'POST',
      headers: { authorization: HXY.token },
    }).end();
    const [response] = await once(asked, 'response');
    let pieces = 0;
    response.on('data', () => {
      pieces += 1;
    });
    expect(JSON.parse(await text(response))).toMatchObject({ total: '5' });
    expect(pieces).toBeGreaterThan(3);
  });

  test('huge body', async () => {
    bed.sim.faults.add({ kind: 'huge-body', bytes: 3_000_000 });
    expect((await list()).text.length).toBeGreaterThan(3_000_000);
  });
});

describe('choosing', () => {
  test('by account, operation, count and skip', async () => {
    const fault = bed.sim.faults.add({
      kind: 'http-status',
      status: 500,
      account: 'hxy',
      operation: ['list', 'renew'],
      times: 2,
      skip: 1,
    });
    const seen = [];
    for (const ask of [list, () => page('1'), renew, () => bed.hxy('/gpu/product/list'), list, list]) {
      seen.push((await ask()).status);
    }
    expect(seen).toEqual([200, 200, 500, 200, 500, 200]);
    expect(fault.hits).toBe(2);
  });

  test('a fault without end ends when removed', async () => {
    const fault = bed.sim.faults.add({ kind: 'http-status', status: 500, times: Number.POSITIVE_INFINITY });
    expect([(await list()).status, (await list()).status]).toEqual([500, 500]);
    fault.remove();
    expect((await list()).status).toBe(200);
  });

  test('chaos spoils about its share, and the same requests for the same seed', async () => {
    const run = async () => {
      const other = new Bed({ random: seededRandom(5) });
      await other.sim.start();
      const chaos = other.sim.faults.chaos({
        rate: 0.3,
        kinds: [{ kind: 'http-status', status: 503 }, { kind: 'html' }, { kind: 'empty-list' }],
      });
      for (let index = 0; index < 200; index += 1) await other.hxy('/gpu/product/list');
      chaos.remove();
      await other.hxy('/gpu/product/list');
      await other.sim.stop();
      return other.sim.calls.map((call) => call.fault);
    };
    const [first, second] = [await run(), await run()];
    expect(second).toEqual(first);
    const spoilt = first.filter((fault) => fault !== null);
    expect(spoilt.length).toBeGreaterThan(35);
    expect(spoilt.length).toBeLessThan(90);
    expect(new Set(spoilt)).toEqual(new Set(['http-status', 'html']));
    expect(first.at(-1)).toBeNull();
  });
});
