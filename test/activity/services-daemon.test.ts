import { test } from 'vitest';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import { pass } from '../../src/work/pass.ts';
import { HttpServer } from '../providers/support/http-server.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE } from '../support/clock.ts';
import { account, idle } from '../support/cloud.ts';
import { expect } from '../support/in-words.ts';
import { FakeComfyui, FakeOllama, type FakeService } from './fake-services.ts';
import { HOUR, reading } from './fleet.ts';

const beds = useBeds();

async function serve(fake: FakeService): Promise<HttpServer> {
  return await new HttpServer((request, response) => fake.answer(request, response)).start();
}

test('a daemon asks services at the address that the listing names, and goes by all of them together', async () => {
  const comfyui = new FakeComfyui();
  const ollama = new FakeOllama();
  comfyui.withStamps = false;
  await using queue = await serve(comfyui);
  await using models = await serve(ollama);
  const at = (server: HttpServer) => `http://{ip}:${new URL(server.origin).port}/`;
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a', { ip: '127.0.0.1' })])],
    policies: { 'idle.yaml': 'policies:\n  - { name: idle, match: all, when: { idleFor: 30m }, do: stop }\n' },
    config: {
      activity: [
        {
          match: 'all',
          probes: [{ comfyui: { url: at(queue) } }, { ollama: { url: at(models) } }, { vllm: { optional: true } }],
        },
      ],
      network: { allow: ['127.0.0.0/8'] },
    },
  });
  const seen = async () => {
    await bed.round();
    const readings = await bed.daemon.store.readings.loadOne('hxy', 'a');
    return Object.fromEntries(readings.map(({ probe, verdict }) => [probe, verdict]));
  };
  expect(await seen()).toEqual({ comfyui: 'idle', ollama: 'not-applicable', vllm: 'not-applicable' });
  ollama.begin();
  bed.clock.pass(2 * MINUTE);
  expect(await seen()).toEqual({ comfyui: 'idle', ollama: 'active', vllm: 'not-applicable' });
  bed.clock.pass(2 * MINUTE);
  await seen();
  expect(JSON.stringify(await bed.why('hxy/a'))).toContain('it can prove activity, never idleness');
});

test('why points at a kernel that is busy but doing nothing', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': 'policies:\n  - { name: idle, match: all, when: { idleFor: 30m }, do: stop }\n' },
    config: { activity: [{ match: 'all', probes: [{ jupyter: null }, { push: null }] }] },
  });
  await bed.round();
  const at = bed.clock.now();
  const part = (signal: 'kernel' | 'gpu' | 'cpu', verdict: 'active' | 'idle', lastActiveAt: number | null) => ({
    signal,
    verdict,
    judges: 'work' as const,
    value: null,
    threshold: null,
    unit: '',
    onlyPositive: false,
    lastActiveAt,
    detail: NO_DETAIL,
  });
  const { readings } = bed.daemon.store;
  await readings.save(
    'hxy',
    'a',
    reading({ at, verdict: 'active', signals: [part('kernel', 'active', at - 5 * HOUR)] }),
  );
  expect(await bed.why('hxy/a')).toMatchObject({ idle: { remark: null } });
  const rest = [part('gpu', 'idle', null), part('cpu', 'idle', null)];
  await readings.save('hxy', 'a', reading({ probe: 'push', at, signals: rest }));
  expect(await bed.why('hxy/a')).toMatchObject({
    idle: { verdict: 'active', remark: expect.stringContaining('no word from it for 5 h') },
  });
  // It is never stopped for being idle, so a person hears of it, and once.
  for (let times = 0; times < 3; times += 1) await pass(bed.daemon.work, 'hxy', new AbortController().signal);
  const told = await bed.until('it is told', () => bed.receiver.told('policy.notice')[0]);
  expect(told).toMatchObject({ instance: { id: 'a' }, reason: 'activity', severity: 'warning' });
  expect(told.text).toContain('a Jupyter kernel is busy but doing nothing');
  expect(bed.receiver.told()).toHaveLength(1);
});
