import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { knownFailure } from '../../src/app/known-failure.ts';
import { ensureStateDir, StateDirUnusable } from '../../src/app/state-dir.ts';
import { useBeds } from '../support/beds.ts';
import { account, busy } from '../support/cloud.ts';

const POLICIES = {
  'none.yaml': 'policies: [{ name: none, match: { name: nobody }, when: { idleFor: 1h }, do: stop }]\n',
};
const beds = useBeds();
const signal = new AbortController().signal;
let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lamplighter-dir-'));
});
afterAll(() => rm(root, { recursive: true }));

async function failure(dir: string): Promise<string> {
  const error: unknown = await ensureStateDir(dir, signal).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StateDirUnusable);
  return knownFailure(error)?.message ?? '';
}

test('is made with all its parents, or taken as it is, and nothing is left in it', async () => {
  const dir = join(root, 'a', 'b', 'c');
  await ensureStateDir(dir, signal);
  await ensureStateDir(dir, signal);
  expect(await readdir(dir)).toEqual([]);
});

test('under /proc, where a recursive mkdir never ends, it is told', async () => {
  expect(await failure('/proc/lamplighter/state')).toMatch(
    /^stateDir \/proc\/lamplighter\/state cannot be used: ENOENT/,
  );
});

test('below or on a file it is told', async () => {
  await writeFile(join(root, 'file'), '');
  expect(await failure(join(root, 'file', 'state'))).toContain('ENOTDIR');
  expect(await failure(join(root, 'file'))).toContain('ENOTDIR');
});

test('who stops meanwhile is heard', async () => {
  const reason = new Error('stop');
  await expect(ensureStateDir(join(root, 'x'), AbortSignal.abort(reason))).rejects.toBe(reason);
});

test.each([
  ['damaged', (file: string) => writeFile(file, 'nothing of ours'), 'not a watermark of the ledger'],
  ['unreadable', (file: string) => mkdir(file), 'watermark cannot be read: EISDIR'],
])('a watermark file that is %s keeps the daemon from starting, in a sentence', async (_how, spoil, sentence) => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [busy('a')])], policies: POLICIES });
  await mkdir(join(bed.dir, 'state'));
  await spoil(join(bed.dir, 'state', 'ledger-watermark.json'));
  const error: unknown = await bed.start().then(
    () => null,
    (reason: unknown) => reason,
  );
  const known = knownFailure(error);
  expect(known?.kind).toBe('failed');
  expect(known?.message).toContain(sentence);
  expect(known?.message).not.toContain('Redis');
});
