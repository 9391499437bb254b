import { beforeEach, expect, test } from 'vitest';
import { makeWeb } from '../../src/web/app.ts';
import { MemorySource } from './memory-source.ts';

const OPERATION = {
  id: 'op-7-1',
  updatedAt: '2026-11-21T15:00:00Z',
  instance: 'hxy/gpu-1',
  instanceName: 'prod-1',
  action: 'renew',
  policy: 'keep-paid',
  state: 'escalated',
  reason: 'not-seen',
  detail: 'its expiry has not moved',
};
const ACCOUNT = {
  account: 'hxy',
  provider: 'huixingyun',
  instances: 4,
  balanceYuan: null,
  burnYuanPerHour: null,
  runwaySeconds: null,
  ok: true,
  detail: 'ok',
};
const REFUSED = {
  decision: 'refuse',
  policy: 'stop-idle',
  account: 'hxy',
  instance: 'hxy/gpu-2',
  name: 'dev-2',
  action: 'stop',
  reason: 'protected',
  detail: 'it is labelled protect',
};

let source: MemorySource;
beforeEach(() => {
  source = new MemorySource();
  source.pages = { accounts: { items: [ACCOUNT], next: null } };
});

async function page(): Promise<string> {
  return await (await makeWeb(source, null).request('/')).text();
}

test('an escalated operation comes first, with its id for approve and close', async () => {
  source.pages = { ...source.pages, operations: { items: [OPERATION], next: null } };
  const html = await page();
  expect(html.indexOf('Waits for a person')).toBeGreaterThan(0);
  expect(html.indexOf('Waits for a person')).toBeLessThan(html.indexOf('Accounts'));
  expect(html).toContain('its expiry has not moved');
  expect(html).toContain('op-7-1');
  expect(html).toContain('<b class="bad">1</b>need a person');
});

test('without one there is no such section', async () => {
  source.pages = { ...source.pages, operations: { items: [{ ...OPERATION, state: 'confirmed' }], next: null } };
  expect(await page()).not.toContain('Waits for a person');
});

test('shows what is due and not done, and not what is merely announced', async () => {
  const announced = { ...REFUSED, decision: 'announce', name: 'dev-3', instance: 'hxy/gpu-3' };
  source.pages = { ...source.pages, plan: { items: [REFUSED, announced], next: null } };
  const html = await page();
  expect(html).toContain('<td class="warn">protected</td>');
  expect(html).toContain('hxy/gpu-2');
  expect(html).not.toContain('hxy/gpu-3');
});

test.each([
  ['an account that nobody has listed, since a plan would ask the cloud', { ...ACCOUNT, instances: null }],
  ['a fleet that is longer than the page', { ...ACCOUNT, instances: 201 }],
])('makes no plan for %s', async (_what, account) => {
  source.pages = { accounts: { items: [account], next: null }, plan: { items: [REFUSED], next: null } };
  expect(await page()).not.toContain('Due, and not done');
  expect(source.asked.map(({ what }) => what)).not.toContain('plan');
});

test('a hold and a check that fails are seen', async () => {
  const hold = { owner: 'wang', until: '2026-11-21T20:00:00Z', reason: 'training' };
  const machine = {
    key: 'hxy/gpu-1',
    name: 'dev-1',
    status: 'stopped',
    cardless: true,
    billing: 'hourly',
    gpu: '4090',
  };
  const instances = { items: [{ ...machine, expiresAt: null, activity: null, hold }], next: null };
  source.pages = { ...source.pages, instances };
  source.readiness = { ready: true, checks: { paidWork: { ok: false, detail: 'frozen' } }, accounts: [] };
  const html = await page();
  expect(html).toContain('held by wang until 2026-11-21 20:00:00 UTC: training');
  expect(html).toContain('stopped, cardless');
  expect(html).toContain('<p class="alarm">paidWork: frozen</p>');
});

test('without Redis the page says so, and asks for nothing that is in it', async () => {
  source.readiness = { ready: false, checks: { redis: { ok: false, detail: 'not reachable' } }, accounts: [] };
  const html = await page();
  expect(html).toContain('<p class="bad">not ready</p>');
  expect(html).toContain('<p class="alarm">redis: not reachable</p>');
  expect(source.asked.map(({ what }) => what)).toEqual(['ready']);
});
