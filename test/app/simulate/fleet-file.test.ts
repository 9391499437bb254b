import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { simulateFile } from '../../../src/app/simulate.ts';
import { readConfigFile } from '../../../src/config/config-file.ts';
import { renderAll } from '../../../src/yaml/located.ts';
import { runCommand } from '../../support/command.ts';
import { acts, bench, DAY, days, line, MONDAY } from './support.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const POLICIES = `
  - { name: lazy, match: all, when: { idleFor: 30m }, do: stop }
`;

const CALENDAR = 'calendars: { cn: { timezone: Asia/Shanghai, holidays: [2026-11-24], workdays: [2026-11-28] } }\n';

/** Runs the command on a fleet file. */
async function run(fleet: string, ...args: readonly string[]) {
  const cwd = await bench(POLICIES, fleet);
  await writeFile(join(cwd, 'policies/cn.yaml'), CALENDAR);
  return runCommand(['simulate', '--fleet', 'fleet.yaml', '--days', '1', ...args], { cwd });
}

test.each([
  ['fleet: { a: { acount: hxy } }', '2:15: unknown key "acount"; did you mean "account"?'],
  ['fleet: { a: { account: hx } }', '2:24: no account is called "hx"; did you mean "hxy"?'],
  ['fleet: { a: { count: 0 } }', '2:22: '],
  ['fleet: { a: { workload: ofice } }', '2:25: '],
  ['fleet: { a: { workload: {} } }', '2:15: needs either "hours" or "busyFor"'],
  ['fleet: { a: { workload: { hours: "Mon-Fri 9-18" } } }', '2:43: "9-18" is not a time span'],
  ['fleet: { a: { workload: { busyFor: 2h, every: 1h } } }', '2:47: must be longer than busyFor'],
  ['fleet: { a: { workload: { busyFor: 2ms, every: 3ms } } }', '2:48: must be at least 1m'],
  ['fleet: { a: { workload: { busyFor: 2h, share: 50% } } }', '2:47: goes with "hours"'],
  ['fleet: { a: { count: 2 }, a-1: {} }', '2:27: has a machine "a-1", and so has "a"'],
  ['accounts: { other: { balance: 5 } }\nfleet: { a: {} }', '2:13: no account is called "other"'],
  ['accounts: { hxy: { noCards: [{ during: "Foo" }] } }\nfleet: {}', '2:41: "Foo" is not known here'],
  [
    'fleet: { a: { workload: { hours: "Mon 09:00-12:00, us.workdays 09:00-12:00" } } }',
    '2:52: no calendar is called "us"; there is cn',
  ],
  ['fleet: { a: { expiresIn: 2h } }', '2:26: goes with `billing: daily`'],
  ['fleet: { a: { billing: monthly } }', '2:24: is paid ahead'],
  ['from: "2026-02-30 10:00"\nfleet: {}', '1:7: there is no day 2026-02-30'],
  ['machines: {}', '2:1: unknown key "machines"'],
])('%s is refused where it is wrong', async (fleet, message) => {
  const { code, err } = await run(fleet);
  expect(err).toContain(`fleet.yaml:${message}`);
  expect(code).toBe(3);
});

test('people and clouds keep the calendars of the policies', async () => {
  const policies = `
  - { name: look, match: all, when: { runningFor: 99d }, do: notify }
  - { name: up, match: { name: b }, when: { during: "Tue-Wed 10:00-10:30" }, do: start }
`;
  const fleet = `
accounts: { hxy: { noCards: [{ during: "cn.holidays" }] } }
fleet:
  a: { workload: { hours: "cn.workdays 09:00-12:00", share: 100% } }
  b: { status: stopped, workload: idle }
`;
  const simulation = await days(policies, fleet, { days: 7, files: { 'cn.yaml': CALENDAR } });
  const busy = line(simulation, 'a').filter((each) => each.endsWith(' busy'));
  // Tuesday is a holiday, and the Saturday is worked.
  expect(busy).toEqual([0, 2, 3, 4, 5].map((day) => `${day}d 09:00:00 busy`));
  const starts = acts(simulation).map((each) => each.replace(/refused: .*/, 'refused'));
  expect(starts).toEqual(['1d 10:00:00 start hxy/b refused', '2d 10:00:00 start hxy/b']);
});

test('machines alike have numbers, and names of their own where one is given', async () => {
  const { accounts } = await days(POLICIES, 'fleet: { dev: { count: 12, name: box }, one: {}, in-8..10: {} }');
  const machines = accounts.flatMap((account) => account.machines);
  expect(machines.map(({ key, name }) => `${key} ${name}`)).toEqual([
    ...Array.from({ length: 12 }, (_, index) => {
      const number = String(index + 1).padStart(2, '0');
      return `hxy/dev-${number} box-${number}`;
    }),
    'hxy/one one',
    'hxy/in-8 in-8',
    'hxy/in-9 in-9',
    'hxy/in-10 in-10',
  ]);
});

test('an account that only the file knows is one, and is where machines are that name none', async () => {
  const fleet = `
accounts: { lab: { provider: huixingyun, prices: { card: { hourly: 3 } } } }
fleet: { a: { gpuType: card, workload: busy } }`;
  const { accounts } = await days(POLICIES, fleet);
  expect(accounts.find(({ name }) => name === 'lab')?.machines).toMatchObject([{ key: 'lab/a', fen: 24 * 300 }]);
});

test('hour by hour in the terminal, then what is decided, the sums and what they rest on', async () => {
  const fleet =
    'fleet: { a: { gpuType: card, workload: { hours: "Mon-Fri 09:00-12:00", share: 100% } }, b: { gpuType: other }, c: { gpuType: other } }';
  const { out, err, code } = await run(fleet, '--show', '1');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain(
    'a  hxy/a: up 3.5 of 24.0 h; 9.05 yuan instead of 48.00; 2 interruptions\n' +
      '               0     6     12    18\n' +
      '11-23 Mon      .........###=...........  00:00 stop (lazy), 12:30 stop (lazy)\n',
  );
  expect(out).toContain('2 more machines: --show all');
  expect(out).toMatch(/^11-23 12:30 +\+ +stop +a +lazy +due$/m);
  expect(out).toMatch(/^up 51\.5 h instead of 72\.0 h; by the hour 9\.05 yuan instead of 48\.00;/m);
  expect(out).toContain('machines work as the fleet file says, with the dice of seed 1');
  expect(out).toContain('2 of 3 instances have no known price');
  expect(out).toContain('2 of 3 instances are at something that no probe can tell');
});

test('days alike are one row', async () => {
  const cwd = await bench(POLICIES, 'fleet: { b: {} }');
  const { out } = await runCommand(['simulate', '--fleet', 'fleet.yaml', '--days', '4'], { cwd });
  expect(out).toContain(`\n11-23 to 11-26 ${'?'.repeat(24)}\n`);
  expect(out.match(/\?{24}/g)).toHaveLength(1);
});

test('the mode of policies that do not say can be set for once; a seed and a number of days that are none are refused', async () => {
  const fleet = 'fleet: { a: { gpuType: card, workload: idle, idleFor: 1h } }';
  expect((await run(fleet)).out).toContain('; 1 interruption\n');
  const watched = await run(fleet, '--mode', 'observe');
  expect(watched.out).toContain('nothing would be done');
  expect(watched.out).toContain('1 policy only observes');
  for (const wrong of [
    ['--seed', 'x'],
    ['--show', 'some'],
    ['--mode', 'maybe'],
  ])
    expect(await run(fleet, ...wrong)).toMatchObject({ code: 2, out: '' });
  const cwd = await bench(POLICIES, fleet);
  expect(await runCommand(['simulate', '--fleet', 'nowhere.yaml'], { cwd })).toMatchObject({ code: 3, out: '' });
});

test('the example of the repository runs with the example of a configuration and the shipped policies', async () => {
  const read = await readConfigFile('lamplighter.example.yaml', ROOT, {
    environment: {},
    readSecret: (path) =>
      Promise.resolve({
        text: path.includes('url')
          ? 'https://open.feishu.cn/open-apis/bot/v2/hook/a-bot-for-tests'
          : 'a-token-for-tests',
        worldReadable: false,
      }),
    overrides: { mode: 'enforce' },
  });
  if (!read.ok) throw new Error(renderAll(read.errors));
  const simulation = await simulateFile(read.config, {
    file: 'fleet.example.yaml',
    cwd: ROOT,
    now: MONDAY,
    from: null,
    untilMs: 3 * DAY,
    seed: 1,
  });
  const done = (action: string) =>
    simulation.coming.filter((each) => each.kind === 'act' && each.action === action && each.refused === undefined);
  for (const action of ['stop', 'start', 'renew']) expect([action, done(action).length > 0]).toEqual([action, true]);
  expect(simulation.coming.some(({ refused }) => refused === 'no-stock')).toBe(true);
  expect(simulation.bill.fen).toBeLessThan(simulation.bill.withoutFen / 2);
  expect(simulation.bill.unpriced).toBe(0);
  const text = await readFile(join(ROOT, 'fleet.example.yaml'), 'utf8');
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./schema/fleet.schema.json');
});

test.each(['docs/operations.md', 'docs/zh-CN/operations.md'])(
  'the fleet of %s runs as it stands there',
  async (page) => {
    const text = await readFile(join(ROOT, page), 'utf8');
    const [, fleet = ''] = /```yaml\n(from: [\s\S]*?)```/.exec(text) ?? [];
    const { bill, coming } = await days(POLICIES, fleet.replace('hxy-main', 'hxy').replace('count: 200', 'count: 2'));
    expect(bill.instances).toBe(5);
    expect(coming.some(({ kind, action }) => kind === 'act' && action === 'stop')).toBe(true);
  },
);

test('JSON has everything, and its times and sums', async () => {
  const { out } = await run('fleet: { a: { gpuType: card, workload: busy } }', '--json');
  const shape = z.looseObject({
    from: z.iso.datetime({ offset: true }),
    seed: z.literal(1),
    totals: z.looseObject({ instances: z.literal(1), yuan: z.literal('48.00'), savedYuan: z.literal('0.00') }),
    accounts: z.array(z.looseObject({ hourly: z.looseObject({ yuan: z.array(z.number()) }) })),
    instances: z.tuple([z.looseObject({ timeline: z.tuple([z.looseObject({ doing: z.literal('busy') })]) })]),
  });
  const { accounts } = shape.parse(JSON.parse(out));
  expect(accounts[0]?.hourly.yuan).toEqual(Array.from({ length: 24 }, () => 2));
});
