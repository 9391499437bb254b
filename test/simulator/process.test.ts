import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { observe, runPushAgent } from '../../src/simulator/push-agent.ts';
import { busyOnce } from '../../src/simulator/workload.ts';
import { Bed, HOUR, MINUTE, NOON } from './bed.ts';

const MAIN = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url));

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

describe('as a process', () => {
  function launch(settings: unknown) {
    const child = spawn(process.execPath, [MAIN, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'pipe'] });
    cleanUps.push(() => void child.kill('SIGKILL'));
    return child;
  }

  test('says where it listens, serves, and ends with its stdin', async () => {
    const child = launch({ fleet: { huixingyun: 1000, 'chenyu-v1': 3 }, actionDelayMs: 0 });
    const [line] = await once(createInterface(child.stdout), 'line');
    const ready: unknown = JSON.parse(String(line));
    expect(ready).toMatchObject({
      origin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      accounts: [
        { name: 'bench-huixingyun', provider: 'huixingyun', token: 'token-huixingyun' },
        { name: 'bench-chenyu-v1', provider: 'chenyu-v1', token: 'token-chenyu-v1' },
      ],
    });
    const origin = /"origin":"([^"]+)"/.exec(String(line))?.[1] ?? '';
    const response = await fetch(`${origin}/gpu/instances/list`, {
      method: 'POST',
      headers: { authorization: 'token-huixingyun' },
    });
    expect(await response.json()).toMatchObject({ total: '1000' });
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('ends on SIGTERM, and names what it does not understand', async () => {
    const child = launch({});
    await once(createInterface(child.stdout), 'line');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    const wrong = launch({ fleet: 'large' });
    expect(await once(wrong, 'exit')).toEqual([1, null]);
  });
});

describe('push agents', () => {
  test('report what runs, round by round on the simulator’s clock', async () => {
    const bed = new Bed();
    bed.sim.account('hxy').instance('gpu-hourly').workload = busyOnce(NOON - HOUR, HOUR + MINUTE);
    const received: unknown[] = [];
    let arrived = Promise.withResolvers<void>();
    const receive = async (request: IncomingMessage, response: ServerResponse) => {
      received.push([request.url, request.headers.authorization, await json(request)]);
      response.writeHead(received.length === 1 ? 500 : 202).end();
      arrived.resolve();
    };
    const daemon = createServer((request, response) => {
      receive(request, response).catch(arrived.reject);
    }).listen(0, '127.0.0.1');
    cleanUps.push(() => void daemon.close());
    await once(daemon, 'listening');
    const address = daemon.address();
    const port = typeof address === 'object' ? address?.port : null;
    const stop = new AbortController();
    const failed: string[] = [];
    const running = runPushAgent({
      simulator: bed.sim,
      instances: [
        { instance: 'hxy/gpu-hourly', token: 't1' },
        { instance: 'hxy/gpu-off', token: 't2' },
        { instance: 'hxy/gpu-none', token: 't3' },
      ],
      daemon: `http://127.0.0.1:${port}`,
      everyMs: 5 * MINUTE,
      signal: stop.signal,
      onError: (_error, instance) => failed.push(instance),
    });
    await arrived.promise;
    arrived = Promise.withResolvers<void>();
    bed.clock.pass(5 * MINUTE);
    await arrived.promise;
    stop.abort();
    await running;
    const instance = 'hxy/gpu-hourly';
    expect(received).toEqual([
      ['/api/v1/activity', 'Bearer t1', { instance, verdict: 'active', lastActiveAt: '2025-12-01T04:00:00.000Z' }],
      ['/api/v1/activity', 'Bearer t1', { instance, verdict: 'idle', lastActiveAt: '2025-12-01T04:01:00.000Z' }],
    ]);
    expect(failed).toEqual([instance]);
    expect(observe(bed.sim, 'hxy/gpu-off')).toBeNull();
  });
});
