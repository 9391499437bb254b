import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';

// What a signal does is seen in a process of its own: it says "stopping", and then takes as long as it is let.
const MODULE = new URL('../../src/cli/process-io.ts', import.meta.url).href;
const PROGRAM = `
import { processIo } from ${JSON.stringify(MODULE)};
const { signal } = processIo();
signal.addEventListener('abort', () => process.stdout.write('stopping\\n'));
process.stdin.on('end', () => process.exit(3)).resume();
process.stdout.write('ready\\n');
`;
/** Says something to whoever may hear it, and ends only when told. */
const TALKER = `
import { processIo } from ${JSON.stringify(MODULE)};
const { err } = processIo();
process.stdin.on('data', () => err('a line that nobody hears\\n')).on('end', () => process.exit(3));
process.stdout.write('ready\\n');
`;

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

async function program() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  running.push(child);
  const lines: Interface = createInterface({ input: child.stdout });
  const exit = once(child, 'exit');
  expect(await once(lines, 'line')).toEqual(['ready']);
  return { child, lines, exit };
}

test('the same keystroke come by two roads does not cut a stop short', async () => {
  const { child, lines, exit } = await program();
  const said = once(lines, 'line');
  child.kill('SIGINT');
  expect(await said).toEqual(['stopping']);
  child.kill('SIGINT');
  child.kill('SIGTERM');
  child.stdin.end();
  expect(await exit).toEqual([3, null]);
});

test('a second one later insists', async () => {
  const { child, lines, exit } = await program();
  const said = once(lines, 'line');
  child.kill('SIGINT');
  await said;
  // Again and again until it is believed, as a person would.
  const again = setInterval(() => child.kill('SIGINT'), 100);
  expect(await exit).toEqual([130, null]);
  clearInterval(again);
});

test('nobody who reads what goes wrong is no reason to die', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', TALKER], { stdio: ['pipe', 'pipe', 'pipe'] });
  running.push(child);
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stderr.destroy();
  child.stdin.write('speak\n');
  child.stdin.write('speak\n');
  child.stdin.end('speak\n');
  expect(await exit).toEqual([3, null]);
});

/** Reckons without end, and hears nothing meanwhile. */
const RECKONER = `
import { processIo } from ${JSON.stringify(MODULE)};
processIo().endBySignal();
process.stdout.write('ready\\n', () => { for (;;); });
`;

test('what only reckons ends at the first signal', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', RECKONER], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.push(child);
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(await exit).toEqual([null, 'SIGINT']);
});

const WRITER = `
import { processIo } from ${JSON.stringify(MODULE)};
processIo().out('much');
`;

test('output that cannot be written is no success', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER], { stdio: ['ignore', full, 'pipe'] });
  running.push(child);
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const [code] = await once(child, 'close');
  expect([code, said]).toEqual([1, 'lamplighter: the output is not whole: ENOSPC: no space left on device, write\n']);
  closeSync(full);
});
