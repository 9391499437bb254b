import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepAliveSignal } from '../../src/activity/keep-alive.ts';
import { readOutput } from '../../src/activity/ssh/output.ts';
import { probeScript } from '../../src/activity/ssh/script.ts';
import { newFolder } from '../support/folder.ts';
import { card } from './ssh-facts.ts';

const MARK = 'abc';
const OURS = fileURLToPath(new URL('../../.toolchain/sshd/bin/busybox', import.meta.url));
const BUSYBOX = existsSync(OURS) ? OURS : '/usr/bin/busybox';

/** Every outside program that the script calls, so that busybox' own are used and nothing else is found. */
const PROGRAMS = 'cat cut date grep head ls printf sed sleep stat tail timeout tr true'.split(' ');

let folder = '';
beforeAll(async () => {
  folder = await newFolder('script-');
  for (const bin of ['bin', 'busybox', 'home']) await mkdir(join(folder, bin));
  const answer = `#!/bin/sh\ncase $1 in --query-gpu*) echo '${card()}' ;; *) echo 4711 ;; esac\n`;
  for (const bin of ['bin', 'busybox']) await writeFile(join(folder, bin, 'nvidia-smi'), answer, { mode: 0o755 });
  for (const name of PROGRAMS) await symlink(BUSYBOX, join(folder, 'busybox', name));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(file: string, args: readonly string[], script: string, path: string) {
  const env = { PATH: path, HOME: join(folder, 'home'), SSH_CONNECTION: '127.0.0.1 5 127.0.0.1 22' };
  const child = spawn(file, args, { env, cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(script);
  await once(child, 'close');
  return { stdout, stderr };
}

const usual = () => `${join(folder, 'bin')}:/usr/bin:/bin`;
const script = probeScript(MARK, '~/.lamplighter-keep');

describe.concurrent('the script', () => {
  test.each([
    ['dash', '/bin/sh', ['-s']],
    ['bash', '/bin/bash', ['-s']],
    ['bash as sh', '/bin/bash', ['--posix', '-s']],
  ] as const)('runs under %s', async (_name, file, args) => {
    const { stdout, stderr } = await run(file, args, script, usual());
    const facts = readOutput(stdout, MARK);
    expect(stderr).toBe('');
    expect(facts).toMatchObject({ smi: 'there', apps: 1, inputAt: expect.toSatisfy((at) => at !== undefined) });
    expect(facts.samples).toEqual(Array.from({ length: 4 }, () => ({ code: 0, lines: [card()] })));
    expect(facts.second.upS).toBeGreaterThan(facts.first.upS ?? 0);
    expect(facts.first.networkBytes).not.toBeNull();
    expect([facts.socketsFirst, facts.socketsSecond]).not.toContain(null);
  });

  test('runs under busybox, with nothing but busybox’ own programs', async () => {
    // Where the script adds the usual folders, there are none.
    const alone = script.replace(/^PATH="\$PATH:.*$/m, 'export PATH');
    expect(alone).not.toBe(script);
    const { stdout, stderr } = await run(BUSYBOX, ['sh', '-s'], alone, join(folder, 'busybox'));
    const facts = readOutput(stdout, MARK);
    expect(stderr).toBe('');
    expect(facts.samples).toEqual(Array.from({ length: 4 }, () => ({ code: 0, lines: [card()] })));
    expect(facts.beganTicks).not.toBeNull();
    expect(facts.memoryBytes).not.toBeNull();
  });

  test.each(['/bin/sh', BUSYBOX])('tells by %s since when the process lives that keeps the machine', async (shell) => {
    const keeper = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(keeper, 'spawn');
    const file = join(folder, `keep-${shell === BUSYBOX ? 'busybox' : 'sh'}`);
    const args = shell === BUSYBOX ? ['sh', '-s'] : ['-s'];
    const look = async () => readOutput((await run(shell, args, probeScript(MARK, file), usual())).stdout, MARK).keep;
    try {
      await writeFile(file, `pid:${keeper.pid} wang\n`);
      const living = await look();
      expect(living).toMatchObject({ text: `pid:${keeper.pid} wang`, processAgeMs: expect.any(Number) });
      expect(keepAliveSignal({ keep: living, nowAt: Date.now() }, 0).keepAlive).toMatchObject({ owner: 'wang' });
      const gone = once(keeper, 'close');
      keeper.kill();
      await gone;
      expect((await look())?.processAgeMs).toBeUndefined();
    } finally {
      keeper.kill();
      await rm(file, { force: true });
    }
  });

  test('leaves nothing behind', async () => {
    await run('/bin/sh', ['-s'], script, usual());
    expect(await readdir(join(folder, 'home'))).toEqual([]);
    expect((await readdir(folder)).filter((name) => !name.startsWith('keep-')).sort()).toEqual([
      'bin',
      'busybox',
      'home',
    ]);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('lamplighter-probe'))).toEqual([]);
  });

  test('that arrives in part runs in no part', async () => {
    for (const share of [0.2, 0.5, 0.9, 0.99]) {
      const part = script.slice(0, Math.floor(script.length * share));
      expect((await run('/bin/sh', ['-s'], part, usual())).stdout).toBe('');
    }
  });
});

test('it writes to nothing: every redirection is from a file, to nowhere, or of errors into the answer', () => {
  const redirections = [...script.matchAll(/\d?>+&?\s*\S+/g)].map(([text]) => text.replace(/[;)]+$/, ''));
  expect(new Set(redirections)).toEqual(new Set(['>/dev/null', '2>/dev/null', '2>&1']));
  const writers = /(?:^|[|;&(]|\bthen|\bdo)\s*(?:tee|touch|mktemp|rm|mv|cp|ln|chmod|kill|dd|mkdir)\b/m;
  expect(script).not.toMatch(writers);
  // It only ever asks, and sets nothing on the cards.
  expect([...script.matchAll(/nvidia-smi -\S+/g)].map(([text]) => text.split('=')[0])).toEqual([
    'nvidia-smi --query-gpu',
    'nvidia-smi --query-compute-apps',
  ]);
});
