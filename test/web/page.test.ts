import { beforeEach, expect, test } from 'vitest';
import { makeWeb } from '../../src/web/app.ts';
import { MemorySource } from './memory-source.ts';

const INSTANCE = {
  key: 'hxy/gpu-1',
  name: 'dev-1',
  status: 'running',
  cardless: false,
  billing: 'hourly',
  gpu: 'NVIDIA 4090',
  expiresAt: null,
  activity: { verdict: 'idle', since: '2026-11-21T04:00:00.000Z' },
};
const OPERATION = {
  updatedAt: '2026-11-21T15:00:00Z',
  instance: 'hxy/gpu-1',
  instanceName: 'dev-1',
  action: 'stop',
  policy: 'lights-out',
  state: 'confirmed',
  reason: 'due',
};
const ACCOUNT = {
  account: 'hxy',
  provider: 'huixingyun',
  instances: 4,
  balanceYuan: '123.45',
  burnYuanPerHour: '5.94',
  runwaySeconds: 74_818,
  ok: true,
  detail: 'ok',
};

let source: MemorySource;
beforeEach(() => {
  source = new MemorySource();
  source.pages = {
    instances: { items: [INSTANCE], next: null },
    operations: { items: [OPERATION], next: null },
    accounts: { items: [ACCOUNT], next: null },
  };
});

async function page(): Promise<string> {
  const response = await makeWeb(source, null).request('/');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  return await response.text();
}

test('shows accounts, what was done, and the fleet', async () => {
  const html = await page();
  for (const shown of [
    'hxy/gpu-1',
    'dev-1',
    'lights-out',
    '¥123.45',
    '¥5.94',
    '20 h',
    'idle',
    'since 2026-11-21 04:00:00 UTC',
  ]) {
    expect(html).toContain(shown);
  }
  expect(html).toContain('<p class="good">ready</p>');
  expect(html).not.toContain('Only the first');
});

test('an empty fleet, a fleet that is longer than the page, a daemon that is not ready', async () => {
  source.pages = { instances: { items: [], next: '200' } };
  source.readiness = { ready: false, checks: {}, accounts: [] };
  const html = await page();
  expect(html).toContain('<p class="bad">not ready</p>');
  expect(html).toContain('Only the first 200 are shown.');
});

test('what nobody knows is a dash', async () => {
  const unknown = {
    ...ACCOUNT,
    instances: null,
    balanceYuan: null,
    burnYuanPerHour: null,
    runwaySeconds: null,
    ok: false,
  };
  source.pages = {
    instances: { items: [{ ...INSTANCE, activity: null }], next: null },
    operations: { items: [{ ...OPERATION, policy: null }], next: null },
    accounts: { items: [{ ...unknown, detail: 'unauthorised: 401' }], next: null },
  };
  const html = await page();
  expect(html).toContain('by hand');
  expect(html).toContain('<td class="bad">unauthorised: 401</td>');
  expect(html.match(/<td>–<\/td>/g)?.length).toBe(6);
});

const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>&amp;\u202egnp.exe\u2066\u0000\u001b[2J`;

test('a hostile name stays text, wherever it stands', async () => {
  const everywhere = (row: object) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [key, typeof value === 'string' ? HOSTILE : value]));
  source.pages = {
    instances: {
      items: [{ ...everywhere(INSTANCE), expiresAt: HOSTILE, activity: everywhere(INSTANCE.activity) }],
      next: null,
    },
    operations: { items: [everywhere(OPERATION)], next: null },
    accounts: { items: [everywhere(ACCOUNT)], next: null },
  };
  const html = await page();
  expect(html).not.toContain('<script');
  expect(html).not.toContain('<img');
  expect(html).toContain(
    '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x onerror=alert(1)&gt;&amp;amp;',
  );
  expect(html).not.toMatch(/\p{Bidi_Control}/u);
  expect(html).not.toMatch(/[^\P{Cc}\n]/u);
});

test('nothing on it comes from elsewhere, and nothing runs', async () => {
  const html = await page();
  expect(html).not.toMatch(/https?:\/\/|<script|javascript:|\son\w+=|style=/);
  const style = await makeWeb(source, null).request('/style.css');
  expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8');
  expect(await style.text()).not.toMatch(/url\(|@import/);
});
