import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { FREEZE_REASONS } from '../../src/fleet/freeze.ts';
import type { Said } from '../../src/fleet/said.ts';
import { LANGUAGES, type Language } from '../../src/notify/message.ts';
import { wordsIn } from '../../src/notify/words/draft.ts';
import { LANGUAGE_WORDS } from '../../src/notify/words/languages.ts';
import { NOTIFICATION } from './kit.ts';
import { AT, SAMPLES } from './samples.ts';

let empty = '';
beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), 'lamplighter-typed-'));
});
afterAll(() => rm(empty, { recursive: true }));

/** What a command line ends with in a folder where nothing is: whoever types it right only lacks the configuration. */
async function typed(line: string): Promise<{ readonly code: number; readonly err: string }> {
  let err = '';
  const io: Io = {
    env: {},
    cwd: empty,
    out: () => {},
    err: (text) => {
      err += text;
    },
    outIsTty: false,
    errIsTty: false,
    columns: 200,
    askSecret: () => Promise.reject(new Error('nobody is here')),
    signal: new AbortController().signal,
    onReload: () => {},
    onCrash: () => {},
    hide: () => {},
  };
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  return { code: await runCli(words, io), err };
}

const SAID: readonly Said[] = [
  ...Object.values(SAMPLES),
  ...FREEZE_REASONS.map((reason): Said => ({ ...SAMPLES.frozen, reason })),
];

/** A name of a command, and then what is no plain word: quoted, an option, an id, a span of time. */
const COMMAND = /lamplighter ([a-z-]+(?: (?:"[^"]*"|--[a-z]+|[\w./-]*[A-Z0-9/-][\w./-]*))*)/g;

/** Every command in what is said. */
function commandsIn(language: Language): readonly string[] {
  const texts = SAID.flatMap((said) => {
    const words = wordsIn(LANGUAGE_WORDS[language], {
      said,
      notification: NOTIFICATION,
      zone: 'Asia/Shanghai',
      links: null,
      now: AT,
    });
    return [...words.lines, ...words.manyLines].map(({ text }) => text);
  });
  const found = texts.flatMap((text) => [...text.matchAll(COMMAND)].map(([, line = '']) => line));
  return [...new Set(found)];
}

test.each(LANGUAGES)('what people are told to type in %s is a command', async (language) => {
  const lines = commandsIn(language);
  expect(lines.length).toBeGreaterThan(7);
  expect(lines).toContain(`approve op-1 --reason "${language === 'en' ? '...' : '……'}"`);
  for (const line of lines) {
    const { code, err } = await typed(line);
    expect(code, `${line}: ${err}`).toBe(EXIT.invalid);
  }
});

test('a command that is none would be seen', async () => {
  expect((await typed('operations approve op-1')).code).toBe(EXIT.usage);
  expect((await typed('approve op-1')).code).toBe(EXIT.usage);
});
