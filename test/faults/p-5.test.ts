import { once } from 'node:events';
import { createServer, IncomingMessage, request } from 'node:http';
import { expect, test } from 'vitest';
import { ActivityTokens } from '../../src/activity/push-probe.ts';
import { account, daily, type FaultChild, idle, KEEP_PAID, MINUTE, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

const STOP_IDLE = {
  'idle.yaml': `
policies:
  - name: idle
    match: { name: "dev-*" }
    when: { idleFor: 30m }
    do: stop
`,
};

/** Somebody who should never be asked: what a listing leads to on this machine. */
async function bystander(answer: { readonly status: number; readonly location?: string }) {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    response.writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location }).end('[]');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the bystander does not listen');
  return {
    asked,
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A cloud whose listing says that the notebooks are elsewhere. */
async function lyingFront(where: (id: string) => string) {
  const front = {
    target: '',
    origin: '',
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer((incoming, response) => {
    void (async () => {
      const { authorization = '' } = incoming.headers;
      const answer = await fetch(`${front.target}${incoming.url}`, { headers: { authorization } });
      const text = await answer.text();
      const lies = text.replaceAll(/http:\/\/127\.0\.0\.1:\d+\/jupyter\/[^/"]*\/([^/"]*)[^"]*/g, (_, id: string) =>
        where(id),
      );
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(lies);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the front does not listen');
  front.origin = `http://127.0.0.1:${address.port}`;
  return front;
}

test('P5: a listing that leads to ourselves or to the metadata is refused before connecting, and nobody is taken for idle', async () => {
  await using victim = await bystander({ status: 200 });
  const places = [
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::1]:PORT/',
    'http://localhost:PORT/',
    'http://169.254.169.254/latest/',
    'http://[::ffff:169.254.169.254]/latest/',
    'http://[64:ff9b::a9fe:a9fe]/latest/',
    'http://100.100.100.200/latest/',
  ].map((where) => where.replace('PORT', `${victim.port}`));
  await using front = await lyingFront((id) => places[Number(id.slice(1))] ?? '');
  const bed = await beds.prepare({
    accounts: [
      account(
        'chenyu',
        places.map((_, i) => idle(`m${i}`)),
      ),
    ],
    accountConfig: { cy: { baseUrl: front.origin } },
    policies: STOP_IDLE,
    config: { network: { allow: [] } },
  });
  front.target = bed.sim.origin;
  const child = await bed.spawnFaulty();
  await bed.attend('all are probed', MINUTE, async () => {
    const rows = (await bed.listOf(child, 'instances')).map((row) => JSON.stringify(row));
    return rows.length === places.length && rows.every((row) => row.includes('address-refused'));
  });
  expect(victim.asked).toEqual([]);
  expect(bed.sim.calls.filter(({ api }) => api === 'jupyter')).toEqual([]);
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toEqual([]);
  await bed.expectSound();
});

test('P5: a listing that leads to a redirect is followed nowhere', async () => {
  await using victim = await bystander({ status: 200 });
  await using listed = await bystander({ status: 307, location: `http://127.0.0.1:${victim.port}/latest/meta-data` });
  await using front = await lyingFront(() => `http://127.0.0.1:${listed.port}/lab/`);
  const bed = await beds.prepare({
    accounts: [account('chenyu', [idle('m')])],
    accountConfig: { cy: { baseUrl: front.origin } },
    policies: STOP_IDLE,
  });
  front.target = bed.sim.origin;
  const child = await bed.spawnFaulty();
  await bed.attend('it is probed', MINUTE, async () =>
    JSON.stringify(await bed.listOf(child, 'instances')).includes('bad-answer'),
  );
  expect(listed.asked.length).toBeGreaterThan(0);
  expect(victim.asked).toEqual([]);
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toEqual([]);
  await bed.expectSound();
});

/** Over the wire, with headers that fetch would not let anybody set. */
async function ask(
  child: FaultChild,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
) {
  const { hostname, port } = new URL(child.origin ?? '');
  const asking = request({ host: hostname, port, method, path, headers, agent: false });
  asking.end(body);
  const [answer]: unknown[] = await once(asking, 'response');
  if (!(answer instanceof IncomingMessage)) throw new Error('no answer');
  let text = '';
  for await (const piece of answer.setEncoding('utf8')) text += String(piece);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text };
}

test('P5: whoever has no token, a wrong one, or only a browser, changes nothing', async () => {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [idle('m'), daily('d', 30)])],
    policies: KEEP_PAID,
  });
  const child = await bed.spawnFaulty();
  await bed.polling();
  const state = async () =>
    JSON.stringify([
      await bed.metricOf(child, 'paused'),
      await bed.listOf(child, 'holds'),
      await bed.listOf(child, 'policies'),
      await bed.everyOperation(),
    ]);
  const before = await state();
  const json = { 'content-type': 'application/json' };
  const right = { authorization: `Bearer ${bed.controlToken}` };
  const tokens = new ActivityTokens(bed.controlToken);
  const hold = JSON.stringify({ instance: 'hxy/m', for: '4h', reason: 'x', owner: 'y' });
  const routes = [
    ['POST', '/api/v1/holds', hold],
    ['POST', '/api/v1/pause', '{}'],
    ['POST', '/api/v1/operations/x-1/approve', '{}'],
    ['POST', '/-/reload', '{}'],
    ['DELETE', '/api/v1/holds/x', ''],
  ] as const;
  const wrong: readonly (readonly [number, Readonly<Record<string, string>>])[] = [
    [401, json],
    [401, { ...json, authorization: bed.controlToken }],
    [401, { ...json, authorization: `Bearer ${tokens.tokenFor('hxy/m')}` }],
    [421, { ...json, ...right, host: 'lamplighter.evil.example' }],
  ];
  for (const [method, path, body] of routes) {
    for (const [status, headers] of wrong) {
      const answer = await ask(child, method, path, headers, body);
      expect([path, headers, answer.status]).toEqual([path, headers, status]);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
    expect((await ask(child, 'POST', '/api/v1/holds', { ...right, 'content-type': type }, hold)).status).toBe(415);
  expect((await ask(child, 'POST', '/api/v1/pause', right)).status).toBe(415);
  expect(
    (await ask(child, 'POST', '/api/v1/holds', { ...right, ...json }, hold.replace('x', 'x'.repeat(20_000)))).status,
  ).toBe(413);
  const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
  expect((await ask(child, 'OPTIONS', '/api/v1/pause', preflight)).status).toBe(404);
  // Five guesses with the token of an instance were made; ten in a minute are too many, even for whoever knows the right one.
  for (let i = 0; i < 6; i += 1)
    await ask(child, 'POST', '/api/v1/pause', { ...json, authorization: `Bearer guess-${i}` }, '{}');
  expect((await ask(child, 'POST', '/api/v1/pause', { ...json, ...right }, '{}')).status).toBe(429);
  // Whoever runs the daemon can see that somebody guesses, and not what.
  expect(child.stderr).toMatch(/"address":"127\.0\.0\.1","wrong":10,"shut":true.*"a wrong control token"/);
  expect(child.stderr).not.toContain('guess-');
  expect(await state()).toBe(before);
  await bed.expectSound();
});

test('P5: a report that is forged, for another machine, or from tomorrow makes no machine idle', async () => {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [idle('m'), idle('n')])],
    policies: STOP_IDLE,
    config: { activity: [{ match: { provider: 'huixingyun' }, probes: [{ push: { staleAfter: '5m' } }] }] },
  });
  const child = await bed.spawnFaulty();
  await bed.polling();
  const tokens = new ActivityTokens(bed.controlToken);
  const report = async (instance: string, token: string, more: object = {}) => {
    const body = JSON.stringify({ instance, verdict: 'idle', ...more });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return (await ask(child, 'POST', '/api/v1/activity', headers, body)).status;
  };
  const hourAgo = new Date(bed.clock.now() - 60 * MINUTE).toISOString();
  for (const token of [
    '',
    'x',
    bed.controlToken,
    tokens.tokenFor('hxy/n'),
    new ActivityTokens('another-control-token').tokenFor('hxy/m'),
  ])
    expect([token, await report('hxy/m', token, { lastActiveAt: hourAgo })]).toEqual([token, 401]);
  expect(
    await report('hxy/m', tokens.tokenFor('hxy/m'), {
      lastActiveAt: new Date(bed.clock.now() + 60 * MINUTE).toISOString(),
    }),
  ).toBe(200);
  // An old one sent again ten minutes later says what it said: nothing that is newer, and the machine is not stopped by it.
  expect(
    await report('hxy/n', tokens.tokenFor('hxy/n'), { lastActiveAt: new Date(bed.clock.now()).toISOString() }),
  ).toBe(200);
  await bed.polling();
  await bed.pass(10 * MINUTE);
  await bed.polling();
  const rows = await bed.listOf(child, 'instances');
  expect(JSON.stringify(rows.find(({ key }) => key === 'hxy/m'))).toContain('unknown');
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toEqual([]);
  await bed.expectSound();
});
