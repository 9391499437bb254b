import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import { PROVIDER_KINDS } from '../../src/fleet/provider-kind.ts';
import { ROOT } from '../support/child.ts';
import { type CommandResult, runCommand } from '../support/command.ts';
import { newFolder } from '../support/folder.ts';
import { Happenings } from '../support/until.ts';

const TOKEN = 'hxy-token-that-was-typed';
const HOOK = 'https://open.feishu.cn/open-apis/bot/v2/hook/secret-part';

let cwd = '';
beforeAll(async () => {
  cwd = await newFolder('lamplighter-init-');
  await writeFile(join(cwd, 'token'), `${TOKEN}\n`, { mode: 0o400 });
  await writeFile(join(cwd, 'hook'), `${HOOK}\n`, { mode: 0o400 });
});
beforeEach(() => rm(join(cwd, 'made'), { recursive: true, force: true }));
afterAll(() => rm(cwd, { recursive: true, force: true }));

const run = (...args: string[]): Promise<CommandResult> => runCommand(args, { cwd });
const init = (...args: string[]) => run('init', 'made', ...args);
const made = (file: string) => readFile(join(cwd, 'made', file), 'utf8');
const HXY = ['--provider', 'huixingyun', '--token-file', 'token'];

describe('by flags alone', () => {
  test.each(PROVIDER_KINDS)(
    'what it writes for %s is valid, warns of nothing, says that it only observes, and tells no secret',
    async (kind) => {
      const { code, out, err } = await init(
        '--provider',
        kind,
        '--token-file',
        'token',
        '--notifier',
        'feishu',
        '--notifier-url-file',
        'hook',
      );
      expect({ code, err }).toEqual({ code: EXIT.done, err: '' });
      expect(out).toContain('lamplighter doctor --config made/lamplighter.yaml');
      const checked = await run('validate', '--strict', '--config', 'made/lamplighter.yaml');
      const note = 'note: every policy only observes; nothing is done before one says mode: enforce\n';
      expect(checked).toMatchObject({ code: EXIT.done, err: note });
      const config = await made('lamplighter.yaml');
      expect(config).toMatch(/^mode: observe /m);
      for (const name of await readdir(join(cwd, 'made', 'policies'))) {
        const text = await made(`policies/${name}`);
        expect(text.match(/^ {4}mode: .*/gm)?.every((line) => line.includes('observe'))).toBe(true);
      }
      expect(`${out}${config}`).not.toContain(TOKEN);
      expect(`${out}${config}`).not.toContain('secret-part');
    },
  );

  test.each(['dingtalk', 'wecom', 'slack', 'webhook', 'none'])(
    'a notifier of the type %s fits the grammar',
    async (type) => {
      const files = type === 'none' ? [] : ['--notifier-url-file', 'hook'];
      const signs = ['dingtalk', 'webhook'].includes(type) ? ['--notifier-secret-file', 'token'] : [];
      expect(await init(...HXY, '--notifier', type, ...files, ...signs)).toMatchObject({ code: EXIT.done });
      expect(await run('validate', '--config', 'made/lamplighter.yaml')).toMatchObject({ code: EXIT.done });
    },
  );

  test('mail is set up by a server, mailboxes and a password in a file', async () => {
    const mail = [
      '--mail-host',
      'smtp.example.com',
      '--mail-from',
      'Lamps <l@example.com>',
      '--mail-to',
      'a@example.com',
    ];
    const more = ['--mail-to', 'b@example.com', '--mail-password-file', 'token'];
    expect(await init(...HXY, '--notifier', 'email', ...mail, ...more)).toMatchObject({ code: EXIT.done });
    expect(await run('validate', '--config', 'made/lamplighter.yaml')).toMatchObject({ code: EXIT.done });
    const config = await made('lamplighter.yaml');
    expect(config).toMatch(/host: "smtp\.example\.com".*\n {4}user: "l@example\.com"\n {4}passwordFile: ".*token"\n/);
    expect(config).toContain('to: ["a@example.com", "b@example.com"]\n');
    // A server of one's own may ask for nothing.
    expect(await init(...HXY, '--force', '--notifier', 'email', ...mail)).toMatchObject({ code: EXIT.done });
    expect(await made('lamplighter.yaml')).not.toContain('user:');
  });

  test('an Alertmanager is set up by its address', async () => {
    await writeFile(join(cwd, 'am'), 'http://alertmanager.monitoring:9093\n');
    expect(await init(...HXY, '--notifier', 'alertmanager', '--notifier-url-file', 'am')).toMatchObject({
      code: EXIT.done,
    });
    expect(await made('lamplighter.yaml')).toMatch(/type: alertmanager .*\n {4}urlFile: ".*am"\n/);
    expect(await run('validate', '--config', 'made/lamplighter.yaml')).toMatchObject({ code: EXIT.done });
  });

  test('all clouds at once, with names of one’s own', async () => {
    const all = PROVIDER_KINDS.flatMap((kind) => ['--provider', kind, '--token-file', 'token']);
    expect(
      await init(...all, '--dev', 'lab-*', '--redis', 'redis://10.0.0.5:6379/2', '--state-dir', '/var/lib/l'),
    ).toMatchObject({
      code: EXIT.done,
    });
    expect(await run('validate', '--config', 'made/lamplighter.yaml')).toMatchObject({ code: EXIT.done });
    const config = await made('lamplighter.yaml');
    expect(config).toContain('name: "lab-*"');
    expect(config).toContain('stateDir: "/var/lib/l"');
    expect(config).toContain('redis: "redis://10.0.0.5:6379/2"');
  });

  test('the control token is new, and only its owner may read it', async () => {
    await init(...HXY);
    const first = await made('secrets/control_token');
    expect(first.trim().length).toBeGreaterThan(40);
    expect((await stat(join(cwd, 'made/secrets/control_token'))).mode & 0o777).toBe(0o400);
    expect((await stat(join(cwd, 'made/secrets'))).mode & 0o777).toBe(0o700);
    expect(await made('secrets/.gitignore')).toBe('*\n');
    await init(...HXY, '--force');
    expect(await made('secrets/control_token')).toBe(first);
  });

  test('what is there is not replaced, unless by force', async () => {
    await init(...HXY);
    await writeFile(join(cwd, 'made/lamplighter.yaml'), 'mine\n');
    expect(await init(...HXY)).toEqual({
      code: EXIT.failed,
      out: '',
      err: 'lamplighter: made/lamplighter.yaml is there already; nothing was written (--force replaces)\n',
    });
    await rm(join(cwd, 'made/lamplighter.yaml'));
    expect((await init(...HXY)).err).toContain('made/policies/idle-stop.yaml');
    await expect(made('lamplighter.yaml')).rejects.toThrow('ENOENT');
    expect(await init(...HXY, '--force')).toMatchObject({ code: EXIT.done });
    expect(await made('lamplighter.yaml')).toContain('accounts:');
  });

  test.each([
    [[], '--provider is needed'],
    [['--provider', 'huixingyun'], '--token-file is needed'],
    [['--provider', 'huixingyum', '--token-file', 'token'], 'did you mean "huixingyun"?'],
    [['--provider', 'huixingyun', '--token-file', 'tokn'], 'tokn: there is no such file'],
    [['--provider', 'huixingyun', '--token-file', 'made'], 'made: there is no such file'],
    [[...HXY, ...HXY], 'said twice'],
    [[...HXY, '--notifier', 'feishu'], '--notifier-url-file is needed'],
    [
      [...HXY, '--notifier', 'wecom', '--notifier-url-file', 'hook', '--notifier-secret-file', 'token'],
      'signs nothing',
    ],
    [[...HXY, '--notifier', 'feishu', '--notifier-url-file', 'token'], 'what it holds'],
    [[...HXY, '--notifier', 'alertmanager'], '--notifier-url-file is needed'],
    [[...HXY, '--notifier', 'email'], '--mail-host is needed'],
    [[...HXY, '--mail-host', 'smtp.example.com'], '--notifier is needed'],
    [[...HXY, '--notifier', 'email', '--mail-host', 'smtp.example.com:25'], 'without a port'],
    [
      [...HXY, '--notifier', 'email', '--mail-host', 'smtp.example.com', '--mail-from', 'nobody'],
      '--mail-from "nobody": is no mailbox',
    ],
    [
      [...HXY, '--notifier', 'slack', '--notifier-url-file', 'hook', '--mail-to', 'a@example.com'],
      '--mail-to is for --notifier email',
    ],
    [[...HXY, '--redis', 'http://x'], '"http://x": the address'],
  ])('%j is refused, and nothing is written', async (args, expected) => {
    const { code, err } = await init(...args);
    expect({ code, err }).toEqual({ code: EXIT.usage, err: expect.stringContaining(expected) });
    expect(err).not.toContain(TOKEN);
    await expect(readdir(join(cwd, 'made'))).rejects.toThrow('ENOENT');
  });
});

/** A command at a terminal of its own: script(1) belongs to every Debian. */
class Terminal {
  seen = '';
  readonly ended: Promise<unknown>;
  readonly #child;
  readonly #happenings = new Happenings(() => this.seen);

  constructor(args: readonly string[], folder: string) {
    const command = [process.execPath, join(ROOT, 'src/cli/main.ts'), ...args].map(quoted).join(' ');
    this.#child = spawn('script', ['-qefc', command, '/dev/null'], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', TERM: 'xterm', NO_COLOR: '1', COLUMNS: '120' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.seen += text;
      this.#happenings.tell();
    });
    this.ended = once(this.#child, 'close').then(([code]: unknown[]) => code);
  }

  /** Waits for a question and types. */
  async answer(question: string, keys: string): Promise<void> {
    await this.#happenings.until(`it asks: ${question}`, () => this.seen.includes(question), 30_000);
    this.#child.stdin.write(keys);
  }
}

/** One word of a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

const UP = '\u001b[A';

test('at a terminal it asks, shows nothing of what is secret, and replaces nothing without asking', async () => {
  const terminal = new Terminal(['init', 'made'], cwd);
  await terminal.answer('Which clouds?', ' \r');
  await terminal.answer('The API token', '\r');
  await terminal.answer('(nothing is shown)', `${TOKEN}\r`);
  await terminal.answer('Who is told?', `${UP}${UP}\r`);
  await terminal.answer('Where is the Alertmanager?', '\r');
  await terminal.answer('Redis', '\r');
  await terminal.answer('may be stopped when idle', '\r');
  await terminal.answer('must never be stopped', '\r');
  expect(await terminal.ended).toBe(EXIT.done);
  expect(terminal.seen).toContain('wrote made/secrets/hxy_token');
  expect(terminal.seen).not.toContain(TOKEN);
  expect(await made('secrets/hxy_token')).toBe(`${TOKEN}\n`);
  expect((await stat(join(cwd, 'made/secrets/hxy_token'))).mode & 0o777).toBe(0o400);
  expect(await run('validate', '--config', 'made/lamplighter.yaml')).toMatchObject({ code: EXIT.done });
  expect(await made('lamplighter.yaml')).toContain('url: "http://127.0.0.1:9093"\n');

  const again = new Terminal(['init', 'made'], cwd);
  await again.answer('Replace made/lamplighter.yaml?', '\r');
  expect(await again.ended).toBe(EXIT.failed);
  expect(again.seen).toContain('nothing was written');

  // A secret that is there is offered and not asked for again; whoever breaks off has changed nothing.
  await writeFile(join(cwd, 'made/lamplighter.yaml'), 'mine\n');
  const mail = ['--notifier', 'email', '--mail-host', 'smtp.example.com'];
  const broken = new Terminal(['init', 'made', '--provider', 'huixingyun', ...mail, '--force'], cwd);
  await broken.answer('which is there already', '\r');
  await broken.answer('Whom mail comes from', 'l@example.com\r');
  await broken.answer('Who gets it', 'a@example.com, b@example.com\r');
  await broken.answer('for a user and a password?', '\r');
  await broken.answer('Which user?', '\r');
  await broken.answer('The password of the mail server', '\r');
  await broken.answer('(nothing is shown)', 'mail-password\r');
  await broken.answer('Redis', '\u0003');
  expect(await broken.ended).toBe(EXIT.interrupted);
  expect(broken.seen).not.toContain('mail-password');
  expect(await made('lamplighter.yaml')).toBe('mine\n');
}, 60_000);
