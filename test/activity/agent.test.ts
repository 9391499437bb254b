import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { readingOf } from '../../src/activity/push-probe.ts';
import { TRANSFERS } from '../../src/activity/ssh/script.ts';
import { ACTIVITY } from '../../src/web/schemas.ts';
import { HttpServer, json } from '../providers/support/http-server.ts';
import { newFolder } from '../support/folder.ts';
import { expect } from '../support/in-words.ts';
import { HOUR, NOON } from './fleet.ts';

const AGENT = join(import.meta.dirname, '../../deploy/agent/lamplighter-agent');

/** Everything that the agent needs, so that a test can leave one thing out. */
const TOOLS = [
  'awk',
  'cat',
  'cut',
  'date',
  'grep',
  'head',
  'id',
  'mkdir',
  'mktemp',
  'paste',
  'printf',
  'rm',
  'sed',
  'sh',
  'sort',
  'tail',
  'timeout',
  'tr',
];

/** Shells of the clouds' images, as far as they are here; `sh` is everywhere. */
const SHELLS = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(([name = '']) => which(name) !== null);

const IDLE = '0, 0, 45.20, 450.00, 210, 3105, [N/A]\n1, 0, 44.10, 450.00, 210, 3105, [N/A]';

function which(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

let server: HttpServer;
let folder: string;
beforeEach(async () => {
  server = await new HttpServer().start();
  folder = await newFolder('lamplighter-agent-');
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'home'));
  await mkdir(join(folder, 'tmp'));
  for (const name of TOOLS) {
    const file = which(name);
    if (file !== null) await symlink(file, join(folder, 'bin', name));
  }
  // Nobody has to wait for the spaces between the samples, and whoever sits at this machine's terminals is nobody's business.
  await program('sleep', `exec ${which('sleep')} 0.03`);
  await program('stat', `case "$*" in *pts*) exit 1 ;; esac\nexec ${which('stat')} "$@"`);
  await program('curl', `printf '%s\\n' "$@" >>"${folder}/arguments"\nexec ${which('curl')} "$@"`);
  await writeFile(join(folder, 'token'), 'tok_of-the-instance\n', { mode: 0o600 });
  await gpu(IDLE);
});
afterEach(() => server[Symbol.asyncDispose]());

async function program(name: string, body: string): Promise<void> {
  const file = join(folder, 'bin', name);
  await writeFile(file, `#!${which('sh')}\n${body}\n`);
  await chmod(file, 0o755);
}

/** A stand-in nvidia-smi that says these one after the other, the last one again and again. */
async function gpu(...answers: readonly string[]): Promise<void> {
  await Promise.all(answers.map((answer, index) => writeFile(join(folder, `smi-${index + 1}`), `${answer}\n`)));
  await program(
    'nvidia-smi',
    `echo x >>"${folder}/asked"; n=$(grep -c x "${folder}/asked"); [ $n -gt ${answers.length} ] && n=${answers.length}; cat "${folder}/smi-$n"`,
  );
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function run(
  args: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
  shell: readonly string[] = ['sh'],
): Promise<Ran> {
  const [name = 'sh', ...rest] = shell;
  const child = spawn(which(name) ?? name, [...rest, AGENT, ...args], {
    env: {
      HOME: join(folder, 'home'),
      TMPDIR: join(folder, 'tmp'),
      LAMPLIGHTER_PATH: join(folder, 'bin'),
      LAMPLIGHTER_CONFIG: join(folder, 'none'),
      LAMPLIGHTER_URL: server.origin,
      LAMPLIGHTER_INSTANCE: 'hxy/gpu-105a',
      LAMPLIGHTER_TOKEN_FILE: join(folder, 'token'),
      // What else this machine does is no matter here.
      LAMPLIGHTER_CPU_PERCENT: '1000000',
      LAMPLIGHTER_TRANSFERS: 'nothing-that-runs-here',
      LAMPLIGHTER_DISK_BYTES: '1000000000000',
      LAMPLIGHTER_NETWORK_BYTES: '1000000000000',
      LAMPLIGHTER_SSH_PORTS: '1',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { code: child.exitCode ?? -1, out, error };
}

const printed = async (settings: Readonly<Record<string, string>> = {}) => {
  const { out, error, code } = await run(['--print'], settings);
  expect(error).toBe('');
  expect(code).toBe(0);
  return ACTIVITY.parse(JSON.parse(out));
};
const gpuSignal = async (settings: Readonly<Record<string, string>> = {}) => {
  const report = await printed(settings);
  return { report, gpu: report.signals?.find(({ signal }) => signal === 'gpu') };
};

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('in %s', (_name, shell) => {
  test('reports once, with the token in no argument, and leaves nothing behind', async () => {
    expect(await run([], {}, shell)).toEqual({ code: 0, out: '', error: '' });
    expect(server.requests).toHaveLength(1);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/api/v1/activity' });
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer tok_of-the-instance',
      'content-type': 'application/json',
    });
    const report = ACTIVITY.parse(JSON.parse(request?.body ?? ''));
    expect(report).toMatchObject({ instance: 'hxy/gpu-105a', verdict: 'idle', cards: 2 });
    expect(report.signals).toMatchObject([
      { signal: 'gpu', verdict: 'idle', value: 0, threshold: 5, unit: '%', detail: '2 cards, at most 0 %' },
      { signal: 'cpu', verdict: 'idle' },
      { signal: 'disk', verdict: expect.stringMatching(/^(idle|not-applicable)$/) },
      { signal: 'network', verdict: 'idle', unit: 'B/s' },
      { signal: 'session', verdict: 'idle', value: 0 },
    ]);
    expect(readingOf(report, NOON, 2)).toMatchObject({ verdict: 'idle', judges: 'work' });
    expect(await readFile(join(folder, 'arguments'), 'utf8')).not.toContain('tok_of');
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });
});

describe('what nvidia-smi says', () => {
  const MIG = (power: string, clock: string) => `0, [N/A], ${power}, 700.00, ${clock}, 1980, Enabled`;

  test.each<[string, readonly string[], object]>([
    [
      'the first answer of a waking driver does not count',
      [IDLE.replace('0, 0,', '0, 100,'), IDLE],
      { verdict: 'idle' },
    ],
    [
      'one busy card of two is work, by its peak',
      [IDLE, IDLE, IDLE.replace('1, 0,', '1, 97,'), IDLE],
      { verdict: 'active', value: 97, detail: '1 of 2 cards busy: 1 (97 %)' },
    ],
    ['four per cent are idle', [IDLE.replace('0, 0,', '0, 4,')], { verdict: 'idle', value: 4 }],
    ['five are not', [IDLE.replace('0, 0,', '0, 5,')], { verdict: 'active', value: 5 }],
    ['a card without utilisation', [IDLE.replace('1, 0,', '1, [N/A],')], { verdict: 'unknown' }],
    [
      'a card that comes and goes',
      [IDLE, IDLE, IDLE.split('\n')[0] ?? '', IDLE],
      { verdict: 'unknown', detail: 'card 1 comes and goes' },
    ],
    ['MIG at rest', [MIG('71.00', '345')], { verdict: 'idle' }],
    ['MIG at work', [MIG('434.00', '1980')], { verdict: 'active' }],
    ['MIG in between', [MIG('180.00', '1200')], { verdict: 'unknown' }],
    ['MIG that tells nothing', [MIG('[N/A]', '345')], { verdict: 'unknown' }],
    ['MIG with a constant 0', [MIG('434.00', '1980').replace('[N/A]', '0')], { verdict: 'active' }],
    ['no card', [''], { verdict: 'unknown' }],
    ['another form', ['Field "clocks.max.sm" is not valid'], { verdict: 'unknown' }],
  ])('%s', async (_name, answers, expected) => {
    await gpu(...answers);
    const { report, gpu: signal } = await gpuSignal();
    expect(signal).toMatchObject(expected);
    expect(report.verdict).toBe(signal?.verdict);
  });

  test('a dead driver, and no driver, are unknown and said', async () => {
    await program('nvidia-smi', 'echo "NVIDIA-SMI has failed" >&2; exit 9');
    expect(await gpuSignal()).toMatchObject({
      report: { verdict: 'unknown' },
      gpu: { verdict: 'unknown', detail: 'nvidia-smi failed with 9' },
    });
    await rm(join(folder, 'bin', 'nvidia-smi'));
    expect((await gpuSignal()).gpu).toMatchObject({ verdict: 'unknown', detail: 'there is no nvidia-smi' });
    const without = await gpuSignal({ LAMPLIGHTER_CARDS: 'no' });
    expect(without).toMatchObject({ report: { verdict: 'idle' }, gpu: { verdict: 'not-applicable' } });
    expect(readingOf(without.report, NOON, 1)).toMatchObject({ verdict: 'idle' });
  });

  test('fewer cards than are rented prove nothing', async () => {
    const report = await printed();
    expect(readingOf(report, NOON, 8)).toMatchObject({
      verdict: 'unknown',
      reason: 'not-judged',
      evidence: 'gpu: 2 cards are seen, 8 are rented',
    });
    expect(readingOf(report, NOON, null)).toMatchObject({ verdict: 'idle' });
  });

  test('the CPU by what this machine used', async () => {
    // Somebody else's tests keep it busy, or nobody does; at 0 % it is always work.
    const report = await printed({ LAMPLIGHTER_CPU_PERCENT: '0' });
    expect(report.signals?.find(({ signal }) => signal === 'cpu')).toMatchObject({ verdict: 'active', threshold: 0 });
    expect(report.verdict).toBe('active');
  });
});

test('disk and network by what this machine moved, and counters for what happens between two reports', async () => {
  const report = await printed({ LAMPLIGHTER_NETWORK_BYTES: '0' });
  expect(report.signals?.find(({ signal }) => signal === 'network')).toMatchObject({ verdict: 'active', unit: 'B/s' });
  expect(report.signals?.find(({ signal }) => signal === 'disk')?.verdict).toMatch(/^(idle|not-applicable)$/);
  const { counters } = report;
  expect(counters).toMatchObject({ boot: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim() });
  const later = await printed();
  expect(later.counters?.upSeconds).toBeGreaterThan(counters?.upSeconds ?? Infinity);
  expect(later.counters?.cpuUs).toBeGreaterThanOrEqual(counters?.cpuUs ?? Infinity);
  expect(later.counters?.networkBytes).toBeGreaterThanOrEqual(counters?.networkBytes ?? Infinity);
  expect(readingOf(later, NOON, 2, readingOf(report, NOON, 2).marks)).toMatchObject({ verdict: 'idle' });
});

test('a copy that runs is work; what starts other programs and waits for them is not', async () => {
  const files = ['rclone', 'uv'].map((name) => join(folder, name));
  for (const file of files) await symlink(which('tail') ?? '', file);
  const [copy = '', starter = ''] = files;
  const running = [
    spawn(copy, ['-f', '/dev/null'], { stdio: 'ignore' }),
    spawn(starter, ['-f', 'run', '/dev/null'], { stdio: 'ignore' }),
  ];
  await Promise.all(running.map((child) => once(child, 'spawn')));
  try {
    const report = await printed({ LAMPLIGHTER_TRANSFERS: 'nobody rclone uv' });
    const transfer = report.signals?.find(({ signal }) => signal === 'transfer');
    expect(transfer).toMatchObject({ verdict: 'active', detail: 'rclone runs' });
    expect(readingOf(report, NOON, 2)).toMatchObject({ verdict: 'active', judges: 'work' });
  } finally {
    for (const child of running) child.kill();
  }
  const [, names = ''] = /^setting TRANSFERS transfers '(.*)'$/m.exec(await readFile(AGENT, 'utf8')) ?? [];
  expect(names.split(' ')).toEqual(TRANSFERS);
});

describe('the keep-alive file', () => {
  const keep = () => join(folder, 'home', '.lamplighter-keep');

  test('goes along as it is, with how long ago it was written', async () => {
    await writeFile(keep(), `4h 王 "a \\ b" \u0001\tc\nsecond line\n`);
    const anHourAgo = Date.now() / 1000 - HOUR / 1000;
    await utimes(keep(), anHourAgo, anHourAgo);
    const report = await printed();
    expect(report.keepAlive?.text).toBe('4h 王 "a \\ b" c');
    const ago = report.keepAlive?.writtenSecondsAgo ?? 0;
    expect(Math.abs(ago - 3_600)).toBeLessThan(120);
    const reading = readingOf(report, NOON, 2);
    expect(reading).toMatchObject({ verdict: 'active', judges: 'people', keepAlive: { owner: '王' } });
    expect(reading.keepAlive?.endsAt).toBe(NOON + 4 * HOUR - ago * 1000);
  });

  test('bound to a process keeps while that lives', async () => {
    const keeper = spawn(which('tail') ?? '', ['-f', '/dev/null'], { stdio: 'ignore' });
    await once(keeper, 'spawn');
    await writeFile(keep(), `pid:${keeper.pid} wang\n`);
    const report = await printed();
    expect(report.keepAlive).toMatchObject({ text: `pid:${keeper.pid} wang`, processSeconds: expect.any(Number) });
    expect(readingOf(report, NOON, 2)).toMatchObject({ verdict: 'active', keepAlive: { owner: 'wang' } });
    const gone = once(keeper, 'close');
    keeper.kill();
    await gone;
    const later = await printed();
    expect(later.keepAlive?.processSeconds).toBeUndefined();
    expect(readingOf(later, NOON, 2)).toMatchObject({ verdict: 'idle' });
  });

  test('that has ended keeps nothing', async () => {
    await writeFile(keep(), '30m wang\n');
    const anHourAgo = Date.now() / 1000 - HOUR / 1000;
    await utimes(keep(), anHourAgo, anHourAgo);
    expect(readingOf(await printed(), NOON, 2)).toMatchObject({ verdict: 'idle' });
  });
});

describe('how it is sent', () => {
  test('without curl by GNU wget, with the token in no argument', async () => {
    await rm(join(folder, 'bin', 'curl'));
    await program('wget', `printf '%s\\n' "$@" >>"${folder}/arguments"\nexec ${which('wget')} "$@"`);
    expect(await run()).toEqual({ code: 0, out: '', error: '' });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer tok_of-the-instance',
      'content-type': 'application/json',
    });
    expect(ACTIVITY.parse(JSON.parse(server.requests[0]?.body ?? ''))).toMatchObject({ verdict: 'idle' });
    expect(await readFile(join(folder, 'arguments'), 'utf8')).not.toContain('tok_of');
    server.handler = (_request, response) => json(response, { error: { code: 'unauthorised' } }, 401);
    expect(await run()).toMatchObject({ code: 1, error: expect.stringContaining('refuses the token (401)') });
  });

  test('a wget that would show the token, and no client at all, are told', async () => {
    await rm(join(folder, 'bin', 'curl'));
    expect(await run()).toMatchObject({ code: 2, error: expect.stringContaining('neither curl nor wget is there') });
    await program('wget', 'echo "BusyBox v1.35.0"');
    expect(await run()).toMatchObject({ code: 2, error: expect.stringContaining('install curl or GNU wget') });
    expect(server.requests).toEqual([]);
  });

  test.each([
    [401, 1, 'lamplighter agent-token hxy/gpu-105a prints the right one'],
    [404, 1, 'knows no such instance'],
    [400, 1, 'answered 400: {"said":"why"}'],
    [302, 1, 'answered 302'],
    [500, 3, 'given up after three tries'],
    [429, 3, 'answered 429'],
  ])('an answer of %d is asked for %d times', async (status, times, phrase) => {
    server.handler = (_request, response) => json(response, { said: 'why' }, status, { location: '/login' });
    expect(await run()).toMatchObject({ code: 1, out: '', error: expect.stringContaining(phrase) });
    expect(server.requests).toHaveLength(times);
  });

  test('nobody there is told after three tries', async () => {
    await using gone = await new HttpServer().start();
    const url = gone.origin;
    await gone[Symbol.asyncDispose]();
    const { code, error } = await run([], { LAMPLIGHTER_URL: url });
    expect(code).toBe(1);
    expect(error.match(/did not answer/g)).toHaveLength(3);
    expect(error).not.toContain('tok_of');
  });

  test('a try that fails once is made up for', async () => {
    server.handler = (_request, response, count) => json(response, {}, count === 1 ? 503 : 200);
    expect(await run()).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(2);
  });

  test('one run at a time; one that was killed is in nobody’s way', async () => {
    const lock = join(folder, 'tmp', `lamplighter-agent.${process.getuid?.()}.lock`);
    const hung = spawn(which('sh') ?? 'sh', ['-c', 'read line', 'lamplighter-agent'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(hung, 'spawn');
    await mkdir(lock);
    await writeFile(join(lock, 'pid'), `${hung.pid}\n`);
    expect(await run()).toMatchObject({
      code: 1,
      error: expect.stringContaining(`(process ${hung.pid}) has not ended`),
    });
    expect(server.requests).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toEqual([`lamplighter-agent.${process.getuid?.()}.lock`]);
    const closed = once(hung, 'close');
    hung.kill('SIGKILL');
    await closed;
    expect(await run()).toEqual({ code: 0, out: '', error: '' });
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('again and again until it is ended', async () => {
    const third = Promise.withResolvers<void>();
    server.handler = (_request, response, count) => {
      json(response, {});
      if (count === 3) third.resolve();
    };
    const child = spawn(which('sh') ?? 'sh', [AGENT, '--loop'], {
      env: {
        HOME: folder,
        TMPDIR: join(folder, 'tmp'),
        LAMPLIGHTER_PATH: join(folder, 'bin'),
        LAMPLIGHTER_CONFIG: join(folder, 'none'),
        LAMPLIGHTER_URL: server.origin,
        LAMPLIGHTER_INSTANCE: 'hxy/a',
        LAMPLIGHTER_TOKEN_FILE: join(folder, 'token'),
      },
      stdio: 'ignore',
    });
    await third.promise;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
    expect(child.exitCode).toBe(143);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });
});

describe('wrong use is told before anything is sent', () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['no url', { LAMPLIGHTER_URL: '' }, 'no url is named'],
    ['plain http', { LAMPLIGHTER_URL: 'http://lamplighter.example' }, 'everybody on the way can read the token'],
    ['plain http by a name like this machine’s', { LAMPLIGHTER_URL: 'http://localhost.evil.example' }, 'plain http'],
    ['no http', { LAMPLIGHTER_URL: 'ftp://x' }, 'must begin with https://'],
    ['a url that ends its line', { LAMPLIGHTER_URL: 'https://x" output="y' }, 'characters that no url has'],
    ['no instance', { LAMPLIGHTER_INSTANCE: '' }, 'no instance is named'],
    ['half an instance', { LAMPLIGHTER_INSTANCE: 'gpu-1' }, 'must be account/id'],
    ['an instance with quotes', { LAMPLIGHTER_INSTANCE: 'a/"b' }, 'characters that no instance has'],
    ['no number', { LAMPLIGHTER_GPU_PERCENT: '5%' }, 'gpu_percent must be a whole number'],
    ['too often', { LAMPLIGHTER_EVERY: '5' }, 'every must be 15 or more'],
    ['cards', { LAMPLIGHTER_CARDS: 'none' }, 'cards must be yes or no'],
  ])('%s', async (_name, settings, phrase) => {
    expect(await run([], settings)).toMatchObject({ code: 2, out: '', error: expect.stringContaining(phrase) });
    expect(server.requests).toEqual([]);
  });

  test('an option that is none', async () => {
    expect(await run(['--once'])).toMatchObject({ code: 2, error: expect.stringContaining('--once is no option') });
  });

  test.each([
    ['no file', 'nowhere', null, 'cannot be read'],
    ['an empty one', 'empty', '\n', 'is empty'],
    ['no token', 'odd', 'a b"c', 'holds no token'],
  ])('a token file: %s', async (_name, file, content, phrase) => {
    if (content !== null) await writeFile(join(folder, file), content);
    const ran = await run([], { LAMPLIGHTER_TOKEN_FILE: join(folder, file) });
    expect(ran).toMatchObject({ code: 1, error: expect.stringContaining(phrase) });
  });

  test('the file is read and never run; the environment comes before it', async () => {
    const conf = join(folder, 'agent.conf');
    const lines = [
      '# comment',
      'instance = hxy/from-file # ours',
      ` gpu_percent=50\t`,
      `every = $(touch ${folder}/run)`,
      '`touch x` = y',
    ];
    await writeFile(conf, `${lines.join('\n')}\n`);
    const args = ['--print', '--config', conf];
    expect(await run(args)).toMatchObject({ code: 2, error: expect.stringContaining('every must be a whole number') });
    const { out } = await run(args, { LAMPLIGHTER_EVERY: '60', LAMPLIGHTER_INSTANCE: '' });
    expect(JSON.parse(out)).toMatchObject({ instance: 'hxy/from-file', signals: [{ threshold: 50 }, {}, {}, {}, {}] });
    expect(existsSync(join(folder, 'run'))).toBe(false);
  });
});

test('the units run the agent as it can be run', async () => {
  const units = join(AGENT, '..');
  const service = await readFile(join(units, 'lamplighter-agent.service'), 'utf8');
  expect(service).toContain('ExecStart=/usr/local/bin/lamplighter-agent\n');
  expect(await readFile(join(units, 'lamplighter-agent.timer'), 'utf8')).toContain('OnUnitActiveSec=1min');
  const conf = await readFile(join(units, 'agent.conf'), 'utf8');
  const help = (await run(['--help'])).out;
  for (const [, key = ''] of conf.matchAll(/^(\w+) =/gm)) expect(help).toContain(`  ${key} `);
});
