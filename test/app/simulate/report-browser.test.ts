import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { daysAsRecorded } from '../../../src/app/recording/what-if.ts';
import { reportHtml } from '../../../src/app/simulate/report/html.ts';
import type { ReportLanguage } from '../../../src/app/simulate/report/words.ts';
import type { Simulation } from '../../../src/app/simulate.ts';
import { NOON } from '../../decide/kit.ts';
import { barriers, openBrowser, reader } from '../../support/browser.ts';
import { newFolder } from '../../support/folder.ts';
import { recording, ruledBy, type Then } from '../recording/passes.ts';
import { days, HOUR } from './support.ts';

const POLICIES = `
  - { name: lazy, match: all, when: { idleFor: 30m }, do: stop }
  - { name: paid, match: { billing: daily }, when: { expiresWithin: 12h }, do: { renew: { periods: 1 } } }
`;
const FLEET = `
from: "2026-11-23 15:40"
accounts: { chenyu: { balance: 60 } }
fleet:
  dev: { count: 3, gpuType: card, workload: office }
  serving: { gpuType: card, billing: daily, expiresIn: 20h, workload: busy }
  class: { account: chenyu, gpuType: card, workload: busy }
`;

/** Up and idle until a policy stops it; the money that it takes is told. */
function recorded(at: number): Then {
  const upMs = Math.min(at - NOON, 3 * HOUR);
  const fen = 50_000 - Math.round((upMs * 200) / HOUR);
  if (at <= NOON + 3 * HOUR) return { instance: { provider: 'chenyu' }, fen };
  const tracked = { statusSince: NOON + 3 * HOUR, upSince: null, stopMode: 'normal', stoppedBy: 'lazy' } as const;
  return {
    instance: { provider: 'chenyu', status: 'stopped' },
    tracked,
    activity: { kind: 'not-applicable', at },
    fen,
  };
}

async function recordedDays(): Promise<Simulation> {
  const policies = 'policies: [{ name: lazy, match: all, when: { idleFor: 4h }, do: stop }]';
  const { simulation } = await daysAsRecorded(ruledBy(policies, recording(30, recorded)));
  if (simulation === null) throw new Error('there is no pass');
  return simulation;
}

let browser: Browser;
let folder: string;
beforeAll(async () => {
  [browser, folder] = await Promise.all([openBrowser(), newFolder('report-')]);
});
afterAll(() => browser.close());

/** A page as somebody opens it who was mailed it. */
async function opened(simulation: Simulation, language: ReportLanguage, options: BrowserContextOptions) {
  const file = join(folder, `${language}-${simulation.assumptions.work}.html`);
  await writeFile(file, await reportHtml(simulation, language));
  const { page, complaints } = await reader(browser, options);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const address = pathToFileURL(file).href;
  await page.goto(address);
  return { page, complaints, asked, address };
}

const rowsOf = (page: Page, heading: string) =>
  page.locator('section', { has: page.getByRole('heading', { name: heading, exact: true }) }).locator('tbody tr');
const cellsOf = async (row: Locator) => (await row.locator('th, td').allTextContents()).join(' | ');
const said = (page: Page) => page.locator('#fleet-said').textContent();

/** Nobody is kept out, nothing is asked for, nothing goes wrong, and nothing is wider than the page. */
async function expectWhole({ page, complaints, asked, address }: Awaited<ReturnType<typeof opened>>): Promise<void> {
  // Its script sizes what it draws; what the page is written with has no style in it, as its policy says.
  expect((await barriers(page)).filter((each) => each !== 'an inline style')).toEqual([]);
  expect(complaints).toEqual([]);
  expect(asked).toEqual([address]);
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
}

describe('a simulated fleet', () => {
  test('light, English, at a desk: rows, hours of the clock, acts and their reasons, by keyboard', async () => {
    const simulation = await days(POLICIES, FLEET, { days: 2 });
    const report = await opened(simulation, 'en', { colorScheme: 'light', viewport: { width: 1440, height: 900 } });
    const { page } = report;
    await expectWhole(report);
    expect(await rowsOf(page, 'Machines').count()).toBe(5);
    const acts = rowsOf(page, 'Acts and their reasons');
    const done = simulation.coming.filter(({ kind }) => kind === 'act');
    expect(await acts.count()).toBe(done.length);
    expect(await cellsOf(acts.first())).toMatch(/^2026-11-23 \d\d:\d\d \| dev-\d \| stop: done \| lazy \| due/);
    // Columns are hours of the clock, though the days begin at 15:40.
    await page.locator('.map').focus();
    expect(await said(page)).toContain('dev-1 (hxy), 2026-11-23 15:40');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    expect(await said(page)).toContain('dev-2 (hxy), 2026-11-23 16:00');
    await page.keyboard.press('End');
    expect(await said(page)).toContain('dev-2 (hxy), 2026-11-25 15:00');
    // Whoever presses Enter there sees what was done to that machine alone, and can go on from there.
    await page.keyboard.press('Enter');
    await page.getByText('Only dev-2').waitFor();
    expect(await acts.count()).toBe(done.filter(({ instance }) => instance === 'hxy/dev-2').length);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Acts and their reasons');
    await page.getByRole('button', { name: 'All machines' }).click();
    expect(await acts.count()).toBe(done.length);
    // A part of a day is called one, and its sum is not taken for a day's.
    const cost = page.locator('section', { has: page.getByRole('heading', { name: 'Cost by the hour' }) });
    await cost.getByText('As a table').click();
    expect(await cost.locator('tbody th').allTextContents()).toEqual([
      '2026-11-23 (8.3 h of it)',
      '2026-11-24',
      '2026-11-25 (15.7 h of it)',
    ]);
    expect(await page.getByRole('img', { name: /^Balance of chenyu/ }).count()).toBe(1);
    await page.context().close();
  });
});

describe('a recording', () => {
  test('dark, 中文, in the hand: the days as they were, with what was on the account', async () => {
    const phone = { width: 390, height: 844 };
    const report = await opened(await recordedDays(), 'zh', { colorScheme: 'dark', locale: 'zh-CN', viewport: phone });
    const { page } = report;
    await expectWhole(report);
    expect(await page.title()).toBe('Lamplighter：记录下来的日子');
    expect(await rowsOf(page, '机器').count()).toBe(1);
    expect(await cellsOf(rowsOf(page, '操作及其原因'))).toMatch(/ \| dev-1 \| 关机：决定执行 \| lazy \| 到期该做/);
    const balance = page.locator('section', { has: page.getByRole('heading', { name: 'hxy 的余额' }) });
    await balance.getByText('以表格显示').click();
    expect(await cellsOf(balance.locator('tbody tr').last())).toMatch(/（其中 \d+\.\d 小时） \| 494\.00$/);
    await page.locator('.map').focus();
    expect(await said(page)).toMatch(/^dev-1（hxy），20.*：空闲$/);
    await page.context().close();
  });
});
