import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { barriers, openBrowser, reader } from '../support/browser.ts';
import { HOUR, MINUTE } from '../support/clock.ts';
import { account, busy, daily, GPU_4090, idle } from '../support/cloud.ts';
import { Bed } from '../support/daemon.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const POLICIES = `
policies:
  - name: keep-paid
    description: What is paid ahead is renewed before it expires
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: stop-idle
    match: { name: "dev-*", status: running }
    when: { idleFor: 30m }
    do: stop
    notice: 30m
  - name: evening
    match: { name: "dev-b", status: running }
    when: { during: "Mon-Sun 18:00-23:00" }
    do: stop
`;
const PAGES = [
  '/',
  '/timeline',
  '/holds',
  '/instances/hxy/b',
  '/operations',
  '/policies',
  '/policies/keep-paid',
  '/accounts',
  '/accounts/hxy',
  '/queues',
];
const PHONE = { width: 390, height: 844 };

let redis: TestRedis;
let bed: Bed;
let browser: Browser;
let page: Page;
let complaints: string[];

/** One daemon and one browser for all: what one test leaves behind is where the next one goes on. */
beforeAll(async () => {
  [redis, browser] = await Promise.all([startRedis(), openBrowser()]);
  bed = new Bed({
    redis: redis.url,
    accounts: [
      account('huixingyun', [daily('a', 6), idle('i'), busy('b')]),
      account('chenyu', [busy('c')], { name: 'cy', balanceFen: 50_000 }),
    ],
    policies: { 'all.yaml': POLICIES },
    accountConfig: { hxy: { prices: { [GPU_4090]: { hourly: 1.98, daily: 40, monthly: 900 } } } },
  });
  await bed.open();
  // The cloud breaks off before it has done anything: nobody can know that.
  bed.sim.faults.add({ kind: 'http-status', status: 502, effect: 'never', operation: 'renew' });
  await bed.start();
  await bed.round();
  await bed.rollUntil('the renewal is before a person', 4 * MINUTE, async () => {
    const [newest] = await bed.operations({ instance: 'hxy/a' });
    return newest?.state === 'escalated';
  });
  ({ page, complaints } = await reader(browser));
  await page.goto(`${bed.daemon.origin}/sign-in`);
  await page.getByLabel('token').fill(bed.controlToken);
  await page.locator('[name=name]').fill('wang');
  await page.locator('[name=name]').press('Enter');
  await page.waitForURL(`${bed.daemon.origin}/`);
});
afterAll(async () => {
  await browser.close();
  await bed.close();
  await redis.stop();
});

async function open(path: string): Promise<void> {
  await page.goto(`${bed.daemon.origin}${path}`);
}

test('the fleet is there, with what waits for a person above it', async () => {
  await open('/');
  for (const name of ['prod-a', 'dev-i', 'dev-b', 'dev-c']) {
    expect(await page.getByRole('rowheader', { name }).count()).toBe(1);
  }
  await page.getByText('One operation waits for a person').waitFor();
});

test('a search narrows the page while it is typed, and it stands in the address', async () => {
  await open('/');
  const search = page.locator('[data-search]');
  await search.pressSequentially('dev-b');
  await page.waitForURL(`${bed.daemon.origin}/?q=dev-b`);
  await page.getByText('1 of 4 instances').waitFor();
  expect(await page.getByRole('rowheader').allInnerTexts()).toEqual([expect.stringContaining('dev-b')]);
  expect(await page.locator('[data-search]:focus').count()).toBe(1);
});

test('whoever holds an instance sees the coming stop disappear, on every page that is open', async () => {
  const { page: other } = await reader(browser);
  await other.goto(`${bed.daemon.origin}/`);
  const row = (on: Page) => on.getByRole('row', { name: /dev-b/ });
  await row(other).getByText('evening').waitFor();
  await open('/');
  await row(page).getByRole('link', { name: 'dev-b' }).click();
  await page.getByRole('heading', { name: /dev-b/ }).waitFor();
  await page.locator('form[action="/actions/hold"] [name=for]').selectOption('12h');
  await page.locator('form[action="/actions/hold"] [name=reason]').fill('a demo this evening');
  await page.getByRole('button', { name: 'Hold it' }).click();
  await page.getByText('It is held.').waitFor();
  await row(other).getByText('a demo this evening').waitFor();
  // What is due then is kept back, and says by what.
  await row(other).locator('.act.act:not(.kept)').waitFor({ state: 'detached' });
  expect(await bed.list('holds')).toMatchObject([{ instance: 'hxy/b', owner: 'wang', reason: 'a demo this evening' }]);
  await other.context().close();
});

test('an escalated operation is approved, after saying what that will pay', async () => {
  await open('/operations');
  await page.getByRole('link', { name: 'Look and decide' }).click();
  await page.getByRole('heading', { name: 'renew of prod-a' }).waitFor();
  await page.getByRole('link', { name: 'Approve one more request' }).click();
  const consequences = await page.locator('.consequences').textContent();
  expect(consequences).toContain('renew prod-a (hxy/a) by 1 day');
  expect(consequences).toContain('¥40.00');
  expect(consequences).toContain('paid a second time');
  const before = bed.sim.calls.filter(({ operation }) => operation === 'renew').length;
  expect(before).toBe(1);
  await page.getByLabel('Reason').fill('the bill has nothing of it');
  await page.getByRole('button', { name: 'Approve: send one more request' }).click();
  await page.getByText('Approved. The next attempt is operation').waitFor();
  await bed.operationInTime('hxy/a', 'confirmed', 'renew');
  expect(bed.sim.calls.filter(({ operation }) => operation === 'renew')).toHaveLength(2);
  expect(bed.sim.account('hxy').commits).toHaveLength(1);
  const [newest] = await bed.operations({ instance: 'hxy/a' });
  expect(newest?.by).toBe('person wang');
  await open('/operations');
  await page.getByText('Nothing waits for a person.').waitFor();
});

test('what a policy did is counted, and what keeps an account from acting says what ends it', async () => {
  await open('/policies');
  const row = page.getByRole('row', { name: /keep-paid/ });
  expect(await row.textContent()).toMatch(/1 confirmed\s+1 escalated\s+1 superseded/);
  const { store } = bed.daemon;
  const now = bed.clock.now();
  await store.tripBreaker('cy', 'paid', now + HOUR, 'three unclear answers');
  await store.freezeClass('reversible', 'cy', 'invariant', 'I7 was broken', now);
  await open('/accounts/cy');
  const blockers = await page.locator('#blockers').textContent();
  expect(blockers).toContain('Breaker: nothing is paid');
  expect(blockers).toContain('three unclear answers');
  expect(blockers).toContain('Frozen: reversible work');
  expect(blockers).toContain('run lamplighter reconcile --yes');
  await store.tripBreaker('cy', 'paid', 0, '');
  await open('/queues');
  expect(await page.getByRole('row', { name: /poll/ }).textContent()).toMatch(/[1-9]\d* done/);
});

test('a file that cannot be read shows by itself, with the place and a caret, and goes when it is mended', async () => {
  await open('/policies');
  await bed.writePolicy('all.yaml', POLICIES.replace('idleFor', 'idelFor'));
  const alarm = page.getByRole('alert');
  await alarm.getByText('all.yaml:10:').waitFor();
  const told = await alarm.textContent();
  expect(told).toContain('idelFor');
  expect(told).toMatch(/\^{5,}/);
  await page.getByRole('button', { name: 'Read the files again' }).click();
  await page.locator('#said.bad').getByText('idelFor').waitFor();
  // What was in force goes on.
  await page.getByRole('link', { name: 'stop-idle' }).waitFor();
  await bed.writePolicy('all.yaml', POLICIES);
  await page.getByText('The last reload is in force').waitFor();
  await page.getByRole('button', { name: 'Read the files again' }).click();
  await page.getByText('The files were read again and are in force.').waitFor();
});

test('the money of an account is drawn, and is there as a table', async () => {
  await bed.roll(MINUTE, 3);
  await open('/accounts/cy');
  await page.locator('#money canvas').first().waitFor();
  expect(await page.locator('#money canvas').count()).toBe(3);
  expect(await page.getByRole('img', { name: /^Balance, yuan: from ¥/ }).count()).toBe(1);
  await page.getByText('As a table').click();
  expect(await page.locator('#money tbody tr').count()).toBeGreaterThan(2);
  await page.getByRole('link', { name: '90 days' }).click();
  await page.waitForURL(/range=90d/);
});

test('without a script the same is there to read', async () => {
  const { page: plain } = await reader(browser, { javaScriptEnabled: false });
  await plain.goto(`${bed.daemon.origin}/accounts/cy`);
  await plain.getByText('As a table').click();
  expect(await plain.locator('#money tbody tr').count()).toBeGreaterThan(2);
  expect(await plain.locator('.plots').isVisible()).toBe(false);
  await plain.goto(`${bed.daemon.origin}/operations`);
  await plain.getByRole('link', { name: 'renew' }).first().click();
  await plain.getByRole('heading', { name: 'What happened to it' }).waitFor();
  await plain.context().close();
});

/** What people and clouds wrote, which stays as it is. */
const THEIRS = [
  /What is paid ahead is renewed before it expires/g,
  /NVIDIA GeForce RTX \d+\w*/g,
  /a demo this evening/g,
  /the bill has nothing of it/g,
  /I7 was broken/g,
];

test('whoever reads 中文 meets no English sentence', async () => {
  const operations = (await bed.operations({ instance: 'hxy/a' })).map(
    ({ id }) => `/operations/${encodeURIComponent(id)}`,
  );
  const machines = ['hxy/a', 'hxy/i', 'hxy/b', 'cy/c'].map((key) => `/instances/${key}`);
  const found: Record<string, readonly string[]> = {};
  for (const path of [...PAGES, ...machines, ...operations]) {
    const answer = await fetch(`${bed.daemon.origin}${path}`, { headers: { 'accept-language': 'zh-CN' } });
    expect([path, answer.status]).toEqual([path, 200]);
    const html = (await answer.text()).replaceAll(/<(script|style|code)\b.*?<\/\1>/gs, '');
    const titles = [...html.matchAll(/ title="([^"]*)"/g)].map(([, title = '']) => title);
    const text = [html.replaceAll(/<[^>]*>/g, '\n'), ...titles].join('\n');
    const bare = THEIRS.reduce((all, theirs) => all.replaceAll(theirs, ''), text);
    const english = bare.split('\n').filter((line) => /[a-z]+ [a-z]+ [a-z]+/i.test(line));
    if (english.length > 0) found[path] = [...new Set(english.map((line) => line.trim()))];
  }
  expect(found).toEqual({});
});

describe('nobody is kept out', () => {
  for (const look of [
    { name: 'light, English', options: { colorScheme: 'light', locale: 'en-GB' } },
    { name: 'dark, 中文, in the hand', options: { colorScheme: 'dark', locale: 'zh-CN', viewport: PHONE } },
  ] as const) {
    test(look.name, async () => {
      const { page: own, complaints: told } = await reader(browser, look.options);
      const found: Record<string, readonly string[]> = {};
      for (const path of PAGES) {
        await own.goto(`${bed.daemon.origin}${path}`, { waitUntil: 'domcontentloaded' });
        const barred = await barriers(own);
        if (barred.length > 0) found[path] = barred;
        const times = await own.locator('time[data-from-now]').allInnerTexts();
        expect(times.join(' ')).not.toMatch(/\d\p{Script=Han}/u);
      }
      expect(found).toEqual({});
      expect(told).toEqual([]);
      await own.context().close();
    });
  }
});

test('in the hand, where the bar is wider than the page, it shows which page this is', async () => {
  const { page: own } = await reader(browser, { viewport: PHONE });
  await own.goto(`${bed.daemon.origin}/queues`);
  const link = await own.locator('nav [aria-current]').boundingBox();
  expect(link?.x).toBeGreaterThanOrEqual(0);
  expect((link?.x ?? 0) + (link?.width ?? 0)).toBeLessThanOrEqual(PHONE.width);
  await own.context().close();
});

test('no page broke its own rules or failed while all this was done', () => {
  // The refused reload is answered so; everything else would be a rule that is broken or a script that fails.
  expect(complaints.filter((each) => !each.includes('409 (Conflict)'))).toEqual([]);
});
