import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { AddressGuard } from '../../src/activity/address-guard.ts';
import { JupyterProbe } from '../../src/activity/jupyter-probe.ts';
import { newFolder } from '../support/folder.ts';
import { forever, instance } from './fleet.ts';

/** A Jupyter Server starts in seconds; on a busy machine in many. */
const PATIENCE_MS = 60_000;
const TOKEN = 'token-of-the-test';

let origin = '';
let stop = async (): Promise<void> => {};

beforeAll(async () => {
  const folder = await newFolder('lamplighter-jupyter-');
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const child = spawn(
    'jupyter-server',
    [
      '--no-browser',
      '--allow-root',
      '--ip=127.0.0.1',
      `--port=${port}`,
      '--port-retries=0',
      `--ServerApp.token=${TOKEN}`,
      `--ServerApp.root_dir=${folder}`,
    ],
    {
      env: { ...process.env, HOME: folder, JUPYTER_RUNTIME_DIR: join(folder, 'run') },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const closed = once(child, 'close');
  const said = text(child.stderr);
  origin = `http://127.0.0.1:${port}`;
  stop = async () => {
    child.kill('SIGTERM');
    await closed;
    await said;
    await rm(folder, { recursive: true, force: true });
  };
  await until('it answers', async () => (await fetch(`${origin}/api`).catch(() => null))?.ok === true);
});
afterAll(() => stop());

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await pause(200);
  }
}

async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(`${origin}/${path}`, { ...init, headers: { authorization: `token ${TOKEN}` } });
  return await response.json();
}

const STATUS = z.object({ last_activity: z.string(), kernels: z.number() });
const KERNEL = z.object({ id: z.string(), execution_state: z.string(), last_activity: z.string() });
const lastActivity = async () => STATUS.parse(await ask('api/status')).last_activity;

const jupyter = (token = TOKEN) =>
  new JupyterProbe({
    url: origin,
    token: () => token,
    guard: new AddressGuard([]),
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      sleep: () => Promise.resolve(),
      toReal: (ms) => ms,
    },
  });
const read = (token?: string) => jupyter(token).read(instance(), forever());

/** Runs code in a kernel as a page does: by its web socket. */
async function runCode(kernel: string, code: string): Promise<void> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/kernels/${kernel}/channels?token=${TOKEN}`);
  await once(socket, 'open');
  const header = { msg_id: 'm1', msg_type: 'execute_request', username: '', session: 's1', date: '', version: '5.3' };
  const content = {
    code,
    silent: false,
    store_history: false,
    user_expressions: {},
    allow_stdin: false,
    stop_on_error: true,
  };
  socket.send(JSON.stringify({ channel: 'shell', header, parent_header: {}, metadata: {}, content }));
  await until('the kernel is busy', async () => {
    const { execution_state: state } = KERNEL.parse(await ask(`api/kernels/${kernel}?no_track_activity=1`));
    return state === 'busy';
  });
  socket.close();
}

test('nothing, a kernel at work without a word, and one at rest; and none of our looks counts', async () => {
  const empty = await read();
  expect(empty).toMatchObject({ verdict: 'not-applicable', reason: 'not-judged' });
  expect(await read('wrong')).toMatchObject({ verdict: 'unknown', reason: 'unauthorised' });

  const { id } = KERNEL.parse(await ask('api/kernels', { method: 'POST', body: '{"name":"python3"}' }));
  await runCode(id, 'import time\ntime.sleep(6)');
  const busy = await read();
  expect(busy).toMatchObject({ verdict: 'active', judges: 'work', signals: [{ signal: 'kernel', value: 1 }, {}, {}] });
  await until('the kernel rests', async () => (await read()).verdict === 'idle');

  const rested = await read();
  const before = await lastActivity();
  for (let round = 0; round < 10; round += 1) {
    // The stamps have microseconds, so each look would show at once.
    expect(await read()).toMatchObject({ verdict: 'idle', lastActiveAt: rested.lastActiveAt });
  }
  expect(await lastActivity()).toBe(before);
  // The same request without the mark counts, so this test would have seen it.
  await ask('api/kernels');
  expect(await lastActivity()).not.toBe(before);

  await ask('api/terminals', { method: 'POST' });
  const withTerminal = await read();
  expect(withTerminal).toMatchObject({ verdict: 'idle', evidence: '1 kernels, 0 not idle, 1 terminals' });
});
