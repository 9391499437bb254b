import { describe, expect, test } from 'vitest';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import { PATHS } from '../../src/providers/huixingyun/paths.ts';
import type { CallOutcome } from '../../src/providers/port.ts';
import { failureOf, forever, open, TOKEN } from './support/clients.ts';
import { type Handler, HttpServer, json } from './support/http-server.ts';
import { huixingyun, listOf, ROW } from './support/huixingyun.ts';

const GID = ROW.gid;
const done: Handler = (_, response) => json(response, { success: [GID], fails: [] });

/** What one action sends, and what comes of it. */
async function act(call: ActionCall, handler: Handler = done, id: string = GID) {
  await using server = await new HttpServer(handler).start();
  const provider = huixingyun(server.origin);
  const outcome: CallOutcome = await provider.act(id, call, { signal: forever(), gate: open });
  await provider.close();
  const sent = server.requests.map((request) => ({
    to: `${request.method} ${request.url}`,
    body: JSON.parse(request.body),
  }));
  return { outcome, sent, headers: server.requests[0]?.headers };
}

const ORDER = {
  image_id: 'e9f1f1de',
  gpu_type: 'geforce_rtx_4090_16u100m_106',
  gpu_count: 1,
  extra_disk_cap: 100,
  pay_unit: 4,
  room_name: '106',
} as const;

describe('the paths', () => {
  test('HX-07: are the documented ones, the singular one included', () => {
    expect(PATHS).toEqual({
      'token/generate': '/generate/token',
      'token/delete': '/delete/token',
      'token/list': '/all/tokens',
      products: '/gpu/product/list',
      applications: '/gpu/application/list',
      images: '/gpu/images/list',
      'my-images': '/gpu/images/mine',
      'instances/buy': '/gpu/instances/buy',
      'application/buy': '/gpu/application/buy',
      'instances/list': '/gpu/instances/list',
      'instances/stop': '/gpu/instances/stop',
      'instances/restart': '/gpu/instances/restart',
      'instances/start': '/gpu/instances/start',
      'instances/cardless-start': '/gpu/instances/cardless/start',
      'instance/snapshot': '/gpu/instance/snapshot',
      'instances/rebuild': '/gpu/instances/rebuild',
      'instances/destroy': '/gpu/instances/destroy',
      'instances/lengthen': '/gpu/instances/lengthen',
      'instances/renew': '/gpu/instances/renew',
    });
  });
});

describe('what an action sends', () => {
  test.each<[string, ActionCall, string, object]>([
    ['HX-12: a stop says that it is a normal one', { kind: 'stop' }, 'instances/stop', { gid: GID, card_less: false }],
    ['HX-12: or a cardless one', { kind: 'cardless-stop' }, 'instances/stop', { gid: GID, card_less: true }],
    [
      'HX-08, HX-10: the start after a normal stop',
      { kind: 'start', stopMode: 'normal' },
      'instances/start',
      { gid: GID },
    ],
    [
      'HX-08, HX-10: the start after a cardless stop',
      { kind: 'start', stopMode: 'cardless' },
      'instances/cardless/start',
      { gid: GID },
    ],
    [
      'HX-10: the normal one where nobody knows',
      { kind: 'start', stopMode: 'unknown' },
      'instances/start',
      { gid: GID },
    ],
    ['restart', { kind: 'restart' }, 'instances/restart', { gid: GID }],
    [
      'HX-20: renewing days',
      { kind: 'renew', unit: 'daily', periods: 7 },
      'instances/renew',
      { gid: GID, pay_period: 7 },
    ],
    [
      'renewing months',
      { kind: 'renew', unit: 'monthly', periods: 12 },
      'instances/renew',
      { gid: GID, pay_period: 12 },
    ],
    ['HX-22: to daily', { kind: 'lengthen', to: 'daily' }, 'instances/lengthen', { gid: GID, pay_unit: 1 }],
    ['HX-22: to monthly', { kind: 'lengthen', to: 'monthly' }, 'instances/lengthen', { gid: GID, pay_unit: 2 }],
    ['destroy', { kind: 'destroy' }, 'instances/destroy', { gid: GID }],
    ['rebuild', { kind: 'rebuild', imageId: 'im-1' }, 'instances/rebuild', { gid: GID, image_id: 'im-1' }],
  ])('%s', async (_, call, path, body) => {
    const { outcome, sent } = await act(call);
    expect(sent).toEqual([{ to: `POST /gpu/${path}`, body }]);
    expect(outcome.kind).toBe('accepted');
  });

  test('HX-01, HX-33: the bare token of this account, and nothing else', async () => {
    const { headers } = await act({ kind: 'restart' });
    expect(headers?.authorization).toBe(TOKEN);
    expect(headers?.['content-type']).toBe('application/json');
  });

  test('HX-07, HX-15: saving an image', async () => {
    const { outcome, sent } = await act({ kind: 'snapshot', name: 'ci-0705' }, (_, response) =>
      json(response, { success: true }),
    );
    expect(sent).toEqual([{ to: 'POST /gpu/instance/snapshot', body: { gid: GID, name: 'ci-0705' } }]);
    expect(outcome.kind).toBe('accepted');
  });

  test('HX-03, HX-17: an order is for one, in JSON numbers', async () => {
    const bought: Handler = (_, response) =>
      json(response, { success_instance: 1, fail_instance: 0, success: [{ order_uid: '20240705' }], fails: [] });
    const { outcome, sent } = await act({ kind: 'create', order: ORDER }, bought, 'slot-1');
    expect(sent).toEqual([{ to: 'POST /gpu/instances/buy', body: { ...ORDER, num: 1 } }]);
    expect(outcome).toMatchObject({ kind: 'accepted', orderId: '20240705' });
    const application = await act({ kind: 'create', order: { app_type: 'comfyui', pay_unit: 1 } }, bought, 'slot-1');
    expect(application.sent).toEqual([
      { to: 'POST /gpu/application/buy', body: { app_type: 'comfyui', pay_unit: 1, num: 1 } },
    ]);
  });

  test('HX-03, HX-19: what is not accepted is not sent again in another form', async () => {
    const { outcome, sent } = await act({ kind: 'create', order: ORDER }, (_, response) => json(response, {}, 400));
    expect(sent).toHaveLength(1);
    expect(outcome.kind).toBe('uncertain');
    const renewal = await act({ kind: 'renew', unit: 'daily', periods: 1 }, (_, response) =>
      response.socket?.destroy(),
    );
    expect(renewal.sent).toHaveLength(1);
    expect(renewal.outcome.kind).toBe('uncertain');
  });

  test('HX-21: a destroy that the cloud refuses, as it does for what is no longer hourly', async () => {
    const { outcome } = await act({ kind: 'destroy' }, (_, response) => json(response, { success: [], fails: [GID] }));
    expect(outcome.kind).toBe('rejected');
  });

  test('HX-11: a start that was accepted claims no more than that', async () => {
    const { outcome } = await act({ kind: 'start', stopMode: 'cardless' });
    expect(outcome).toEqual({ kind: 'accepted', orderId: null, effectiveAt: null, detail: 'in "success"' });
  });

  test.each(['', ' ', 'a,b', 'gpu-1, gpu-2', 'gpu-1\n'])('HX-16: not to the id %j', async (id) => {
    const { outcome, sent } = await act({ kind: 'destroy' }, done, id);
    expect(outcome).toMatchObject({ kind: 'rejected', detail: expect.stringMatching(/^not sent: /) });
    expect(sent).toEqual([]);
  });

  test.each<[string, ActionCall]>([
    ['HX-20: 12 days', { kind: 'renew', unit: 'daily', periods: 12 }],
    ['HX-20: 7 months', { kind: 'renew', unit: 'monthly', periods: 7 }],
    ['0 months', { kind: 'renew', unit: 'monthly', periods: 0 }],
    ['a timer', { kind: 'shutdown-timer', at: 0 }],
    ['an image without a name', { kind: 'snapshot', name: '' }],
    ['an order that is none', { kind: 'create', order: { gpu_type: 'x' } }],
    ['HX-17: an order for two', { kind: 'create', order: { ...ORDER, num: 2 } }],
  ])('not %s', async (_, call) => {
    const { outcome, sent } = await act(call);
    expect(outcome).toMatchObject({ kind: 'rejected', detail: expect.stringMatching(/^not sent: /) });
    expect(sent).toEqual([]);
  });
});

describe('the token', () => {
  test.each(['', 'Bearer 2292c8da', '"2292c8da"', "'2292c8da", '2292 c8da', '2292c8da\n', '令牌-2292c8da'])(
    'HX-01: %j is refused, unseen',
    (token) => {
      expect(() => huixingyun('http://127.0.0.1:1', {}, token)).toThrow(/expected the bare token/);
      if (token !== '') expect(() => huixingyun('http://127.0.0.1:1', {}, token)).not.toThrow(token.trim());
    },
  );
});

describe('orders', () => {
  const provider = huixingyun('http://127.0.0.1:1');

  test('are read strictly', () => {
    expect(provider.parseOrder(ORDER)).toEqual(ORDER);
    expect(provider.parseOrder({ app_type: 'comfyui', pay_unit: 2 })).toEqual({ app_type: 'comfyui', pay_unit: 2 });
  });

  test.each<[unknown, RegExp]>([
    [null, /not an order/],
    [{ ...ORDER, num: 1 }, /"num".*one is bought per order/s],
    [{ ...ORDER, gpu_count: '1' }, /gpu_count/],
    [{ ...ORDER, extra_disk_cap: 50 }, /extra_disk_cap/],
    [{ ...ORDER, pay_unit: 3 }, /pay_unit.*4 hourly, 1 daily, 2 monthly/s],
    [{ app_type: 'comfyui' }, /pay_unit/],
    [{ app_type: 'comfyui', pay_unit: 4, gpu_type: 'x' }, /gpu_type/],
  ])('%j is refused with the reason', (argument, message) => {
    expect(() => provider.parseOrder(argument)).toThrow(message);
  });

  test('HX-27: name the room, so that the image and the product can be held against it', () => {
    const { room_name, ...without } = ORDER;
    expect(room_name).toBe('106');
    expect(() => provider.parseOrder(without)).toThrow(/room_name/);
  });
});

describe('listing and reading', () => {
  test('concurrent reads share one or two listings', async () => {
    const gates: (() => void)[] = [];
    const arrivals: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()];
    await using server = await new HttpServer((_, response, count) => {
      gates.push(() => json(response, listOf(ROW)));
      arrivals[count - 1]?.resolve();
    }).start();
    const provider = huixingyun(server.origin);
    const first = Array.from({ length: 50 }, () => provider.read(GID, forever()));
    await arrivals[0]?.promise;
    const later = Array.from({ length: 50 }, () => provider.read(GID, forever()));
    gates[0]?.();
    await Promise.all(first);
    await arrivals[1]?.promise;
    gates[1]?.();
    expect(await Promise.all(later)).toHaveLength(50);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[0]).toMatchObject({ url: '/gpu/instances/list', body: '{}' });
    await provider.close();
  });

  test('HX-30: what a complete listing does not hold is null, and nothing more is said of it', async () => {
    await using server = await new HttpServer((_, response) => json(response, listOf(ROW))).start();
    const provider = huixingyun(server.origin);
    expect(await provider.read('gpu-gone', forever())).toBeNull();
    expect(await provider.read(GID, forever())).toMatchObject({ id: GID, status: 'stopped' });
    await provider.close();
  });

  test('HX-30: an incomplete listing proves no absence', async () => {
    await using server = await new HttpServer((_, response) => json(response, { items: [ROW], total: '2' })).start();
    const provider = huixingyun(server.origin);
    expect(await failureOf(provider.read('gpu-gone', forever()))).toMatchObject({ kind: 'uncertain' });
    expect(await provider.read(GID, forever())).toMatchObject({ id: GID });
    await provider.close();
  });

  test('HX-31: keeps to the budget of its account', async () => {
    const at: number[] = [];
    await using server = await new HttpServer((_, response) => {
      at.push(performance.now());
      json(response, { items: [], total_items: 0 });
    }).start();
    const provider = huixingyun(server.origin, { requestsPerSecond: 20 });
    const calls = provider.reads.filter((read) => ['products', 'applications'].includes(read.name));
    await Promise.all([...calls, ...calls, ...calls].map((read) => read.run({}, forever())));
    // Five intervals of 50 ms lie between six requests; a timer may be a little early.
    expect((at[5] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(225);
    await provider.close();
  });

  test('has no balance', async () => {
    expect(await huixingyun('http://127.0.0.1:1').balance()).toBeNull();
  });
});

describe('a saved image', () => {
  const image = { name: 'ci-0705', image_id: 'im-1', scene: 'Gpu', os: 'linux', description: '', room_name: '105' };
  const instance = { room: '105' };

  async function savedImage(body: unknown) {
    await using server = await new HttpServer((request, response) =>
      json(response, request.url === PATHS['my-images'] ? body : listOf(ROW)),
    ).start();
    const provider = huixingyun(server.origin);
    const found = await provider.read(GID, forever());
    if (found === null) throw new Error('the row is gone');
    try {
      return await provider.savedImage('ci-0705', { ...found, ...instance }, forever());
    } finally {
      await provider.close();
      expect(server.requests.at(-1)?.body).toBe('{"room_name":"105"}');
    }
  }

  test('HX-28: is saved when it shows up in its room', async () => {
    expect(await savedImage({ items: [image], total_items: 1 })).toBe('saved');
    expect(await savedImage({ items: [{ ...image, name: 'ci-07050' }], total_items: 1 })).toBe('absent');
    expect(await savedImage({ items: [], total_items: 0 })).toBe('absent');
  });

  test('HX-28: is not proven absent by half a list', async () => {
    expect((await failureOf(savedImage({ items: [], total_items: 1 }))).kind).toBe('uncertain');
    expect((await failureOf(savedImage({ items: [7], total_items: 1 }))).kind).toBe('uncertain');
  });
});

describe('the reads', () => {
  const PRODUCT = {
    name: 'NVIDIA 4090',
    gpu_type: 'geforce_rtx_4090_16u100m_106',
    disk_cap: 4000,
    memory: 100,
    cpu: 16,
    room_name: '106',
    gpu_remain: 8,
    disk_one: 60,
    disk_data_one: '100',
    gpu_ram: 24,
  };

  async function call(name: string, argument: unknown, body: unknown) {
    await using server = await new HttpServer((_, response) => json(response, body)).start();
    const provider = huixingyun(server.origin);
    try {
      const read = provider.reads.find((candidate) => candidate.name === name);
      return { value: await read?.run(argument, forever()), requests: server.requests };
    } finally {
      await provider.close();
    }
  }

  test('HX-25, HX-26: products by type and room; the most per order is not called stock', async () => {
    const body = { items: [PRODUCT, { ...PRODUCT, gpu_type: 'geforce_rtx_4090_16u60m_106' }], total_items: 2 };
    const { value, requests } = await call('products', undefined, body);
    expect(requests[0]).toMatchObject({ url: '/gpu/product/list', body: '{}' });
    expect(value).toMatchObject({
      complete: true,
      badRows: 0,
      items: [{ name: 'NVIDIA 4090' }, { name: 'NVIDIA 4090' }],
    });
    expect(value).toMatchObject({
      items: [
        {
          gpuType: PRODUCT.gpu_type,
          room: '106',
          mostGpusPerOrder: 8,
          mostExtraDiskGb: 4000,
          dataDiskGb: 100,
          gpuMemoryGb: 24,
        },
        {},
      ],
    });
  });

  test('HX-09: applications with and without the fields of a product', async () => {
    const plain = { app_type: 'comfyui', memory: 100, cpu: 16, disk_one: 60, disk_data_one: 100, title: 'ComfyUI' };
    const { value } = await call(
      'applications',
      {},
      { items: [plain, { ...plain, gpu_type: 'x', room_name: 105 }], total_items: '2' },
    );
    expect(value).toMatchObject({
      complete: true,
      items: [
        { appType: 'comfyui', title: 'ComfyUI', gpuType: null, room: null },
        { gpuType: 'x', room: '105' },
      ],
    });
  });

  test('HX-27, HX-29: images belong to a room, and the time in their description stays text', async () => {
    const image = {
      name: '镜像1',
      image_id: '9b2b',
      scene: 'Gpu',
      os: 'linux',
      description: '创建时间: 2024-06-20 17:46:58',
      room_name: '105',
    };
    const { value, requests } = await call(
      'my-images',
      { room_name: '105' },
      { items: [image, { name: 'no id' }], total_items: 2 },
    );
    expect(requests[0]).toMatchObject({ url: '/gpu/images/mine', body: '{"room_name":"105"}' });
    expect(value).toEqual({
      complete: false,
      badRows: 1,
      items: [
        {
          imageId: '9b2b',
          name: '镜像1',
          scene: 'Gpu',
          os: 'linux',
          description: '创建时间: 2024-06-20 17:46:58',
          room: '105',
        },
      ],
    });
    const images = await call('images', { gpu_type: 'g' }, { items: [], total_items: 0 });
    expect(images.requests[0]).toMatchObject({ url: '/gpu/images/list', body: '{"gpu_type":"g"}' });
  });

  test('HX-24: instances without their passwords', async () => {
    const { value } = await call('instances', {}, listOf(ROW));
    expect(value).toMatchObject({ instances: [{ id: GID }] });
    expect(JSON.stringify(value)).not.toContain('canary');
  });

  test.each([
    ['products', { page: 1 }],
    ['images', {}],
    ['images', { gpu_type: 7 }],
    ['my-images', { room: '105' }],
    ['my-images', 'x'],
  ])('%s takes no %j', async (name, argument) => {
    await expect(call(name, argument, {})).rejects.toThrow(new RegExp(`^${name}: `));
  });

  test('HX-02: an answer of another shape is none', async () => {
    const { kind } = await failureOf(call('products', {}, { code: 500, msg: 'root-password-canary' }));
    expect(kind).toBe('protocol');
  });
});
