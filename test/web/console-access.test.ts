import { describe, expect, test } from 'vitest';
import { CONTROL, ConsoleBed, csrfIn, ELSEWHERE, HERE, HOUR, VIEWER } from './console-kit.ts';

describe('who may look', () => {
  test('somebody at the machine itself needs no token', async () => {
    const bed = new ConsoleBed();
    const page = await bed.get('/');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('hxy/gpu-1');
    expect((await bed.get('/api/v1/instances')).status).toBe(200);
  });

  test.each([
    ['from elsewhere', {}, ELSEWHERE, {}],
    ['over a listener that is open to others', {}, HERE, { loopbackListener: false }],
    ['through a proxy on the machine', { 'x-forwarded-for': '10.1.1.1' }, HERE, {}],
    ['through a proxy that tells no address', { via: '1.1 front' }, HERE, {}],
    ['under the name for others', { host: 'lamps.example.com' }, HERE, { url: 'https://lamps.example.com' }],
    ['through a proxy that tells nothing, where there is one', {}, HERE, { url: 'https://lamps.example.com' }],
    ['under a name of the machine that others use', { host: 'gpu-box:8080' }, HERE, {}],
  ] as const)('%s a token is asked for, and nothing is shown', async (_who, headers, ends, options) => {
    const bed = new ConsoleBed(options);
    for (const path of ['/', '/?q=dev', '/events?page=/']) {
      const answer = await bed.get(path, headers, ends);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(await answer.text()).not.toContain('gpu-1');
    }
    const api = await bed.get('/api/v1/instances', headers, ends);
    expect(api.status).toBe(401);
    expect(bed.source.asked).toEqual([]);
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect([path, (await bed.get(path, headers, ends)).status]).toEqual([path, 200]);
    }
  });

  test('an address under which there is nothing says so to people in words, and to scripts as the API does', async () => {
    const bed = new ConsoleBed();
    const browser = { accept: 'text/html,application/xhtml+xml', 'accept-language': 'zh-CN' };
    for (const ends of [HERE, ELSEWHERE]) {
      const page = await bed.get('/nothing', browser, ends);
      expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8']);
      const text = await page.text();
      expect(text).toContain('没有这个页面');
      expect(text).not.toContain('gpu-1');
    }
    for (const [path, headers] of [
      ['/nothing', {}],
      ['/api/v1/nothing', browser],
    ] as const) {
      const answer = await bed.get(path, headers);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/json']);
    }
  });

  test('a console under a name of this machine for itself is open to it', async () => {
    expect((await new ConsoleBed({ url: 'http://localhost:8080' }).get('/')).status).toBe(200);
  });

  test('without any token the console says how to set one', async () => {
    const bed = new ConsoleBed({ control: null, viewer: null });
    const text = await (await bed.get('/', {}, ELSEWHERE)).text();
    expect(text).toContain('viewerTokenFile');
    expect(text).not.toContain('type="password"');
    expect(text).not.toContain('gpu-1');
    expect((await bed.get('/')).status).toBe(200);
  });

  test('either token opens pages and API; a wrong one opens nothing', async () => {
    const bed = new ConsoleBed();
    for (const token of [VIEWER, CONTROL]) {
      const cookie = await bed.signIn(token, ELSEWHERE);
      expect((await bed.get('/', { cookie }, ELSEWHERE)).status).toBe(200);
      expect((await bed.get('/api/v1/instances', { cookie }, ELSEWHERE)).status).toBe(200);
      const bearer = { authorization: `Bearer ${token}` };
      expect((await bed.get('/api/v1/instances', bearer, ELSEWHERE)).status).toBe(200);
    }
    expect((await bed.get('/api/v1/instances', { authorization: 'Bearer x' }, ELSEWHERE)).status).toBe(401);
    const wrong = await bed.post('/sign-in', { token: 'nonsense', name: 'x' }, {}, ELSEWHERE);
    expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null]);
  });
});

describe('a session', () => {
  test('its cookie is kept from scripts and from other sites', async () => {
    const bed = new ConsoleBed();
    const plain = await bed.post('/sign-in', { token: VIEWER, name: 'wang' });
    expect(plain.headers.get('set-cookie')).toMatch(
      /^lamplighter_session=[^;]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const proxied = new ConsoleBed({ url: 'https://lamps.example.com' });
    const secure = await proxied.post(
      '/sign-in',
      { token: VIEWER, name: 'wang' },
      { host: 'lamps.example.com', origin: 'https://lamps.example.com' },
    );
    expect(secure.headers.get('set-cookie')).toMatch(/^__Host-lamplighter_session=.*; Secure; SameSite=Strict$/);
    // A proxy that asks under its own name for us.
    const renamed = await proxied.post(
      '/sign-in',
      { token: VIEWER, name: 'wang' },
      { origin: 'https://lamps.example.com' },
    );
    const cookie = renamed.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-lamplighter_session=.*; Secure; SameSite=Strict$/);
    expect((await proxied.get('/', { cookie: cookie.split(';')[0] ?? '' })).status).toBe(200);
  });

  test('ends after twelve hours, and with the token that opened it', async () => {
    const bed = new ConsoleBed();
    const cookie = await bed.signIn(VIEWER, ELSEWHERE);
    bed.wall += 12 * HOUR - 1;
    expect((await bed.get('/', { cookie }, ELSEWHERE)).status).toBe(200);
    bed.wall += 1;
    expect((await bed.get('/', { cookie }, ELSEWHERE)).status).toBe(401);
    bed.wall -= HOUR;
    bed.viewer = 'another-viewer-token';
    expect((await bed.get('/', { cookie }, ELSEWHERE)).status).toBe(401);
  });

  test('cannot be made or changed without the token', async () => {
    const bed = new ConsoleBed();
    const cookie = await bed.signIn(VIEWER, ELSEWHERE);
    const [name = '', value = ''] = cookie.split('=');
    const [text = '', mac = ''] = value.split('.');
    const body: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    const raised = Buffer.from(JSON.stringify({ ...Object(body), role: 'control' })).toString('base64url');
    for (const forged of [`${raised}.${mac}`, `${text}.${mac.slice(1)}`, text, `${text}.`, 'x.y', `${text}.${mac}.z`]) {
      expect((await bed.get('/', { cookie: `${name}=${forged}` }, ELSEWHERE)).status).toBe(401);
    }
  });

  test('signing out takes the cookie away', async () => {
    const bed = new ConsoleBed();
    const cookie = await bed.signIn(VIEWER, ELSEWHERE);
    const answer = await bed.post('/sign-out', {}, { cookie }, ELSEWHERE);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-lamplighter_session=; Max-Age=0/),
      expect.stringMatching(/^lamplighter_session=; Max-Age=0/),
    ]);
  });

  test('leads back to where it was asked for, and never elsewhere', async () => {
    const bed = new ConsoleBed();
    const back = async (to: string) =>
      (await bed.post('/sign-in', { token: VIEWER, name: 'w', back: to })).headers.get('location');
    expect(await back('/instances/hxy/gpu-1?x=1')).toBe('/instances/hxy/gpu-1?x=1');
    for (const evil of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '',
      '/a\\b',
    ]) {
      expect(await back(evil)).toBe('/');
    }
  });
});

describe('whoever guesses tokens', () => {
  test('is shut out for the rest of the minute, by form and by API together', async () => {
    const bed = new ConsoleBed();
    for (let tries = 0; tries < 5; tries += 1) {
      await bed.post('/sign-in', { token: `guess-${tries}`, name: 'x' }, {}, ELSEWHERE);
      await bed.get('/api/v1/instances', { authorization: `Bearer guess-${tries}` }, ELSEWHERE);
    }
    expect((await bed.post('/sign-in', { token: CONTROL, name: 'x' }, {}, ELSEWHERE)).status).toBe(429);
    const api = await bed.get('/api/v1/instances', { authorization: `Bearer ${CONTROL}` }, ELSEWHERE);
    expect(api.status).toBe(429);
    bed.monotonic += 60_000;
    expect(await bed.signIn(CONTROL, ELSEWHERE)).toContain('lamplighter_session=');
  });
});

describe('what acts', () => {
  const pause = { reason: 'night' };

  test('needs the control token, and the proof that the form is ours', async () => {
    const bed = new ConsoleBed();
    bed.console.around = { ...bed.console.around, paused: { by: 'li', reason: '', at: bed.wall } };
    const cookie = await bed.signIn(CONTROL);
    const csrf = csrfIn(await (await bed.get('/', { cookie })).text());
    expect(csrf).not.toBe('');
    const done = await bed.post('/actions/pause', { ...pause, csrf, back: '/?q=a' }, { cookie });
    expect([done.status, done.headers.get('location')]).toEqual([303, '/?q=a']);
    expect(bed.source.asked).toEqual([{ what: 'pause', with: { by: 'wang', reason: 'night' } }]);
    expect(
      await (await bed.get('/', { cookie: `${cookie}; ${done.headers.get('set-cookie')?.split(';')[0]}` })).text(),
    ).toContain('All acting is paused.');
  });

  test.each([
    ['without a session', async () => ({ cookie: '', csrf: '' })],
    ['with no proof', async (bed: ConsoleBed) => ({ cookie: await bed.signIn(CONTROL), csrf: '' })],
    ['with a session that only looks', async (bed: ConsoleBed) => ({ cookie: await bed.signIn(VIEWER), csrf: 'x' })],
  ] as const)('%s nothing is done', async (_how, given) => {
    const bed = new ConsoleBed();
    const { cookie, csrf } = await given(bed);
    const headers = { cookie, accept: 'application/json' };
    expect((await bed.post('/actions/pause', { ...pause, csrf }, headers)).status).toBe(403);
    expect(bed.source.asked).toEqual([]);
  });

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:9999'])(
    'a form of a page at %s is refused, whatever it carries',
    async (origin) => {
      const bed = new ConsoleBed();
      bed.console.around = { ...bed.console.around, paused: { by: 'li', reason: '', at: bed.wall } };
      const cookie = await bed.signIn(CONTROL);
      const csrf = csrfIn(await (await bed.get('/', { cookie })).text());
      const headers = { cookie, origin, 'sec-fetch-site': 'cross-site' };
      for (const path of ['/actions/pause', '/sign-in', '/sign-out', '/preferences']) {
        expect((await bed.post(path, { ...pause, csrf, token: CONTROL }, headers)).status).toBe(403);
      }
      expect(bed.source.asked).toEqual([]);
    },
  );
});

test('nothing on a page comes from elsewhere, runs inline, or is kept', async () => {
  const bed = new ConsoleBed();
  const cookie = await bed.signIn(CONTROL);
  const page = await bed.get('/', { cookie });
  const html = await page.text();
  expect(html).not.toMatch(/https?:\/\/|<script(?! type="module" src=)|javascript:|\son\w+=|\sstyle=|<style/);
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  const assets = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((found) => found[1] ?? '');
  expect(assets.length).toBeGreaterThan(2);
  for (const path of assets) {
    const asset = await bed.get(path, {}, ELSEWHERE);
    expect([path, asset.status, asset.headers.get('cache-control')]).toEqual([
      path,
      200,
      'public, max-age=31536000, immutable',
    ]);
    if (path.endsWith('.css')) expect(await asset.text()).not.toMatch(/url\(|@import/);
  }
  expect((await bed.get('/assets/other/console.css')).status).toBe(404);
});
