import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const SECRET = 'canary-crash-secret-Wb3e';
const CLI = new URL('../../src/cli/', import.meta.url).href;

/** A process that knows a secret and then fails in a way that nobody catches, with the secret all over the error. */
async function crash(how: string, wiring: string) {
  const program = `
import { processIo } from ${JSON.stringify(`${CLI}process-io.ts`)};
import { hidingIo } from ${JSON.stringify(`${CLI}hiding-io.ts`)};
import { daemonLog } from ${JSON.stringify(`${CLI}daemon-log.ts`)};
import { unexpected } from ${JSON.stringify(`${CLI}unexpected.ts`)};
const secret = process.argv[1];
const io = hidingIo(processIo());
${wiring}
const error = Object.assign(new Error('refused: ' + secret, { cause: new Error('bearer ' + secret) }), {
  headers: { authorization: secret, cookie: 'never-shown-at-all' },
});
setTimeout(() => io.out('alive'), 5_000);
${how}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, SECRET], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code]: unknown[] = await once(child, 'close');
  return { code, said };
}

const DAEMON = `const { onSecrets } = await daemonLog(io); onSecrets([secret]);`;
const COMMAND = `io.onCrash((error) => io.err(unexpected(error))); io.hide([secret]);`;

test.each([
  ['thrown in a timer', 'setTimeout(() => { throw error; });', DAEMON],
  ['a rejection that nobody awaits', 'void Promise.reject(error);', DAEMON],
  [
    'an "error" event that nobody hears',
    'new (await import("node:events")).EventEmitter().emit("error", error);',
    DAEMON,
  ],
  ['no error at all', 'setTimeout(() => { throw { secret, cookie: "never-shown-at-all" }; });', DAEMON],
  ['thrown in a command', 'setTimeout(() => { throw error; });', COMMAND],
])('%s ends the process with code 1 and without its secrets', async (_name, how, wiring) => {
  const { code, said } = await crash(how, wiring);
  expect(said).not.toContain(SECRET);
  expect(said).not.toContain('never-shown-at-all');
  expect(said).not.toContain('alive');
  expect(code).toBe(1);
  expect(said).toMatch(wiring === DAEMON ? /"level":"fatal".*nobody had expected/ : /Error: refused: \[secret\]/);
});

test('a log that cannot be written to does not keep the process', async () => {
  const { code } = await crash(
    'setTimeout(() => { throw error; });',
    `io.onCrash(() => { throw new Error('again'); });`,
  );
  expect(code).toBe(1);
});
