import { expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { filesText, leaks, redisText } from '../support/leaks.ts';
import { promtool } from '../telemetry/promtool.ts';
import { account, canaryToken, daily, idle, KEEP_PAID, MINUTE, NOON, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

const ESC = '\u001b';
/** What an owner may call his machine. */
const NAMES = [
  'dev-line\nbreak\r\nlevel=fatal msg="all is lost"',
  `dev-${ESC}[2J${ESC}]0;owned\u0007\u009b31m`,
  'dev-"quotes"\\\'back`tick`$(x)',
  'dev-{"level":"fatal"}\n{"level":"fatal","msg":"forged"}',
  'dev-<script>alert(1)</script><img src=x onerror=alert(1)>',
  'dev-\u202egnp.exe\u2066\u200b\ufeff',
  `dev-${'x'.repeat(10_000)}`,
  'dev-}\n# TYPE forged gauge\nforged{a="b"} 1',
  'dev-__proto__',
  'dev-慧星云-🏮',
];
const PASSWORD = 'canary-root-password-of-p4';

const POLICIES = {
  ...KEEP_PAID,
  'off.yaml': `
policies:
  - name: off
    match: { name: "dev-*" }
    when: { during: always }
    do: stop
    limits: { percent: "100%" }
`,
};

/** No control characters but the line breaks of our own, and no marks that turn text around. */
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Cf}]/u;

test('P4: names that lie stay text: in the log, the metrics, the page, the notifications and on a terminal', async () => {
  const machines = NAMES.map((name, i) => idle(`m${i}`, { name, password: PASSWORD }));
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [...machines, daily('d', 5, { password: PASSWORD })])],
    policies: POLICIES,
  });
  const child = await bed.spawnFaulty();
  await bed.attend('all are stopped and one is renewed', 20_000, async () => {
    const done = (await bed.everyOperation()).filter(({ state }) => state === 'confirmed');
    return done.length === NAMES.length + 1;
  });
  await bed.until('it is told', () => bed.receiver.told('operation.confirmed').length > NAMES.length);

  // One line is one object of ours: nothing that a machine is called makes another.
  const lines = child.stderr.trimEnd().split('\n');
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), time: expect.any(String) });
    expect(line).not.toMatch(UNPRINTABLE);
    expect(line.length).toBeLessThan(20_000);
  }
  expect(lines.filter((line) => line.startsWith(`{"level":"fatal"`))).toEqual([]);

  const metrics = await (await fetch(`${child.origin}/metrics`)).text();
  // Its parser takes it all; what it says of names that Node chose is another matter.
  const complaints = (await promtool(metrics)).split('\n').filter((line) => !/^(?:nodejs_|exit 3$|$)/.test(line));
  expect(complaints).toEqual([]);
  expect(metrics).not.toMatch(/^forged/m);
  expect(metrics).not.toContain(ESC);
  const series = metrics.split('\n').filter((line) => line.startsWith('lamplighter_instance_info{'));
  expect(series).toHaveLength(NAMES.length + 1);
  expect(Math.max(...series.map((line) => line.length))).toBeLessThan(2_000);

  const page = await (await fetch(child.origin ?? '')).text();
  expect(page).not.toContain('<script>');
  expect(page).not.toContain('<img src=x');

  for (const args of [['instances'], ['operations'], ['plan'], ['why', 'hxy/m1'], ['why', 'hxy/m5']]) {
    const { code, out, err } = await runCommand(args, { cwd: bed.dir });
    expect([args, code, err]).toEqual([args, 0, expect.any(String)]);
    expect(`${args.join(' ')}: ${out}${err}`).not.toMatch(UNPRINTABLE);
  }

  const places = {
    log: child.stderr,
    metrics,
    page,
    notifications: bed.receiver.bodies.join('\n'),
    redis: await redisText(bed.redisUrl),
    'files of Redis': await filesText(beds.redis.dir),
  };
  expect(leaks(places, [PASSWORD, canaryToken('hxy'), bed.controlToken])).toEqual([]);
  for (const text of Object.values(places)) expect(text).toMatch(/m1|dev-/);
  await bed.expectSound();
});

test('P4: thousands of new names make no new series', async () => {
  const bed = await beds.prepare({
    accounts: [
      account(
        'huixingyun',
        Array.from({ length: 20 }, (_, i) => idle(`m${i}`, { name: `a-${i}` })),
      ),
    ],
    policies: POLICIES,
  });
  const child = await bed.spawnFaulty();
  await bed.polling();
  const lines = async () =>
    (await (await fetch(`${child.origin}/metrics`)).text())
      .split('\n')
      .filter((line) => /[{,]instance=|name="/.test(line));
  const before = (await lines()).length;
  for (let round = 1; round <= 10; round += 1) {
    // Renamed by the owner, and one machine gone for another.
    for (let i = 0; i < 20; i += 1) {
      const id = `m${i}`;
      if (bed.sim.account('hxy').has(id)) bed.sim.account('hxy').instance(id).name = `round-${round}-of-${i}`;
    }
    await bed.pass(MINUTE);
    await bed.until('the new names are seen', async () =>
      (await lines()).some((line) => line.includes(`round-${round}-of-3"`)),
    );
  }
  expect((await lines()).length).toBe(before);
  expect((await lines()).some((line) => line.includes('round-9-of'))).toBe(false);
  expect(bed.clock.now()).toBeGreaterThan(NOON);
  await bed.expectSound();
});
