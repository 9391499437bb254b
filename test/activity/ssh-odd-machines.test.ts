import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, describe, test } from 'vitest';
import { AddressGuard } from '../../src/activity/address-guard.ts';
import { remember } from '../../src/activity/verdict.ts';
import { systemClock } from '../../src/app/clock.ts';
import type { ProbeReading } from '../../src/fleet/activity.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import { SshAccess } from '../../src/fleet/ssh-access.ts';
import { expect } from '../support/in-words.ts';
import { forever, instance } from './fleet.ts';
import { answer, look, MARK } from './ssh-facts.ts';
import { type Changes, HostKeyMemory, part, probeAt } from './ssh-kit.ts';
import { SshServer, says } from './ssh-server.ts';

const CANARY = 'root-password-canary';
const SHORT = { connectMs: 500, totalMs: 1_000 };
const open: { [Symbol.asyncDispose](): Promise<void> }[] = [];
afterAll(async () => {
  await Promise.all(open.map((one) => one[Symbol.asyncDispose]()));
});

const serve = async (...args: Parameters<typeof SshServer.start>): Promise<SshServer> => {
  const server = await SshServer.start(...args);
  open.push(server);
  return server;
};

const good = says((mark) => answer().replaceAll(MARK, mark));

/** As a listing names it, with the password in it. */
const listed = (port: number, host = '127.0.0.1', password = CANARY): Changes => ({
  host: null,
  listing: () => Promise.resolve(new SshAccess(host, port, 'root', password)),
  guard: new AddressGuard(['127.0.0.0/8']),
});

const read = (port: number, changes: Changes = {}, of: Instance = instance()) =>
  probeAt(port, { ...listed(port), ...changes }).read(of, forever());

/** A server that is none. */
async function tcp(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  open.push({
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      return Promise.resolve();
    },
  });
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the login', () => {
  test('with the listing’s password: one command, no terminal, no forwarding, nothing left open', async () => {
    const server = await serve(good);
    const reading = await read(server.port);
    expect(reading).toMatchObject({ probe: 'ssh', verdict: 'idle', reason: null, lastActiveAt: null, judges: 'work' });
    expect(reading.evidence).toBe(
      'gpu: 1 cards, at most 0 %; cpu: 0 % over 3 s; disk: 0 B/s over 3 s; network: 0 B/s over 3 s; session: 0 sessions besides ours',
    );
    expect(server.proofs).toEqual([`password ${CANARY}`]);
    expect(server.asked).toEqual(['exec /bin/sh -s']);
    expect(JSON.stringify(reading)).not.toContain(CANARY);
    expect(server.scripts.join()).not.toContain(CANARY);
  });

  test('by keyboard-interactive, where one question is asked whose answer is hidden', async () => {
    const answers: unknown[] = [];
    const server = await serve(good, (context) => {
      if (context.method !== 'keyboard-interactive') return false;
      context.prompt([{ prompt: 'Password: ', echo: false }], (given) => {
        answers.push(...given);
        context.accept();
      });
      // It is accepted by the answer.
      return false;
    });
    server.waitsForAnswers = true;
    expect((await read(server.port)).verdict).toBe('idle');
    expect(answers).toEqual([CANARY]);
  });

  test('a machine that asks for more than the password gets nothing more', async () => {
    const answers: unknown[] = [];
    const server = await serve(good, (context) => {
      if (context.method !== 'keyboard-interactive') return false;
      context.prompt([{ prompt: 'Your name: ', echo: true }], (given) => {
        answers.push(...given);
        context.reject();
      });
      return false;
    });
    server.waitsForAnswers = true;
    expect(await read(server.port)).toMatchObject({ verdict: 'unknown', reason: 'unauthorised' });
    expect(answers).toEqual([]);
  });

  test('a changed host key: the password does not leave', async () => {
    const server = await serve(good);
    const hostKeys = new HostKeyMemory();
    hostKeys.keys.set(`cy/inst_a@${instance().createdAt}`, `ssh-ed25519 SHA256:${'A'.repeat(43)}`);
    expect(await read(server.port, { hostKeys })).toMatchObject({ verdict: 'unknown', reason: 'host-key-changed' });
    expect([server.connections, server.proofs, server.scripts]).toEqual([1, [], []]);
  });

  test('somebody else saw another key first: this one is refused after all', async () => {
    const server = await serve(good);
    const hostKeys = new HostKeyMemory();
    hostKeys.load = () => Promise.resolve(null);
    hostKeys.keys.set(`cy/inst_a@${instance().createdAt}`, 'ssh-ed25519 SHA256:other');
    expect((await read(server.port, { hostKeys })).reason).toBe('host-key-changed');
  });

  test('neither password nor key, no host at all, a listing that cannot be read', async () => {
    const noPassword = { listing: () => Promise.resolve(new SshAccess('127.0.0.1', 1, 'root', null)) };
    expect((await read(1, noPassword)).reason).toBe('no-credentials');
    expect((await read(1, { listing: () => Promise.resolve(null) })).reason).toBe('no-reading');
    const broken = await read(1, { listing: () => Promise.reject(new Error(CANARY)) });
    expect(broken).toMatchObject({ verdict: 'unknown', reason: 'no-reading' });
    expect(JSON.stringify(broken)).not.toContain(CANARY);
  });

  test('a password that the machine was given anew is found by reading the listing again, once in a while', async () => {
    const server = await serve(good, (context) => context.method === 'password' && context.password === 'new');
    const ages: number[] = [];
    const probe = probeAt(server.port, {
      ...listed(server.port),
      listing: (_instance, maxAgeMs) => {
        ages.push(maxAgeMs);
        return Promise.resolve(new SshAccess('127.0.0.1', server.port, 'root', maxAgeMs > 60_000 ? 'old' : 'new'));
      },
    });
    expect((await probe.read(instance(), forever())).verdict).toBe('idle');
    expect((await probe.read(instance(), forever())).reason).toBe('unauthorised');
    expect(ages.map((age) => age > 60_000)).toEqual([true, false, true]);
  });
});

describe('where a listing may lead', () => {
  test.each([
    ['127.0.0.1', 'an address of this machine'],
    ['169.254.169.254', 'the metadata service'],
    ['::1', 'IPv6'],
    ['localhost', 'a name for it'],
  ])('not to %s: %s', async (host) => {
    const server = await serve(good);
    const reading = await read(server.port, { ...listed(server.port, host), guard: new AddressGuard([]) });
    expect(reading).toMatchObject({ verdict: 'unknown', reason: 'address-refused' });
    expect(server.connections).toBe(0);
  });

  test('the configuration’s own host is trusted, one that a listing has the last word in is not', async () => {
    const server = await serve(good);
    const proof = () => ({ kind: 'password', password: CANARY }) as const;
    const at = (host: string, of: Partial<Instance> = {}) =>
      probeAt(server.port, { host, proof }).read(instance(of), forever());
    expect((await at('127.0.0.1')).verdict).toBe('idle');
    expect((await at('127.0.0.{name}', { name: '1' })).reason).toBe('address-refused');
    expect((await at('{name}', { name: 'localhost' })).reason).toBe('address-refused');
    for (const name of ['a.evil.example', '127.0.0.1', 'a b', '', '-x', '../x', 'a@b']) {
      expect((await at('{name}.localhost', { name })).reason).toBe('no-reading');
    }
    expect(server.connections).toBe(1);
  });
});

describe('machines that are not well', () => {
  test('nobody there', async () => {
    const server = await serve(good);
    await server[Symbol.asyncDispose]();
    expect(await read(server.port)).toMatchObject({
      verdict: 'unknown',
      reason: 'unreachable',
      evidence: 'not reachable: ECONNREFUSED',
    });
  });

  test('accepts and says nothing: its own time limit and no more', async () => {
    const port = await tcp(() => {});
    expect(await read(port, { limits: SHORT })).toMatchObject({
      reason: 'unreachable',
      evidence: 'no login within 0.5 s',
    });
  });

  test('lets in and never answers', async () => {
    const server = await serve(() => {});
    expect(await read(server.port, { limits: { connectMs: 20_000, totalMs: 1_000 } })).toMatchObject({
      reason: 'unreachable',
      evidence: 'no whole answer within 1 s',
    });
  });

  test('does not speak SSH', async () => {
    const port = await tcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await read(port)).verdict).toBe('unknown');
    const noise = await tcp((socket) => socket.write(Buffer.alloc(10_000, 7)));
    expect(await read(noise)).toMatchObject({ verdict: 'unknown', reason: 'bad-answer' });
  });

  test('talks without end: before the login, and on either stream after it', async () => {
    const greeter = await tcp((socket) => {
      const more = (): void => {
        while (socket.write('hello\r\n'.repeat(1_000)));
      };
      socket.on('drain', more);
      more();
    });
    expect((await read(greeter)).verdict).toBe('unknown');

    for (const stream of ['stdout', 'stderr'] as const) {
      const server = await serve((channel) => {
        const to = stream === 'stdout' ? channel : channel.stderr;
        const more = (): void => {
          while (to.write('y\n'.repeat(5_000)));
        };
        to.on('drain', more);
        more();
      });
      expect(await read(server.port)).toMatchObject({
        verdict: 'unknown',
        reason: 'bad-answer',
        evidence: 'the machine sent more than 65536 bytes',
      });
    }
  });

  test('hangs up half-way', async () => {
    const server = await serve((channel, _script, connection) => {
      channel.write('lamplighter ');
      connection.end();
    });
    const reading = await read(server.port);
    expect(reading.verdict).toBe('unknown');
    expect(['bad-answer', 'unreachable']).toContain(reading.reason);
    const rude = await serve((_channel, _script, connection) => connection.end());
    expect((await read(rude.port)).verdict).toBe('unknown');
  });

  test('answers with what is no answer, and none of it is passed on', async () => {
    for (const text of ['\u001b[2Jhello', 'This account is not available.\n', answer(), answer().slice(0, 300)]) {
      const server = await serve(says(() => text));
      const reading = await read(server.port);
      expect(reading).toMatchObject({ verdict: 'unknown', reason: 'bad-answer' });
      expect(JSON.stringify(reading)).not.toMatch(/hello|available|2J/);
    }
  });

  test('a look that is given up leaves no connection', async () => {
    const stop = new AbortController();
    const ended = Promise.withResolvers<void>();
    const server = await serve((_channel, _script, connection) => {
      connection.on('close', () => ended.resolve());
      stop.abort(new Error('given up'));
    });
    const looking = probeAt(server.port, listed(server.port)).read(instance(), stop.signal);
    await expect(looking).rejects.toThrow('given up');
    await ended.promise;
  });
});

describe('the verdict', () => {
  const machine = (said: Parameters<typeof answer>[0]) => serve(says((mark) => answer(said).replaceAll(MARK, mark)));
  const noDisk = (name: 'A' | 'B', up: number) => look(name, up).replace(/^(?:disk|io) .*\n/gm, '');

  test('what cannot be seen hinders, unless it was said to be optional', async () => {
    const server = await machine({ first: noDisk('A', 10), second: noDisk('B', 13) });
    expect(await read(server.port)).toMatchObject({
      verdict: 'unknown',
      reason: 'not-judged',
      evidence: 'disk: disk traffic of the cgroup is not shown here',
    });
    const without = await read(server.port, { optional: ['disk', 'gpu'] });
    expect(without.verdict).toBe('idle');
    // Nor does it hinder whoever judges the parts again, without the people among them.
    expect([part(without, 'disk').verdict, part(without, 'gpu').verdict]).toEqual(['not-applicable', 'idle']);
  });

  test('with neither cards nor CPU nothing is idle, whatever is optional', async () => {
    const bare = (name: 'A' | 'B', up: number) => look(name, up).replace(/^cpu .*\n/gm, '');
    const server = await machine({ gpu: 'smi none', first: bare('A', 10), second: bare('B', 13) });
    expect(await read(server.port, { optional: ['gpu', 'cpu'] })).toMatchObject({
      verdict: 'unknown',
      evidence: 'gpu: there is no nvidia-smi; cpu: CPU time of the cgroup is not shown here',
    });
  });

  test('people alone make it active, and are told from work', async () => {
    const server = await machine({
      tail: `${answer()
        .split('\n')
        .find((line) => line === 'devices 1')}\ntransfer none`,
    });
    expect((await read(server.port)).verdict).toBe('unknown');
    const now = 1_795_000_000;
    const typing = await machine({ tail: `terminals\ninput ${now - 5}`, now });
    expect(await read(typing.port)).toMatchObject({ verdict: 'active', judges: 'people' });
    const copying = await machine({ tail: 'transfer rsync' });
    expect(await read(copying.port)).toMatchObject({
      verdict: 'active',
      judges: 'work',
      evidence: 'transfer: rsync runs',
    });
  });

  test('a machine that has booted since the last look begins its idle clock anew, though its cloud says nothing of it', async () => {
    const up = (boot: string, s: number) => ({ boot, first: look('A', s), second: look('B', s + 3) });
    const seenAt = async (said: ReturnType<typeof up>, previous?: ProbeReading) => {
      const server = await machine(said);
      return await probeAt(server.port, listed(server.port)).read(instance(), forever(), previous);
    };
    const first = await seenAt(up('b1', 1_000));
    const again = await seenAt(up('b1', 1_060), first);
    expect(again).toMatchObject({ verdict: 'idle', lastActiveAt: null });
    const booted = await seenAt(up('b2', 20), again);
    expect(booted).toMatchObject({ verdict: 'idle', lastActiveAt: booted.at - 23_000 });
    expect(booted.evidence).toContain('it was started anew 23 s ago');
    const later = await seenAt(up('b2', 80), booted);
    expect(later.lastActiveAt).toBeNull();
    expect(remember(remember(again, booted), later).lastActiveAt).toBe(booted.lastActiveAt);
  });

  test('input counts as long as there are two rounds', async () => {
    const now = 1_795_000_000;
    const server = await machine({ tail: `terminals\ninput ${now - 500}`, now });
    expect(part(await read(server.port, { everyMs: 60_000 }), 'terminal').verdict).toBe('idle');
    expect(part(await read(server.port, { everyMs: 300_000 }), 'terminal').verdict).toBe('active');
  });

  test('the machine’s clock is not ours, and its times are told by ours', async () => {
    const now = 1_795_000_000;
    const server = await machine({ tail: `keep ${now - 60} 2h wang`, now });
    const before = systemClock.now();
    const { keepAlive } = await read(server.port);
    const after = systemClock.now();
    const left = 2 * 3_600_000 - 60_000;
    expect(keepAlive?.endsAt).toBeGreaterThanOrEqual(before + left);
    expect(keepAlive?.endsAt).toBeLessThanOrEqual(after + left);
  });

  test('after a look that failed, counters are compared with those before it', async () => {
    const server = await machine({
      first: look('A', 1_000, { cpuUs: 60_000_000 }),
      second: look('B', 1_003, { cpuUs: 60_000_000 }),
    });
    const earlier = await machine({ first: look('A', 900), second: look('B', 903) });
    const hostKeys = new HostKeyMemory();
    hostKeys.load = () => Promise.resolve(null);
    hostKeys.remember = (_account, _machine, key) => Promise.resolve(key);
    const probe = (port: number) => probeAt(port, { ...listed(port), hostKeys });
    const first = await probe(earlier.port).read(instance(), forever());
    const failed = await probe(await tcp((socket) => socket.end())).read(instance(), forever(), first);
    expect(failed.verdict).toBe('unknown');
    const last = await probe(server.port).read(instance(), forever(), failed);
    expect(part(last, 'cpu')).toMatchObject({ verdict: 'active', detail: expect.stringContaining('97 s') });
  });
});
