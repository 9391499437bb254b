import { afterEach, beforeEach, expect, test } from 'vitest';
import { alwaysIdle, busyCycle, busyOnce } from '../../src/simulator/workload.ts';
import { Bed, HOUR, MINUTE, NOON } from './bed.ts';

let bed: Bed;
beforeEach(async () => {
  bed = new Bed();
  await bed.sim.start();
});
afterEach(() => bed.sim.stop());

const UNTRACKED = '?no_track_activity=1';
const get = (resource: string, headers: Record<string, string> = {}) =>
  bed.send(`/jupyter/cy/inst_a/${resource}`, { headers });
const instance = () => bed.sim.account('cy').instance('inst_a');
const iso = (at: number) => new Date(at).toISOString().replace('Z', '000Z');

test('kernels are busy while there is work, and keep the time it ended', async () => {
  instance().workload = busyCycle(NOON, HOUR, 2 * HOUR, { connections: 2 });
  bed.clock.pass(30 * MINUTE);
  expect((await get(`api/kernels${UNTRACKED}`)).body).toEqual([
    {
      id: 'inst_a-kernel-1',
      name: 'python3',
      last_activity: iso(NOON + 30 * MINUTE),
      execution_state: 'busy',
      connections: 2,
    },
  ]);
  bed.clock.pass(HOUR);
  expect((await get(`api/kernels${UNTRACKED}`)).body).toMatchObject([
    { execution_state: 'idle', last_activity: iso(NOON + HOUR) },
  ]);
});

test('a silent kernel is busy with an old stamp, and the status does not see it', async () => {
  instance().workload = busyOnce(NOON, 5 * HOUR, { silent: true });
  bed.clock.pass(HOUR);
  expect((await get(`api/kernels${UNTRACKED}`)).body).toMatchObject([
    { execution_state: 'busy', last_activity: iso(NOON) },
  ]);
  expect((await get('api/status')).body).toMatchObject({ last_activity: iso(NOON), kernels: 1, connections: 0 });
});

test('only tracked requests to kernels and terminals count as activity of the server', async () => {
  const started = iso(NOON - 24 * HOUR);
  await get(`api/kernels${UNTRACKED}`);
  await get('api/status');
  expect((await get('api/status')).body).toEqual({ started, last_activity: started, kernels: 1, connections: 0 });
  await get('api/terminals');
  expect((await get('api/status')).body).toMatchObject({ started, last_activity: iso(NOON) });
});

test('terminals', async () => {
  instance().workload = alwaysIdle(NOON, { terminals: 2, kernels: 0 });
  expect((await get('api/terminals')).body).toEqual([
    { name: '1', last_activity: iso(NOON - 24 * HOUR) },
    { name: '2', last_activity: iso(NOON - 24 * HOUR) },
  ]);
  expect((await get('api/kernels')).body).toEqual([]);
});

test('a token is asked for where the instance has one', async () => {
  instance().jupyterToken = 'jt';
  expect((await get('api/kernels')).status).toBe(403);
  expect((await get('api/kernels', { authorization: 'token wrong' })).status).toBe(403);
  expect((await get('api/kernels', { authorization: 'token jt' })).status).toBe(200);
  expect((await get('api/kernels?token=jt')).status).toBe(200);
});

test('a machine that does not run has no Jupyter, nor has a stranger', async () => {
  instance().status = 'stopped';
  const reply = await get('api/kernels');
  expect([reply.status, reply.headers.get('content-type'), reply.body]).toEqual([
    503,
    'text/html; charset=utf-8',
    null,
  ]);
  expect((await bed.send('/jupyter/nobody/x/api/status', {})).status).toBe(503);
  expect((await bed.send('/jupyter/%E0%A4%A/x/api/status', {})).status).toBe(404);
});

test('faults of the cloud do not reach it unless they name it, and it is not counted among the account’s calls', async () => {
  bed.sim.faults.add({ kind: 'http-status', status: 500, times: 5 });
  bed.sim.account('cy').down = true;
  expect((await get('api/status')).status).toBe(200);
  bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'jupyter-status' });
  expect((await get('api/status')).status).toBe(502);
  expect(bed.sim.account('cy').calls).toEqual([]);
  expect(bed.sim.calls.map((call) => [call.api, call.operation, call.account])).toEqual([
    ['jupyter', 'jupyter-status', 'cy'],
    ['jupyter', 'jupyter-status', 'cy'],
  ]);
});
