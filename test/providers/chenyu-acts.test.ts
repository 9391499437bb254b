import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { offers } from '../../src/fleet/action.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import { toShanghaiText } from '../../src/providers/chenyu/times.ts';
import { CenterAiApi } from '../../src/providers/chenyu-v1/center-ai-api.ts';
import type { Provider } from '../../src/providers/port.ts';
import { chenyu, chenyuV1, go, NOW, never, StillClock } from './chenyu-support/account.ts';
import { instanceRow, v1Row } from './chenyu-support/rows.ts';
import { type Script, type ScriptedCloud, scriptedCloud, WholeAnswer } from './chenyu-support/scripted-cloud.ts';

const V2 = '/api/open/v2/instance/';
const V1 = '/api/v1/app/instance/';

const PATHS = [
  `${V2}shutdown`,
  `${V2}startup`,
  `${V2}restart`,
  `${V2}save_image`,
  `${V2}shutdown_timer`,
  `${V2}create_by_pod`,
  `${V2}create_by_image`,
  `${V1}start`,
  `${V1}restart`,
  `${V1}scheduled/shutdown`,
  `${V1}stop`,
  `${V1}create`,
];

/** Both clouds, answering every action in the same way. */
function cloudThat(answers: Script): Promise<ScriptedCloud> {
  return scriptedCloud(Object.fromEntries(PATHS.map((path) => [path, answers])));
}

const POD = { pod_uuid: 'pod_1', gpu_uuid: 'gpu_1', gpu_nums: 2 };
const IMAGE = { image_uuid: 'img_1', gpu_uuid: 'gpu_1', gpu_nums: 1 };
const V1_ORDER = { pod_uuid: 'pod_1', image_tag: 'v1', gpu_model_uuid: 'g', auto_start: 0 };

describe('what v2 is sent', () => {
  const at = NOW + 3_600_000;
  test.each<[string, ActionCall, string, Record<string, unknown>]>([
    ['C2-04: stop is the shutdown, never the timer', { kind: 'stop' }, 'shutdown', { instance_uuid: 'i' }],
    ['C2-13: start names no GPU', { kind: 'start', stopMode: 'unknown' }, 'startup', { instance_uuid: 'i' }],
    ['restart', { kind: 'restart' }, 'restart', { instance_uuid: 'i' }],
    [
      'C2-15: a snapshot has a name and a remark',
      { kind: 'snapshot', name: 'nightly-0302' },
      'save_image',
      { instance_uuid: 'i', image_name: 'nightly-0302', remark: 'lamplighter, of i' },
    ],
    [
      'C2-01, C2-03: a timer is Unix seconds with enable',
      { kind: 'shutdown-timer', at },
      'shutdown_timer',
      { instance_uuid: 'i', enable: true, shutdown_time: Math.ceil(at / 1000) },
    ],
    [
      'C2-02: cancelling says it in both ways',
      { kind: 'shutdown-timer', at: null },
      'shutdown_timer',
      { instance_uuid: 'i', enable: false, shutdown_time: 0 },
    ],
    ['C2-06: create sends gpu_nums and no auto_start', { kind: 'create', order: POD }, 'create_by_pod', POD],
    ['create from an image', { kind: 'create', order: IMAGE }, 'create_by_image', IMAGE],
  ])('%s', async (_, call, path, body) => {
    await using cloud = await cloudThat(() => ({
      code: 0,
      msg: '',
      data: instanceRow({ instance_uuid: 'new', status: 1 }),
    }));
    const outcome = await chenyu(cloud.origin).act('i', call, go);
    expect(outcome.kind).toBe('accepted');
    expect(cloud.requests.map((request) => [request.method, request.path])).toEqual([['POST', V2 + path]]);
    expect(cloud.sent(V2 + path)).toEqual([body]);
  });

  test('a timer tells when it fires, a cancelled one does not', async () => {
    await using cloud = await cloudThat(() => ({ code: 0, msg: '操作成功' }));
    const provider = chenyu(cloud.origin);
    expect(await provider.act('i', { kind: 'shutdown-timer', at }, go)).toMatchObject({ effectiveAt: at + 500 });
    expect(await provider.act('i', { kind: 'shutdown-timer', at: null }, go)).toMatchObject({ effectiveAt: null });
  });

  test('C2-05: the same absolute time may be armed again', async () => {
    await using cloud = await cloudThat(() => ({ code: 0, msg: '' }));
    const provider = chenyu(cloud.origin);
    await provider.act('i', { kind: 'shutdown-timer', at }, go);
    await provider.act('i', { kind: 'shutdown-timer', at }, go);
    const [first, second] = cloud.sent(`${V2}shutdown_timer`);
    expect(second).toEqual(first);
  });

  test('C2-25: a creation is joined with its instance by its own id', async () => {
    await using cloud = await cloudThat(() => ({ code: 0, data: instanceRow({ instance_uuid: 'new', status: 1 }) }));
    const outcome = await chenyu(cloud.origin).act('slot', { kind: 'create', order: POD }, go);
    expect(outcome).toMatchObject({ kind: 'accepted', orderId: 'new' });
  });
});

describe('what v1 is sent', () => {
  test('C1-02, C1-09: stop is a timed shutdown in Shanghai time, a whole minute at least seven minutes ahead', async () => {
    await using cloud = await cloudThat(() => ({ code: '0', msg: '', result: {} }));
    const outcome = await chenyuV1(cloud.origin).act('u', { kind: 'stop' }, go);
    // 10:20:30.5 and seven minutes are 10:27:30.5, so 10:28.
    expect(outcome).toMatchObject({ kind: 'accepted', effectiveAt: Date.UTC(2026, 2, 2, 2, 28) });
    expect(cloud.sent(`${V1}scheduled/shutdown`)).toEqual([
      { instance_uuid: 'u', regular_time: '2026-03-02 10:28:00' },
    ]);
    expect(cloud.requests.length).toBe(1);
  });

  test('C1-09: the zone of this machine does not matter', () => {
    // The Shanghai offset is a constant of the code; a zone in the process would show up in the text.
    expect(toShanghaiText(Date.UTC(2026, 6, 1, 16, 30))).toBe('2026-07-02 00:30:00');
    expect(readFileSync('src/providers/chenyu/times.ts', 'utf8')).not.toMatch(
      /getHours|getTimezoneOffset|toLocale|Date\.parse/,
    );
  });

  test('C1-11: arming sends a time and no cancel, cancelling sends cancel and no time', async () => {
    await using cloud = await cloudThat(() => ({ code: '0', msg: '' }));
    const provider = chenyuV1(cloud.origin);
    await provider.act('u', { kind: 'shutdown-timer', at: NOW + 1_800_000 }, go);
    await provider.act('u', { kind: 'shutdown-timer', at: null }, go);
    expect(cloud.sent(`${V1}scheduled/shutdown`)).toEqual([
      { instance_uuid: 'u', regular_time: '2026-03-02 10:50:31' },
      { instance_uuid: 'u', cancel: true },
    ]);
  });

  test.each<[ActionCall, string, Record<string, unknown>]>([
    [{ kind: 'start', stopMode: 'normal' }, 'start', { instance_uuid: 'u' }],
    [{ kind: 'restart' }, 'restart', { instance_uuid: 'u' }],
    [{ kind: 'destroy' }, 'stop', { instance_uuid: 'u', shutdown_reason: 'lamplighter' }],
  ])('%j', async (call, path, body) => {
    await using cloud = await cloudThat(() => ({ code: '0', msg: '' }));
    expect(await chenyuV1(cloud.origin).act('u', call, go)).toMatchObject({ kind: 'accepted', effectiveAt: null });
    expect(cloud.requests.map((request) => request.path)).toEqual([V1 + path]);
    expect(cloud.sent(V1 + path)).toEqual([body]);
  });

  test('C1-12, C1-06: create sends pod_uuid and an auto_start that may be 0', async () => {
    await using cloud = await cloudThat(() => ({
      code: '0',
      msg: '',
      result: { instance: v1Row({ uuid: 'new', status: 0 }) },
    }));
    const outcome = await chenyuV1(cloud.origin).act('slot', { kind: 'create', order: V1_ORDER }, go);
    expect(outcome).toMatchObject({ kind: 'accepted', orderId: 'new' });
    expect(cloud.sent(`${V1}create`)).toEqual([V1_ORDER]);
  });
});

describe('the path that destroys', () => {
  const source = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));

  test('C1-01: is named in exactly one place, under a name that says what it does', () => {
    const places = source('src/providers').flatMap((text) => text.split('app/instance/stop').slice(1));
    expect(places.length).toBe(1);
    expect(CenterAiApi.prototype.destroyInstance.toString()).toContain('app/instance/stop');
  });

  test('C1-01: no stop ever goes there', async () => {
    await using cloud = await cloudThat(() => ({ code: '0', msg: '' }));
    const provider = chenyuV1(cloud.origin);
    const harmless: ActionCall[] = [
      { kind: 'stop' },
      { kind: 'cardless-stop' },
      { kind: 'shutdown-timer', at: null },
      { kind: 'restart' },
      { kind: 'start', stopMode: 'unknown' },
    ];
    for (const call of harmless) await provider.act('u', call, go);
    expect(cloud.sent(`${V1}stop`)).toEqual([]);
  });
});

describe('what an answer to an action means', () => {
  const created = { instance: v1Row({ uuid: 'new' }) };
  const answers: readonly [string, unknown, string, string][] = [
    // what is answered, meaning for what may be repeated, for what buys or destroys
    ['code 0', { code: 0, msg: '关机成功', data: instanceRow(), result: created }, 'accepted', 'accepted'],
    ['C1-03: code "0"', { code: '0', msg: '', data: instanceRow(), result: created }, 'accepted', 'accepted'],
    ['C1-15: code 2', { code: 2, msg: '未登录' }, 'unauthorised', 'unauthorised'],
    ['C1-16: code -2', { code: '-2', msg: '系统异常' }, 'uncertain', 'uncertain'],
    ['a code nobody documented', { code: 7, msg: '库存不足' }, 'rejected', 'uncertain'],
    ['C1-03: an empty code', { code: '', msg: 'success' }, 'uncertain', 'uncertain'],
    ['C1-03: a null code', { code: null, msg: 'success' }, 'uncertain', 'uncertain'],
    ['an empty object', {}, 'uncertain', 'uncertain'],
    ['C2-24: a friendly msg and an unfriendly code', { code: 9, msg: '操作成功' }, 'rejected', 'uncertain'],
    [
      'C2-24: an unfriendly msg and code 0',
      { code: 0, msg: '失败', data: instanceRow(), result: created },
      'accepted',
      'accepted',
    ],
    ['a page with 200', new WholeAnswer(200, '<html></html>'), 'uncertain', 'uncertain'],
    ['502', new WholeAnswer(502, 'bad gateway'), 'uncertain', 'uncertain'],
    ['429', new WholeAnswer(429, '', { 'retry-after': '7' }), 'throttled', 'uncertain'],
    ['a redirect', new WholeAnswer(307, '', { location: 'http://127.0.0.1:9/' }), 'uncertain', 'uncertain'],
  ];

  const repeatable: [string, (origin: string) => Provider, ActionCall][] = [
    ['v2 stop', chenyu, { kind: 'stop' }],
    ['v2 snapshot', chenyu, { kind: 'snapshot', name: 'n' }],
    ['v1 stop', chenyuV1, { kind: 'stop' }],
    ['v1 start', chenyuV1, { kind: 'start', stopMode: 'normal' }],
  ];
  const grave: [string, (origin: string) => Provider, ActionCall][] = [
    ['v2 create', chenyu, { kind: 'create', order: POD }],
    ['v1 create', chenyuV1, { kind: 'create', order: V1_ORDER }],
    ['v1 destroy', chenyuV1, { kind: 'destroy' }],
  ];

  test.each(answers)(
    'C1-13, C2-25: %s is judged, and nothing is sent twice',
    async (_, answer, forRepeatable, forGrave) => {
      await using cloud = await cloudThat(() => answer);
      for (const [name, make, call] of repeatable) {
        expect([name, (await make(cloud.origin).act('i', call, go)).kind]).toEqual([name, forRepeatable]);
      }
      for (const [name, make, call] of grave) {
        expect([name, (await make(cloud.origin).act('i', call, go)).kind]).toEqual([name, forGrave]);
      }
      // Nothing is ever sent twice.
      expect(cloud.requests.length).toBe(repeatable.length + grave.length);
    },
  );

  test('C1-18: a creation whose answer names no instance is not known to have happened', async () => {
    await using cloud = await cloudThat(() => ({ code: 0, msg: 'success', data: {}, result: {} }));
    expect((await chenyu(cloud.origin).act('s', { kind: 'create', order: POD }, go)).kind).toBe('uncertain');
    expect((await chenyuV1(cloud.origin).act('s', { kind: 'create', order: V1_ORDER }, go)).kind).toBe('uncertain');
  });

  test('the gate keeps the request in', async () => {
    await using cloud = await cloudThat(() => ({ code: 0 }));
    const shut = { signal: never, gate: () => false };
    for (const [, make, call] of [...repeatable, ...grave]) {
      expect((await make(cloud.origin).act('i', call, shut)).kind).toBe('not-sent');
    }
    expect(cloud.requests).toEqual([]);
  });
});

describe('what never leaves', () => {
  test('C2-16: what a cloud does not offer is refused in a sentence', async () => {
    await using cloud = await cloudThat(() => ({ code: 0 }));
    const calls: ActionCall[] = [
      { kind: 'stop' },
      { kind: 'cardless-stop' },
      { kind: 'start', stopMode: 'unknown' },
      { kind: 'restart' },
      { kind: 'snapshot', name: 'n' },
      { kind: 'renew', unit: 'daily', periods: 1 },
      { kind: 'lengthen', to: 'monthly' },
      { kind: 'destroy' },
      { kind: 'rebuild', imageId: 'x' },
      { kind: 'shutdown-timer', at: null },
    ];
    for (const provider of [chenyu(cloud.origin), chenyuV1(cloud.origin)]) {
      for (const call of calls) {
        const before = cloud.requests.length;
        const outcome = await provider.act('i', call, go);
        const offered = offers(provider.kind, call.kind);
        expect([call.kind, outcome.kind, cloud.requests.length - before]).toEqual([
          call.kind,
          offered ? 'accepted' : 'rejected',
          offered ? 1 : 0,
        ]);
        if (!offered) expect(outcome.detail).toMatch(/not offered by chenyu/);
      }
    }
  });

  test.each(['', ' ', 'a,b', 'a b', 'a\nb', '实例'])('an id of %j', async (id) => {
    await using cloud = await cloudThat(() => ({ code: 0 }));
    for (const provider of [chenyu(cloud.origin), chenyuV1(cloud.origin)]) {
      for (const call of [{ kind: 'stop' }, { kind: 'restart' }, { kind: 'shutdown-timer', at: null }] as const) {
        expect(await provider.act(id, call, go)).toMatchObject({ kind: 'rejected' });
      }
    }
    expect(cloud.requests).toEqual([]);
  });

  test('C2-01: a timer too near, or in no time at all', async () => {
    await using cloud = await cloudThat(() => ({ code: 0 }));
    const clock = new StillClock();
    for (const provider of [chenyu(cloud.origin, {}, clock), chenyuV1(cloud.origin, {}, clock)]) {
      for (const at of [NOW + 419_000, NOW, 60, 0, Number.NaN]) {
        expect(await provider.act('i', { kind: 'shutdown-timer', at }, go)).toMatchObject({ kind: 'rejected' });
      }
    }
    expect(cloud.requests).toEqual([]);
  });

  test('an order that is none', async () => {
    await using cloud = await cloudThat(() => ({ code: 0 }));
    expect(await chenyu(cloud.origin).act('s', { kind: 'create', order: { pod_uuid: 'p' } }, go)).toMatchObject({
      kind: 'rejected',
    });
    expect(await chenyuV1(cloud.origin).act('s', { kind: 'create', order: POD }, go)).toMatchObject({
      kind: 'rejected',
    });
    expect(cloud.requests).toEqual([]);
  });
});

describe('orders', () => {
  const v2 = chenyu('http://127.0.0.1:9');
  const v1 = chenyuV1('http://127.0.0.1:9');

  test('are read strictly', () => {
    expect(v2.parseOrder({ ...POD, pod_tag: 'v2' })).toEqual({ ...POD, pod_tag: 'v2' });
    expect(v2.parseOrder(IMAGE)).toEqual(IMAGE);
    expect(v1.parseOrder(V1_ORDER)).toEqual(V1_ORDER);
  });

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /an order is \{ pod_uuid/],
    ['C2-06: auto_start', { ...POD, auto_start: 1 }, /auto_start/],
    ['three GPUs', { ...POD, gpu_nums: 3 }, /gpu_nums/],
    ['GPUs as text', { ...POD, gpu_nums: '1' }, /gpu_nums/],
    ['pod and image', { ...IMAGE, pod_uuid: 'p' }, /pod_uuid/],
    ['an empty pod', { ...POD, pod_uuid: '' }, /pod_uuid/],
    ['a list', [POD], /order/],
  ])('v2 refuses %s', (_, argument, message) => {
    expect(() => v2.parseOrder(argument)).toThrow(message);
  });

  test.each<[string, unknown, RegExp]>([
    ['no auto_start', { pod_uuid: 'p', image_tag: 't', gpu_model_uuid: 'g' }, /auto_start/],
    ['auto_start true', { ...V1_ORDER, auto_start: true }, /auto_start/],
    ['no pod', { image_tag: 't', gpu_model_uuid: 'g', auto_start: 1 }, /pod_uuid/],
    ['a GPU count', { ...V1_ORDER, gpu_nums: 2 }, /gpu_nums/],
  ])('C1-12: v1 refuses %s', (_, argument, message) => {
    expect(() => v1.parseOrder(argument)).toThrow(message);
  });
});
