import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Instance } from '../../src/fleet/instance.ts';
import type { ChenyuProvider } from '../../src/providers/chenyu/chenyu-provider.ts';
import type { ChenyuV1Provider } from '../../src/providers/chenyu-v1/chenyu-v1-provider.ts';
import type { Provider } from '../../src/providers/port.ts';
import { GPU_MODELS, PODS } from '../../src/simulator/catalogue.ts';
import type { FaultSpec } from '../../src/simulator/faults.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { chenyu, chenyuV1, go, KEY, NOW, never, StillClock } from './chenyu-support/account.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

let clock: StillClock;
let cloud: Simulator;
let v2: ChenyuProvider;
let v1: ChenyuV1Provider;

/** Five instances in pages of two: every walk has pages. */
const ids = ['i1', 'i2', 'i3', 'i4', 'i5'];

beforeEach(async () => {
  clock = new StillClock();
  const instances = ids.map((id, index) => ({
    id,
    createdAt: NOW - HOUR,
    ...(index === 4 ? { status: 'stopped' as const } : {}),
  }));
  const account = { name: 'cy', token: KEY, balanceFen: 50_000, pageLimit: 2 };
  const made = (provider: 'chenyu' | 'chenyu-v1') =>
    new Simulator({ clock, accounts: [{ ...account, provider, instances }] });
  cloud = made('chenyu');
  second = made('chenyu-v1');
  await Promise.all([cloud.start(), second.start()]);
  v2 = chenyu(cloud.origin, {}, clock);
  v1 = chenyuV1(second.origin, {}, clock);
});

let second: Simulator;

afterEach(async () => {
  await Promise.all([v2.close(), v1.close()]);
  await Promise.all([cloud.stop(), second.stop()]);
});

async function known(provider: Provider, id: string): Promise<Instance> {
  const instance = await provider.read(id, never);
  if (instance === null) throw new Error(`no ${id}`);
  return instance;
}

async function statusOf(provider: Provider, id: string): Promise<string> {
  return (await known(provider, id)).status;
}

describe('v2 over the wire', () => {
  test('C2-09: a cloud that serves smaller pages than asked for is read to the end', async () => {
    const listing = await v2.list(never);
    expect([listing.incomplete, listing.instances.map((instance) => instance.id).sort()]).toEqual([null, ids]);
    expect(listing.serverTimeAt).toBe(Math.floor(NOW / 1000) * 1000);
  });

  test.each<[FaultSpec, unknown]>([
    [{ kind: 'partial-page', operation: 'list' }, 'total-mismatch'],
    [{ kind: 'repeat-page', operation: 'list', times: 5 }, 'page-repeated'],
    [{ kind: 'wrong-total', by: 1, operation: 'list', skip: 1 }, 'total-changed'],
    [{ kind: 'html', operation: 'list', skip: 1 }, 'page-failed'],
    [{ kind: 'truncated', operation: 'list', skip: 2 }, 'page-failed'],
    [{ kind: 'bad-row', operation: 'list', keepId: false }, 'bad-rows'],
    [{ kind: 'bad-row', operation: 'list', keepId: true }, null],
    [{ kind: 'status-word', word: 23, operation: 'list' }, null],
    [{ kind: 'lost-answer', operation: 'list' }, null],
    [{ kind: 'http-status', status: 503, operation: 'list', skip: 1 }, null],
  ])('a listing with %j is %j', async (fault, incomplete) => {
    cloud.faults.add(fault);
    expect((await v2.list(never)).incomplete).toBe(incomplete);
  });

  test('C2-08: a bad row and a new number make that instance unknown and leave the others alone', async () => {
    cloud.faults.add({ kind: 'status-word', word: 25, operation: 'list' });
    const { instances } = await v2.list(never);
    expect(instances.map((instance) => [instance.status, instance.rawStatus]).slice(0, 2)).toEqual([
      ['unknown', '25'],
      ['running', '2'],
    ]);
  });

  test('stop and start, seen through', async () => {
    expect((await v2.act('i1', { kind: 'stop' }, go)).kind).toBe('accepted');
    expect(await statusOf(v2, 'i1')).toBe('stopping');
    clock.advance(MINUTE);
    expect(await statusOf(v2, 'i1')).toBe('stopped');
    expect((await v2.act('i1', { kind: 'stop' }, go)).kind).toBe('rejected');
    expect((await v2.act('i1', { kind: 'start', stopMode: 'normal' }, go)).kind).toBe('accepted');
    expect(await statusOf(v2, 'i1')).toBe('starting');
    clock.advance(MINUTE);
    expect(await known(v2, 'i1')).toMatchObject({ status: 'running', gpuCount: 1 });
    expect((await v2.act('i1', { kind: 'restart' }, go)).kind).toBe('accepted');
    expect(await statusOf(v2, 'i1')).toBe('restarting');
  });

  test('C2-14: a start without a free GPU is accepted and falls back to stopped', async () => {
    const fallingBack = new Simulator({
      clock,
      accounts: [
        {
          name: 'cy',
          provider: 'chenyu',
          token: KEY,
          balanceFen: 50_000,
          instances: [{ id: 'i1', status: 'stopped', createdAt: NOW - HOUR }],
        },
      ],
      rules: { outOfStock: 'fall-back' },
    });
    await fallingBack.start();
    const provider = chenyu(fallingBack.origin, {}, clock);
    const { gpuType } = await known(provider, 'i1');
    fallingBack.account('cy').outOfStock.add(gpuType);
    expect((await provider.act('i1', { kind: 'start', stopMode: 'normal' }, go)).kind).toBe('accepted');
    expect(await statusOf(provider, 'i1')).toBe('starting');
    clock.advance(MINUTE);
    expect(await statusOf(provider, 'i1')).toBe('stopped');
    await provider.close();
    await fallingBack.stop();
  });

  test('C2-01, C2-02, C2-05: the timer reads back as armed, fires, and can be taken back', async () => {
    const at = NOW + HOUR;
    await v2.act('i1', { kind: 'shutdown-timer', at }, go);
    await v2.act('i2', { kind: 'shutdown-timer', at }, go);
    const armed = (await known(v2, 'i1')).shutdownTimerAt;
    expect(armed !== null && Math.abs(armed - at) < MINUTE).toBe(true);
    await v2.act('i2', { kind: 'shutdown-timer', at: null }, go);
    expect((await known(v2, 'i2')).shutdownTimerAt).toBeNull();
    clock.advance(HOUR + MINUTE);
    expect([await statusOf(v2, 'i1'), await statusOf(v2, 'i2')]).toEqual(['stopped', 'running']);
  });

  test('C2-15: an image is saved, and the instance is shut down by it', async () => {
    const instance = await known(v2, 'i1');
    expect(await v2.savedImage('nightly', instance, never)).toBe('absent');
    expect((await v2.act('i1', { kind: 'snapshot', name: 'nightly' }, go)).kind).toBe('accepted');
    expect((await known(v2, 'i1')).savingImage).toBe(true);
    expect(await v2.savedImage('nightly', instance, never)).toBe('saving');
    clock.advance(10 * MINUTE);
    expect(await v2.savedImage('nightly', instance, never)).toBe('saved');
    expect(await known(v2, 'i1')).toMatchObject({ status: 'stopped', savingImage: false });
  });

  test('C2-07, C2-25: what was created is found by the id that the answer named', async () => {
    const order = v2.parseOrder({ pod_uuid: PODS[0]?.uuid, gpu_uuid: GPU_MODELS[0]?.uuid, gpu_nums: 2 });
    const outcome = await v2.act('slot', { kind: 'create', order }, go);
    if (outcome.kind !== 'accepted' || outcome.orderId === null) throw new Error(`it is ${outcome.kind}`);
    expect(await known(v2, outcome.orderId)).toMatchObject({
      status: 'unknown',
      rawStatus: '1',
      gpuCount: 2,
      orderId: outcome.orderId,
    });
    clock.advance(5 * MINUTE);
    expect(await statusOf(v2, outcome.orderId)).toBe('running');
  });

  test('C2-25: a creation whose answer is lost is uncertain and is not repeated', async () => {
    cloud.faults.add({ kind: 'lost-answer', operation: 'create' });
    const order = v2.parseOrder({ pod_uuid: PODS[0]?.uuid, gpu_uuid: GPU_MODELS[0]?.uuid, gpu_nums: 1 });
    expect((await v2.act('slot', { kind: 'create', order }, go)).kind).toBe('uncertain');
    clock.advance(MINUTE);
    expect((await v2.list(never)).instances.length).toBe(ids.length + 1);
  });

  test('an instance that does not exist', async () => {
    expect(await v2.read('nowhere', never)).toBeNull();
    expect((await v2.act('nowhere', { kind: 'stop' }, go)).kind).toBe('rejected');
  });

  test('every read for people answers', async () => {
    for (const read of v2.reads) {
      const answer = await read.run(read.name === 'instance' ? { instance_uuid: 'i1' } : {}, never);
      expect([read.name, typeof answer]).toEqual([read.name, 'object']);
    }
  });

  test('C1-15: a wrong key is unauthorised everywhere', async () => {
    cloud.faults.add({ kind: 'unauthorised', times: 4 });
    await expect(v2.list(never)).rejects.toMatchObject({ kind: 'unauthorised' });
    await expect(v2.read('i1', never)).rejects.toMatchObject({ kind: 'unauthorised' });
    await expect(v2.balance(never)).rejects.toMatchObject({ kind: 'unauthorised' });
    expect((await v2.act('i1', { kind: 'stop' }, go)).kind).toBe('unauthorised');
  });
});

describe('v1 over the wire', () => {
  test('C1-05: five queries make one complete listing', async () => {
    const listing = await v1.list(never);
    expect([listing.incomplete, listing.instances.map((instance) => instance.id).sort()]).toEqual([null, ids]);
    expect(listing.instances.every((instance) => instance.hourlyFen !== null)).toBe(true);
  });

  test('C1-02: a stop takes effect when it said, and not before', async () => {
    const outcome = await v1.act('i1', { kind: 'stop' }, go);
    if (outcome.kind !== 'accepted' || outcome.effectiveAt === null) throw new Error(`it is ${outcome.kind}`);
    expect(outcome.effectiveAt - clock.now()).toBeGreaterThanOrEqual(7 * MINUTE);
    clock.advance(outcome.effectiveAt - clock.now() - 1000);
    expect(await statusOf(v1, 'i1')).toBe('running');
    clock.advance(2 * MINUTE);
    expect(await statusOf(v1, 'i1')).toBe('stopped');
  });

  test('C1-11: a stop can be taken back before it fires', async () => {
    await v1.act('i1', { kind: 'stop' }, go);
    expect((await v1.act('i1', { kind: 'shutdown-timer', at: null }, go)).kind).toBe('accepted');
    clock.advance(HOUR);
    expect(await statusOf(v1, 'i1')).toBe('running');
  });

  test('C1-01: destroy destroys, and shows as destroyed and then as gone', async () => {
    await v1.list(never);
    expect((await v1.act('i5', { kind: 'destroy' }, go)).kind).toBe('accepted');
    expect(await statusOf(v1, 'i5')).toBe('destroyed');
    const listing = await v1.list(never);
    expect([listing.incomplete, listing.instances.length]).toEqual([null, 4]);
  });

  test('C1-13, C1-18: create, start and restart are held to what is read afterwards', async () => {
    const argument = { pod_uuid: PODS[0]?.uuid, image_tag: 'v2.0', gpu_model_uuid: GPU_MODELS[0]?.uuid, auto_start: 0 };
    const outcome = await v1.act('slot', { kind: 'create', order: v1.parseOrder(argument) }, go);
    if (outcome.kind !== 'accepted' || outcome.orderId === null) throw new Error(`it is ${outcome.kind}`);
    clock.advance(MINUTE);
    expect(await statusOf(v1, outcome.orderId)).toBe('creating');
    expect((await v1.act(outcome.orderId, { kind: 'start', stopMode: 'unknown' }, go)).kind).toBe('accepted');
    expect(await statusOf(v1, outcome.orderId)).toBe('starting');
    clock.advance(5 * MINUTE);
    expect(await statusOf(v1, outcome.orderId)).toBe('running');
    expect((await v1.act(outcome.orderId, { kind: 'restart' }, go)).kind).toBe('accepted');
  });

  test.each<[FaultSpec, unknown]>([
    [{ kind: 'partial-page', operation: 'list' }, 'total-mismatch'],
    [{ kind: 'repeat-page', operation: 'list', times: 9 }, 'page-repeated'],
    [{ kind: 'html', operation: 'list', skip: 3 }, 'page-failed'],
    [{ kind: 'bad-row', operation: 'list', keepId: false }, 'bad-rows'],
    [{ kind: 'lost-answer', operation: 'list' }, null],
  ])('a listing with %j is %j', async (fault, incomplete) => {
    second.faults.add(fault);
    expect((await v1.list(never)).incomplete).toBe(incomplete);
  });

  test('every read for people answers', async () => {
    for (const read of v1.reads) {
      const answer = await read.run(read.name === 'instance' ? { instance_uuid: 'i1' } : {}, never);
      expect([read.name, typeof answer]).toEqual([read.name, 'object']);
    }
  });
});

test('C2-27: every endpoint of v2 says which page it was written from', () => {
  const source = readFileSync('src/providers/chenyu/chenyu-api.ts', 'utf8');
  const methods = source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(\w+)\(/g);
  const pages = [...methods].map(([, text = '', name = '']) => [
    name,
    /enterprise\.chenyu\.cn|chenyu\.mintlify\.app|introduction|preview host/.test(text),
  ]);
  const named = pages.filter(([name]) => typeof name === 'string' && !name.startsWith('#'));
  expect(named.length).toBe(17);
  expect(named.filter(([, known]) => known !== true)).toEqual([]);
});
