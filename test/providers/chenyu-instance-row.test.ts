import { describe, expect, test } from 'vitest';
import { decodeInstance } from '../../src/providers/chenyu/instance-row.ts';
import { decodeInstance as decodeV1Instance } from '../../src/providers/chenyu-v1/instance-row.ts';
import { account } from './chenyu-support/account.ts';
import { instanceRow, v1Row } from './chenyu-support/rows.ts';

const v2 = account('chenyu', 'http://127.0.0.1');
const v1 = account('chenyu-v1', 'http://127.0.0.1');

describe('a row of v2', () => {
  test('C2-12: becomes an instance without its password', () => {
    const instance = decodeInstance(instanceRow(), v2);
    expect(instance).toEqual({
      account: 'cy',
      provider: 'chenyu',
      id: 'inst_1',
      name: '我的PyTorch实例',
      status: 'running',
      rawStatus: '2',
      billing: 'unknown',
      rawBilling: '1',
      gpu: 'NVIDIA RTX 4090',
      gpuCount: 2,
      gpuType: 'gpu_1',
      room: '',
      createdAt: 1_767_225_600_000,
      startedAt: 1_767_225_660_000,
      expiresAt: null,
      hourlyFen: null,
      orderId: 'inst_1',
      imageId: 'img_1',
      savingImage: false,
      shutdownTimerAt: 1_767_312_000_000,
      services: [
        { title: 'Jupyter Lab', url: 'https://jupyter-inst123.chenyu.cn', kind: 'http' },
        { title: 'SSH Terminal', url: 'ssh://inst1.gz.chenyu.cn:22001', kind: 'ssh' },
        { title: '', url: 'https://web-inst123.chenyu.cn/lab', kind: 'http' },
      ],
      problems: [],
    });
    expect(JSON.stringify(instance)).not.toContain('canary');
  });

  test.each([
    [2, 'running'],
    ['2', 'running'],
    [21, 'stopping'],
    [22, 'stopped'],
    [24, 'starting'],
    [27, 'restarting'],
    // What v1 means by these numbers must not leak over.
    [1, 'unknown'],
    [0, 'unknown'],
    [3, 'unknown'],
    [4, 'unknown'],
    [9, 'unknown'],
    [23, 'unknown'],
  ])('C2-07, C2-08: status %j is %s', (status, expected) => {
    expect(decodeInstance(instanceRow({ status }), v2)).toMatchObject({
      status: expected,
      rawStatus: String(status),
      problems: [],
    });
  });

  test('C2-08: a number can be taught, and so can what nobody documented about billing (C2-17)', () => {
    const taught = account('chenyu', 'http://127.0.0.1', {
      statusWords: new Map([['23', 'starting']]),
      billingWords: new Map([['1', 'hourly']]),
    });
    expect(decodeInstance(instanceRow({ status: 23 }), taught)).toMatchObject({
      status: 'starting',
      billing: 'hourly',
    });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no status', { status: undefined }, 'status'],
    ['a status that is a word', { status: 'running' }, 'status'],
    ['an empty status', { status: '' }, 'status'],
    ['a status of null', { status: null }, 'status'],
    ['a status of []', { status: [] }, 'status'],
    ['a creation time in milliseconds', { create_time: 1_767_225_600_000 }, 'create_time'],
    ['an unreadable image state', { save_image_status: 'yes' }, 'save_image_status'],
  ])('a row with %s is left alone', (_, changes, problem) => {
    expect(decodeInstance(instanceRow(changes), v2)).toMatchObject({ status: 'unknown', problems: [problem] });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['empty', ''],
    ['a number', 7],
    ['two ids', 'a,b'],
    ['a blank', 'a b'],
    ['a line break', 'a\nb'],
  ])('a row whose id is %s is no instance', (_, instance_uuid) => {
    expect(decodeInstance(instanceRow({ instance_uuid }), v2)).toBeNull();
  });

  test.each([null, 1, 'x', []])('%j is no instance', (row) => {
    expect(decodeInstance(row, v2)).toBeNull();
  });

  test('fields that are missing or odd cost themselves only', () => {
    const bare = { instance_uuid: 'inst_1', status: 22 };
    expect(decodeInstance(bare, v2)).toMatchObject({
      status: 'stopped',
      services: [],
      shutdownTimerAt: null,
      createdAt: null,
    });
    const odd = instanceRow({
      server_map: 'x',
      server_url: { a: 1 },
      gpu_nums: 'two',
      shutdown_regular: 7,
      title: null,
    });
    expect(decodeInstance(odd, v2)).toMatchObject({
      status: 'running',
      services: [],
      gpuCount: null,
      name: '',
      problems: [],
    });
  });

  test.each<[unknown, number | null]>([
    [{ shutdown_time: 1_767_312_000, enable: false }, null],
    [{ shutdown_time: 0, enable: true }, null],
    [{ shutdown_time: 60, enable: true }, null],
    [{ shutdown_time: 1_767_312_000, enable: 1 }, null],
    [{ shutdown_time: '1767312000', enable: true }, 1_767_312_000_000],
    [null, null],
  ])('C2-01: a timer of %j reads as %j', (shutdown_regular, expected) => {
    expect(decodeInstance(instanceRow({ shutdown_regular }), v2)?.shutdownTimerAt).toBe(expected);
  });

  test('C2-15: an image being saved shows; saved, failed and never saved do not', () => {
    const saving = (save_image_status: unknown) => decodeInstance(instanceRow({ save_image_status }), v2)?.savingImage;
    expect([1, '1', 2, 3, 0, null, undefined].map(saving)).toEqual([true, true, false, false, false, false, false]);
  });

  test('C2-10: of server_url only texts that are web addresses are taken', () => {
    const row = instanceRow({
      server_map: [],
      server_url: [{}, 5, null, 'ssh://a:22', 'not a url', 'http://u:canary@a:8888/x#canary'],
    });
    expect(decodeInstance(row, v2)?.services).toEqual([{ title: '', url: 'http://a:8888/x', kind: 'http' }]);
  });

  test('C2-11: SSH is known by its ssh_info, not by title or port_type', () => {
    const row = instanceRow({
      server_url: [],
      server_map: [
        { title: 'SSH', url: 'ssh://a:22', port_type: 'ssh', ssh_info: null },
        { title: 'console', url: 'http://b', port_type: 'http', ssh_info: { host: 'real', port: '22001' } },
        'odd',
      ],
    });
    expect(decodeInstance(row, v2)?.services).toEqual([
      { title: 'SSH', url: 'ssh://a:22', kind: 'ssh' },
      { title: 'console', url: 'ssh://real:22001', kind: 'ssh' },
    ]);
  });
});

describe('a row of v1', () => {
  test('C1-07: only uuid and status are counted on', () => {
    expect(decodeV1Instance({ uuid: 'u1', status: 4 }, v1)).toMatchObject({
      id: 'u1',
      status: 'stopped',
      problems: [],
    });
    expect(decodeV1Instance({ uuid: 'u1' }, v1)).toMatchObject({ status: 'unknown', problems: ['status'] });
    expect(decodeV1Instance({ status: 2 }, v1)).toBeNull();
  });

  test.each([
    [0, 'creating'],
    ['0', 'creating'],
    [1, 'starting'],
    [2, 'running'],
    [3, 'stopping'],
    [4, 'stopped'],
    [9, 'destroyed'],
    [22, 'unknown'],
    [27, 'unknown'],
    ['', 'unknown'],
    [null, 'unknown'],
  ])('C1-06: status %j is %s', (status, expected) => {
    expect(decodeV1Instance(v1Row({ status }), v1)?.status).toBe(expected);
  });

  test('C1-04: the hourly price is exact to the fen, or not told', () => {
    const price = (price_h: unknown) => decodeV1Instance(v1Row({ price_h }), v1)?.hourlyFen;
    expect([price(0), price('0.00')]).toEqual([null, null]);
    expect([1.98, '1.98', 2, 0.1, 1.985, 'free', null].map(price)).toEqual([198, 198, 200, 10, null, null, null]);
  });

  test('C1-10: a creation time that cannot be read makes the row unknown', () => {
    expect(decodeV1Instance(v1Row({ created_at: '2026-01-01 08:00:00' }), v1)).toMatchObject({
      status: 'running',
      createdAt: 1_767_225_600_000,
    });
    expect(decodeV1Instance(v1Row({ created_at: 'yesterday' }), v1)).toMatchObject({
      status: 'unknown',
      problems: ['created_at'],
    });
  });

  test('its web address is a service when it is one', () => {
    const services = (out_web_url: unknown) => decodeV1Instance(v1Row({ out_web_url }), v1)?.services;
    expect(services('https://u1.chenyu.cn/?token=canary')).toEqual([
      { title: '', url: 'https://u1.chenyu.cn', kind: 'http' },
    ]);
    expect([services(''), services('u1.chenyu.cn'), services(null)]).toEqual([[], [], []]);
  });
});
