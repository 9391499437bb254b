import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { allPages, headings, type Page, ROOT, readPage } from './pages.ts';

const pages = await allPages();

/** What a command line prints on stdout. */
async function printed(args: readonly string[]): Promise<string> {
  let out = '';
  const io: Io = {
    env: {},
    cwd: ROOT,
    out: (text) => {
      out += text;
    },
    err: () => {},
    outIsTty: false,
    errIsTty: false,
    columns: 200,
    askSecret: () => Promise.reject(new Error('nobody is here')),
    signal: new AbortController().signal,
    onReload: () => {},
    onCrash: () => {},
    hide: () => {},
  };
  await runCli(args, io);
  return out;
}

interface Help {
  readonly commands: ReadonlySet<string>;
  readonly options: ReadonlySet<string>;
}

const known = new Map<string, Help>();

async function helpOf(path: readonly string[]): Promise<Help> {
  const key = path.join(' ');
  const found = known.get(key);
  if (found !== undefined) return found;
  const text = await printed([...path, '--help']);
  const [, listed = ''] = text.split('\nCommands:\n');
  const help: Help = {
    commands: new Set([...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name)),
    options: new Set(text.match(/--[a-z][a-z-]*/g)),
  };
  known.set(key, help);
  return help;
}

/** What a page tells somebody to type: from its blocks and from its running text. */
function commandLines(page: Page): readonly string[] {
  const whole = page.blocks.flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));
  const spans = [...page.prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return [...whole, ...spans].flatMap((line) => {
    const typed = /^(?:\$ )?(?:docker compose exec lamplighter |bin\/)?lamplighter +(\S.*)$/.exec(line.trim())?.[1];
    return typed === undefined ? [] : [typed.replace(/ +# .*$/, '')];
  });
}

function wordsOf(line: string): readonly string[] {
  return line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
}

const TAKES_A_VALUE = new Set(['--config', '--policies']);

/** What is wrong with a command line, or null. */
async function complaint(line: string): Promise<string | null> {
  const words = [...wordsOf(line)];
  let path: readonly string[] = [];
  let help = await helpOf(path);
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith('--')) {
      const [option = ''] = word.split('=');
      if (!help.options.has(option)) return `${path.join(' ')} has no ${option}: ${line}`;
      if (TAKES_A_VALUE.has(option)) words.shift();
    } else if (help.commands.has(word)) {
      path = [...path, word];
      help = await helpOf(path);
    } else if (path.length === 0) return `there is no command ${word}: ${line}`;
  }
  return null;
}

describe.each(pages.map((page) => [page.path, page] as const))('%s', (_path, page) => {
  test('tells to type only what there is', async () => {
    const complaints = await Promise.all(commandLines(page).map(complaint));
    expect(complaints.filter((each) => each !== null)).toEqual([]);
  });

  test('names only scripts that npm has', async () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      await readFile(join(ROOT, 'package.json'), 'utf8'),
    );
    const named = [...page.text.matchAll(/\bnpm (?:run (?:--silent )?([a-z]+)|(start|test))\b/g)];
    expect(named.map(([, run, word]) => run ?? word ?? '').filter((name) => !(name in scripts))).toEqual([]);
  });
});

test('the check would see a wrong command and a wrong option', async () => {
  expect(await complaint('instancez')).toContain('there is no command');
  expect(await complaint('hold x --until 4h')).toContain('has no --until');
  expect(await complaint('token create --user x')).toContain('has no --user');
  expect(await complaint('--demo plan --explain')).toBeNull();
});

test.each(['docs/operations.md', 'docs/zh-CN/operations.md'])('%s has a heading for every command', async (path) => {
  const page = await readPage(path);
  const text = headings(page)
    .map(({ text: heading }) => heading)
    .join(' ');
  const { commands } = await helpOf([]);
  expect(commands.size).toBeGreaterThan(15);
  const named = (name: string) => new RegExp(`(^|[^a-z])${name}([^a-z]|$)`).test(text);
  const elsewhere = new Set(['help', 'demo']);
  expect([...commands].filter((name) => !elsewhere.has(name) && !named(name))).toEqual([]);
});
