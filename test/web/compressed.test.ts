import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { masked, unmasked } from '../../src/web/console/masked.ts';
import { CONTROL, ConsoleBed, csrfIn, row } from './console-kit.ts';

const GZIP = { 'accept-encoding': 'gzip, deflate, br' };
const fleet = Array.from({ length: 200 }, (_, place) => row({ id: `gpu-${place}`, name: `dev-${place}` }));

test('pages, assets and the API are compressed for whoever takes it, and are the same then', async () => {
  const bed = new ConsoleBed();
  bed.console.rows = fleet;
  const page = await (await bed.get('/')).text();
  const css = /href="(\/assets\/[\w-]+\/console\.css)"/.exec(page)?.[1] ?? '';
  for (const path of ['/', css, '/api/v1/instances']) {
    const plain = await bed.get(path);
    const packed = await bed.get(path, GZIP);
    expect([path, plain.headers.get('content-encoding')]).toEqual([path, null]);
    expect([path, packed.headers.get('content-encoding')]).toEqual([path, 'gzip']);
    // A cache in between must not give it to whoever does not take it.
    expect(packed.headers.get('vary')).toMatch(/accept-encoding/i);
    const bytes = Buffer.from(await packed.arrayBuffer());
    expect(gunzipSync(bytes).toString()).toBe(await plain.text());
    if (path === '/') expect(bytes.length).toBeLessThan(page.length / 8);
  }
});

test('what is sent as it comes is not', async () => {
  const bed = new ConsoleBed();
  const events = await bed.get('/events?page=/', GZIP);
  expect(events.headers.get('content-encoding')).toBeNull();
  bed.stop.abort();
  await events.body?.cancel();
  for (const path of ['/metrics', '/healthz', '/readyz']) {
    expect((await bed.get(path, GZIP)).headers.get('content-encoding')).toBeNull();
  }
});

test('the proof in forms is never twice the same, is good each time, and leaves the version of the page alone', async () => {
  const bed = new ConsoleBed();
  const cookie = await bed.signIn(CONTROL);
  const page = async () => await (await bed.get('/holds', { cookie })).text();
  const pages = [await page(), await page()];
  const [one = '', two = ''] = pages.map(csrfIn);
  expect(one).not.toBe(two);
  for (const html of pages) {
    const all = [...html.matchAll(/name="csrf" value="([^"]*)"/g)].map(([, value]) => value);
    // On one page, that cannot be asked for again, it is the same in every form.
    expect(new Set(all).size).toBe(1);
  }
  const versions = pages.map((html) => /data-version="([^"]+)"/.exec(html)?.[1]);
  expect(versions[0]).toBe(versions[1]);
  const pause = async (csrf: string) =>
    (await bed.post('/actions/pause', { csrf, reason: 'x' }, { cookie, accept: 'application/json' })).status;
  expect([await pause(one), await pause(two), await pause(unmasked(one))]).toEqual([200, 200, 200]);
  const other = `${one.slice(0, -4)}${one.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
  for (const wrong of ['', other, one.slice(2), masked('')]) expect(await pause(wrong)).toBe(403);
});

test('what is masked comes out again', () => {
  const secret = Buffer.alloc(32, 7).toString('base64url');
  expect(masked(secret)).not.toContain(secret);
  expect(unmasked(masked(secret))).toBe(secret);
  expect(unmasked('AAA')).not.toBe(secret);
});
