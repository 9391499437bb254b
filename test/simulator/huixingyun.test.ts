import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PRODUCTS, PUBLIC_IMAGES } from '../../src/simulator/catalogue.ts';
import { Bed, DAY, HOUR, NOON, SECOND } from './bed.ts';

let bed: Bed;
beforeEach(async () => {
  bed = new Bed();
  await bed.sim.start();
});
afterEach(() => bed.sim.stop());

const fails = (id: string) => ({ fails: [id], success: [] });
const succeeds = (id: string) => ({ fails: [], success: [id] });

describe('shapes of the document', () => {
  test('a listing has text total, text GPU count, a password in clear and no envelope', async () => {
    const { body, headers } = await bed.hxy('/gpu/instances/list');
    expect(body).toMatchObject({ total: '5' });
    expect(body).toHaveProperty('items.1', {
      custom_ports: [],
      app_metadata: {},
      gid: 'gpu-daily',
      name: 'prod-api',
      image: {
        image_id: PUBLIC_IMAGES[0]?.id,
        name: 'pytorch-2.4_cuda12.4',
        scene: 'Gpu',
        os: 'linux',
        description: '创建时间: 2025-11-30 12:00:00',
      },
      size: {
        gpu_type: 'geforce_rtx_4090_16u100m_105',
        scene: 'Gpu',
        disk_free: '160',
        gpu_ram: 24,
        gpu_model: 'NVIDIA 4090 * 1',
        memory: 100,
        cpu: 16,
        gpu: '1',
      },
      ip: '127.0.0.1',
      pay_method: 'Day',
      status: 'Running',
      create_at: '2025-11-30T12:00:00+08:00',
      expire_at: '2025-12-01T18:00:00+08:00',
      username: 'root',
      port: expect.any(Number),
      room_name: '105',
      password: expect.stringMatching(/^pw-/),
      order_uid: expect.stringMatching(/^20251130120000\d{6}$/),
    });
    expect(headers.get('date')).toBe(new Date(NOON).toUTCString());
  });

  test('an hourly instance has an empty expire_at, and both kinds of stop look alike', async () => {
    const { body } = await bed.hxy('/gpu/instances/list');
    expect(body).toHaveProperty('items.0.expire_at', '');
    expect(body).toHaveProperty('items.0.pay_method', 'Hour');
    expect(body).toHaveProperty('items.2.pay_method', 'Month');
    expect(body).toHaveProperty('items.3.status', 'Stopped');
    expect(body).toHaveProperty('items.4.status', 'Stopped');
  });

  test('catalogue and images', async () => {
    expect((await bed.hxy('/gpu/product/list')).body).toMatchObject({
      total_items: PRODUCTS.length,
      items: expect.arrayContaining([
        {
          name: 'NVIDIA 4090',
          gpu_type: 'geforce_rtx_4090_16u60m_106',
          disk_cap: 4000,
          memory: 60,
          cpu: 16,
          room_name: '106',
          gpu_remain: 8,
          disk_one: 60,
          disk_data_one: 100,
          gpu_ram: 24,
        },
      ]),
    });
    expect((await bed.hxy('/gpu/application/list')).body).toMatchObject({
      items: expect.arrayContaining([
        { app_type: 'comfyui', memory: 100, cpu: 16, disk_one: 60, disk_data_one: 100, title: 'ComfyUI' },
      ]),
      total_items: 3,
    });
    const images = await bed.hxy('/gpu/images/list', { gpu_type: 'geforce_rtx_4090_16u60m_106' });
    expect(images.body).toMatchObject({ total_items: 2, items: [{ scene: 'Gpu', os: 'linux', room_name: '106' }, {}] });
    expect((await bed.hxy('/gpu/images/mine', { room_name: '105' })).body).toEqual({ items: [], total_items: 0 });
  });

  test('tokens are made, listed and deleted by console login, and work', async () => {
    const login = { username: 'wang', password: 'console-secret' };
    const made = await bed.post('/generate/token', '', { ...login, name: '管理token' });
    expect(made.body).toEqual({
      token: {
        name: '管理token',
        scope: 'global',
        status: 'active',
        token: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-/),
        update_at: '2025-12-01T12:00:00+08:00',
        create_at: '2025-12-01T12:00:00+08:00',
      },
    });
    const all = await bed.post('/all/tokens', '', login);
    expect(all.body).toHaveProperty('tokens.1.name', '管理token');
    const token = bed.sim.account('hxy').tokens[1]?.token ?? '';
    expect((await bed.post('/gpu/product/list', token)).status).toBe(200);
    expect((await bed.post('/delete/token', '', { ...login, token })).body).toEqual({ success: true });
    expect((await bed.post('/gpu/product/list', token)).status).toBe(401);
    expect((await bed.post('/all/tokens', '', { ...login, password: 'wrong' })).status).toBe(401);
    expect(bed.sim.calls.at(-1)?.args).toEqual({ username: '***', password: '***' });
  });

  test('a wrong token, a Bearer word and a chenyu key are refused with 401', async () => {
    for (const key of ['nonsense', 'Bearer hxy-token', 'cy_key', 'Bearer cy_key']) {
      expect((await bed.post('/gpu/instances/list', key)).status, key).toBe(401);
    }
  });
});

describe('stop and start', () => {
  test('a normal stop takes its time and is undone only by start', async () => {
    const hxy = bed.sim.account('hxy');
    const asked = { gid: 'gpu-hourly', card_less: false };
    expect((await bed.hxy('/gpu/instances/stop', asked)).body).toEqual(succeeds('gpu-hourly'));
    expect(hxy.instance('gpu-hourly').status).toBe('stopping');
    expect((await bed.hxy('/gpu/instances/start', asked)).body).toEqual(fails('gpu-hourly'));
    bed.clock.pass(20 * SECOND);
    expect(hxy.instance('gpu-hourly').status).toBe('stopped');
    expect((await bed.hxy('/gpu/instances/cardless/start', asked)).body).toEqual(fails('gpu-hourly'));
    expect((await bed.hxy('/gpu/instances/start', asked)).body).toEqual(succeeds('gpu-hourly'));
    expect(hxy.instance('gpu-hourly').status).toBe('starting');
    bed.clock.pass(40 * SECOND);
    expect(hxy.instance('gpu-hourly')).toMatchObject({ status: 'running', startedAt: NOON + 60 * SECOND });
    expect(hxy.effects.map((effect) => effect.kind)).toEqual(['stop', 'start']);
    expect(hxy.commits).toEqual([]);
  });

  test('a cardless stop is undone only by cardless/start', async () => {
    await bed.hxy('/gpu/instances/stop', { gid: 'gpu-hourly', card_less: true });
    bed.clock.pass(HOUR);
    expect((await bed.hxy('/gpu/instances/start', { gid: 'gpu-hourly' })).body).toEqual(fails('gpu-hourly'));
    expect((await bed.hxy('/gpu/instances/cardless/start', { gid: 'gpu-hourly' })).body).toEqual(
      succeeds('gpu-hourly'),
    );
    bed.clock.pass(HOUR);
    expect(bed.sim.account('hxy').instance('gpu-hourly')).toMatchObject({ status: 'running', cardless: false });
  });

  test('several ids are judged one by one', async () => {
    const { body } = await bed.hxy('/gpu/instances/restart', { gid: 'gpu-hourly,gpu-off,gpu-none' });
    expect(body).toEqual({ success: ['gpu-hourly'], fails: ['gpu-off', 'gpu-none'] });
    expect(bed.sim.account('hxy').calls.at(-1)?.ids).toEqual(['gpu-hourly', 'gpu-off', 'gpu-none']);
  });

  test('without cards to be had only a kept card starts', async () => {
    bed.sim.account('hxy').outOfStock.add('*');
    const start = await bed.hxy('/gpu/instances/cardless/start', { gid: 'gpu-cardless' });
    expect(start.body).toEqual(fails('gpu-cardless'));
    expect((await bed.hxy('/gpu/instances/start', { gid: 'gpu-off' })).body).toEqual(succeeds('gpu-off'));
  });
});

describe('what costs money', () => {
  test.each([
    ['gpu-daily', 1, 1 * DAY, 4000],
    ['gpu-daily', 7, 7 * DAY, 28_000],
    ['gpu-monthly', 3, 90 * DAY, 270_000],
  ])('renew %s by %i', async (id, periods, added, costFen) => {
    const hxy = bed.sim.account('hxy');
    const before = hxy.instance(id).expiresAt ?? 0;
    expect((await bed.hxy('/gpu/instances/renew', { gid: id, pay_period: periods })).body).toEqual(succeeds(id));
    expect(hxy.instance(id).expiresAt).toBe(before + added);
    expect(hxy.balanceFen).toBe(1_000_000 - costFen);
    expect(hxy.commits).toMatchObject([
      { kind: 'renew', instanceId: id, costFen, at: NOON, expiresAtBefore: before, expiresAtAfter: before + added },
    ]);
  });

  test.each([
    ['gpu-hourly', 1],
    ['gpu-daily', 2],
    ['gpu-daily', 12],
    ['gpu-monthly', 7],
    ['gpu-none', 1],
  ])('renew %s by %i is refused', async (id, periods) => {
    expect((await bed.hxy('/gpu/instances/renew', { gid: id, pay_period: periods })).body).toEqual(fails(id));
    expect(bed.sim.account('hxy').commits).toEqual([]);
  });

  test('a renewal beyond the balance is refused and costs nothing', async () => {
    const hxy = bed.sim.account('hxy');
    hxy.balanceFen = 3999;
    expect((await bed.hxy('/gpu/instances/renew', { gid: 'gpu-daily', pay_period: 1 })).body).toEqual(
      fails('gpu-daily'),
    );
    expect(hxy.balanceFen).toBe(3999);
  });

  test('months may be the calendar ones', async () => {
    await bed.sim.stop();
    bed = new Bed({ rules: { month: 'calendar' } });
    await bed.sim.start();
    const monthly = bed.sim.account('hxy').instance('gpu-monthly');
    monthly.expiresAt = Date.UTC(2026, 0, 31, 4);
    await bed.hxy('/gpu/instances/renew', { gid: 'gpu-monthly', pay_period: 1 });
    expect(monthly.expiresAt).toBe(Date.UTC(2026, 1, 28, 4));
  });

  test('lengthen goes one way, and ends destroying', async () => {
    const hxy = bed.sim.account('hxy');
    const day = { gid: 'gpu-off', pay_unit: 1 };
    expect((await bed.hxy('/gpu/instances/lengthen', day)).body).toEqual(succeeds('gpu-off'));
    expect(hxy.instance('gpu-off')).toMatchObject({ billing: 'daily', expiresAt: NOON + DAY });
    expect((await bed.hxy('/gpu/instances/lengthen', day)).body).toEqual(fails('gpu-off'));
    expect((await bed.hxy('/gpu/instances/lengthen', { ...day, pay_unit: 4 })).body).toEqual(fails('gpu-off'));
    expect((await bed.hxy('/gpu/instances/destroy', day)).body).toEqual(fails('gpu-off'));
    expect((await bed.hxy('/gpu/instances/lengthen', { ...day, pay_unit: 2 })).body).toEqual(succeeds('gpu-off'));
    expect(hxy.instance('gpu-off').expiresAt).toBe(NOON + 31 * DAY);
    expect(hxy.balanceFen).toBe(1_000_000 - 4000 - 90_000);
  });

  test('destroy takes hourly, stopped instances only', async () => {
    expect((await bed.hxy('/gpu/instances/destroy', { gid: 'gpu-hourly' })).body).toEqual(fails('gpu-hourly'));
    expect((await bed.hxy('/gpu/instances/destroy', { gid: 'gpu-off' })).body).toEqual(succeeds('gpu-off'));
    expect(bed.sim.account('hxy').has('gpu-off')).toBe(false);
    expect(bed.sim.account('hxy').commits).toMatchObject([{ kind: 'destroy', instanceId: 'gpu-off' }]);
    expect((await bed.hxy('/gpu/instances/list')).body).toMatchObject({ total: '4' });
  });

  test('a purchase answers an order, and its instance shows later', async () => {
    const hxy = bed.sim.account('hxy');
    // Numbers as texts, as in the document's own sample.
    const order = {
      image_id: PUBLIC_IMAGES[0]?.id,
      num: '1',
      gpu_type: 'geforce_rtx_4090_16u100m_105',
      gpu_count: '2',
      extra_disk_cap: '100',
      pay_unit: '1',
      room_name: '105',
    };
    const { body } = await bed.hxy('/gpu/instances/buy', order);
    const orderUid = hxy.commits[0]?.orderUid;
    expect(body).toEqual({ success_instance: 1, fail_instance: 0, success: [{ order_uid: orderUid }], fails: [] });
    expect(hxy.balanceFen).toBe(1_000_000 - 8000);
    expect((await bed.hxy('/gpu/instances/list')).body).toMatchObject({ total: '5' });
    bed.clock.pass(5 * SECOND);
    const listed = (await bed.hxy('/gpu/instances/list')).body;
    expect(listed).toHaveProperty('items.5.status', 'Creating');
    expect(listed).toHaveProperty('items.5.order_uid', orderUid);
    expect(listed).toHaveProperty('items.5.size.gpu', '2');
    bed.clock.pass(60 * SECOND);
    expect((await bed.hxy('/gpu/instances/list')).body).toHaveProperty('items.5.status', 'Running');

    const wrongRoom = await bed.hxy('/gpu/instances/buy', { ...order, room_name: '106' });
    expect(wrongRoom.body).toMatchObject({ success_instance: 0, fail_instance: 1, success: [], fails: ['参数错误'] });
    const application = await bed.hxy('/gpu/application/buy', { num: 1, pay_unit: 4, app_type: 'comfyui' });
    expect(application.body).toMatchObject({ success_instance: 1, fails: [] });
  });

  test('rebuild needs a stopped instance and an image of its room', async () => {
    const [here, , there] = PUBLIC_IMAGES;
    const rebuild = (gid: string, image: string | undefined) =>
      bed.hxy('/gpu/instances/rebuild', { gid, image_id: image });
    expect((await rebuild('gpu-hourly', here?.id)).body).toEqual(fails('gpu-hourly'));
    expect((await rebuild('gpu-off', there?.id)).body).toEqual(fails('gpu-off'));
    expect((await rebuild('gpu-off', here?.id)).body).toEqual(succeeds('gpu-off'));
    expect(bed.sim.account('hxy').commits.map((commit) => commit.kind)).toEqual(['rebuild']);
  });

  test('a snapshot is listed when it is ready', async () => {
    const asked = { gid: 'gpu-hourly', name: 'nightly' };
    expect((await bed.hxy('/gpu/instance/snapshot', asked)).body).toEqual({ success: true });
    expect((await bed.hxy('/gpu/images/mine', { room_name: '105' })).body).toMatchObject({ total_items: 0 });
    bed.clock.pass(120 * SECOND);
    expect((await bed.hxy('/gpu/images/mine', { room_name: '105' })).body).toMatchObject({
      items: [{ name: 'nightly', description: '创建时间: 2025-12-01 12:00:00', room_name: '105' }],
    });
  });
});

test('an expired instance stops, stays for the grace and vanishes', async () => {
  const hxy = bed.sim.account('hxy');
  bed.clock.pass(6 * HOUR);
  expect(hxy.instance('gpu-daily').status).toBe('stopped');
  expect((await bed.hxy('/gpu/instances/start', { gid: 'gpu-daily' })).body).toEqual(fails('gpu-daily'));
  bed.clock.pass(7 * DAY - 1);
  expect(hxy.has('gpu-daily')).toBe(true);
  bed.clock.pass(1);
  expect(hxy.has('gpu-daily')).toBe(false);
  expect(hxy.effects.map((effect) => [effect.kind, effect.at - NOON])).toEqual([
    ['expired', 6 * HOUR],
    ['vanished', 6 * HOUR + 7 * DAY],
  ]);
});

test('an expired instance that something else wakes does not vanish before its time', () => {
  const hxy = bed.sim.account('hxy');
  Object.assign(hxy.instance('gpu-daily'), { status: 'stopped', shutdownAt: NOON + 12 * HOUR });
  bed.clock.pass(DAY);
  expect(hxy.instance('gpu-daily')).toMatchObject({ status: 'stopped', shutdownAt: null });
});

test('a status set by hand ends the transition under way', async () => {
  await bed.hxy('/gpu/instances/stop', { gid: 'gpu-hourly', card_less: false });
  const instance = bed.sim.account('hxy').instance('gpu-hourly');
  instance.status = 'running';
  bed.clock.pass(HOUR);
  expect(instance.status).toBe('running');
});
