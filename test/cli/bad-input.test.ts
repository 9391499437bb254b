import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CommandResult, runCommand } from '../support/command.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const CONFIG = `
accounts:
  hxy:
    provider: huixingyun
    tokenFile: token
    baseUrl: http://127.0.0.1:9
redis: REDIS
listen: 127.0.0.1:0
stateDir: state
`;
const POLICY = `
policies:
  - name: watch
    match: all
    when: { statusFor: 1h }
    do: notify
`;

let redis: TestRedis;
let dir: string;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
  await redis.stop();
});
beforeEach(async () => {
  if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  dir = await mkdtemp(join(tmpdir(), 'lamplighter-bad-'));
  await mkdir(join(dir, 'policies'));
  await writeFile(join(dir, 'policies', 'p.yaml'), POLICY);
  await writeFile(join(dir, 'token'), 'a-token-of-test\n', { mode: 0o600 });
  await config(CONFIG);
});

async function config(text: string): Promise<void> {
  await writeFile(join(dir, 'lamplighter.yaml'), text.replace('REDIS', redis.url));
}

async function run(...args: string[]): Promise<CommandResult> {
  return await runCommand(args, { cwd: dir });
}

/** Of what a person sees. */
function noTrace({ out, err }: CommandResult): void {
  expect(out + err).not.toMatch(/^\s+at /m);
}

describe('a configuration that cannot be used ends run and validate with its place', () => {
  const cases: readonly (readonly [what: string, text: string | null, says: readonly string[]])[] = [
    ['no file', null, ['lamplighter.yaml:1:1: there is no such file', 'lamplighter.example.yaml']],
    [
      'an unknown key',
      CONFIG.replace('tokenFile', 'tokenFiel'),
      ['lamplighter.yaml:5:5: ', '"tokenFiel"', 'tokenFile', '    tokenFiel: ', '^^^^^^^^^'],
    ],
    [
      'a secret file that is not there',
      CONFIG.replace('tokenFile: token', 'tokenFile: nowhere'),
      ['lamplighter.yaml:5:16: there is no file nowhere', '^^^^^^^'],
    ],
    [
      'a bad address',
      CONFIG.replace('http://127.0.0.1:9', 'api-v1.huixingyun.com'),
      ['lamplighter.yaml:6:14: ', 'baseUrl is no address such as'],
    ],
    [
      'an address without https',
      CONFIG.replace('http://127.0.0.1:9', 'http://api-v1.huixingyun.com'),
      ['must be https'],
    ],
    [
      'a variable that is not set',
      CONFIG.replace('tokenFile: token', `token: \${HXY_TOKEN_OF_NOBODY}`),
      ['lamplighter.yaml:5:', 'HXY_TOKEN_OF_NOBODY'],
    ],
    [
      'a Redis address that is none',
      CONFIG.replace('redis: REDIS', 'redis: localhost'),
      ['redis is no address such as'],
    ],
    ['a place to listen that is none', CONFIG.replace('127.0.0.1:0', 'everywhere'), ['must be HOST:PORT']],
    ['YAML that ends in the middle', CONFIG.replace('tokenFile: token', 'tokenFile: "token'), ['lamplighter.yaml:']],
  ];
  for (const [what, text, says] of cases) {
    test(what, async () => {
      if (text === null) await rm(join(dir, 'lamplighter.yaml'));
      else await config(text);
      for (const command of ['run', 'validate']) {
        const result = await run(command);
        expect(result.code, command).toBe(3);
        for (const words of says) expect(result.out + result.err, command).toContain(words);
        noTrace(result);
      }
      const told = JSON.parse((await run('validate', '--json')).out);
      expect(told).toMatchObject({
        valid: false,
        errors: expect.arrayContaining([expect.objectContaining({ file: 'lamplighter.yaml' })]),
      });
    });
  }
});

describe('policies that cannot be used', () => {
  test('a folder that is not there', async () => {
    await rm(join(dir, 'policies'), { recursive: true });
    for (const command of ['run', 'validate', 'plan']) {
      const result = await run(command);
      expect(result.code, command).toBe(3);
      expect(result.out + result.err, command).toContain('there is no such policy folder');
      noTrace(result);
    }
  });

  test('an empty folder', async () => {
    await rm(join(dir, 'policies', 'p.yaml'));
    const result = await run('run');
    expect(result.code).toBe(3);
    expect(result.err).toContain('policies:1:1: the policy folder holds no .yaml file');
  });

  test('a mistake in one of them, with every mistake told at once', async () => {
    await writeFile(
      join(dir, 'policies', 'q.yaml'),
      POLICY.replace('statusFor: 1h', 'statusFor: 1 hour').replace('do: notify', 'do: notfy'),
    );
    const result = await run('run');
    expect(result.code).toBe(3);
    expect(result.err).toContain('policies/q.yaml:5:24: ');
    expect(result.err).toContain('policies/q.yaml:6:9: ');
    expect(result.err).toContain('notify');
    expect(result.err).toContain('3 errors');
    const only = await run('validate', 'policies/p.yaml');
    expect(only.code).toBe(0);
  });
});

describe('what cannot be had', () => {
  test('Redis', async () => {
    await config(CONFIG.replace('REDIS', 'redis://:a-secret-of-redis@127.0.0.1:1/0'));
    const result = await run('instances');
    expect(result.code).toBe(1);
    expect(result.err).toContain('Redis at 127.0.0.1:1 cannot be reached');
    expect(result.err).not.toContain('a-secret-of-redis');
    noTrace(result);
  });

  test('a folder for its state', async () => {
    await config(CONFIG.replace('stateDir: state', 'stateDir: token'));
    const result = await run('run');
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/^lamplighter: stateDir .* cannot be used: ENOTDIR/);
    noTrace(result);
  });

  test('the port', async () => {
    await config(CONFIG.replace('127.0.0.1:0', `127.0.0.1:${redis.port}`));
    const result = await run('run');
    expect(result).toMatchObject({ code: 1, out: '' });
    expect(result.err).toContain(`lamplighter: cannot listen on 127.0.0.1:${redis.port}: the port is in use\n`);
    noTrace(result);
  });
});

describe('where no secret is', () => {
  const SECRETIVE = `
redis: rediss://:\${DOOR_PASSWORD}@redis:6379
accounts:
  hxy: { provider: huixingyun, tokenFile: /run/secrets/hxy }
  two: { provider: huixingyun, token: "\${TWO_TOKEN}" }
control: { tokenFile: /run/secrets/control }
console: { viewerToken: "\${VIEWER}" }
notifiers:
  ops: { type: feishu, urlFile: /run/secrets/feishu, secret: "\${FEISHU_SECRET}" }
  hook: { type: webhook, url: "https://example.com/\${HOOK}" }
  mail: { type: email, host: mx, from: a@example.com, to: [b@example.com], user: a, passwordFile: /run/secrets/mail }
activity:
  - match: all
    probes: [{ ssh: { privateKeyFile: /run/secrets/key } }, { jupyter: { token: "\${JUPYTER}" } }]
`;

  test('explain, test and simulate --fleet do all the same, and validate tells of each', async () => {
    await config(SECRETIVE);
    await writeFile(
      join(dir, 'policies', 'p.yaml'),
      POLICY.replace('do: notify', 'do: { notify: { to: [ops, mail] } }'),
    );
    await writeFile(join(dir, 'fleet.yaml'), 'from: "2026-11-23 00:00"\nfleet: { a: null }\n');
    const tests =
      'tests:\n  - { name: t, now: "2026-11-24 14:00", for: 2h, fleet: { a: null }, expect: [{ do: notify, instance: a }] }\n';
    await writeFile(join(dir, 'policies', 'p.test.yaml'), tests);
    for (const command of [['explain'], ['test'], ['simulate', '--days', '1', '--fleet', 'fleet.yaml']]) {
      const result = await run(...command);
      expect(result, command.join(' ')).toMatchObject({ code: 0, err: '' });
      expect(result.out).not.toContain('stand-in');
    }
    const { code, err, out } = await run('validate');
    expect([code, (out + err).match(/is not set|there is no file/g)?.length]).toEqual([3, 11]);
  });

  test('what is no secret has to be known', async () => {
    await config(SECRETIVE.replace('provider: huixingyun, tokenFile', `provider: "\${CLOUD}", tokenFile`));
    expect(await run('explain')).toMatchObject({ code: 3, err: expect.stringContaining('CLOUD is not set') });
  });
});

const COMMANDS =
  'run demo validate plan window instances why operations approve close hold release pause resume do call token schema reconcile'.split(
    ' ',
  );

describe('wrong use', () => {
  const cases: readonly (readonly string[])[] = [
    [],
    ['dance'],
    ['instances', '--colour'],
    ['why'],
    ['hold', 'a', '--reason', 'x'],
    ['run', '--mode', 'sometimes'],
    ['run', '--listen', 'everywhere'],
    ['demo', '--speed', 'fast'],
    ['token', 'steal'],
    ['window'],
    ['schema'],
  ];
  for (const args of cases) {
    test(`lamplighter ${args.join(' ')}`, async () => {
      const result = await run(...args);
      expect(result.code).toBe(2);
      expect(result.out).toBe('');
      expect(result.err).not.toBe('');
      noTrace(result);
    });
  }

  test('a time that the clocks leave out', async () => {
    await config(`${CONFIG}timezone: Europe/Berlin\n`);
    expect(await run('simulate', '--fleet', 'f.yaml', '--from', '2027-03-28 02:30')).toEqual({
      code: 2,
      out: '',
      err: 'lamplighter: --from: there is no 2027-03-28 02:30:00 in Europe/Berlin: the clocks are set ahead then\n',
    });
  });

  test('a log level that is none', async () => {
    const result = await runCommand(['run'], { cwd: dir, env: { LOG_LEVEL: 'loud' } });
    expect(result).toMatchObject({
      code: 2,
      out: '',
      err: 'lamplighter: LOG_LEVEL is one of trace, debug, info, warn, error, fatal, silent, not "loud"\n',
    });
  });
});

describe('--help', () => {
  for (const command of COMMANDS) {
    test(command, async () => {
      const result = await run(command, '--help');
      expect(result).toMatchObject({ code: 0, err: '' });
      expect(result.out).toContain(`Usage: lamplighter ${command}`);
    });
  }

  test('of all', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  for (const sub of ['create', 'list', 'delete']) {
    test(`token ${sub}`, async () => {
      expect(await run('token', sub, '--help')).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringContaining(`Usage: lamplighter token ${sub}`),
      });
    });
  }
});
