import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alwaysIdle } from '../../src/simulator/workload.ts';
import { useBeds } from '../support/beds.ts';
import { HOUR, MINUTE, NOON, TestClock } from '../support/clock.ts';
import { account, busy, daily, idle } from '../support/cloud.ts';
import { runCommand } from '../support/command.ts';

const POLICIES = `
policies:
  - name: lights-out
    match: { provider: huixingyun, name: "dev-*", labels: { env: dev } }
    when: { during: "Mon-Sun 23:00-08:00" }
    do: cardless-stop
    afterwards: start
    limits: { percent: "100%" }
  - name: stop-idle
    match: { name: "lab *", status: running }
    when: { idleFor: 30m }
    do: stop
    notice: 10m
  - name: keep-paid
    match: { billing: [daily, monthly] }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`;
/** 22:50 in Shanghai. */
const EVENING = NOON + 10 * HOUR + 50 * MINUTE;
const beds = useBeds();

test('what a night of policies did becomes tests that pass, and what no policy did does not', async () => {
  const bed = await beds.start({
    accounts: [
      account('huixingyun', [
        busy('a'),
        idle('b', { name: 'lab 客服 1', workload: alwaysIdle(EVENING - 20 * MINUTE) }),
        daily('d', 23, { expiresAt: EVENING + 12 * HOUR + 12 * MINUTE }),
        busy('x', { name: 'web-x' }),
      ]),
    ],
    clock: new TestClock(EVENING),
    policies: { 'night.yaml': POLICIES },
    config: { labels: [{ match: { name: 'dev-*' }, set: { env: 'dev' } }] },
  });
  const run = (...args: string[]) => runCommand(args, { cwd: bed.dir });
  await bed.round();
  await bed.roll(5 * MINUTE, 2);
  const off = await bed.operationInTime('hxy/a', 'confirmed');
  await bed.roll(5 * MINUTE, 7);
  const stopped = await bed.operationInTime('hxy/b', 'confirmed');
  const renewed = await bed.operationInTime('hxy/d', 'confirmed');
  // Seven minutes late, as where the cloud has no cards: a test says when it is due.
  bed.clock.pass(EVENING + 9 * HOUR + 17 * MINUTE - bed.clock.now());
  await bed.round();
  const on = await bed.operationInTime('hxy/a', 'confirmed', 'start');

  const written = async (id: string) => {
    const file = `${id}.test.yaml`;
    expect(await run('test', '--from', id, '--out', file)).toMatchObject({ code: 0 });
    expect(await run('test', file)).toMatchObject({ code: 0, out: expect.stringContaining('1 of 1 passed') });
    return (await readFile(join(bed.dir, file), 'utf8')).replaceAll(/^#.*\n/gm, '');
  };
  expect(await written(off.id)).toBe(`tests:
  - name: cardless-stop of dev-a on 2025-12-01
    now: "2025-12-01 22:50"
    for: 15m
    policies: [lights-out]
    fleet:
      dev-a: {}
    expect:
      - { at: "23:00", do: cardless-stop, instance: dev-a, reason: due }
`);
  // When the probes had watched it for long enough is up to the daemon's own schedule.
  expect((await written(stopped.id)).replaceAll(/\b\d\d:\d\d\b/g, 'TIME').replaceAll(/\b\d+m\b/g, 'LONG')).toBe(`tests:
  - name: stop of lab 客服 1 on 2025-12-01
    now: "2025-12-01 TIME"
    for: LONG
    policies: [stop-idle]
    fleet:
      b: { idleFor: LONG, name: lab 客服 1 }
    expect:
      - { at: "TIME", kind: announce, do: stop, instance: b }
      - { at: "TIME", do: stop, instance: b, reason: due }
`);
  const paid = await written(renewed.id);
  expect(paid).toContain('    fleet:\n      prod-d: { billing: daily, expiresIn: ');
  expect(paid).toContain('do: renew, instance: prod-d, reason: due, with: { periods: 1 } }\n');
  expect(await written(on.id)).toBe(`tests:
  - name: start of dev-a on 2025-12-02
    now: "2025-12-01 22:50"
    for: 9h15m
    policies: [lights-out]
    fleet:
      dev-a: {}
    expect:
      - { at: "23:00", do: cardless-stop, instance: dev-a, reason: due }
      - { at: "08:00", do: start, instance: dev-a, reason: afterwards }
`);
  expect((await run('test', '--from', off.id)).out).toMatch(
    /^# From operation \S+: cardless-stop of dev-a \(hxy\/a\), decided at 2025-12-01T15:00:00Z, confirmed\.\ntests:\n/,
  );

  const refused = async (code: number, message: string, ...args: string[]) =>
    expect(await run('test', '--from', ...args)).toMatchObject({ code, err: expect.stringContaining(message) });
  await refused(2, 'is there already', off.id, '--out', `${off.id}.test.yaml`);
  await refused(2, '--out is a NAME.test.yaml', off.id, '--out', 'night.yaml');
  await refused(1, 'there is no operation nothing', 'nothing');
  expect(await run('do', 'stop', 'web-x', '--by', 'wang')).toMatchObject({ code: 0 });
  const [byHand] = await bed.operations({ instance: 'hxy/x' });
  await refused(1, 'person wang asked for it, and no policy', byHand?.id ?? '');

  await bed.writePolicy('night.yaml', POLICIES.replace('idleFor: 30m', 'idleFor: 2h'));
  const missed = await run('test', '--from', stopped.id);
  expect(missed).toMatchObject({ code: 1, out: '' });
  expect(missed.err).toMatch(/ {2}when\.idleFor 2h: idle for \w+ {2}policies\/night\.yaml:11:13\n/);
  expect(missed.err).toMatch(/the policies would not ask for a stop at 2025-12-01 23:\d\d, as stop-idle did then/);
  await bed.round();
  await bed.daemon.reload();
  expect((await run('test', '--from', stopped.id)).err).toContain('after it; give the folder of then with --policies');
  expect(await run('test', '--from', off.id)).toMatchObject({ code: 0, err: '' });
  await bed.writePolicy('night.yaml', POLICIES.replace('name: stop-idle', 'name: stop-idle-labs'));
  await refused(1, 'no policy is called "stop-idle"', stopped.id);
});
