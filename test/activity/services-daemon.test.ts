import { expect, test } from 'vitest';
import { HttpServer } from '../providers/support/http-server.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE } from '../support/clock.ts';
import { account, idle } from '../support/cloud.ts';
import { FakeComfyui, FakeOllama, type FakeService } from './fake-services.ts';

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
