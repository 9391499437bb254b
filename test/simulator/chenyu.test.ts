import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GPU_MODELS, PODS } from '../../src/simulator/catalogue.ts';
import { Bed, HOUR, MINUTE, NOON, SECOND } from './bed.ts';

let bed: Bed;
beforeEach(async () => {
  bed = new Bed();
  await bed.sim.start();
});
afterEach(() => bed.sim.stop());

const instance = () => bed.sim.account('cy').instance('inst_a');
const seconds = (at: number) => at / 1000;

describe('shapes of the documents', () => {
  test('an instance, in the list and alone', async () => {
    const listed = (await bed.cyGet('/instance/list', { page: '1', page_size: '10' })).body;
    expect(listed).toMatchObject({ code: 0, msg: 'success', data: { total: 3 } });
    const jupyter = `${bed.sim.origin}/jupyter/cy/inst_a/`;
    const expected = {
      instance_uuid: 'inst_a',
      status: 2,
      title: '我的PyTorch实例',
      create_time: seconds(NOON) - 86_400,
      start_time: seconds(NOON) - 86_400,
      server_url: [jupyter],
      server_map: [
        { title: 'Jupyter Lab', url: jupyter, port_type: 'http', protocol: 'tcp' },
        {
          title: 'SSH Terminal',
          url: 'ssh://ssh.invalid:22',
          port_type: 'ssh',
          protocol: 'tcp',
          ssh_info: {
            host: '127.0.0.1',
            port: expect.any(Number),
            username: 'root',
            password: expect.stringMatching(/^pw-/),
          },
        },
      ],
      save_image_status: 0,
      charging_type: 1,
      shutdown_regular: { shutdown_time: 0, enable: false },
      image_uuid: 'img_87654321-4321-4321-4321-210987654321',
      image_name: 'PyTorch 2.0 环境',
      image_tag: 'v2.0',
      gpu_uuid: GPU_MODELS[0]?.uuid,
      gpu_name: 'NVIDIA RTX 4090',
      gpu_nums: 1,
    };
    expect(listed).toHaveProperty('data.instance_list.0', expected);
    const alone = await bed.cyGet('/instance/info', { instance_uuid: 'inst_a' });
    expect(alone.body).toEqual({ code: 0, msg: 'success', data: expected });
  });

  test('pages follow each other and end empty', async () => {
    const ids = async (page: string) => {
      const { body } = await bed.cyGet('/instance/list', { page, page_size: '2' });
      expect(body).toHaveProperty('data.total', 3);
      return JSON.stringify(body).match(/"instance_uuid":"(\w+)"/g)?.length ?? 0;
    };
    expect([await ids('1'), await ids('2'), await ids('3')]).toEqual([2, 1, 0]);
  });

  test('money, catalogue and images', async () => {
    expect((await bed.cyGet('/balance/info')).body).toEqual({ code: 0, msg: 'success', data: { balance: 500 } });
    expect((await bed.cyGet('/gpu/list')).body).toHaveProperty('data.gpu_list.0', {
      gpu_name: 'NVIDIA RTX 4090',
      gpu_uuid: GPU_MODELS[0]?.uuid,
      status: 1,
      price: {
        hour: 2.08,
        day: expect.any(Number),
        week: expect.any(Number),
        month: expect.any(Number),
        year: expect.any(Number),
      },
    });
    for (const [path, key] of [
      ['/bill/list', 'order_list'],
      ['/recharge/list', 'recharge_list'],
      ['/card/list', 'card_list'],
      ['/pod/list', 'pod_list'],
      ['/image/market/list', 'image_list'],
      ['/image/private/list', 'image_list'],
    ] as const) {
      const { body } = await bed.cyGet(path);
      expect(body, path).toMatchObject({ code: 0, data: { [key]: expect.any(Array), total: expect.any(Number) } });
    }
    const publicRead = await bed.send('/api/open/v2/image/market/list?python_version=3.10', {});
    expect(publicRead.body).toMatchObject({ code: 0, data: { total: 1, page: 1, page_size: 10 } });
  });

  test('a wrong key is code 2 inside a 200, bad arguments another code with a Chinese message', async () => {
    for (const key of ['cy_key', 'Bearer wrong', 'Bearer hxy-token', 'Bearer cy1_key']) {
      const { status, body } = await bed.send('/api/open/v2/instance/list', { headers: { authorization: key } });
      expect([status, body], key).toEqual([200, { code: 2, msg: '未登录' }]);
    }
    expect((await bed.cyGet('/instance/list', { page: '0' })).body).toEqual({ code: 1, msg: '参数错误: page' });
    expect((await bed.cy('/instance/shutdown', {})).body).toMatchObject({ code: 1 });
    expect((await bed.cy('/instance/shutdown', { instance_uuid: 'gone' })).body).toEqual({
      code: 4,
      msg: '实例不存在',
    });
  });
});

describe('lifecycle', () => {
  test('shutdown 2 → 21 → 22, startup 22 → 24 → 2, restart 27', async () => {
    const status = async () => {
      const { text } = await bed.cyGet('/instance/info', { instance_uuid: 'inst_a' });
      return /"status":(\d+)/.exec(text)?.[1];
    };
    expect((await bed.cy('/instance/shutdown', { instance_uuid: 'inst_a' })).body).toEqual({
      code: 0,
      msg: '关机成功',
    });
    expect(await status()).toBe('21');
    expect((await bed.cy('/instance/startup', { instance_uuid: 'inst_a' })).body).toMatchObject({ code: 5 });
    bed.clock.pass(MINUTE);
    expect(await status()).toBe('22');
    await bed.cy('/instance/startup', { instance_uuid: 'inst_a' });
    expect(await status()).toBe('24');
    bed.clock.pass(MINUTE);
    expect(await status()).toBe('2');
    await bed.cy('/instance/restart', { instance_uuid: 'inst_a' });
    expect(await status()).toBe('27');
    bed.clock.pass(MINUTE);
    expect(await status()).toBe('2');
  });

  test('startup with GPU fields changes the machine, without them falls back to the order', async () => {
    const b = bed.sim.account('cy').instance('inst_b');
    await bed.cy('/instance/startup', { instance_uuid: 'inst_b', gpu_uuid: GPU_MODELS[1]?.uuid, gpu_nums: 4 });
    expect(b).toMatchObject({ gpu: GPU_MODELS[1]?.uuid, gpuCount: 4 });
    b.status = 'stopped';
    await bed.cy('/instance/startup', { instance_uuid: 'inst_b' });
    expect(b).toMatchObject({ gpu: GPU_MODELS[0]?.uuid, gpuCount: 1 });
    b.status = 'stopped';
    expect((await bed.cy('/instance/startup', { instance_uuid: 'inst_b', gpu_nums: 3 })).body).toMatchObject({
      code: 1,
    });
  });

  test('no GPUs: refused, or accepted and back to stopped', async () => {
    bed.sim.account('cy').outOfStock.add('*');
    expect((await bed.cy('/instance/startup', { instance_uuid: 'inst_b' })).body).toEqual({
      code: 7,
      msg: 'GPU资源不足',
    });
    await bed.sim.stop();
    bed = new Bed({ rules: { outOfStock: 'fall-back' } });
    await bed.sim.start();
    bed.sim.account('cy').outOfStock.add('*');
    expect((await bed.cy('/instance/startup', { instance_uuid: 'inst_b' })).body).toMatchObject({ code: 0 });
    expect(bed.sim.account('cy').instance('inst_b').status).toBe('starting');
    bed.clock.pass(MINUTE);
    expect(bed.sim.account('cy').instance('inst_b').status).toBe('stopped');
  });

  test('the timer is in Unix seconds, at least five minutes ahead, and fires', async () => {
    const arm = (at: number) =>
      bed.cy('/instance/shutdown_timer', { instance_uuid: 'inst_a', enable: true, shutdown_time: seconds(at) });
    expect((await arm(NOON + 299 * SECOND)).body).toMatchObject({ code: 1 });
    expect((await arm(NOON + 10 * MINUTE)).body).toMatchObject({ code: 0 });
    const { body } = await bed.cyGet('/instance/info', { instance_uuid: 'inst_a' });
    expect(body).toHaveProperty('data.shutdown_regular', { shutdown_time: seconds(NOON + 10 * MINUTE), enable: true });
    bed.clock.pass(10 * MINUTE - 1);
    expect(instance().status).toBe('running');
    bed.clock.pass(1);
    expect(instance()).toMatchObject({ status: 'stopping', shutdownAt: null });
  });

  test('a cancelled timer does not fire, minutes instead of seconds are refused', async () => {
    const set = (args: unknown) => bed.cy('/instance/shutdown_timer', args);
    await set({ instance_uuid: 'inst_a', enable: true, shutdown_time: seconds(NOON + HOUR) });
    expect((await set({ instance_uuid: 'inst_a', enable: false, shutdown_time: 0 })).body).toMatchObject({ code: 0 });
    expect((await set({ instance_uuid: 'inst_a', shutdown_time: 60 })).body).toMatchObject({ code: 1 });
    expect((await set({ instance_uuid: 'inst_a', enable: true, shutdown_time: 60 })).body).toMatchObject({ code: 1 });
    bed.clock.pass(2 * HOUR);
    expect(instance().status).toBe('running');
  });

  test('saving an image ends in a shutdown', async () => {
    const asked = { instance_uuid: 'inst_a', image_name: 'nightly-1', remark: 'r' };
    expect((await bed.cy('/instance/save_image', asked)).body).toMatchObject({ code: 0 });
    expect((await bed.cy('/instance/shutdown', asked)).body).toMatchObject({ code: 5 });
    const other = { ...asked, instance_uuid: 'inst_c' };
    expect((await bed.cy('/instance/save_image', other)).body).toEqual({ code: 8, msg: '镜像名称已存在' });
    expect((await bed.cyGet('/image/private/list')).body).toHaveProperty('data.image_list.0.save_image_status', 1);
    expect(instance()).toMatchObject({ status: 'running', saveStatus: 1 });
    bed.clock.pass(3 * MINUTE);
    expect(instance()).toMatchObject({ status: 'stopping', saveStatus: 2 });
    expect((await bed.cyGet('/image/private/list')).body).toMatchObject({
      data: { image_list: [{ title: 'nightly-1', remark: 'r', save_image_status: 2, size: 12.5 }], total: 1 },
    });
    bed.clock.pass(MINUTE);
    expect(instance().status).toBe('stopped');
  });

  test('a failed saving says 3', async () => {
    instance().failSave = true;
    await bed.cy('/instance/save_image', { instance_uuid: 'inst_a', image_name: 'x' });
    bed.clock.pass(HOUR);
    expect(instance()).toMatchObject({ saveStatus: 3, status: 'stopped' });
  });

  test('a new instance is answered at once and gets going by itself', async () => {
    const args = { pod_uuid: PODS[0]?.uuid, gpu_uuid: GPU_MODELS[0]?.uuid, gpu_nums: 2 };
    const { body } = await bed.cy('/instance/create_by_pod', args);
    expect(body).toMatchObject({ code: 0, data: { status: 1, gpu_nums: 2, image_tag: 'v2.4' } });
    expect(body).not.toHaveProperty('data.server_map');
    expect((await bed.cy('/instance/create_by_pod', { ...args, gpu_nums: 3 })).body).toMatchObject({ code: 1 });
    const image = { image_uuid: 'img_22222222-4321-4321-4321-210987654321', gpu_uuid: args.gpu_uuid, gpu_nums: 1 };
    expect((await bed.cy('/instance/create_by_image', image)).body).toMatchObject({ code: 0 });
    bed.clock.pass(MINUTE);
    const cy = bed.sim.account('cy');
    expect(cy.commits.map((commit) => commit.kind)).toEqual(['buy', 'buy']);
    expect(cy.instance(cy.commits[0]?.instanceId ?? '').status).toBe('running');
  });
});
