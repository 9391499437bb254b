import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GPU_MODELS, PODS } from '../../src/simulator/catalogue.ts';
import { Bed, HOUR, MINUTE } from './bed.ts';

let bed: Bed;
beforeEach(async () => {
  bed = new Bed();
  await bed.sim.start();
});
afterEach(() => bed.sim.stop());

const instance = (id = 'v1-a') => bed.sim.account('cy1').instance(id);

describe('shapes of the document', () => {
  test('balance: texts for code and balance, cards beside it', async () => {
    expect((await bed.cy1('/finances/balance')).body).toEqual({
      code: '0',
      msg: 'success',
      result: { balance: '300.00', cards: [expect.objectContaining({ leave_amount: 42.5, face_price: 100 })] },
    });
  });

  test.each(['/finances/recharge', '/finances/bill', '/app/list'])('%s is paged with a text total', async (path) => {
    expect((await bed.cy1(path, { page: 1, page_size: 10, kw: '' })).body).toMatchObject({
      code: '0',
      result: { total: expect.stringMatching(/^\d+$/), items: expect.any(Array) },
    });
  });

  test('GPU models: text price, numeric cardless price', async () => {
    expect((await bed.cy1('/gpu/models')).body).toMatchObject({
      code: '0',
      result: { total: '3', no_card_price: 0.1, items: [{ price: '2.08', status: 1 }, {}, {}] },
    });
  });

  test('the list wants a status and shows only that', async () => {
    expect((await bed.cy1('/app/instance/list', { page: 1 })).body).toMatchObject({
      code: '1',
      msg: '参数错误: status',
    });
    expect((await bed.cy1('/app/instance/list', { status: 5 })).body).toMatchObject({ code: '1' });
    const running = await bed.cy1('/app/instance/list', { page: 1, page_size: 10, status: 2 });
    expect(running.body).toMatchObject({ code: '0', result: { total: '1', items: [{ uuid: 'v1-a', status: 2 }] } });
    const created = await bed.cy1('/app/instance/list', { status: 0 });
    expect(created.body).toMatchObject({ result: { total: '1', items: [{ uuid: 'v1-c', status_txt: '已创建' }] } });
  });

  test('creation answers the documented object; auto_start starts it', async () => {
    const args = { pod_uuid: PODS[0]?.uuid, image_tag: 'v2.0', gpu_model_uuid: GPU_MODELS[0]?.uuid };
    const { body } = await bed.cy1('/app/instance/create', { ...args, auto_start: 0 });
    expect(body).toEqual({
      code: '0',
      msg: 'success',
      result: {
        instance: {
          uuid: expect.any(String),
          title: 'PyTorch',
          pod_uuid: PODS[0]?.uuid,
          pod_title: 'PyTorch',
          pod_name: 'PyTorch',
          pod_price: '2.08',
          pod_startup_elapse: 40,
          image_tag: 'v2.0',
          out_web_url: expect.stringContaining('/jupyter/cy1/'),
          category: 1,
          gpus: 1,
          no_card: 0,
          gpu_model_name: 'NVIDIA RTX 4090',
          charging_type: 1,
          charging_type_name: '按时',
          charging_num: 1,
          price_h: 2.08,
          instance_type_txt: 'GPU',
          status: 0,
          status_txt: '已创建',
        },
      },
    });
    const started = await bed.cy1('/app/instance/create', { ...args, auto_start: 1 });
    expect(started.body).toHaveProperty('result.instance.status', 1);
    expect((await bed.cy1('/app/instance/create', { pod_uuid: args.pod_uuid })).body).toMatchObject({ code: '1' });
  });

  test('a wrong key is code "2" inside a 200', async () => {
    const { status, body } = await bed.post('/api/v1/finances/balance', 'Bearer cy_key');
    expect([status, body]).toEqual([200, { code: '2', msg: '未登录', result: {} }]);
  });
});

describe('lifecycle', () => {
  test('start 4 → 1 → 2, restart through 1', async () => {
    await bed.cy1('/app/instance/start', { instance_uuid: 'v1-b' });
    const status = () => bed.cy1('/app/instance/status', { instance_uuid: 'v1-b' });
    expect((await status()).body).toMatchObject({ result: { instance: { status: 1, status_txt: '开机中' } } });
    bed.clock.pass(MINUTE);
    expect((await status()).body).toMatchObject({ result: { instance: { status: 2 } } });
    expect((await bed.cy1('/app/instance/restart', { instance_uuid: 'v1-b' })).body).toMatchObject({ code: '0' });
    expect((await status()).body).toMatchObject({ result: { instance: { status: 1 } } });
  });

  test('a timed shutdown takes Shanghai wall clock and can be cancelled', async () => {
    const timer = (args: object) => bed.cy1('/app/instance/scheduled/shutdown', { instance_uuid: 'v1-a', ...args });
    expect((await timer({ regular_time: '2025-12-01 11:59:00' })).body).toMatchObject({ code: '1' });
    expect((await timer({ regular_time: '2025-12-01T13:00:00Z' })).body).toMatchObject({ code: '1' });
    expect((await timer({ regular_time: '2025-12-01 13:00:00' })).body).toMatchObject({ code: '0' });
    expect((await timer({ cancel: true })).body).toMatchObject({ code: '0' });
    bed.clock.pass(2 * HOUR);
    expect(instance().status).toBe('running');
    await timer({ regular_time: '2025-12-01 15:00:00' });
    bed.clock.pass(HOUR);
    expect(instance().status).toBe('stopping');
    bed.clock.pass(MINUTE);
    const off = await bed.cy1('/app/instance/list', { status: 4 });
    expect(off.body).toMatchObject({ result: { total: '2' } });
    expect(bed.sim.account('cy1').effects.map((effect) => effect.kind)).toEqual([
      'timer-set',
      'timer-cancel',
      'timer-set',
      'timer-fired',
    ]);
  });

  test('stop destroys: status 9, listed for ever, no way back', async () => {
    const stop = await bed.cy1('/app/instance/stop', { instance_uuid: 'v1-a', shutdown_reason: '' });
    expect(stop.body).toMatchObject({ code: '0' });
    expect(instance().status).toBe('destroyed');
    expect((await bed.cy1('/app/instance/start', { instance_uuid: 'v1-a' })).body).toMatchObject({ code: '5' });
    bed.clock.pass(100 * HOUR);
    expect((await bed.cy1('/app/instance/list', { status: 9 })).body).toMatchObject({ result: { total: '1' } });
    expect(bed.sim.account('cy1').commits).toMatchObject([{ kind: 'destroy', instanceId: 'v1-a' }]);
  });
});
