import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LedgerUnclear, StoreDown } from '../../src/store/store-error.ts';
import { WatermarkFile } from '../../src/store/watermark.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { cutProxy } from './support/cut-proxy.ts';
import {
  armed,
  connectLedger,
  draft,
  NOON,
  type OpenLedger,
  renewal,
  temporaryDirectory,
  to,
  walk,
} from './support/ledger.ts';
import { openStore } from './support/store.ts';

let redis: TestRedis;
const opened: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await redis.stop();
});

async function connect(options: { stateDir?: string; url?: string } = {}): Promise<OpenLedger> {
  const one = await connectLedger(options.url ?? redis.url, options);
  opened.push(one);
  return one;
}

const FROZEN = { kind: 'frozen', freeze: { reason: 'amnesia', detail: '', at: NOON } };

describe('Redis killed and started again', () => {
  test('nothing that was acknowledged is lost, and the scripts are there again', async () => {
    const one = await connect();
    await one.ledger.start(NOON);
    const operation = await walk(one.ledger, await armed(one.ledger, renewal()), 'sending');
    await redis.kill();
    await redis.start();
    await one.connection.waitReady(5_000);
    expect(await one.ledger.lookAgain(NOON)).toBe('continued');
    expect(await one.ledger.get(operation.id)).toEqual(operation);
    await walk(one.ledger, operation, 'uncertain', 'verifying', 'confirmed');
  });

  test('scripts that were flushed are brought again', async () => {
    const one = await connect();
    await one.ledger.start(NOON);
    await one.connection.general.script('FLUSH');
    const operation = await armed(one.ledger, draft());
    await one.connection.general.script('FLUSH');
    await walk(one.ledger, operation, 'sending');
  });
});

describe('a ledger that is older than it was', () => {
  /** A renewal is sent, then the host loses what was written since the copy. */
  async function forgetRenewal(one: OpenLedger): Promise<void> {
    const copy = await temporaryDirectory();
    await redis.saveFiles(copy);
    await walk(one.ledger, await armed(one.ledger, renewal({ id: 'r', instanceId: 'i' })), 'sending');
    await redis.kill();
    await redis.restoreFiles(copy);
    await redis.start();
  }

  test('is noticed by the daemon that goes on: the same renewal is not armed again', async () => {
    const one = await connect();
    await one.ledger.start(NOON);
    await forgetRenewal(one);
    await one.connection.waitReady(5_000);
    expect(await one.ledger.get('r')).toBeNull();
    expect(await one.ledger.arm(renewal({ id: 'r', instanceId: 'i' }), { now: NOON, caps: [] })).toEqual(FROZEN);
    expect(
      (await one.ledger.arm(draft({ action: 'destroy', call: { kind: 'destroy' } }), { now: NOON, caps: [] })).kind,
    ).toBe('frozen');
    expect(await one.ledger.frozen()).toBe('amnesia');
    expect((await one.ledger.arm(draft(), { now: NOON, caps: [] })).kind).toBe('armed');
  });

  test('is noticed by the daemon that starts afterwards, and freezes everybody until a person reconciles', async () => {
    const stateDir = await temporaryDirectory();
    const one = await connect({ stateDir });
    await one.ledger.start(NOON);
    await forgetRenewal(one);
    await one.close();

    const again = await connect({ stateDir });
    expect(await again.ledger.start(NOON)).toBe('amnesia');
    expect(await again.ledger.arm(renewal(), { now: NOON, caps: [] })).toEqual(FROZEN);
    const stranger = await connect();
    expect(await stranger.ledger.start(NOON)).toBe('adopted');
    expect(await stranger.ledger.arm(renewal(), { now: NOON, caps: [] })).toEqual(FROZEN);

    await stranger.ledger.reconcile('person wang', NOON);
    expect(await stranger.ledger.frozen()).toBeNull();
    await armed(stranger.ledger, renewal());
    // The one that was running follows the new epoch by itself, and so does one that starts.
    await armed(again.ledger, renewal());
    const third = await connect({ stateDir });
    expect(await third.ledger.start(NOON)).toBe('continued');
    await armed(third.ledger, renewal());
  });

  test('is noticed although others have moved it on past our mark: the sending that we remember is not in it', async () => {
    const stateDir = await temporaryDirectory();
    const one = await connect({ stateDir });
    await one.ledger.start(NOON);
    await forgetRenewal(one);
    await one.close();
    const stranger = await connect();
    await stranger.ledger.start(NOON);
    for (let i = 0; i < 5; i += 1) await armed(stranger.ledger, draft());

    const again = await connect({ stateDir });
    expect(await again.ledger.start(NOON)).toBe('amnesia');
    expect(await stranger.ledger.arm(renewal(), { now: NOON, caps: [] })).toEqual(FROZEN);
    await stranger.ledger.reconcile('person wang', NOON);
    await armed(again.ledger, renewal());
  });

  test('is noticed by reversible work too, which goes on while what costs is frozen', async () => {
    const one = await connect();
    await one.ledger.start(NOON);
    await forgetRenewal(one);
    await one.connection.waitReady(5_000);
    await armed(one.ledger, draft());
    expect(await one.ledger.frozen()).toBe('amnesia');
    await armed(one.ledger, draft());
  });

  test('an operation armed before it froze is not sent', async () => {
    const one = await connect();
    await one.ledger.start(NOON);
    const early = await armed(one.ledger, renewal());
    await forgetRenewal(one);
    await one.connection.waitReady(5_000);
    expect(await one.ledger.transition(early.id, to(early, 'sending'))).toEqual(FROZEN);
    expect(await one.ledger.get(early.id)).toEqual(early);
  });

  test('an emptied Redis is no first start for those who remember', async () => {
    const stateDir = await temporaryDirectory();
    const one = await connect({ stateDir });
    await one.ledger.start(NOON);
    await walk(one.ledger, await armed(one.ledger, renewal()), 'sending');
    await one.connection.general.flushall();
    expect(await one.ledger.arm(renewal(), { now: NOON, caps: [] })).toEqual(FROZEN);

    const again = await connect({ stateDir });
    expect(await again.ledger.start(NOON)).toBe('amnesia');
    await again.ledger.reconcile('person wang', NOON);
    await armed(again.ledger, renewal());
    await armed(one.ledger, renewal());
  });

  test('a Redis that belongs to another ledger is not taken for ours', async () => {
    const elsewhere = await startRedis();
    const other = await connect({ url: elsewhere.url });
    await other.ledger.start(NOON);
    for (let i = 0; i < 5; i++) await armed(other.ledger, draft());
    const stateDir = await temporaryDirectory();
    const one = await connect({ stateDir });
    await one.ledger.start(NOON);
    const moved = await connect({ stateDir, url: elsewhere.url });
    expect(await moved.ledger.start(NOON)).toBe('amnesia');
    await elsewhere.stop();
  });
});

describe('freezing by hand or by an invariant', () => {
  test('one class, the first reason stays, reversible work goes on', async () => {
    const one = await connect();
    await one.ledger.start(NOON);
    await one.ledger.freeze('paid', 'excess', NOON, 'double renewal');
    await one.ledger.freeze('paid', 'amnesia', NOON + 1);
    expect(await one.ledger.freezes()).toEqual({
      paid: { reason: 'excess', detail: 'double renewal', at: NOON },
      destructive: null,
    });
    expect(await one.ledger.frozen()).toBe('excess: double renewal');
    expect((await one.ledger.arm(renewal(), { now: NOON, caps: [] })).kind).toBe('frozen');
    await armed(one.ledger, draft({ action: 'destroy', call: { kind: 'destroy' } }));
    await armed(one.ledger, draft());
  });

  test('what was armed before is not sent', async () => {
    const one = await connect();
    await one.ledger.start(NOON);
    const operation = await armed(one.ledger, renewal());
    await one.ledger.freeze('paid', 'excess', NOON, 'double renewal');
    const answer = await one.ledger.transition(operation.id, to(operation, 'sending'));
    expect(answer).toEqual({ kind: 'frozen', freeze: { reason: 'excess', detail: 'double renewal', at: NOON } });
    await walk(one.ledger, operation, 'cancelled');
  });
});

describe('the watermark', () => {
  test('of a paid sending is on disk when the sending is answered', async () => {
    const one = await connect();
    await one.ledger.start(NOON);
    const operation = await walk(one.ledger, await armed(one.ledger, renewal()), 'sending');
    const seq = operation.transitions.at(-1)?.seq;
    const mark: unknown = JSON.parse(await readFile(join(one.stateDir, 'ledger-watermark.json'), 'utf8'));
    expect(mark).toEqual({ epoch: one.epoch.epoch, seq, sent: { id: operation.id, version: 2, at: NOON } });
  });

  test('never goes back within an epoch, however its writes are interleaved', async () => {
    const file = new WatermarkFile(await temporaryDirectory());
    await Promise.all([5, 9, 3, 8].map((seq) => file.save({ epoch: 'e', seq })));
    expect(await new WatermarkFile(join(file.path, '..')).load()).toEqual({ epoch: 'e', seq: 9 });
  });

  test('of another process in the same directory is not put back', async () => {
    const stateDir = await temporaryDirectory();
    const [daemon, command] = [new WatermarkFile(stateDir), new WatermarkFile(stateDir)];
    await daemon.save({ epoch: 'e', seq: 5 });
    await command.save({ epoch: 'e', seq: 9 });
    await daemon.save({ epoch: 'e', seq: 7 });
    expect(await new WatermarkFile(stateDir).load()).toEqual({ epoch: 'e', seq: 9 });
  });

  test('that cannot be read stops the start with a sentence', async () => {
    const one = await connect();
    await writeFile(join(one.stateDir, 'ledger-watermark.json'), '{"epoch":');
    await expect(one.ledger.start(NOON)).rejects.toThrow(/not a watermark of the ledger/);
  });
});

describe('answers that were lost', () => {
  /** Redis knows the scripts, so that what is lost below is the answer of the script itself. */
  async function warm(): Promise<OpenLedger> {
    const direct = await connect();
    await direct.ledger.start(NOON);
    await walk(direct.ledger, await armed(direct.ledger, draft()), 'cancelled');
    return direct;
  }

  test('are not asked for again by themselves; the transaction id tells what became of it, once', async () => {
    const direct = await warm();
    const proxy = await cutProxy(redis.port);
    const cut = await connect({ url: proxy.url });
    await cut.ledger.start(NOON);
    const operation = await armed(direct.ledger, renewal());
    const request = to(operation, 'sending');

    proxy.loseAnswers();
    await expect(cut.ledger.transition(operation.id, request)).rejects.toThrow(LedgerUnclear);
    const seq = Number(await direct.connection.general.get('test:ledger:seq'));
    expect((await direct.ledger.get(operation.id))?.state).toBe('sending');
    const told = await direct.ledger.transition(operation.id, request);
    expect(told).toMatchObject({ kind: 'moved', replayed: true, operation: { state: 'sending', version: 2 } });
    expect(Number(await direct.connection.general.get('test:ledger:seq'))).toBe(seq);

    await expect(cut.ledger.arm(draft(), { now: NOON, caps: [] })).rejects.toThrow(StoreDown);
    proxy.heal();
    await cut.connection.waitReady(5_000);
    if (told.kind === 'moved') await walk(cut.ledger, told.operation, 'armed', 'cancelled');
    await proxy.close();
  });

  test('no command is ever sent a second time by the client itself', async () => {
    const direct = await connect();
    const proxy = await cutProxy(redis.port);
    const cut = await connect({ url: proxy.url });
    proxy.loseAnswers();
    const both = Promise.allSettled([cut.connection.ledger.incr('l'), cut.connection.general.incr('g')]);
    await expect.poll(() => direct.connection.general.mget('l', 'g')).toEqual(['1', '1']);
    proxy.heal();
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await cut.connection.waitReady(5_000);
    expect(await direct.connection.general.mget('l', 'g')).toEqual(['1', '1']);
    await proxy.close();
  });

  test('an arming that was lost is a duplicate when it is asked for again', async () => {
    const direct = await warm();
    const proxy = await cutProxy(redis.port);
    const cut = await connect({ url: proxy.url });
    await cut.ledger.start(NOON);
    const what = draft();
    proxy.loseAnswers();
    await expect(cut.ledger.arm(what, { now: NOON, caps: [] })).rejects.toThrow(LedgerUnclear);
    expect((await direct.ledger.arm(what, { now: NOON, caps: [] })).kind).toBe('duplicate');
    await proxy.close();
  });
});

describe('how Redis is set up', () => {
  const checks = async () => {
    const store = await openStore(redis.url);
    opened.push(store);
    return store;
  };

  test('as it should be, paid work may go on', async () => {
    const store = await checks();
    expect(store.checks).toMatchObject({ paidWork: 'ok', problems: [] });
    expect(store.paidWorkOff()).toBeNull();
  });

  test('each thing that is short is named', async () => {
    await redis.stop();
    redis = await startRedis({ appendonly: 'no', appendfsync: 'everysec', maxmemoryPolicy: 'allkeys-lru' });
    const store = await checks();
    expect(store.checks?.paidWork).toBe('short');
    for (const name of ['appendonly no', 'appendfsync everysec', 'maxmemory-policy allkeys-lru']) {
      expect(store.paidWorkOff()).toContain(name);
    }
  });

  test('a Redis that does not tell is short', async () => {
    await redis.stop();
    redis = await startRedis({ extra: ['--rename-command', 'CONFIG', ''] });
    expect((await checks()).paidWorkOff()).toMatch(/does not tell its appendonly/);
  });

  test('it is asked again after every reconnect', async () => {
    const store = await checks();
    const admin = await connect();
    expect(store.paidWorkOff()).toBeNull();
    await admin.connection.general.config('SET', 'appendfsync', 'everysec');
    await admin.connection.general.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await expect.poll(() => store.paidWorkOff()).toContain('appendfsync everysec');
  });
});

describe('a Redis that is not there', () => {
  test('starting says so in time, and closing does not hang', async () => {
    await redis.kill();
    const began = performance.now();
    await expect(openStore(redis.url, { waitMs: 300 })).rejects.toThrow(StoreDown);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test('a database that Redis has not got is none, and not the first one, which may be another team’s', async () => {
    const refused = await openStore(redis.url.replace('/0', '/99'), { waitMs: 500 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreDown);
    expect(refused).toHaveProperty('cause.message', 'ERR DB index is out of range');
    const store = await openStore(redis.url.replace('/0', '/15'));
    expect(store.state.kind).toBe('ready');
    await store.close();
  });

  test('closing with Redis gone ends at once', async () => {
    const store = await openStore(redis.url);
    await redis.kill();
    const began = performance.now();
    await store.close(500);
    await store.close(500);
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  test('a full Redis refuses, and nothing is half written', async () => {
    const one = await connect();
    await one.ledger.start(NOON);
    const operation = await armed(one.ledger, draft());
    await one.connection.general.config('SET', 'maxmemory', '1');
    await expect(one.ledger.transition(operation.id, to(operation, 'sending'))).rejects.toThrow(StoreDown);
    await expect(one.ledger.arm(draft(), { now: NOON, caps: [] })).rejects.toThrow(StoreDown);
    await one.connection.general.config('SET', 'maxmemory', '0');
    expect(await one.ledger.get(operation.id)).toEqual(operation);
    await walk(one.ledger, operation, 'sending');
  });
});

test('no secret that hangs on a draft, an observation or a transition reaches Redis', async () => {
  const one = await connect();
  await one.ledger.start(NOON);
  const canary = 'canary-secret-7f3a';
  const leak = { password: canary, token: canary, ssh_info: { password: canary } };
  const base = draft({
    obligations: [{ policy: 'p', instance: 'hxy/x', incarnation: 'x', dueAt: NOON, lapsesAt: null, ...leak }],
  });
  const call = { kind: 'stop' as const, ...leak };
  const operation = await armed(one.ledger, { ...base, ...leak, call, observed: { ...base.observed, ...leak } });
  const patch = { nextCheckAt: NOON, orderId: 'o', ...leak };
  const sent = await one.ledger.transition(operation.id, { ...to(operation, 'sending', { patch }), ...leak });
  if (sent.kind !== 'moved') throw new Error(sent.kind);
  await walk(one.ledger, sent.operation, 'accepted', 'confirmed');
  const files = await redisText(one);
  expect(files).toContain(operation.id);
  expect(files).not.toContain(canary);
});

/** Everything that is stored, as one text. */
async function redisText(one: OpenLedger): Promise<string> {
  const { general } = one.connection;
  const parts: string[] = [];
  for (const key of await general.keys('*')) {
    const type = await general.type(key);
    const value =
      type === 'hash'
        ? await general.hgetall(key)
        : type === 'zset'
          ? await general.zrange(key, 0, '-1')
          : type === 'stream'
            ? await general.xrange(key, '-', '+')
            : type === 'list'
              ? await general.lrange(key, 0, -1)
              : await general.get(key);
    parts.push(key, JSON.stringify(value));
  }
  return parts.join('\n');
}
