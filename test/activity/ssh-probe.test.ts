import { once } from 'node:events';
import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, describe, test } from 'vitest';
import { TRANSFERS } from '../../src/activity/ssh/script.ts';
import { expect, words } from '../support/in-words.ts';
import { Happenings } from '../support/until.ts';
import { forever, instance } from './fleet.ts';
import { card } from './ssh-facts.ts';
import { HostKeyMemory, part, probeOf } from './ssh-kit.ts';
import { newKey, Sshd } from './sshd.ts';

const sshds: Sshd[] = [];
const start = async (options: Parameters<typeof Sshd.start>[0] = {}): Promise<Sshd> => {
  const sshd = await Sshd.start(options);
  sshds.push(sshd);
  return sshd;
};
afterAll(async () => {
  await Promise.all(sshds.map((sshd) => sshd[Symbol.asyncDispose]()));
});

/** Somebody with a terminal open. Answers with the terminal's file. */
async function terminalOn(
  sshd: Sshd,
): Promise<{ readonly client: ssh2.Client; readonly file: string; type(text: string): Promise<void> }> {
  const client = new ssh2.Client();
  client.connect({ host: '127.0.0.1', port: sshd.port, username: sshd.user, privateKey: sshd.client.private });
  await once(client, 'ready');
  const { promise, resolve, reject } = Promise.withResolvers<ssh2.ClientChannel>();
  client.shell((error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  const shell = await promise;
  let seen = '';
  const happened = new Happenings(() => seen);
  shell.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    happened.tell();
  });
  const heard = (pattern: RegExp): Promise<string> =>
    happened.until(`the terminal shows ${pattern}`, () => pattern.exec(seen)?.[1] ?? null);
  shell.write('tty\n');
  const file = await heard(/(\/dev\/pts\/\d+)/);
  const type = async (text: string): Promise<void> => {
    shell.write(`echo ${text}-$((1 + 1))\n`);
    await heard(new RegExp(`(${text}-2)`));
  };
  return { client, file, type };
}

describe.concurrent('a real sshd', () => {
  test('an idle card: each part has its value, and counters for the next look', async () => {
    const sshd = await start({ gpu: { answers: [card()] } });
    const reading = await probeOf(sshd).read(instance(), forever());
    expect(part(reading, 'gpu')).toMatchObject({ verdict: 'idle', value: 0, detail: '1 cards, at most 0 %' });
    expect(part(reading, 'session')).toMatchObject({ verdict: 'idle', value: 0 });
    expect(part(reading, 'network').value).not.toBeNull();
    expect(part(reading, 'cpu').value).not.toBeNull();
    expect(part(reading, 'keep-alive').verdict).toBe('idle');
    expect(reading.marks?.upS).toBeGreaterThan(0);
    expect(reading.keepAlive).toBeUndefined();
  });

  test('the idle L40S that shows 100 % when it is woken by the question', async () => {
    const waking = card({ util: '100', draw: '145.00', limit: '350.00', persistence: 'Disabled' });
    const sshd = await start({ gpu: { answers: [waking, card({ persistence: 'Disabled' })] } });
    expect(part(await probeOf(sshd).read(instance(), forever()), 'gpu').verdict).toBe('idle');
  });

  test('one busy card of eight, seen in one sample only', async () => {
    const cards = (busy: boolean) =>
      Array.from({ length: 8 }, (_, index) =>
        card({ index: String(index), util: busy && index === 6 ? '97' : '0' }),
      ).join('\n');
    const sshd = await start({ gpu: { answers: [cards(false), cards(false), cards(true), cards(false)] } });
    const reading = await probeOf(sshd).read(instance({ gpuCount: 8 }), forever());
    expect(reading).toMatchObject({ verdict: 'active', reason: null, judges: 'work', lastActiveAt: reading.at });
    expect(part(reading, 'gpu')).toMatchObject({ verdict: 'active', value: 97 });
  });

  test('MIG', async () => {
    const split = card({ util: '[N/A]', draw: '78.00', limit: '700.00', sm: '345', maxSm: '1980', mig: 'Enabled' });
    const [unused, inUse] = await Promise.all([
      start({ gpu: { answers: [split], apps: '' } }),
      start({ gpu: { answers: [split], apps: '4711\n4712\n' } }),
    ]);
    const [empty, used] = await Promise.all([
      probeOf(unused).read(instance(), forever()),
      probeOf(inUse).read(instance(), forever()),
    ]);
    expect(part(empty, 'gpu')).toMatchObject({ verdict: 'idle', value: null });
    expect([part(used, 'gpu').verdict, part(used, 'gpu-processes').value]).toEqual(['unknown', 2]);
  });

  test('a dead driver and a missing nvidia-smi prove nothing', async () => {
    const dead = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
    const sshd = await start({ gpu: { answers: [dead], code: 9 } });
    const bare = await start();
    const [noDriver, noTool] = await Promise.all([
      probeOf(sshd).read(instance(), forever()),
      probeOf(bare).read(instance(), forever()),
    ]);
    expect(part(noDriver, 'gpu')).toMatchObject({ verdict: 'unknown', detail: 'nvidia-smi does not reach the driver' });
    expect(part(noTool, 'gpu')).toMatchObject({ verdict: 'unknown', detail: 'there is no nvidia-smi' });
    for (const reading of [noDriver, noTool]) expect(reading.verdict).not.toBe('idle');
  });

  test('a nvidia-smi that floods is cut off on the machine', async () => {
    const sshd = await start({ gpu: { answers: ['x'.repeat(400_000)] } });
    const reading = await probeOf(sshd).read(instance(), forever());
    expect(part(reading, 'gpu')).toMatchObject({ verdict: 'unknown', detail: 'nvidia-smi answers in another form' });
  });

  test('the keep-alive file of whoever logs in', async () => {
    const sshd = await start({ gpu: { answers: [card()] } });
    const file = join(sshd.home, '.lamplighter-keep');
    await writeFile(file, '4h wang "training" $(touch x) `id`\nsecond line');
    const writtenAt = Math.floor(Date.now() / 1_000) - 600;
    await utimes(file, writtenAt, writtenAt);
    const reading = await probeOf(sshd).read(instance(), forever());
    expect(reading.verdict).toBe('active');
    expect(reading.keepAlive).toEqual({
      owner: 'wang',
      reason: '"training" $(touch x) `id`',
      endsAt: (writtenAt + 4 * 3_600) * 1_000,
    });
    expect(await readdir(sshd.home)).toEqual(['.lamplighter-keep']);
  });

  test('a file of another name, with a quote in it', async () => {
    const sshd = await start();
    const file = join(sshd.folder, "o'keep");
    await writeFile(file, '2h li');
    const reading = await probeOf(sshd, { keepAliveFile: file }).read(instance(), forever());
    expect(reading.keepAlive?.owner).toBe('li');
  });

  test('somebody else is seen, ourselves are not; and nothing that is read moves by reading', async () => {
    const sshd = await start({ gpu: { answers: [card()] } });
    const somebody = await terminalOn(sshd);
    const before = await stat(somebody.file);
    const readings = [await probeOf(sshd).read(instance(), forever())];
    readings.push(await probeOf(sshd).read(instance(), forever(), readings[0]));
    expect(readings[1]?.marks?.boot).toBe(readings[0]?.marks?.boot);
    const after = await stat(somebody.file);
    expect([after.atimeMs, after.mtimeMs]).toEqual([before.atimeMs, before.mtimeMs]);
    for (const reading of readings) {
      // The session is of this moment or some seconds old; ours is not counted in either case.
      const { value, detail } = part(reading, 'session');
      expect(`${value} ${words(detail)}`).toMatch(
        /^(?:0 0 sessions besides ours, and 1 younger|1 1 sessions besides ours$)/,
      );
      expect(part(reading, 'terminal')).toMatchObject({ verdict: 'active' });
      // All that the script costs is less than what would count if it were done once a minute.
      expect(reading.marks?.ownCpuUs).toBeLessThan(60 * 0.05 * 1_000_000);
    }
    // Input is what moves it: the kernel notes it to the full 8 s.
    await utimes(somebody.file, 1, 1);
    await somebody.type('hello');
    expect((await stat(somebody.file)).atimeMs).toBeGreaterThan(1_000);
    somebody.client.end();
    expect(await readdir(sshd.home)).toEqual([]);
  });

  test('a copy that runs is seen by its name', async () => {
    const sshd = await start();
    const client = new ssh2.Client();
    client.connect({ host: '127.0.0.1', port: sshd.port, username: sshd.user, privateKey: sshd.client.private });
    await once(client, 'ready');
    // A program of that name that waits until its input ends.
    await writeFile(join(sshd.folder, 'bin', 'rclone'), '#!/bin/sh\necho up\nread line\n', { mode: 0o755 });
    const { promise, resolve } = Promise.withResolvers<ssh2.ClientChannel>();
    client.exec('exec rclone', (_error, channel) => resolve(channel));
    const rclone = await promise;
    await once(rclone, 'data');
    const reading = await probeOf(sshd).read(instance(), forever());
    rclone.end('\n');
    client.end();
    expect(part(reading, 'transfer').detail).toContain('rclone');
    expect(TRANSFERS).toContain('rclone');
  });

  test('a key that is not let in', async () => {
    const sshd = await start();
    const proof = () => ({ kind: 'key', privateKey: newKey().private, passphrase: null }) as const;
    const hostKeys = new HostKeyMemory();
    expect(await probeOf(sshd, { proof, hostKeys }).read(instance(), forever())).toMatchObject({
      verdict: 'unknown',
      reason: 'unauthorised',
      evidence: `the machine refuses the login of ${sshd.user}`,
    });
    // Who does not let us in leaves no key behind.
    expect(hostKeys.keys.size).toBe(0);
  });

  test('a key that is none', async () => {
    const sshd = await start();
    const proof = () => ({ kind: 'key', privateKey: 'canary', passphrase: null }) as const;
    const reading = await probeOf(sshd, { proof }).read(instance(), forever());
    expect(reading).toMatchObject({ verdict: 'unknown', reason: 'no-credentials' });
    expect(JSON.stringify(reading)).not.toContain('canary');
  });

  test('a host key is remembered on first use, and another one is refused before any login', async () => {
    const hostKeys = new HostKeyMemory();
    const first = await start({ gpu: { answers: [card()] } });
    await probeOf(first, { hostKeys }).read(instance(), forever());
    const key = hostKeys.keys.get(`cy/inst_a@${instance().createdAt}`);
    expect(key).toMatch(/^ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}$/);
    const second = await start({ gpu: { answers: [card()] } });
    const refused = await probeOf(second, { hostKeys }).read(instance(), forever());
    expect(refused).toMatchObject({ verdict: 'unknown', reason: 'host-key-changed' });
    expect(refused.evidence).toContain(key);
    expect(second.log).not.toMatch(/Accepted|Failed|Invalid user/);

    // A machine made anew under the same id may have a new key.
    const anew = await probeOf(second, { hostKeys }).read(instance({ createdAt: 5 }), forever());
    expect(anew.reason).not.toBe('host-key-changed');
    expect(hostKeys.keys.size).toBe(2);
  });

  test('a machine that no longer has the kind of key that is remembered is another machine', async () => {
    const sshd = await start();
    const hostKeys = new HostKeyMemory();
    hostKeys.keys.set(`cy/inst_a@${instance().createdAt}`, 'ecdsa-sha2-nistp256 SHA256:abc');
    const reading = await probeOf(sshd, { hostKeys }).read(instance(), forever());
    expect(reading).toMatchObject({ verdict: 'unknown', reason: 'host-key-changed' });
    expect(sshd.log).not.toMatch(/Accepted/);
  });
});
