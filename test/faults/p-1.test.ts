import { execFileSync } from 'node:child_process';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reachOf, widened } from '../../src/decide/reach.ts';
import type { Account } from '../../src/fleet/account.ts';
import { compile } from '../../src/policy/compile.ts';
import { instance, OPTIONS } from '../policy/support.ts';
import { account, busy, type FaultBed, type FaultChild, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

/** Each policy says what narrows it before what it does, as our examples do. */
const FILE = `policies:
  - name: lights-out
    limits: { perHour: 2, percent: "10%" }
    match:
      name: [dev-*, "test-*"]
      not: { labels: { keep: "true" } }
    when: { during: "Mon-Sun 23:00-08:00", idleFor: 1h }
    do: stop
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`;
const NAMES = ['lights-out', 'keep-paid'];

async function running(): Promise<{ readonly bed: FaultBed; readonly child: FaultChild }> {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [busy('a'), busy('p', { name: 'prod-p' })])],
    policies: { 'p.yaml': FILE },
  });
  return { bed, child: await bed.spawnFaulty() };
}

const inForce = async (bed: FaultBed, child: FaultChild) =>
  (await bed.listOf(child, 'policies')).map(({ name }) => name);

/** A reload is refused: told with a reason, and everything stays. */
async function expectRefused(bed: FaultBed, child: FaultChild, reason: RegExp): Promise<void> {
  const answer = await bed.controlOf(child, '/-/reload');
  const text = await answer.text();
  expect(text).toMatch(reason);
  expect(answer.status).toBe(400);
  expect(await inForce(bed, child)).toEqual(NAMES);
  expect(await bed.metricOf(child, 'policy_last_reload_successful')).toBe(0);
  expect(await (await fetch(`${child.origin}/readyz`)).text()).toContain('the last reload was refused');
}

async function expectTaken(bed: FaultBed, child: FaultChild): Promise<void> {
  const answer = await bed.controlOf(child, '/-/reload');
  expect([answer.status, await answer.text()]).toEqual([200, '{"policies":2}']);
  expect(await bed.metricOf(child, 'policy_last_reload_successful')).toBe(1);
}

test('P1: whatever becomes of the file, the last good policies stay, and the reason is told', async () => {
  const { bed, child } = await running();
  const path = join(bed.policyDir, 'p.yaml');
  const half = FILE.indexOf('"test-*"');
  const spoils: readonly (readonly [string, RegExp, () => Promise<unknown>])[] = [
    ['empty', /p\.yaml:1:1/, () => writeFile(path, '')],
    ['blank', /p\.yaml/, () => writeFile(path, '\n \n# nothing\n')],
    ['half-written, in the middle of a list', /p\.yaml:\d+:\d+/, () => writeFile(path, FILE.slice(0, half))],
    ['half-written, after "do:"', /p\.yaml:\d+/, () => writeFile(path, FILE.slice(0, FILE.indexOf('do: stop') + 4))],
    ['zeros at its end', /p\.yaml:\d+/, () => writeFile(path, `${FILE.slice(0, half)}${'\0'.repeat(100)}`)],
    ['UTF-16', /p\.yaml:\d+/, () => writeFile(path, Buffer.from(FILE, 'utf16le'))],
    ['no UTF-8', /not UTF-8/, () => writeFile(path, Buffer.from(`${FILE}# é`, 'latin1'))],
    ['5 MB', /at most 262144/, () => writeFile(path, FILE + '#'.repeat(5_000_000))],
    ['gone', /holds no \.yaml file/, () => rm(path, { force: true })],
    ['a link to nowhere', /p\.yaml:1:1: there is no such file/, () => symlink('/nowhere/at/all', path)],
    ['a link to a device', /no ordinary file/, () => symlink('/dev/zero', path)],
    ['a pipe', /no ordinary file/, async () => execFileSync('mkfifo', [path])],
  ];
  for (const [name, reason, spoil] of spoils) {
    await rm(path, { force: true });
    await spoil();
    await expectRefused(bed, child, reason).catch((error: unknown) => {
      throw new Error(`${name}: ${String(error)}`, { cause: error });
    });
  }
  // What is only written otherwise is the same.
  for (const same of [`\uFEFF${FILE}`, FILE.replaceAll('\n', '\r\n'), FILE.trimEnd()]) {
    await rm(path, { force: true });
    await writeFile(path, same);
    await expectTaken(bed, child);
  }
  // A link that is turned around, as a mounted ConfigMap is.
  await writeFile(join(bed.dir, 'next.yaml'), FILE.replace('lights-out', 'dark'));
  await rm(path, { force: true });
  await symlink(join(bed.dir, 'next.yaml'), path);
  await expectTaken(bed, child);
  expect(await inForce(bed, child)).toEqual(['dark', 'keep-paid']);
  expect(child.running).toBe(true);
  await bed.expectSound();
});

test('P1: a file that is written in two goes is never in force by half', async () => {
  const { bed, child } = await running();
  const path = join(bed.policyDir, 'p.yaml');
  const first = FILE.indexOf('  - name: keep-paid');
  const changed = FILE.replace('lights-out', 'dark');
  // The first part alone would be a good file: what is watched is given time to settle.
  await writeFile(path, changed.slice(0, first + 'dark'.length - 'lights-out'.length));
  await writeFile(path, changed);
  await bed.until('the whole is in force', async () => (await inForce(bed, child)).includes('dark'));
  expect(await inForce(bed, child)).toEqual(['dark', 'keep-paid']);
  expect(child.stderr).not.toMatch(/"policies":1\b/);
  await bed.expectSound();
});

const ACCOUNT: Account = {
  name: 'hxy',
  provider: 'huixingyun',
  baseUrl: 'https://api-v1.huixingyun.com',
  pollEveryMs: 60_000,
  requestsPerSecond: 5,
  actions: ['stop', 'renew'],
  statusWords: new Map(),
  billingWords: new Map(),
  prices: new Map(),
  spendLimit: null,
};

test('P1: cut at every byte it is refused, or holds whole policies that may do no more than before', () => {
  const load = (text: string) =>
    compile([{ file: 'p.yaml', text }], { ...OPTIONS, accounts: null, notifiers: null, mode: 'enforce' });
  const fleet = ['dev-1', 'test-1', 'prod-1', 'keep'].map((name) => ({
    instance: instance({ account: 'hxy', provider: 'huixingyun', id: name, name }),
    labels: {},
  }));
  const whole = load(FILE);
  if (!whole.ok) throw new Error('the file is no good');
  const before = reachOf(whole.set.policies, [{ account: ACCOUNT, instances: fleet }]);
  const bytes = Buffer.from(FILE);
  let taken = 0;
  for (let end = 0; end < bytes.length; end += 1) {
    const cut = load(bytes.subarray(0, end).toString('utf8'));
    if (!cut.ok) {
      expect(cut.errors.length).toBeGreaterThan(0);
      continue;
    }
    taken += 1;
    expect(cut.set.policies.map(({ name }) => name)).toEqual(NAMES.slice(0, cut.set.policies.length));
    expect(widened(before, reachOf(cut.set.policies, [{ account: ACCOUNT, instances: fleet }]))).toEqual([]);
  }
  // After the first policy, and the last line break of all; a handful of white space in between.
  expect(taken).toBeLessThan(12);
});
