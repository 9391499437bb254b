import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { reportData } from '../../../src/app/simulate/report/data.ts';
import { reportHtml } from '../../../src/app/simulate/report/html.ts';
import { REPORT_WORDS } from '../../../src/app/simulate/report/words.ts';
import type { Simulation } from '../../../src/app/simulate.ts';
import { runCommand } from '../../support/command.ts';
import { bench, days, HOUR, MINUTE } from './support.ts';

const POLICIES = `
  - { name: lazy, match: all, when: { idleFor: 30m }, do: stop }
  - { name: watching, mode: observe, match: all, when: { runningFor: 1h }, do: stop }
`;
const NASTY = '</script><script>alert(1)</script>';
const FLEET = `
accounts: { chenyu: { balance: 20 } }
fleet:
  a: { count: 3, gpuType: card, workload: office }
  b: { account: chenyu, gpuType: card, workload: busy, name: ${JSON.stringify(NASTY)} }
`;

let simulation: Simulation;
let html: string;
beforeAll(async () => {
  simulation = await days(POLICIES, FLEET, { days: 3 });
  html = await reportHtml(simulation, 'en');
});

const between = (text: string, before: string, after: string) => {
  const start = text.indexOf(before) + before.length;
  return text.slice(start, text.indexOf(after, start));
};
const dataIn = (text: string) =>
  z
    .object({
      from: z.number(),
      minutes: z.number(),
      doings: z.array(z.string()),
      machines: z.array(z.looseObject({ id: z.string(), name: z.string(), line: z.string() })),
      acts: z.array(z.array(z.number())),
      names: z.record(z.string(), z.array(z.string())),
      policies: z.array(z.string()),
    })
    .parse(JSON.parse(between(text, '<script type="application/json" id="data">', '</script>')));

describe('the page', () => {
  test('runs and looks like what its own policy names, and leads nowhere', () => {
    const sha = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const policy = between(html, 'Content-Security-Policy" content="', '"');
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${sha(between(html, '<script>', '</script>'))}`,
      `style-src ${sha(between(html, '<style>', '</style>'))}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(html).not.toMatch(/https?:|\ssrc=|\sstyle=|<link|@import|url\(/);
  });

  test('holds a name that would be a script as a name', () => {
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(dataIn(html).machines.at(-1)?.name).toBe(NASTY);
  });

  test('is the same to the byte for the same days, and in the language that is asked for', async () => {
    expect(await reportHtml(simulation, 'en')).toBe(html);
    const chinese = await reportHtml(simulation, 'zh');
    expect(chinese).toContain('<html lang="zh-CN">');
    expect(chinese).toContain('机器按机队文件里写的工作');
    expect(chinese).not.toContain('Taken for granted');
  });
});

test('its data are the days: every change to the minute, every decision with its policy and reason', () => {
  const data = dataIn(html);
  const machines = simulation.accounts.flatMap((account) => account.machines);
  expect(data.machines.map(({ id }) => `/${id}`)).toEqual(machines.map(({ key }) => key.slice(key.indexOf('/'))));
  for (const [index, { line }] of data.machines.entries()) {
    const drawn: string[] = [];
    let at = 0;
    for (const [, length = '', letter = ''] of line.matchAll(/([0-9a-z]+)([A-G])/g)) {
      at += Number.parseInt(length, 36);
      drawn.push(`${at} ${data.doings[letter.charCodeAt(0) - 65]}`);
    }
    const own = machines[index]?.timeline.map((each) => `${Math.floor((each.at - data.from) / MINUTE)} ${each.doing}`);
    // Of several changes in one minute the last is what shows.
    const last = new Map(own?.map((each) => [each.split(' ')[0], each]));
    expect(drawn).toEqual([...last.values()]);
  }
  const told = data.acts.flatMap(([minute, machine = -1, , kind = 0, action = -1, policy = -1, reason = -1]) =>
    policy < 0
      ? []
      : [
          [
            minute,
            data.machines[machine]?.id,
            ...[
              ['kind', kind],
              ['action', action],
              ['policy', policy],
              ['reason', reason],
            ].map(([of, place]) => data.names[String(of)]?.[Number(place)]),
          ].join(' '),
        ],
  );
  expect(told).toEqual(
    simulation.coming.map(({ at, instance, kind, action, policy, reason }) =>
      [
        Math.floor((at - data.from) / MINUTE),
        instance?.slice(instance.indexOf('/') + 1),
        kind,
        action,
        policy,
        reason,
      ].join(' '),
    ),
  );
  expect(data.names.kind).toContain('arrears');
  expect(data.policies).toHaveLength(2);
});

test.each([
  [
    '2026-10-24T22:00:00Z',
    0,
    [
      [0, false],
      [25, false],
      [49, true],
    ],
  ],
  [
    '2026-10-25T10:40:00Z',
    40,
    [
      [0, true],
      [12.333, false],
      [36.333, true],
    ],
  ],
  [
    '2026-03-28T23:00:00Z',
    0,
    [
      [0, false],
      [23, false],
      [47, true],
    ],
  ],
])(
  'days are those of the zone, with their 23 to 25 hours, and hours are those of its clocks: from %s',
  (from, lead, starts) => {
    const began = Date.parse(from);
    const time = { from: began, reached: began + 50 * HOUR, timezone: 'Europe/Berlin' };
    const { days: told, lead: past } = reportData({ ...simulation, ...time }, 'en');
    expect(past).toBe(lead);
    expect(told.map(({ at, isPart }) => [at / 60, isPart])).toEqual(
      starts.map(([at, isPart]) => [expect.closeTo(Number(at), 2), isPart]),
    );
  },
);

test('both languages say the same, with the same gaps', () => {
  const gaps = (value: object): unknown =>
    Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== 'htmlLang')
        .map(([key, each]: [string, unknown]) => [
          key,
          typeof each === 'string'
            ? [...each.matchAll(/\{\w+\}/g)].map(String).sort()
            : gaps(z.looseObject({}).parse(each)),
        ]),
    );
  expect(gaps(REPORT_WORDS.zh)).toEqual(gaps(REPORT_WORDS.en));
});

test('every colour and word that the script asks for is there', async () => {
  const folder = join(import.meta.dirname, '../../../src/app/simulate/report');
  const script = await readFile(join(folder, 'report.js'), 'utf8');
  const style = await readFile(join(folder, 'report.css'), 'utf8');
  for (const [, label = ''] of script.matchAll(/labels\.(\w+)/g))
    expect(Object.keys(REPORT_WORDS.en.labels), label).toContain(label);
  for (const [, name = ''] of script.matchAll(/'(--[a-z]+)'/g)) expect(style).toContain(`${name}: light-dark(`);
  for (const doing of dataIn(html).doings) expect(style).toContain(`--${doing}: light-dark(`);
});

test('the command writes it where it is told, and says so beside what it prints', async () => {
  const cwd = await bench(POLICIES, FLEET);
  const args = ['simulate', '--fleet', 'fleet.yaml', '--days', '1', '--html', 'days.html', '--lang', 'zh', '--json'];
  const { out, err, code } = await runCommand(args, { cwd });
  expect(code).toBe(0);
  expect(err).toContain(`the report is in ${join(cwd, 'days.html')}`);
  expect(z.looseObject({ seed: z.literal(1) }).parse(JSON.parse(out)).seed).toBe(1);
  expect((await stat(join(cwd, 'days.html'))).size).toBeGreaterThan(10_000);
});
