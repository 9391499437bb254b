import { afterEach, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import { Connection } from '../../src/store/connection.ts';
import { account, busy, daily } from '../support/cloud.ts';
import { runCommand } from '../support/command.ts';
import { Bed } from '../support/daemon.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from '../support/redis.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A daemon's folder beside a Redis that is set up in this way. */
async function bedBeside(options: TestRedisOptions): Promise<{ readonly bed: Bed; readonly redis: TestRedis }> {
  const redis = await startRedis(options);
  open.push(() => redis.stop());
  const bed = new Bed({
    redis: redis.url,
    accounts: [account('huixingyun', [daily('prod', 6), busy('a')])],
    policies: {
      'p.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`,
    },
  });
  open.push(() => bed.close());
  await bed.open();
  return { bed, redis };
}

const validate = (bed: Bed, ...more: string[]) => runCommand(['validate', '--redis', ...more], { cwd: bed.dir });

test('a Redis as it should be passes, and each thing that was asked is shown', async () => {
  const { bed } = await bedBeside({});
  const { code, out } = await validate(bed);
  expect(code).toBe(EXIT.done);
  for (const name of ['version', 'appendonly', 'appendfsync', 'maxmemory-policy']) expect(out).toContain(`ok  ${name}`);
  expect(out).toContain('paid work may go on');
});

test('one that falls short is told what is found, what is wanted and how to mend it, and fails', async () => {
  const { bed } = await bedBeside({ appendfsync: 'everysec', maxmemoryPolicy: 'allkeys-lru' });
  const { code, out, err } = await validate(bed);
  expect(code).toBe(EXIT.failed);
  expect(out).toMatch(/short +appendfsync +everysec +always/);
  expect(out).toMatch(/short +maxmemory-policy +allkeys-lru +noeviction/);
  expect(out).toMatch(/ok +appendonly +yes +yes/);
  expect(out).toContain('to mend it: CONFIG SET appendfsync always, and the same in redis.conf');
  expect(err).toContain('Redis falls short');
  const json = await validate(bed, '--json');
  expect(json.code).toBe(EXIT.failed);
  expect(JSON.parse(json.out)).toMatchObject({
    valid: true,
    redis: {
      ok: false,
      error: null,
      checks: [
        { name: 'version', ok: true },
        { name: 'appendonly', found: 'yes', ok: true },
        { name: 'appendfsync', found: 'everysec', wanted: 'always', ok: false },
        { name: 'maxmemory-policy', found: 'allkeys-lru', wanted: 'noeviction', ok: false },
      ],
    },
  });
});

test('one that hides its settings falls short, and is told what to do about that', async () => {
  const { bed } = await bedBeside({ extra: ['--rename-command', 'CONFIG', ''] });
  const { code, out } = await validate(bed);
  expect(code).toBe(EXIT.failed);
  expect(out).toMatch(/short +appendfsync +\(not told\) +always/);
  expect(out).toContain('CONFIG GET');
});

test('one that is away fails, after the mistakes of the files', async () => {
  const { bed, redis } = await bedBeside({});
  await redis.kill();
  const { code, out } = await validate(bed);
  expect(code).toBe(EXIT.failed);
  expect(out).toMatch(/^valid: 1 policy\nredis: Redis at 127\.0\.0\.1:\d+ cannot be reached/);
});

test('without a configuration there is no Redis to ask', async () => {
  const { bed } = await bedBeside({});
  expect((await validate(bed, '--no-config')).code).toBe(EXIT.usage);
});

test('a daemon beside one that falls short pays nothing, says why everywhere, tells people once, and goes on when it is mended', async () => {
  const { bed, redis } = await bedBeside({ appendfsync: 'everysec' });
  const daemon = await bed.start();
  await bed.round();
  expect(await bed.operations()).toEqual([]);
  expect(await bed.list('plan')).toMatchObject([
    {
      instance: 'hxy/prod',
      action: 'renew',
      reason: 'frozen',
      detail: expect.stringContaining('appendfsync everysec'),
    },
  ]);
  const ready: unknown = await (await bed.http('/readyz')).json();
  expect(ready).toMatchObject({
    checks: { paidWork: { ok: false, detail: expect.stringContaining('appendfsync everysec') } },
  });
  const page = await bed.attend('people are told', 1_000, () => bed.receiver.told('operation.escalated')[0]);
  expect(page).toMatchObject({ severity: 'critical', reason: 'redis', account: null, instance: null });
  expect(page?.text).toContain('appendfsync everysec');
  const metrics = await (await bed.http('/metrics')).text();
  expect(metrics).toContain('lamplighter_frozen{class="paid",reason="redis"} 1');
  expect(metrics).toContain('lamplighter_frozen{class="reversible",reason="redis"} 0');

  // It is asked again at each reconnect.
  const admin = new Connection({ url: redis.url, clock: () => 0, random: () => 0 });
  open.push(() => admin.close());
  admin.start();
  await admin.waitReady(5_000);
  await admin.general.config('SET', 'appendfsync', 'always');
  await admin.general.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await bed.until('it was looked at again', () => daemon.work.paidWorkOff() === null);
  await bed.operationInTime('hxy/prod', 'confirmed', 'renew');
  expect(bed.receiver.told('operation.escalated')).toHaveLength(1);
});
