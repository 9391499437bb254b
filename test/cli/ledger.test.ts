import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { armed, renewal, walk } from '../store/support/ledger.ts';
import { useBeds } from '../support/beds.ts';
import { NOON } from '../support/clock.ts';
import { account, busy, daily } from '../support/cloud.ts';
import { runCommand } from '../support/command.ts';

const beds = useBeds();
const NOTHING = {
  'none.yaml': 'policies: [{ name: none, match: { name: nobody }, when: { idleFor: 1h }, do: stop }]\n',
};

test('commands started beside another watermark file freeze nothing and leave it as it is', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: NOTHING });
  await bed.round();
  const mark = '{"epoch":"another","seq":7000}\n';
  await bed.writeConfig({ stateDir: 'other' });
  await mkdir(join(bed.dir, 'other'));
  await writeFile(join(bed.dir, 'other', 'ledger-watermark.json'), mark);
  for (const command of [['instances'], ['plan'], ['why', 'a'], ['operations'], ['pause'], ['resume'], ['reconcile']]) {
    expect(await runCommand(command, { cwd: bed.dir })).toMatchObject({ code: 0 });
  }
  expect(await bed.daemon.store.ledger.frozen()).toBeNull();
  expect(await readFile(join(bed.dir, 'other', 'ledger-watermark.json'), 'utf8')).toBe(mark);
});

test('a command makes no state directory', async () => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [])], policies: NOTHING });
  expect(await runCommand(['instances'], { cwd: bed.dir })).toMatchObject({ code: 0 });
  expect(await readdir(bed.dir)).not.toContain('state');
});

test('a frozen ledger refuses what is paid and what a person approves in a sentence, and stops all the same', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [daily('d', 6), busy('a')])],
    policies: NOTHING,
  });
  await bed.round();
  const { ledger } = bed.daemon.store;
  const waits = await walk(ledger, await armed(ledger, renewal({ account: 'hxy', instanceId: 'd' })), 'escalated');
  await ledger.freeze('paid', 'amnesia', NOON);
  const refused = await runCommand(['do', 'renew', 'hxy/d', '--yes'], { cwd: bed.dir });
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('paid and destructive work is frozen');
  expect(refused.err).toContain('lamplighter reconcile');
  const approved = await runCommand(['approve', waits.id, '--reason', 'looked'], { cwd: bed.dir });
  expect(approved.code).toBe(1);
  expect(approved.err).toContain('paid and destructive work is frozen');
  // It still waits for a person, instead of being superseded by nothing.
  expect((await ledger.get(waits.id))?.state).toBe('escalated');
  expect(await runCommand(['do', 'stop', 'hxy/a'], { cwd: bed.dir })).toMatchObject({ code: 0 });
});

test('commands of a folder of somebody else read the fleet all the same', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: NOTHING });
  await bed.round();
  const elsewhere = await mkdtemp(join(tmpdir(), 'lamplighter-cwd-'));
  const told = await runCommand(['--config', bed.configFile, 'instances'], { cwd: elsewhere });
  expect(told.out).toContain('hxy/a');
  expect(await readdir(elsewhere)).toEqual([]);
  await rm(elsewhere, { recursive: true });
});

test.each([
  [['operations', '--cursor', 'abc'], '--cursor is what an earlier page ended with, not "abc"'],
  [['operations', '--state', 'bogus'], '--state: "bogus" is not known here; known: armed'],
  [['operations', '--instance', 'garbage'], '--instance is account/id'],
  [['instances', '--status', 'bogus'], '--status: "bogus" is not known here; known: creating'],
])('%j is wrong use', async (args, message) => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [])], policies: NOTHING });
  const told = await runCommand(args, { cwd: bed.dir });
  expect(told.code).toBe(2);
  expect(told.err).toContain(message);
});

test('an account whose reversible work is frozen is told of, and goes on after reconcile', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: NOTHING });
  await bed.round();
  await bed.daemon.store.freezeClass('reversible', 'hxy', 'invariant', 'I8: no proof', NOON);
  const refused = await runCommand(['do', 'stop', 'a'], { cwd: bed.dir });
  expect(refused.code).toBe(1);
  expect(refused.out + refused.err).toContain('reversible work on account hxy is frozen: invariant: I8: no proof');
  const ready: unknown = await (await bed.http('/readyz')).json();
  expect(ready).toMatchObject({ checks: { paidWork: { ok: true }, reversibleWork: { ok: false } } });
  const asked = await runCommand(['reconcile'], { cwd: bed.dir });
  expect(asked).toMatchObject({ code: 2, err: expect.stringContaining('reversible work on account hxy is frozen') });
  expect(await runCommand(['reconcile', '--yes'], { cwd: bed.dir })).toMatchObject({ code: 0 });
  expect(await runCommand(['do', 'stop', 'a'], { cwd: bed.dir })).toMatchObject({ code: 0 });
});
