import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2, { type AuthContext } from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readLines } from '../../src/recording/segment-file.ts';
import { segmentsIn } from '../../src/recording/segments.ts';
import { SshServer } from '../activity/ssh-server.ts';
import { type Child, lamplighter } from '../support/child.ts';
import { DAY, HOUR, TestClock } from '../support/clock.ts';
import { account } from '../support/cloud.ts';
import { runCommand } from '../support/command.ts';
import { Bed } from '../support/daemon.ts';
import { filesText, leaks, redisText } from '../support/leaks.ts';
import { LEAKY_CANARIES, LeakyFront } from '../support/leaky-front.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

// The real program as a process, with a secret wherever a cloud, a file, a variable or an address can bring one in; each
// is of a shape of its own, so that a find says where it came in.
const canary = (what: string) => `canary-${what}-${what.length * 7919}Zq`;
const OURS = {
  hxyToken: canary('hxy-token'),
  cyToken: canary('cy-token'),
  v1Token: canary('cy1-token'),
  brokenToken: canary('broken-token'),
  cyBrokenToken: canary('cy-broken-token'),
  control: canary('control-token-long-enough'),
  viewer: canary('viewer-token-long-enough'),
  hookPath: canary('hook-path'),
  hookQuery: canary('hook-query'),
  secondHook: canary('second-hook'),
  hookSecret: `whsec_${Buffer.from(canary('hook-secret-that-is-long-enough')).toString('base64')}`,
  jupyter: canary('jupyter-token'),
  redis: canary('redis-password'),
  consolePassword: canary('console-password'),
  sshPassword: canary('ssh-password'),
  sshPassphrase: canary('ssh-passphrase'),
} as const;
/** As a person would have made it. Any of its lines would give it away. */
const SSH_KEY = ssh2.utils.generateKeyPairSync('ed25519', {
  passphrase: OURS.sshPassphrase,
  cipher: 'aes256-cbc',
  rounds: 4,
});
const SSH_KEY_LINES = SSH_KEY.private.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
const THEIRS = Object.fromEntries(LEAKY_CANARIES.map((name) => [name, canary(`theirs-${name}`)] as const));
// The first line of a key says only how it is locked.
const SECRETS = [...Object.values(OURS), ...Object.values(THEIRS), ...SSH_KEY_LINES.slice(1), 'canary-'];

/** Nothing secret: it has to come up everywhere that is searched, or the search is blind there. */
const OPEN = 'openly-known-7';

/** As lamplighter.yaml names a variable of the environment. */
const variable = (name: string) => `\${${name}}`;

const POLICIES = `
policies:
  - name: off
    match: { name: "dev-*" }
    when: { during: always }
    do: stop
    limits: { percent: "100%" }
  - name: keep-paid
    match: { billing: daily }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: low
    match: { account: cy }
    when: { balanceBelow: 200 }
    do: notify
`;

/** Fails where nobody catches it, with all that is secret in and on the error. */
const CRASH = `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => {
  const all = process.env.CRASH_WITH;
  throw Object.assign(new Error('crash: ' + all, { cause: new Error(all) }), { headers: { authorization: all } });
});`)}`;

const now = Date.now();
const clock = new TestClock(now, true);
const machine = (id: string, name: string, more: object = {}) => ({
  id,
  name,
  createdAt: now - DAY,
  startedAt: now - 3 * HOUR,
  password: canary('theirs-rowPassword'),
  jupyterToken: null,
  ...more,
});

let redis: TestRedis;
let front: LeakyFront;
let machineByKey: SshServer;
let machineByPassword: SshServer;
let bed: Bed;
let daemon: Child;
let environment: Record<string, string>;
/** Commands mostly wait. */
const AT_ONCE = 12;
const places: Record<string, string> = {};

/** Lets nobody in at first, and at the end says back what it was told. */
function ssh(proof: (context: AuthContext) => string | null): Promise<SshServer> {
  let proofs = 0;
  return SshServer.start(
    (channel, script) => {
      channel.write(`${script}\n${OURS.sshPassword} ${OURS.sshPassphrase} ${SSH_KEY.private}\n`);
      channel.stderr.write(`${OURS.sshPassword} ${OURS.sshPassphrase} ${SSH_KEY.private}\n`);
      channel.exit(1);
      channel.end();
    },
    (context) => {
      if (proof(context) === null) return false;
      proofs += 1;
      return proofs > 1;
    },
  );
}

beforeAll(async () => {
  machineByPassword = await ssh((context) => (context.method === 'password' ? context.password : null));
  machineByKey = await ssh((context) => (context.method === 'publickey' ? context.key.algo : null));
  redis = await startRedis({ extra: ['--requirepass', OURS.redis] });
  front = new LeakyFront({
    canaries: z.record(z.enum(LEAKY_CANARIES), z.string()).parse(THEIRS),
    broken: [OURS.brokenToken, OURS.cyBrokenToken],
  });
  await front.start();
  const own = (more: object) => ({ baseUrl: front.origin, pollEvery: '1s', ...more });
  bed = new Bed({
    redis: redis.url,
    password: OURS.redis,
    clock,
    accounts: [
      account(
        'huixingyun',
        [
          machine(OPEN, 'dev-a'),
          machine('echoed', 'dev-c'),
          machine('d', 'prod-d', { billing: 'daily', expiresAt: now + 5 * HOUR }),
          machine('odd', 'odd', { statusWord: 'Napping' }),
        ],
        { token: OURS.hxyToken },
      ),
      account('chenyu', [machine('inst_a', 'dev-b')], { token: OURS.cyToken, balanceFen: 10_000 }),
      account('chenyu-v1', [machine('v1-a', 'dev-v')], { token: OURS.v1Token }),
      account('huixingyun', [], { name: 'broken', token: OURS.brokenToken }),
      account('chenyu', [], { name: 'cy-broken', token: OURS.cyBrokenToken }),
    ],
    accountConfig: {
      hxy: own({}),
      cy: own({ tokenFile: undefined, token: variable('CY_TOKEN') }),
      cy1: own({}),
      broken: own({}),
      'cy-broken': own({ tokenFile: undefined, token: variable('CY_BROKEN_TOKEN') }),
    },
    policies: { 'all.yaml': POLICIES },
    config: {
      console: { viewerTokenFile: 'secrets/viewer' },
      redis: undefined,
      activity: [
        {
          match: { provider: 'huixingyun' },
          every: '5s',
          probes: [
            { jupyter: { url: `${front.origin}/notebook/{account}/{id}?user=root`, token: variable('JUPYTER_TOKEN') } },
          ],
        },
        { match: { provider: 'chenyu' }, every: '5s', probes: [{ jupyter: null }] },
        {
          match: { account: 'cy1' },
          every: '5s',
          probes: [
            {
              ssh: {
                host: '127.0.0.1',
                port: machineByPassword.port,
                user: 'root',
                password: variable('SSH_PASSWORD'),
              },
            },
          ],
        },
        {
          match: { name: 'prod-d' },
          every: '5s',
          probes: [
            {
              ssh: {
                host: '127.0.0.1',
                port: machineByKey.port,
                user: 'root',
                privateKeyFile: 'secrets/ssh-key',
                passphraseFile: 'secrets/ssh-passphrase',
              },
            },
          ],
        },
      ],
      notifiers: {
        hook: { type: 'webhook', urlFile: 'secrets/hook', secretFile: 'secrets/hook-secret' },
        second: { type: 'webhook', url: variable('SECOND_HOOK') },
      },
    },
  });
  await bed.open();
  front.target = bed.sim.origin;
  await bed.secret('hook', `${front.origin}/hooks/${OURS.hookPath}?key=${OURS.hookQuery}`);
  await bed.secret('hook-secret', OURS.hookSecret);
  await bed.secret('control', OURS.control);
  await bed.secret('viewer', OURS.viewer);
  await bed.secret('ssh-key', SSH_KEY.private);
  await bed.secret('ssh-passphrase', OURS.sshPassphrase);
  await bed.secret('ssh-bad-key', `${SSH_KEY.private.replace('BEGIN', 'BEGINNING')}`);
  environment = {
    REDIS_URL: redis.url.replace('redis://', `redis://:${OURS.redis}@`),
    CY_TOKEN: OURS.cyToken,
    CY_BROKEN_TOKEN: OURS.cyBrokenToken,
    JUPYTER_TOKEN: OURS.jupyter,
    SSH_PASSWORD: OURS.sshPassword,
    SECOND_HOOK: `${front.origin}/hooks/${OURS.secondHook}`,
    USER: 'wang',
  };
  daemon = lamplighter(['run', '--config', bed.configFile], {
    cwd: bed.dir,
    env: {
      ...environment,
      LOG_LEVEL: 'trace',
      NODE_OPTIONS: `--import=${CRASH}`,
      CRASH_WITH: [...Object.values(OURS), SSH_KEY.private]
        .filter((secret) => secret !== OURS.consolePassword)
        .join(' '),
    },
    onOutput: bed.happenings.tell,
  });
  bed.children.push(daemon);
  await bed.until('the daemon runs', () => daemon.origin !== null || !daemon.running);
}, 40_000);
afterAll(async () => {
  await bed.close();
  await front.stop();
  await machineByPassword[Symbol.asyncDispose]();
  await machineByKey[Symbol.asyncDispose]();
  await redis.stop();
});

async function ask(path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`${daemon.origin}${path}`, init);
  return `${response.status}\n${JSON.stringify([...response.headers])}\n${await response.text()}`;
}

const CONSOLE = [
  '/',
  '/timeline',
  '/holds',
  '/operations',
  '/policies',
  '/accounts',
  '/accounts/broken',
  '/queues',
  '/sign-in',
];

/** As whoever signed in sees it: a form for everything that can be done. */
async function consolePage(path: string): Promise<string> {
  const signedIn = await fetch(`${daemon.origin}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: daemon.origin ?? '' },
    body: new URLSearchParams({ token: OURS.control, name: 'wang' }),
  });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const text = await ask(path, { headers: { cookie } });
  expect(text.slice(0, 4)).toBe('200\n');
  return `${cookie}\n${text}`;
}

async function post(path: string, body: object, token: string = OURS.control): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return await ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function command(...args: string[]): Promise<string> {
  const { code, out, err } = await runCommand(args, { cwd: bed.dir, env: environment, typed: OURS.consolePassword });
  return `$ ${args.join(' ')}\n${code}\n${out}\n${err}`;
}

test('the daemon meets them all', { timeout: 60_000 }, async () => {
  const states = async (instance: string) => await ask(`/api/v1/operations?instance=${instance}`);
  await bed.until(
    'operations end',
    async () => {
      for (const instance of [`hxy/${OPEN}`, 'cy/inst_a', 'hxy/d']) {
        if (!(await states(instance)).includes('"confirmed"')) return false;
      }
      return true;
    },
    40_000,
  );
  const WAYS = 8;
  await bed.until('every bad answer was given to both', () =>
    [OURS.brokenToken, OURS.cyBrokenToken].every((token) => front.badly.get(token)?.size === WAYS),
  );
  await bed.until('it is told', () => front.told.length >= 6 && front.told.join('').includes(OPEN));
  await bed.until('a notebook was asked', () => front.planted.has('kernel'));
  await bed.until('both machines were logged in to, and let nobody in at first', () =>
    [machineByPassword, machineByKey].every(({ scripts, connections }) => scripts.length > 0 && connections > 1),
  );
  expect(machineByPassword.proofs).toContain(`password ${OURS.sshPassword}`);

  // What went in. Each of ours was used in the way that it is meant to be, each of theirs was sent.
  const authorizations = new Set(front.seen.map(({ authorization }) => authorization));
  expect([...authorizations].sort()).toEqual(
    [
      '',
      OURS.hxyToken,
      `Bearer ${OURS.cyToken}`,
      `Bearer ${OURS.v1Token}`,
      OURS.brokenToken,
      `Bearer ${OURS.cyBrokenToken}`,
      `token ${OURS.jupyter}`,
    ].sort(),
  );
  const urls = front.seen.map(({ url }) => url);
  expect(urls).toContain(`/hooks/${OURS.hookPath}?key=${OURS.hookQuery}`);
  expect(urls).toContain(`/hooks/${OURS.secondHook}`);
  expect(front.seen.some(({ headers }) => headers['webhook-signature'] !== undefined)).toBe(true);
  expect([...front.planted].sort()).toEqual([...LEAKY_CANARIES].sort());
  expect(await post('/api/v1/pause', { by: 'wang' })).toMatch(/^200\n/);
  expect(await post('/api/v1/resume', { by: 'wang' })).toMatch(/^200\n/);
});

/** What is compressed on the disk. */
async function recordingText(dir: string): Promise<string> {
  let text = '';
  for (const { path } of await segmentsIn(dir)) for await (const line of readLines(path)) text += `${line}\n`;
  return text;
}

test('and lets none of them out', { timeout: 60_000 }, async () => {
  places.api = (
    await Promise.all([
      ...['instances', 'operations', 'policies', 'plan?explain=true', 'holds', 'accounts'].map((list) =>
        ask(`/api/v1/${list}`),
      ),
      post('/api/v1/holds', { instance: `hxy/${OPEN}`, for: '1h', reason: 'x', owner: 'y' }),
      post('/api/v1/pause', { by: 'x' }, `${OURS.control}-wrong`),
      post('/api/v1/activity', { instance: `hxy/${OPEN}`, verdict: 'idle' }, OURS.hxyToken),
      ask('/healthz'),
      ask('/readyz'),
    ])
  ).join('\n');
  places.console = (
    await Promise.all([...CONSOLE, `/instances/hxy/${OPEN}`, '/instances/hxy/odd'].map(consolePage))
  ).join('\n');
  places.metrics = await ask('/metrics');

  const reads = [
    ['hxy', ['products', 'applications', 'images', 'my-images', 'instances']],
    ['cy', ['instances', 'balance', 'images', 'gpus', 'pods', 'bills', 'recharges']],
    ['cy1', ['instances', 'balance', 'gpus', 'pods', 'bills', 'recharges']],
    ['broken', ['instances', 'products', 'applications']],
    ['cy-broken', ['instances', 'balance', 'gpus']],
  ] as const;
  const printing = [
    ['instances'],
    ['operations'],
    ['why', `hxy/${OPEN}`],
    ['why', 'hxy/odd'],
    ['plan'],
    ['plan', '--explain'],
    ['validate'],
    ['pause'],
    ['resume'],
    ['hold', 'hxy/d', '--for', '1h', '--reason', 'x'],
    ['release', 'hxy/d'],
    ['do', 'restart', 'hxy/echoed'],
    ['do', 'snapshot', 'cy/inst_a', '--name', 'x'],
    ['reconcile', '--listing', 'hxy'],
    ['record', '--info'],
    ['window', 'always', '--at', '2026-01-01T00:00:00Z'],
    ['token', 'list', '--username', 'ops', '--base-url', front.origin],
  ];
  const all = [
    ...reads.flatMap(([name, operations]) => operations.map((operation) => ['call', name, operation])),
    ...reads.map(([name]) => ['call', name]),
    ...printing,
    ...printing.map((args) => [...args, '--json']),
    ['schema', 'config'],
    ['schema', 'policy'],
    ['agent-token', `hxy/${OPEN}`],
    ['host-key', `hxy/${OPEN}`],
    ['--help'],
    ['nonsense'],
  ];
  // With the wrong password, and where nobody is: both wait a while for a Redis that may be on its way.
  const unreachable = Promise.all(
    [`:${OURS.hxyToken}@127.0.0.1:${redis.port}`, `:${OURS.redis}@127.0.0.1:1`].map(async (where) => {
      const env = { ...environment, REDIS_URL: `redis://${where}/0` };
      return (await runCommand(['instances'], { cwd: bed.dir, env })).err;
    }),
  );
  const said: string[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) {
    said.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map((args) => command(...args)))));
  }
  // Mistakes beside secrets: the line is quoted, the secret is not.
  const config = await readFile(bed.configFile, 'utf8');
  for (const [from, to] of [
    ['"mode": "enforce"', `"mode": "enforce", "control": {"token": "${canary('short')}"`],
    ['"mode": "enforce"', `"mode": "enforce", "redis": "http://:${OURS.redis}@127.0.0.1/0"`],
    [`"url": "${variable('SECOND_HOOK')}"`, `"url": "ftp://root:${OURS.secondHook}@h/${OURS.hookPath}"`],
    [
      `"url": "${variable('SECOND_HOOK')}"`,
      `"url": "${OURS.secondHook}", "urls": 1, "secret": "${OURS.hookSecret} and more"`,
    ],
    ['"tokenFile": "secrets/hxy"', `"tokn": 1, "token": "Bearer ${OURS.hxyToken}"`],
    [
      '"privateKeyFile": "secrets/ssh-key"',
      `"privateKeyFile": "secrets/ssh-key", "password": "${OURS.sshPassword}", "passphrase": "${OURS.sshPassphrase}"`,
    ],
    ['"privateKeyFile": "secrets/ssh-key"', '"privateKeyFile": "secrets/ssh-bad-key"'],
  ] as const) {
    await writeFile(join(bed.dir, 'wrong.yaml'), config.replace(from, to));
    said.push(await command('validate', '--config', 'wrong.yaml'), await command('run', '--config', 'wrong.yaml'));
    expect(said.at(-2)).toMatch(/\n3\n/);
  }
  said.push(await command('instances', '--config', 'wrong.yaml'), ...(await unreachable));
  places.commands = said.join('\n');

  // A reload that is refused quotes lines, too.
  await writeFile(
    bed.configFile,
    config.replace('"mode": "enforce"', `"mode": "enforce", "control": {"token": "${canary('short')}"`),
  );
  expect(await post('/-/reload', {})).toMatch(/^400\n/);
  places.refusal = await ask('/readyz');
  await writeFile(bed.configFile, config);

  places.notifications = front.told.join('\n');
  places.redis = await redisText(bed.redisUrl);
  daemon.process.kill('SIGUSR2');
  expect(await daemon.ended).toBe(1);
  places.crash = daemon.stderr.slice(daemon.stderr.indexOf('"level":"fatal"'));
  places.log = daemon.stderr;
  places.stdout = daemon.stdout;
  places['state directory'] = await filesText(join(bed.dir, 'state'));
  places.recording = await recordingText(join(bed.dir, 'state', 'recording'));
  places['files of Redis'] = await filesText(redis.dir);

  expect(leaks(places, SECRETS)).toEqual([]);
});

test('where nothing was found something would have been found', () => {
  const blind = Object.entries(places).flatMap(([place, text]) => (text.includes(OPEN) ? [] : [place]));
  // These have no word of any instance: what they are is shown otherwise.
  expect(blind.sort()).toEqual(['crash', 'refusal', 'state directory', 'stdout'].sort());
  expect(places.crash).toContain('crash: [secret]');
  expect(places.refusal).toContain('the last reload was refused');
  expect(places['state directory']).toMatch(/seq/);
  for (const place of Object.keys(places)) {
    const leaking = { [place]: `${places[place]} ${OURS.hookSecret}` };
    expect(leaks(leaking, SECRETS)).not.toEqual([]);
  }
});
