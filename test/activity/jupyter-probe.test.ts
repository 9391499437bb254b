import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { AddressGuard, type Resolver } from '../../src/activity/address-guard.ts';
import { JupyterProbe, type JupyterProbeOptions } from '../../src/activity/jupyter-probe.ts';
import type { ProbeReading } from '../../src/fleet/activity.ts';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import { HttpServer, html, json } from '../providers/support/http-server.ts';
import { JumpClock } from '../providers/support/jump-clock.ts';
import { expect } from '../support/in-words.ts';
import { forever, HOUR, instance, jupyterAt, MINUTE, NOON, SECOND } from './fleet.ts';
import recorded from './recorded/jupyter-server-1.23.3.json' with { type: 'json' };

const clock = new JumpClock(NOON);
let server: HttpServer;
beforeEach(async () => {
  server = await new HttpServer().start();
});
afterEach(() => server[Symbol.asyncDispose]());

function probe(options: Partial<JupyterProbeOptions> = {}): JupyterProbe {
  return new JupyterProbe({
    url: `${server.origin}/`,
    token: () => null,
    guard: new AddressGuard([]),
    clock,
    timeoutMs: 2_000,
    ...options,
  });
}

const read = (options: Partial<JupyterProbeOptions> = {}): Promise<ProbeReading> =>
  probe(options).read(instance(), forever());

const stamp = (at: number): string => new Date(at).toISOString().replace('Z', '000Z');
const kernel = (state: string, lastActivity: string) => ({
  id: 'b5e0',
  name: 'python3',
  execution_state: state,
  last_activity: lastActivity,
  connections: 0,
});

/** A Jupyter Server with these kernels and terminals, whose clock shows `now`. */
function jupyter(kernels: unknown, terminals: unknown = [], now = NOON): void {
  server.handler = (request, response) => {
    response.setHeader('date', new Date(now).toUTCString());
    json(response, request.url.includes('/api/kernels') ? kernels : terminals);
  };
}

/** One answer to whatever is asked. */
function answers(answer: (response: ServerResponse) => void): void {
  server.handler = (_request, response) => answer(response);
}

describe('what a server says', () => {
  test('a busy kernel is work, now', async () => {
    jupyter([kernel('idle', stamp(NOON - HOUR)), kernel('busy', stamp(NOON - 3 * HOUR))]);
    expect(await read()).toMatchObject({
      probe: 'jupyter',
      at: NOON,
      verdict: 'active',
      reason: null,
      lastActiveAt: NOON,
      judges: 'work',
      evidence: verbatim('2 kernels, 1 not idle, 0 terminals'),
      // The busy kernel's last message: whether it computes or is stuck is for other signals to say.
      signals: [
        { signal: 'kernel', verdict: 'active', value: 1, threshold: 1, lastActiveAt: NOON - 3 * HOUR },
        { signal: 'terminal', judges: 'people', value: 0 },
      ],
    });
  });

  test('open pages are told from the status, and judge nothing', async () => {
    server.handler = (request, response) => {
      response.setHeader('date', new Date(NOON).toUTCString());
      if (request.url.startsWith('/api/status')) {
        json(response, { started: stamp(NOON - 9 * HOUR), last_activity: stamp(NOON), kernels: 1, connections: 3 });
      } else json(response, request.url.includes('/api/kernels') ? [kernel('idle', stamp(NOON - HOUR))] : []);
    };
    const got = await read();
    expect(got).toMatchObject({ verdict: 'idle', lastActiveAt: NOON - HOUR });
    expect(got.signals).toContainEqual(
      expect.objectContaining({
        signal: 'tab',
        verdict: 'not-applicable',
        judges: 'people',
        value: 3,
        lastActiveAt: NOON,
      }),
    );
  });

  test.each(['starting', 'restarting', 'unknown', 'autorestarting', 'a word of tomorrow'])(
    'a kernel that is "%s" is not idle',
    async (state) => {
      jupyter([kernel(state, stamp(NOON - HOUR))]);
      expect(await read()).toMatchObject({ verdict: 'active' });
    },
  );

  test('all kernels idle is idle since the newest of them and of the terminals', async () => {
    jupyter(
      [kernel('idle', stamp(NOON - 3 * HOUR)), kernel('idle', '2026-11-21T10:00:00.123456+08:00')],
      [{ name: '1', last_activity: stamp(NOON - 90 * MINUTE) }],
    );
    expect(await read()).toMatchObject({ verdict: 'idle', reason: null, lastActiveAt: NOON - 90 * MINUTE });
    jupyter([kernel('idle', '2026-11-21T11:30:00.123456+08:00')]);
    expect(await read()).toMatchObject({ verdict: 'idle', lastActiveAt: NOON - 30 * MINUTE + 123 });
  });

  test('no kernel proves nothing, whatever the terminals show', async () => {
    jupyter([], [{ name: '1', last_activity: stamp(NOON - 5 * HOUR) }]);
    const nothing = { verdict: 'not-applicable', reason: 'not-judged' };
    const got = await read();
    expect(got).toMatchObject({ ...nothing, lastActiveAt: NOON - 5 * HOUR });
    expect(got.evidence).toContain('it can prove activity, never idleness');
    jupyter([]);
    expect(await read()).toMatchObject({ ...nothing, lastActiveAt: null });
  });

  test('terminals that answer 404 are switched off', async () => {
    server.handler = (request, response) => {
      if (request.url.startsWith('/api/terminals')) html(response, 404);
      else json(response, [kernel('idle', stamp(NOON - HOUR))]);
    };
    expect(await read()).toMatchObject({ verdict: 'idle', evidence: verbatim('1 kernels, 0 not idle, 0 terminals') });
  });

  test('kernels that answer 404 are no Jupyter', async () => {
    answers((response) => html(response, 404));
    expect(await read()).toMatchObject({ verdict: 'unknown', reason: 'bad-answer' });
  });

  test('its times are read by its own clock', async () => {
    const away = HOUR;
    jupyter([kernel('idle', stamp(NOON + away - 20 * MINUTE))], [], NOON + away);
    expect(await read()).toMatchObject({ verdict: 'idle', lastActiveAt: NOON - 20 * MINUTE });
    jupyter([kernel('idle', stamp(NOON - away - 20 * MINUTE))], [], NOON - away);
    expect(await read()).toMatchObject({ verdict: 'idle', lastActiveAt: NOON - 20 * MINUTE });
  });

  test('a second of difference between the clocks moves nothing', async () => {
    for (const now of [NOON - 1_900, NOON - 1, NOON, NOON + 1_900]) {
      jupyter([kernel('idle', stamp(NOON - HOUR))], [], now);
      expect(await read()).toMatchObject({ lastActiveAt: NOON - HOUR });
    }
  });

  test('a stamp ahead of now is now', async () => {
    jupyter([kernel('idle', stamp(NOON + 5 * SECOND))]);
    expect(await read()).toMatchObject({ verdict: 'idle', lastActiveAt: NOON });
  });
});

test('what a real one answered is understood', async () => {
  const now = Date.parse(recorded.at);
  const answer = (state: 'none' | 'busy' | 'idle') => {
    server.handler = (request, response) => {
      response.setHeader('date', new Date(now).toUTCString());
      const { kernels, terminals, status } = recorded[state];
      json(
        response,
        request.url.includes('kernels') ? kernels : request.url.includes('terminals') ? terminals : status,
      );
    };
  };
  const at = new JumpClock(now);
  answer('none');
  expect(await read({ clock: at })).toMatchObject({ verdict: 'not-applicable', reason: 'not-judged' });
  answer('busy');
  expect(await read({ clock: at })).toMatchObject({ verdict: 'active', lastActiveAt: now });
  answer('idle');
  expect(await read({ clock: at })).toMatchObject({
    verdict: 'idle',
    lastActiveAt: now,
    evidence: verbatim('1 kernels, 0 not idle, 1 terminals'),
    signals: [{ lastActiveAt: Date.parse('2026-11-22T03:55:07.822Z') }, { value: 1 }, { signal: 'tab', value: 0 }],
  });
});

describe('what is asked', () => {
  test('every request says that it is not to count', async () => {
    jupyter([kernel('idle', stamp(NOON - HOUR))]);
    await read({ token: () => 'jt-secret' });
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/kernels?no_track_activity=1',
      'GET /api/terminals?no_track_activity=1',
      'GET /api/status?no_track_activity=1',
    ]);
    const sent = server.requests.map(({ headers }) => headers.authorization);
    expect(sent).toEqual(['token jt-secret', 'token jt-secret', 'token jt-secret']);
  });

  test('the configured address is a template, and its query is kept', async () => {
    jupyter([]);
    const url = `${server.origin}/hub/{account}/{id}/{name}?via=x`;
    await probe({ url }).read(instance({ name: '甲 $& /../b' }), forever());
    expect(server.requests[0]?.url).toBe(
      `/hub/cy/inst_a/${encodeURIComponent('甲 $& /../b')}/api/kernels?via=x&no_track_activity=1`,
    );
  });

  test.each(['.', '..'])('an instance named "%s" does not lead to another path', async (name) => {
    const got = await probe({ url: `${server.origin}/a/{name}/` }).read(instance({ name }), forever());
    expect(got).toMatchObject({ verdict: 'unknown', reason: 'no-reading' });
    expect(server.requests).toEqual([]);
  });

  test('without an address there is nothing to read', async () => {
    const nowhere = [instance(), instance({ services: [jupyterAt('not a url')] })].concat(
      ['ftp://127.0.0.1/', 'file:///etc/passwd', 'javascript:alert(1)'].map((url) =>
        instance({ services: [jupyterAt(url)] }),
      ),
    );
    for (const of of nowhere) {
      expect(await probe({ url: null }).read(of, forever())).toMatchObject({
        verdict: 'unknown',
        reason: 'no-reading',
      });
    }
  });
});

describe('what is no answer', () => {
  const cases: readonly (readonly [string, (response: ServerResponse) => void, Partial<ProbeReading>])[] = [
    ['401', (response) => json(response, { message: 'Unauthorized' }, 401), { reason: 'unauthorised' }],
    ['403', (response) => json(response, { message: 'Forbidden' }, 403), { reason: 'unauthorised' }],
    ['500', (response) => html(response, 500), { reason: 'bad-answer' }],
    ['HTML with 200', (response) => html(response), { reason: 'bad-answer' }],
    ['an object', (response) => json(response, { kernels: [] }), { reason: 'bad-answer' }],
    ['a kernel without a state', (response) => json(response, [{ id: '1' }]), { reason: 'bad-answer' }],
    ['a stamp that is none', (response) => json(response, [kernel('idle', 'yesterday')]), { reason: 'bad-answer' }],
    ['204', (response) => response.writeHead(204).end(), { reason: 'bad-answer' }],
    [
      'a body of 2 MB',
      (response) => json(response, [kernel('idle', stamp(NOON)), 'x'.repeat(2 * 1024 * 1024)]),
      { reason: 'bad-answer', evidence: verbatim('the answer is larger than 65536 bytes') },
    ],
    [
      'a connection that breaks in the middle',
      (response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('[');
        response.socket?.end();
      },
      { reason: 'unreachable', evidence: verbatim('not reachable: ECONNRESET') },
    ],
  ];
  test.each(cases)('%s', async (_name, answer, expected) => {
    answers(answer);
    expect(await read()).toMatchObject({ verdict: 'unknown', lastActiveAt: null, ...expected });
  });

  test('a redirect to the login page is not followed', async () => {
    answers((response) => response.writeHead(302, { location: '/login?next=%2Fapi%2Fkernels' }).end());
    expect(await read({ token: () => 'jt-secret' })).toMatchObject({ verdict: 'unknown', reason: 'bad-answer' });
    expect(server.requests).toHaveLength(1);
  });

  test('silence, and an answer that drips, cost their time limit', async () => {
    const silent = { verdict: 'unknown', reason: 'unreachable', evidence: verbatim('no whole answer within 0.05 s') };
    server.handler = () => {};
    expect(await read({ timeoutMs: 50 })).toMatchObject(silent);
    answers((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('[');
    });
    expect(await read({ timeoutMs: 50 })).toMatchObject(silent);
  });

  test('nobody listens', async () => {
    await using gone = await new HttpServer().start();
    const url = gone.origin;
    await gone[Symbol.asyncDispose]();
    expect(await read({ url })).toMatchObject({
      reason: 'unreachable',
      evidence: verbatim('not reachable: ECONNREFUSED'),
    });
  });

  test('nobody listens where it is optional', async () => {
    await using gone = await new HttpServer().start();
    const url = gone.origin;
    await gone[Symbol.asyncDispose]();
    const absent = { verdict: 'not-applicable', reason: null };
    expect(await read({ url, optional: true })).toMatchObject(absent);
    expect(await probe({ url: null, optional: true }).read(instance(), forever())).toMatchObject(absent);
  });

  test('whoever asked to stop gets the reason, not a reading', async () => {
    const controller = new AbortController();
    server.handler = () => controller.abort(new Error('shutting down'));
    await expect(probe().read(instance(), controller.signal)).rejects.toThrow('shutting down');
  });

  test('no evidence tells the token or what the server sent', async () => {
    answers((response) => json(response, { message: 'canary-of-the-server' }, 500));
    const { evidence } = await read({ token: () => 'canary-of-the-token' });
    expect(evidence).toBe('api/kernels answered 500');
  });
});

describe('where a listing leads', () => {
  const port = () => new URL(server.origin).port;
  const listed = (url: string) => instance({ services: [jupyterAt(url)] });
  beforeEach(() => jupyter([kernel('idle', stamp(NOON - HOUR))]));

  test.each([
    ['loopback', '127.0.0.1'],
    ['another loopback', '127.8.8.8'],
    ['decimal', '2130706433'],
    ['hexadecimal', '0x7f000001'],
    ['octal', '0177.0.0.1'],
    ['octal without dots', '017700000001'],
    ['hexadecimal and octal mixed', '0x7f.0.0.01'],
    ['short', '127.1'],
    ['zero', '0'],
    ['with a dot at its end', '127.0.0.1.'],
    ['in full-width digits', '１２７.0.0.1'],
    ['any address', '0.0.0.0'],
    ['IPv6 loopback', '[::1]'],
    ['mapped', '[::ffff:127.0.0.1]'],
    ['mapped, in hex', '[::ffff:7f00:1]'],
    ['compatible', '[::127.0.0.1]'],
    ['translated', '[::ffff:0:127.0.0.1]'],
    ['a name for loopback', 'localhost'],
  ])('%s (%s) is refused before connecting', async (_name, host) => {
    const got = await probe({ url: null }).read(listed(`http://${host}:${port()}/jupyter/`), forever());
    expect(got).toMatchObject({ verdict: 'unknown', reason: 'address-refused' });
    expect(server.requests).toEqual([]);
  });

  test.each([
    'http://169.254.169.254/jupyter',
    'http://[::ffff:169.254.169.254]/jupyter',
    'http://10.1.2.3/jupyter',
    'https://192.168.1.1/jupyter',
    'http://100.100.100.200/jupyter',
    'http://[fd00::1]/jupyter',
    'http://[64:ff9b::a9fe:a9fe]/jupyter',
  ])('%s is refused', async (url) => {
    const got = await probe({ url: null }).read(listed(url), forever());
    expect(got).toMatchObject({ verdict: 'unknown', reason: 'address-refused' });
    expect(got.evidence).toContain('network.allow');
  });

  /** Answers to one name after another, as a resolver of somebody else's does. */
  const rebinding = (...answers: readonly (readonly string[])[]) => {
    const asked: string[] = [];
    const resolve: Resolver = (host, _options, callback) => {
      const addresses = answers[asked.length] ?? [];
      asked.push(host);
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    };
    return { asked, guard: new AddressGuard(['127.0.0.1/32'], resolve) };
  };

  test('a name that changes between two requests is checked for each, and resolved once for each', async () => {
    const { asked, guard } = rebinding(['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1']);
    const got = await probe({ url: null, guard }).read(listed(`http://gpu.example:${port()}/jupyter/`), forever());
    expect(got).toMatchObject({ verdict: 'unknown', reason: 'address-refused' });
    expect(got.evidence).toContain('127.0.0.2');
    // What is connected to is what was checked: a second look-up after the check would have been the third answer.
    expect(asked).toEqual(['gpu.example', 'gpu.example']);
    expect(server.requests.map(({ url }) => url)).toEqual(['/jupyter/api/kernels?no_track_activity=1']);
  });

  test('a name of which one address is refused is not gone to at the other', async () => {
    const { guard } = rebinding(['127.0.0.1', '169.254.169.254']);
    const got = await probe({ url: null, guard }).read(listed(`http://gpu.example:${port()}/jupyter/`), forever());
    expect(got).toMatchObject({ verdict: 'unknown', reason: 'address-refused' });
    expect(server.requests).toEqual([]);
  });

  test.each(['http://169.254.169.254/latest/meta-data/', 'http://127.0.0.1:1/', '//localhost/'])(
    'a redirect to %s is not followed',
    async (location) => {
      answers((response) => response.writeHead(307, { location }).end());
      const guard = new AddressGuard(['127.0.0.0/8']);
      const got = await probe({ url: null, guard, token: () => 'jt-secret' }).read(listed(server.origin), forever());
      expect(got).toMatchObject({
        verdict: 'unknown',
        reason: 'bad-answer',
        evidence: verbatim('api/kernels answered 307'),
      });
      expect(server.requests).toHaveLength(1);
    },
  );

  test('an allowed network is gone to, by address and by name', async () => {
    const guard = new AddressGuard(['127.0.0.0/8']);
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      // The name may stand for ::1 as well: then every address of it has to be allowed.
      const both = host === 'localhost' ? new AddressGuard(['127.0.0.0/8', '::1/128']) : guard;
      const of = listed(`http://${host}:${port()}/jupyter`);
      expect(await probe({ url: null, guard: both }).read(of, forever())).toMatchObject({ verdict: 'idle' });
    }
    expect(server.requests[0]?.url).toBe('/jupyter/api/kernels?no_track_activity=1');
  });

  test('the configured address is trusted', async () => {
    expect(await read()).toMatchObject({ verdict: 'idle' });
  });
});
