import { once } from 'node:events';
import { chmod, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { EXIT } from '../../src/cli/exit.ts';
import { Connection } from '../../src/store/connection.ts';
import { HOUR, TestClock } from '../support/clock.ts';
import { account, busy } from '../support/cloud.ts';
import { runCommand } from '../support/command.ts';
import { Bed } from '../support/daemon.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const POLICIES = {
  'p.yaml': `
policies:
  - { name: idle-dev, match: { name: "dev-*" }, when: { idleFor: 30m }, do: stop }
  - { name: lab-hours, mode: observe, match: { account: cy }, when: { runningFor: 10h }, do: stop }
`,
};

const ANSWER = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({
      area: z.string(),
      subject: z.string(),
      level: z.enum(['ok', 'warning', 'broken']),
      found: z.string(),
      mend: z.string().nullable(),
    }),
  ),
});

let redis: TestRedis;
let admin: Connection;
let bed: Bed;
let clock: TestClock;

beforeAll(async () => {
  redis = await startRedis();
  admin = new Connection({ url: redis.url, clock: () => 0, random: () => 0 });
  admin.start();
  await admin.waitReady(5_000);
  // The clouds tell this clock's time, and commands go by the system's.
  clock = new TestClock(Date.now());
  bed = new Bed({
    redis: redis.url,
    clock,
    accounts: [account('huixingyun', [busy('a'), busy('b')]), account('chenyu', [busy('inst_a', { name: 'lab' })])],
    policies: POLICIES,
  });
  await bed.open();
}, 40_000);
afterAll(async () => {
  await admin.close();
  await bed.close();
  await redis.stop();
});

/** Its exit code, and what it found by area and subject. */
async function doctor(cloudsAheadMs = 0, ...more: string[]) {
  clock.pass(Date.now() + cloudsAheadMs - clock.now());
  const { code, out, err } = await runCommand(['doctor', '--json', ...more], { cwd: bed.dir });
  const { ok, findings } = ANSWER.parse(JSON.parse(out));
  const about = (area: string, subject: string | RegExp) =>
    findings.filter(
      (each) =>
        each.area === area && (typeof subject === 'string' ? each.subject === subject : subject.test(each.subject)),
    );
  return { code, err, ok, findings, about };
}

test('where all is well everything was looked at, nothing was changed, and the exit code says so', async () => {
  const before = { keys: await admin.general.dbsize(), files: (await readdir(bed.dir, { recursive: true })).sort() };
  const { code, ok, findings, about } = await doctor();
  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  expect({ code, ok }).toEqual({ code: EXIT.done, ok: true });
  expect(new Set(findings.map(({ area }) => area))).toEqual(
    new Set([
      'configuration',
      'policies',
      'machine',
      'files',
      'redis',
      'clouds',
      'clock',
      'probes',
      'notifiers',
      'listener',
    ]),
  );
  expect(about('clouds', 'hxy')).toMatchObject([{ found: 'reachable, credentials accepted, 2 instances' }]);
  expect(about('policies', 'idle-dev')).toMatchObject([{ found: 'reaches 2 instances' }]);
  expect(about('clock', 'cy')).toMatchObject([{ found: 'agrees with the cloud’s' }]);
  expect(about('probes', /^hxy\/a/)).toMatchObject([{ found: expect.stringContaining('jupyter') }]);
  expect(bed.receiver.bodies).toEqual([]);
  expect({ keys: await admin.general.dbsize(), files: (await readdir(bed.dir, { recursive: true })).sort() }).toEqual(
    before,
  );
});

test('a Redis that is full is broken, not nearly full', async () => {
  await admin.general.config('SET', 'maxmemory', '1mb');
  const { about, code } = await doctor();
  await admin.general.config('SET', 'maxmemory', '0');
  expect(code).toBe(EXIT.failed);
  expect(about('redis', 'memory')).toMatchObject([
    {
      level: 'broken',
      found: expect.stringMatching(/^\d+ MB used of 1 MB: full/),
      mend: expect.stringContaining('more'),
    },
  ]);
});

test('a probe that finds nothing on a machine to ask has not been answered', async () => {
  await bed.writeConfig({ activity: [{ match: { provider: 'chenyu' }, probes: [{ comfyui: {} }] }] });
  const { about } = await doctor();
  await bed.writeConfig();
  expect(about('probes', /^cy\/inst_a/)).toMatchObject([
    { level: 'warning', found: expect.stringContaining('names no'), mend: expect.stringContaining('optional') },
  ]);
});

test('a notifier whose address nobody answers at is told of without a message being sent', async () => {
  await bed.writeConfig({
    notifiers: {
      hook: { type: 'webhook', url: `${bed.receiver.url}/a-secret-path` },
      away: { type: 'webhook', url: 'http://127.0.0.1:9/a-secret-path' },
      mail: { type: 'email', host: 'no-such-host.invalid', from: 'a@example.com', to: ['b@example.com'] },
    },
  });
  const { code, about, findings } = await doctor();
  await bed.writeConfig();
  expect(code).toBe(EXIT.failed);
  expect(about('notifiers', 'hook')).toMatchObject([{ level: 'ok', found: expect.stringMatching(/can be reached$/) }]);
  expect(about('notifiers', 'away')).toMatchObject([
    { level: 'broken', found: expect.stringContaining('127.0.0.1:9 cannot be reached (ECONNREFUSED)') },
  ]);
  expect(about('notifiers', 'mail')).toMatchObject([
    { level: 'broken', found: expect.stringContaining('no-such-host.invalid'), mend: expect.stringContaining('name') },
  ]);
  expect(JSON.stringify(findings)).not.toContain('a-secret-path');
});

test('with --send each notifier is sent a test message, and what it says is told', async () => {
  expect((await doctor(0, '--send')).about('notifiers', 'hook')).toMatchObject([
    { level: 'ok', found: expect.stringContaining('took a test') },
  ]);
  expect(bed.receiver.bodies).toHaveLength(1);
  bed.receiver.refusals.push(403);
  const { code, about } = await doctor(0, '--send');
  expect(code).toBe(EXIT.failed);
  expect(about('notifiers', 'hook')).toMatchObject([
    { level: 'broken', found: expect.stringContaining('403'), mend: expect.stringMatching(/./) },
  ]);
});

test('a notifier whose receiver a person has to let us in at is broken, with what to do', async () => {
  await bed.writeConfig({ notifiers: { am: { type: 'alertmanager', url: bed.receiver.url } } });
  bed.receiver.refusals.push(401);
  const { about } = await doctor(0, '--send');
  await bed.writeConfig();
  expect(about('notifiers', 'am')).toMatchObject([
    { level: 'broken', found: expect.stringContaining('401'), mend: expect.stringContaining('tokenFile') },
  ]);
});

test('people read signs, and below each that is not well how to mend it', async () => {
  const { code, out } = await runCommand(['doctor'], { cwd: bed.dir });
  expect(code).toBe(EXIT.done);
  expect(out).toMatch(/^configuration\n {2}✓ lamplighter.yaml: valid\n\npolicies\n/);
  expect(out).not.toMatch(/→|✗|!/);
});

test('everything that is not well is told with what to do, and no secret', async () => {
  const other = createServer((_request, response) => response.end('<h1>hello</h1>'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const listen = typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
  await bed.writeConfig({
    notifiers: {},
    listen,
    activity: [{ match: { provider: 'chenyu' }, probes: [{ comfyui: { url: 'http://127.0.0.1:9' } }] }],
  });
  await bed.writePolicy(
    'lost.yaml',
    'policies: [{ name: lost, match: { name: "nobody-*" }, when: { stoppedFor: 7d }, do: { notify: {} } }]',
  );
  await bed.secret('hxy', 'a-token-that-nobody-gave-out');
  await chmod(join(bed.dir, 'secrets', 'cy'), 0o644);
  await admin.general.config('SET', 'appendfsync', 'everysec');
  try {
    const { code, ok, findings, about, err } = await doctor(2 * HOUR);
    expect({ code, ok }).toEqual({ code: EXIT.failed, ok: false });
    expect(err).toMatch(/^lamplighter: \d things are to be mended\n$/);
    expect(about('files', /secrets\/cy$/)).toMatchObject([
      { level: 'broken', mend: expect.stringContaining('chmod 400') },
    ]);
    expect(about('redis', 'appendfsync')).toMatchObject([
      { level: 'broken', mend: expect.stringContaining('CONFIG SET') },
    ]);
    expect(about('clouds', 'hxy')).toMatchObject([{ level: 'broken', mend: expect.stringContaining('token') }]);
    expect(about('clock', 'cy')).toMatchObject([
      { level: 'broken', found: expect.stringMatching(/(2h|1h59m\d+s) behind/), mend: expect.stringContaining('NTP') },
    ]);
    expect(about('listener', listen)).toMatchObject([
      { level: 'broken', found: expect.stringContaining('not Lamplighter') },
    ]);
    expect(about('notifiers', 'notifiers')).toMatchObject([{ level: 'warning' }]);
    expect(about('probes', /^cy\/inst_a/)).toMatchObject([
      { level: 'warning', found: expect.stringContaining('comfyui') },
    ]);
    // One account could not be read, so that nothing can be said of a policy that finds nothing.
    expect(about('policies', 'lost')).toMatchObject([{ level: 'ok' }]);
    for (const each of findings) if (each.level !== 'ok') expect(each.mend).not.toBe('');
    expect(JSON.stringify(findings)).not.toContain('a-token-that-nobody-gave-out');

    await bed.secret('hxy', 'hxy-token-of-test');
    const again = await doctor();
    expect(again.about('policies', 'lost')).toMatchObject([
      { level: 'warning', found: expect.stringContaining('none of the 3') },
    ]);
    expect(again.about('policies', 'idle-dev')).toMatchObject([
      { level: 'warning', found: expect.stringContaining('no probe') },
    ]);
  } finally {
    other.close();
    await admin.general.config('SET', 'appendfsync', 'always');
    await chmod(join(bed.dir, 'secrets', 'cy'), 0o600);
    await bed.removePolicy('lost.yaml');
    await bed.writeConfig();
  }
});

test('a daemon that runs is asked how it is; a Redis that is away keeps probes from being asked', async () => {
  const daemon = await bed.start();
  await bed.writeConfig({ listen: new URL(daemon.origin).host });
  await bed.round();
  expect((await doctor()).about('listener', new URL(daemon.origin).host)).toMatchObject([
    { found: 'the daemon runs and is ready' },
  ]);
  await bed.writeConfig({ listen: new URL(daemon.origin).host, redis: 'redis://127.0.0.1:9/0' });
  const { code, about } = await doctor();
  expect(code).toBe(EXIT.failed);
  expect(about('redis', 'redis')).toMatchObject([
    { level: 'broken', found: expect.stringContaining('127.0.0.1:9 cannot be reached') },
  ]);
  expect(about('probes', 'probes')).toMatchObject([{ level: 'warning', found: expect.stringContaining('not asked') }]);
  await bed.writeConfig();
}, 30_000);

test('an address of another machine is not asked whether a daemon runs there', async () => {
  // From a range for documentation: nobody has it.
  await bed.writeConfig({ listen: '203.0.113.9:8080' });
  expect((await doctor()).about('listener', '203.0.113.9:8080')).toMatchObject([
    { level: 'broken', found: expect.stringContaining('EADDRNOTAVAIL'), mend: expect.stringContaining('this machine') },
  ]);
  await bed.writeConfig();
});

test('a configuration with mistakes is told as such, and the rest is left', async () => {
  await bed.writeConfig({ timezon: 'UTC' });
  const { code, findings } = await doctor();
  expect(code).toBe(EXIT.failed);
  expect(findings).toMatchObject([
    { area: 'configuration', level: 'broken', found: expect.stringContaining('timezon') },
  ]);
  await bed.writeConfig();
  await bed.writePolicy('bad.yaml', 'policies: [{ name: x }]');
  const { about } = await doctor();
  expect(about('configuration', /bad\.yaml:1/)).toMatchObject([{ level: 'broken' }, { level: 'broken' }]);
  expect(about('clouds', 'hxy')).toMatchObject([{ level: 'ok' }]);
  await bed.removePolicy('bad.yaml');
});
