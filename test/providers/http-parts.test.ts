import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { failedRead, refusedRead, refusedSend, statusClass, worthRetrying } from '../../src/providers/http/classify.ts';
import { checkedOrigin } from '../../src/providers/http/origin.ts';
import { clampRetryAfter, httpDate, retryAfterMs } from '../../src/providers/http/retry-after.ts';
import { Secrets } from '../../src/providers/http/secrets.ts';
import { client, failureOf, forever, open, PING, TOKEN } from './support/clients.ts';
import { HttpServer } from './support/http-server.ts';

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('what a failure means', () => {
  test.each([
    'ENOTFOUND',
    'EAI_AGAIN',
    'ECONNREFUSED',
    'UND_ERR_CONNECT_TIMEOUT',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
  ])('%s: no byte left (N2)', (code) => {
    expect(failedRead(withCode(code))).toBe('not-sent');
    expect(failedRead(new AggregateError([withCode(code)]))).toBe('not-sent');
  });

  test.each([
    'ECONNRESET',
    'EPIPE',
    'UND_ERR_SOCKET',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'UND_ERR_ABORTED',
    'odd',
  ])('%s: who knows', (code) => expect(failedRead(withCode(code))).toBe('uncertain'));

  test('statuses', () => {
    const seen = [200, 204, 302, 400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 199].map(statusClass);
    expect(seen).toEqual([
      'success',
      'success',
      'redirect',
      'refused',
      'unauthorised',
      'unauthorised',
      'refused',
      'broken',
      'refused',
      'throttled',
      'broken',
      'broken',
      'broken',
      'broken',
    ]);
  });

  test('only what may pass is tried again', () => {
    const kinds = ['unauthorised', 'throttled', 'redirect', 'refused', 'broken'] as const;
    expect(kinds.map(refusedRead).map(worthRetrying)).toEqual([false, true, false, false, true]);
    expect(kinds.map((kind) => refusedSend(kind, 'paid'))).toEqual(kinds.map(() => 'uncertain'));
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 21, 10);
  test.each([
    ['0', 1000],
    ['-5', 1000],
    ['2', 2000],
    ['1000000000000', 3_600_000],
    ['Sat, 21 Nov 2026 10:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2020 10:00:30 GMT', 1000],
    ['soon', null],
    ['1.5', null],
    ['', null],
    [null, null],
  ])('%s (N6)', (header, ms) => expect(retryAfterMs(header, now)).toBe(ms));

  test('is never without bounds', () => {
    expect([Number.NaN, Number.POSITIVE_INFINITY, -1, 2500.4].map(clampRetryAfter)).toEqual([
      1000, 3_600_000, 1000, 2500,
    ]);
  });

  test('dates are HTTP dates only', () => {
    expect(httpDate('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(784_111_777_000);
    expect(httpDate('2026-11-21')).toBeNull();
    expect(httpDate('Sun, 99 Nov 1994 08:49:37 GMT')).toBeNull();
  });
});

describe('the base URL', () => {
  test.each([
    ['https://www.chenyu.cn', 'https://www.chenyu.cn'],
    ['https://www.chenyu.cn/', 'https://www.chenyu.cn'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('%s', (url, origin) => expect(checkedOrigin(url)).toBe(origin));

  test.each([
    ['http://www.chenyu.cn', 'must be https'],
    ['http://127.0.0.1.evil.example', 'must be https'],
    ['ftp://127.0.0.1', 'must be https'],
    ['https://www.chenyu.cn/api', 'did you mean "https://www.chenyu.cn"?'],
    ['https://www.chenyu.cn?x=1', 'must be an origin'],
    ['www.chenyu.cn', 'is not a URL'],
    ['https://me:hunter2@www.chenyu.cn', 'holds a user name or password'],
  ])('%s is refused', (url, message) => {
    expect(() => checkedOrigin(url)).toThrow(message);
    expect(() => checkedOrigin(url)).not.toThrow(/hunter2/);
  });
});

describe('secrets', () => {
  const secrets = new Secrets([TOKEN, '']);

  test('are blotted out of a text, which becomes short and harmless', () => {
    expect(secrets.quote(`no ${TOKEN}\u001b[31m\nred\u202e`)).toBe('no *** [31m red');
    expect(secrets.quote('root, password: hunter2 was refused')).toBe('root, password: *** was refused');
    expect(secrets.quote('Authorization: Bearer abc.def; token="x y", 密码：空格')).toBe(
      'Authorization: Bearer ***; token=*** y", 密码：***',
    );
    expect(secrets.quote('the token is not valid: try again')).toBe('the token is not valid: try again');
    expect(secrets.quote('长'.repeat(300))).toBe(`${'长'.repeat(200)}…`);
    expect([null, 3, {}, undefined].map((value) => secrets.quote(value))).toEqual([
      '(null)',
      '(number)',
      '(object)',
      '(undefined)',
    ]);
  });

  test('are cut out before the text is, so that no half of one is left over', () => {
    expect(secrets.quote(`${'x'.repeat(190)}${TOKEN}`)).toBe(`${'x'.repeat(190)}***`);
  });

  test('show in no print of themselves, of a client or of what it throws', async () => {
    await using server = await new HttpServer((request, response) =>
      response
        .writeHead(200, { 'content-type': TOKEN, 'x-echo': TOKEN })
        .end(`not json ${request.headers.authorization}`),
    ).start();
    const http = client(server.origin);
    const error = await failureOf(
      http.read(PING, () => ({ kind: 'failed', failure: 'protocol', detail: '' }), { signal: forever() }),
    );
    const broken = client('http://127.0.0.1:9', { token: TOKEN });
    const refused = await failureOf(
      broken.read(PING, () => ({ kind: 'value', value: 1 }), { signal: forever(), maxAttempts: 1 }),
    );
    const outcome = await http.send(PING, () => ({ kind: 'rejected', detail: '' }), {
      signal: forever(),
      gate: open,
      actionClass: 'paid',
    });
    const prints = [secrets, http, error, refused, outcome].flatMap((thing) => [
      inspect(thing, { depth: 20, showHidden: true }),
      JSON.stringify(thing),
      String(thing instanceof Error ? thing.stack : ''),
    ]);
    expect(prints.join('\n')).not.toContain(TOKEN);
    expect(prints.join('\n')).not.toContain('canary');
    await http.close();
    await broken.close();
  });

  test('of an error only name, code and a clean message are kept', () => {
    const error = Object.assign(new TypeError(`bad header ${TOKEN}`), { code: 'E', headers: { authorization: TOKEN } });
    const cause = secrets.causeOf(error);
    expect(cause).toMatchObject({ name: 'TypeError', code: 'E', message: 'bad header ***' });
    expect(inspect(cause, { showHidden: true })).not.toContain(TOKEN);
    expect(secrets.causeOf(`text ${TOKEN}`).message).toBe('text ***');
  });
});

test('undici is imported where reads and sends leave, and fetch is used nowhere', () => {
  const root = new URL('../../src/providers/', import.meta.url);
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }));
  const speakers = sources.filter(({ text }) => /from '(?:undici|node:https?)'/.test(text)).map(({ path }) => path);
  expect(speakers.toSorted()).toEqual(['http/send-connection.ts', 'http/transport.ts']);
  expect(sources.filter(({ text }) => /[^\w.]fetch\(/.test(text)).map(({ path }) => path)).toEqual([]);
});
