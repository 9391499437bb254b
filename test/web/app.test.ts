import type { Hono } from 'hono';
import { beforeEach, describe, expect, test } from 'vitest';
import { makeWeb } from '../../src/web/app.ts';
import { toCursor } from '../../src/web/cursor.ts';
import type { WebEnv } from '../../src/web/own-host.ts';
import { MemorySource } from './memory-source.ts';

const TOKEN = 'control-token-1';
const BEARER = { authorization: `Bearer ${TOKEN}` };
const JSON_TYPE = { 'content-type': 'application/json' };
const LISTS = ['instances', 'operations', 'policies', 'plan', 'holds', 'accounts'];

let source: MemorySource;
let failures: { readonly error: unknown; readonly request: string }[];
let app: Hono<WebEnv>;
beforeEach(() => {
  source = new MemorySource();
  failures = [];
  app = makeWeb(
    source,
    () => TOKEN,
    (error, request) => failures.push({ error, request }),
  );
});

const get = async (path: string, headers: Record<string, string> = {}) => app.request(path, { headers });
const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.request(path, {
    method: 'POST',
    headers: { ...BEARER, ...JSON_TYPE, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

async function expectError(response: Response, status: number, code: string, message?: string | RegExp) {
  expect(response.status).toBe(status);
  const body: unknown = await response.json();
  expect(body).toEqual({ error: { code, message: expect.any(String) } });
  if (message !== undefined) expect(body).toMatchObject({ error: { message: expect.stringMatching(message) } });
}

describe('health', () => {
  test('alive or not', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ ok: true, detail: 'alive' });
    source.aliveNow = { ok: false, detail: 'the event loop stood still for 12 s' };
    const response = await get('/healthz');
    expect([response.status, await response.json()]).toEqual([503, source.aliveNow]);
  });

  test('ready or not; failing accounts are named', async () => {
    source.readiness = {
      ready: true,
      checks: { redis: { ok: true, detail: 'ok' } },
      accounts: [{ account: 'hxy', ok: false, detail: 'unauthorised' }],
    };
    const response = await get('/readyz');
    expect([response.status, await response.json()]).toEqual([200, source.readiness]);
    source.readiness = { ...source.readiness, ready: false };
    expect((await get('/readyz')).status).toBe(503);
  });
});

describe('lists', () => {
  test.each(LISTS)('%s answers items and the next cursor', async (name) => {
    source.pages[name] = { items: [{ id: 'a' }], next: '100' };
    const response = await get(`/api/v1/${name}`);
    expect([response.status, await response.json()]).toEqual([200, { items: [{ id: 'a' }], next: '100' }]);
    expect(source.asked).toEqual([{ what: name, with: { cursor: null, limit: 100, filters: {} } }]);
  });

  test('cursor, limit and filters are handed on', async () => {
    await get('/api/v1/operations?cursor=7&limit=1000&account=hxy&state=escalated');
    expect(source.asked[0]?.with).toEqual({
      cursor: '7',
      limit: 1000,
      filters: { account: 'hxy', state: 'escalated' },
    });
  });

  test.each(['0', '1001', '-1', '1e3', 'many', '', '99999', '1.5'])('limit=%s is refused', async (limit) => {
    await expectError(
      await get(`/api/v1/instances?limit=${limit}`),
      400,
      'invalid',
      'limit is a number from 1 to 1000',
    );
    expect(source.asked).toEqual([]);
  });

  test.each([
    ['operations?cursor=abc', 'cursor is the "next" of an earlier page'],
    ['policies?cursor=abc', 'cursor is the "next" of an earlier page of policies, not "abc"'],
    ['instances?cursor=zzz', 'cursor is'],
    ['instances?cursor=a%20b', 'cursor is the "next" of an earlier page of instances, not "a b"'],
    ['instances?cursor=-1', 'cursor is'],
    ['operations?instance=garbage', 'instance is account/id, not "garbage"'],
    ['operations?instance=', 'instance is account/id'],
    ['operations?state=bogus', 'state is one of armed, sending, .*, not "bogus"'],
    ['instances?status=bogus', 'status is one of creating, .*, not "bogus"'],
    ['plan?explain=yes', 'explain is one of true, false'],
    ['instances?state=running', 'instances has no filter "state"; there are account, status, limit, cursor'],
    ['policies?account=hxy', 'policies has no filter "account"; there are limit, cursor'],
    ['holds?toString=1', 'no filter "toString"'],
  ])('%s is refused', async (path, message) => {
    await expectError(await get(`/api/v1/${path}`), 400, 'invalid', new RegExp(message));
    expect(source.asked).toEqual([]);
  });

  test.each(['instances', 'plan', 'holds', 'accounts'])(
    '%s goes on behind the row that was seen last',
    async (name) => {
      const cursor = toCursor('hxy/张伟');
      await get(`/api/v1/${name}?cursor=${cursor}`);
      expect(source.asked[0]?.with).toMatchObject({ cursor: 'hxy/张伟' });
    },
  );

  test.each(['instances', 'operations'])('%s of an account that nobody knows is 404 with the nearest', async (name) => {
    source.accountsKnown = ['hxy-main', 'chenyu'];
    const near = 'no account is called "hxy-mian"; did you mean "hxy-main"?';
    await expectError(await get(`/api/v1/${name}?account=hxy-mian`), 404, 'not-found', near);
    const far = 'no account is called "nope"; there are hxy-main, chenyu';
    await expectError(await get(`/api/v1/${name}?account=nope`), 404, 'not-found', far);
    expect((await get(`/api/v1/${name}?account=chenyu`)).status).toBe(200);
    // The ledger remembers accounts that are gone from the configuration.
    source.pages[name] = { items: [{ id: 'a' }], next: null };
    expect((await get(`/api/v1/${name}?account=nope`)).status).toBe(200);
  });

  test.each([
    'instances?account=hxy&status=running',
    'operations?instance=hxy/gpu-1&policy=idle&cursor=0',
    'plan?explain=true',
  ])('%s is understood', async (path) => {
    expect((await get(`/api/v1/${path}`)).status).toBe(200);
  });

  test('one operation, or none', async () => {
    expect(await (await get('/api/v1/operations/op-1')).json()).toEqual({ id: 'op-1' });
    await expectError(await get('/api/v1/operations/op-2'), 404, 'not-found', 'there is no operation op-2');
  });
});

describe('GET /api/v1/recording', () => {
  test('the pieces come one after the other as they are', async () => {
    source.recorded = {
      kind: 'done',
      pieces: (async function* () {
        yield new Uint8Array([0x28, 0xb5, 0xff]);
        yield new Uint8Array([1, 2]);
      })(),
    };
    const response = await get('/api/v1/recording?since=24h', { 'accept-encoding': 'gzip' });
    expect([response.status, response.headers.get('content-type'), response.headers.get('content-encoding')]).toEqual([
      200,
      'application/zstd',
      null,
    ]);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0x28, 0xb5, 0xff, 1, 2]);
    expect(source.asked).toEqual([{ what: 'recording', with: '24h' }]);
  });

  test('where there is none it is said, and a time that is none is refused', async () => {
    await expectError(await get('/api/v1/recording'), 404, 'not-found', /nothing is recorded/);
    source.recorded = { kind: 'invalid', message: 'since is so long ago' };
    await expectError(await get('/api/v1/recording?since=x'), 400, 'invalid', /since/);
  });
});

describe('what is not there', () => {
  test.each([
    ['GET', '/nothing'],
    ['GET', '/api/v1/nothing'],
    ['GET', '/api/v1/pause'],
    ['PUT', '/api/v1/holds'],
    ['POST', '/api/v1/instances'],
    ['DELETE', '/api/v1/operations/op-1'],
    ['OPTIONS', '/api/v1/holds'],
    ['GET', '/api/v1/operations/%zz/approve'],
    ['GET', '/.env'],
    ['GET', '/..%2f..%2fetc/passwd'],
  ])('%s %s', async (method, path) => {
    await expectError(await app.request(path, { method, headers: BEARER }), 404, 'not-found');
  });
});

/** Every route that changes something, with a body that it takes. */
const HOLD = { instance: 'hxy/gpu-1', for: '4h', reason: 'training', owner: 'wang' };
const CONTROL: readonly (readonly [string, string, unknown])[] = [
  ['POST', '/api/v1/holds', HOLD],
  ['DELETE', '/api/v1/holds/h-1', undefined],
  ['POST', '/api/v1/pause', { by: 'wang', reason: 'storm' }],
  ['POST', '/api/v1/resume', {}],
  ['POST', '/api/v1/operations/op-1/approve', { by: 'wang', reason: 'seen it' }],
  ['POST', '/api/v1/operations/op-1/close', { by: 'wang', reason: 'done by hand' }],
  ['POST', '/-/reload', undefined],
];
const change = async (
  of: Hono<WebEnv>,
  [method, path, body]: (typeof CONTROL)[number],
  headers: Record<string, string>,
) =>
  of.request(path, {
    method,
    headers: { ...(method === 'POST' && JSON_TYPE), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe.each(CONTROL)('%s %s', (...route) => {
  test.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer control-token-2' }],
    ['a shorter one', { authorization: 'Bearer control-token' }],
    ['a longer one', { authorization: `Bearer ${TOKEN}1` }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['the token bare', { authorization: TOKEN }],
    ['the token as Basic', { authorization: `Basic ${btoa(`user:${TOKEN}`)}` }],
    ['the token twice', { authorization: `Bearer ${TOKEN} ${TOKEN}` }],
    ['a token of 10 kB', { authorization: `Bearer ${'x'.repeat(10_000)}` }],
  ])('%s is 401 and changes nothing', async (_name, headers) => {
    await expectError(await change(app, route, headers), 401, 'unauthorised');
    expect(source.asked).toEqual([]);
  });

  test('with the token it is done', async () => {
    const response = await change(app, route, BEARER);
    expect([response.status, await response.json()]).toEqual([200, { ok: 'yes' }]);
    expect(source.asked).toHaveLength(1);
    expect((await change(app, route, { authorization: `bearer ${TOKEN}` })).status).toBe(200);
  });

  test('without a token configured it does not exist', async () => {
    const closed = makeWeb(source, null);
    await expectError(await change(closed, route, BEARER), 404, 'not-found');
    expect(source.asked).toEqual([]);
  });

  test('what it comes to', async () => {
    source.done = { kind: 'not-found', message: 'there is no such' };
    await expectError(await change(app, route, BEARER), 404, 'not-found', 'there is no such');
    source.done = { kind: 'invalid', message: '"4" is no duration' };
    await expectError(await change(app, route, BEARER), 400, 'invalid', 'is no duration');
    source.done = { kind: 'refused', message: 'it is not escalated' };
    await expectError(await change(app, route, BEARER), 409, 'refused', 'it is not escalated');
  });
});

test('the token is asked for anew each time, so that a new one counts after a reload', async () => {
  let token = 'first-token';
  const web = makeWeb(source, () => token);
  token = 'second-token';
  const reload = async (known: string) => {
    const headers = { ...JSON_TYPE, authorization: `Bearer ${known}` };
    return (await web.request('/-/reload', { method: 'POST', headers })).status;
  };
  expect(await reload('first-token')).toBe(401);
  expect(await reload('second-token')).toBe(200);
});

test('a held reload is acknowledged by its id', async () => {
  expect((await post('/-/reload', { acknowledge: '1f2e3d4c' })).status).toBe(200);
  expect((await post('/-/reload', { acknowledge: null })).status).toBe(200);
  await expectError(await post('/-/reload', { acknowledge: true }), 400, 'invalid', 'acknowledge');
  await expectError(await post('/-/reload', { force: true }), 400, 'invalid', 'force');
  expect(source.asked).toEqual([
    { what: 'reload', with: '1f2e3d4c' },
    { what: 'reload', with: null },
  ]);
});

test('who and why are handed on', async () => {
  for (const route of CONTROL) await change(app, route, BEARER);
  expect(source.asked).toEqual([
    { what: 'hold', with: HOLD },
    { what: 'release', with: 'h-1' },
    { what: 'pause', with: { by: 'wang', reason: 'storm' } },
    { what: 'resume', with: { by: 'api' } },
    { what: 'approve', with: { id: 'op-1', by: 'wang', reason: 'seen it' } },
    { what: 'close', with: { id: 'op-1', by: 'wang', reason: 'done by hand' } },
    { what: 'reload', with: null },
  ]);
});

describe('bodies', () => {
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json-patch+json',
    'text/plain; application/json',
    '',
  ])('content-type "%s" is 415, as a page in a browser could send it', async (type) => {
    await expectError(await post('/api/v1/holds', HOLD, { 'content-type': type }), 415, 'invalid', 'application/json');
    expect(source.asked).toEqual([]);
  });

  test.each([
    ['/api/v1/pause', { by: 'api', reason: '' }],
    ['/api/v1/resume', { by: 'api' }],
    ['/api/v1/operations/op-1/approve', { id: 'op-1', by: 'api', reason: '' }],
    ['/api/v1/operations/op-1/close', { id: 'op-1', by: 'api', reason: '' }],
  ])('POST %s needs nothing in it, but to be called JSON', async (path, given) => {
    const typed = { ...BEARER, 'content-type': 'text/plain' };
    await expectError(await app.request(path, { method: 'POST', headers: typed }), 415, 'invalid');
    // Without a content type, and with or without something in it: a page in a browser could send that.
    const bytes = new TextEncoder().encode('{}');
    await expectError(await app.request(path, { method: 'POST', headers: BEARER, body: bytes }), 415, 'invalid');
    await expectError(await app.request(path, { method: 'POST', headers: BEARER }), 415, 'invalid', 'application/json');
    expect(source.asked).toEqual([]);
    expect((await app.request(path, { method: 'POST', headers: { ...BEARER, ...JSON_TYPE } })).status).toBe(200);
    expect(source.asked[0]?.with).toEqual(given);
  });

  test('a charset is no harm', async () => {
    expect((await post('/api/v1/holds', HOLD, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200);
  });

  test.each(['{', 'null', '[]', '"text"', '7', '{"a":1}{"b":2}', "{'by':'wang'}"])('%s is 400', async (body) => {
    await expectError(await post('/api/v1/pause', body), 400, 'invalid');
    expect(source.asked).toEqual([]);
  });

  test.each([
    ['a key that nobody knows', { ...HOLD, ownr: 'wang' }, 'unknown key "ownr"; did you mean "owner"?'],
    ['a key like none', { ...HOLD, colour: 'red' }, 'unknown key "colour"; known: instance, for, reason, owner'],
    ['a number for a time', { ...HOLD, for: 4 }, '"for" must be a text, not 4'],
    ['no time', { ...HOLD, for: '' }, '"for" must not be empty'],
    ['a key that is missing', { ...HOLD, owner: undefined }, '"owner" is missing'],
    ['a wrong type', { ...HOLD, reason: 7 }, '"reason" must be a text, not 7'],
    ['a reason of blanks', { ...HOLD, reason: '   ' }, '"reason" must not be empty'],
    ['a very long reason', { ...HOLD, reason: 'x'.repeat(501) }, '"reason" is longer than 500 characters'],
    ['a prototype', '{"__proto__":{"by":"x"},"instance":"a/b","for":"4h","reason":"r","owner":"o"}', '__proto__'],
  ])('%s is named', async (_name, body, named) => {
    await expectError(await post('/api/v1/holds', body), 400, 'invalid', named);
    expect(source.asked).toEqual([]);
  });

  test('more than 16 kB is 413, told or found out', async () => {
    const long = JSON.stringify({ ...HOLD, reason: 'x'.repeat(17_000) });
    await expectError(await post('/api/v1/holds', long), 413, 'invalid', '16384 bytes');
    await expectError(
      await post('/api/v1/holds', long, { 'content-length': String(long.length) }),
      413,
      'invalid',
      '16384 bytes',
    );
    expect(source.asked).toEqual([]);
  });
});

describe('POST /api/v1/activity', () => {
  const REPORT = {
    instance: 'hxy/gpu-1',
    verdict: 'idle',
    lastActiveAt: '2026-11-21T12:00:00+08:00',
    evidence: 'gpu 0 %',
  };

  test('takes the token of the instance, whatever the control token is', async () => {
    const response = await post('/api/v1/activity', REPORT, { authorization: 'Bearer of-the-instance' });
    expect(response.status).toBe(200);
    expect(source.asked).toEqual([{ what: 'activity', with: { report: REPORT, token: 'of-the-instance' } }]);
  });

  test('takes what an agent tells beside its verdict', async () => {
    const report = {
      instance: 'hxy/gpu-1',
      verdict: 'unknown',
      cards: 8,
      signals: [
        { signal: 'gpu', verdict: 'unknown', value: null, threshold: 5, unit: '%', detail: 'no nvidia-smi' },
        { signal: 'terminal', verdict: 'idle', lastActiveSecondsAgo: 300 },
      ],
      keepAlive: { text: '4h wang long run', writtenSecondsAgo: 60 },
    };
    expect((await post('/api/v1/activity', report, { authorization: 'Bearer t' })).status).toBe(200);
    expect(source.asked).toEqual([{ what: 'activity', with: { report, token: 't' } }]);
  });

  test('a token that is not the instance’s is 401', async () => {
    source.done = { kind: 'refused', message: 'this token is not that of the instance' };
    await expectError(await post('/api/v1/activity', REPORT), 401, 'unauthorised', 'not that of the instance');
  });

  test('no token is 401 before anything is read', async () => {
    await expectError(await post('/api/v1/activity', '{', { authorization: '' }), 401, 'unauthorised');
    expect(source.asked).toEqual([]);
  });

  test('the token of an instance opens nothing else', async () => {
    for (const route of CONTROL) {
      expect((await change(app, route, { authorization: 'Bearer of-the-instance' })).status).toBe(401);
    }
    expect(source.asked).toEqual([]);
  });

  test.each([
    [{ ...REPORT, verdict: 'busy' }, '"verdict" must be active or idle or unknown, not "busy"'],
    [{ ...REPORT, signals: [{ signal: 'gpu' }] }, 'verdict'],
    [{ ...REPORT, signals: [{ signal: 'mood', verdict: 'idle' }] }, 'mood'],
    [{ ...REPORT, signals: [{ signal: 'gpu', verdict: 'idle', at: 1 }] }, 'at'],
    [{ ...REPORT, signals: Array.from({ length: 21 }, () => ({ signal: 'gpu', verdict: 'idle' })) }, 'signals'],
    [{ ...REPORT, cards: -1 }, 'cards'],
    [{ ...REPORT, keepAlive: { text: '4h wang' } }, 'writtenSecondsAgo'],
    [{ ...REPORT, keepAlive: { text: '4h wang', writtenSecondsAgo: -1 } }, 'writtenSecondsAgo'],
    [{ ...REPORT, verdict: undefined }, '"verdict" is missing'],
    [
      { ...REPORT, lastActiveAt: '12:00' },
      '"lastActiveAt" must be a time such as 2026-10-01T08:00:00.08:00, not "12:00"',
    ],
    [{ ...REPORT, lastActiveAt: 1_795_000_000 }, '"lastActiveAt" must be a text, not 1795000000'],
    [{ ...REPORT, evidence: 'x'.repeat(201) }, '"evidence" is longer than 200 characters'],
    [{ ...REPORT, instance: 'x' }, '"instance" must be account/id, not "x"'],
    [{ ...REPORT, at: 'now' }, 'at'],
  ])('%j is 400', async (report, named) => {
    await expectError(await post('/api/v1/activity', report), 400, 'invalid', named);
    expect(source.asked).toEqual([]);
  });

  test('without a control token it does not exist: its tokens come from that', async () => {
    const closed = makeWeb(source, null);
    const response = await closed.request('/api/v1/activity', {
      method: 'POST',
      headers: { ...JSON_TYPE, authorization: 'Bearer x' },
      body: JSON.stringify(REPORT),
    });
    expect(response.status).toBe(404);
  });
});

describe('/metrics', () => {
  const scrapeOf = (pieces: () => AsyncGenerator<string>) => {
    source.scrape = pieces;
  };

  test('is the text format, piece by piece', async () => {
    scrapeOf(async function* several() {
      yield '# TYPE lamplighter_paused gauge\n';
      yield 'lamplighter_paused 0\n';
      yield 'lamplighter_instance_info{name="训练"} 1\n';
    });
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe(
      '# TYPE lamplighter_paused gauge\nlamplighter_paused 0\nlamplighter_instance_info{name="训练"} 1\n',
    );
  });

  test('nothing to say is an empty page', async () => {
    scrapeOf(async function* none() {});
    const response = await get('/metrics');
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  test('a failure before the first piece is a 500', async () => {
    scrapeOf(async function* broken() {
      yield await Promise.reject(new Error('no Redis'));
    });
    await expectError(await get('/metrics'), 500, 'failed');
    expect(failures).toEqual([{ error: new Error('no Redis'), request: 'GET /metrics' }]);
  });

  test('a failure in the middle breaks the scrape off: missing series must not look like vanished ones', async () => {
    scrapeOf(async function* breaking() {
      yield 'lamplighter_paused 0\n';
      throw new Error('no Redis');
    });
    const response = await get('/metrics');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('the answer broke off');
    expect(failures).toEqual([{ error: new Error('no Redis'), request: 'GET /metrics' }]);
  });

  test('a scraper that hangs up ends the work', async () => {
    let ended = Promise.withResolvers<void>();
    scrapeOf(async function* endless() {
      try {
        for (;;) yield 'lamplighter_paused 0\n';
      } finally {
        ended.resolve();
      }
    });
    for (const read of [0, 3]) {
      const reader = (await get('/metrics')).body?.getReader();
      for (let i = 0; i < read; i += 1) await reader?.read();
      await reader?.cancel();
      await ended.promise;
      ended = Promise.withResolvers<void>();
    }
  });
});

describe('every answer', () => {
  const PATHS = ['/', '/healthz', '/readyz', '/metrics', '/nothing', '/api/v1/instances?limit=0'];

  test.each(PATHS)('%s carries the headers that keep browsers in check', async (path) => {
    const { headers } = await get(path, { origin: 'https://evil.example' });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('no preflight is granted', async () => {
    const response = await app.request('/api/v1/pause', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(response.status).toBe(404);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('a failure of ours tells nothing of itself', async () => {
    source.failWith = new Error('redis://:password@10.0.0.1 is down');
    for (const path of ['/readyz', ...LISTS.map((name) => `/api/v1/${name}`)]) {
      const response = await get(path);
      expect(response.status).toBe(500);
      expect(await response.text()).toBe(
        '{"error":{"code":"failed","message":"the request failed; the log says why"}}',
      );
    }
    expect(failures.map(({ request }) => request)).toEqual(
      ['/readyz', ...LISTS.map((name) => `/api/v1/${name}`)].map((path) => `GET ${path}`),
    );
    expect(failures.every(({ error }) => error === source.failWith)).toBe(true);
  });
});
