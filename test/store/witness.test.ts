import { afterEach, beforeEach, expect, test } from 'vitest';
import { Store } from '../../src/store/store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { armed, NOON, renewal, temporaryDirectory, walk } from './support/ledger.ts';

const MINUTE = 60_000;
const RESTART = /Redis was started anew/;

let redis: TestRedis;
let now = NOON;
let ids = 0;
const opened: Store[] = [];

beforeEach(async () => {
  redis = await startRedis();
  now = NOON;
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await redis.stop();
});

async function daemon(stateDir: string): Promise<Store> {
  ids += 1;
  const from = ids;
  let made = 0;
  const newId = () => {
    made += 1;
    return `id-${from}-${made}`;
  };
  const store = new Store({ url: redis.url, stateDir, clock: () => now, random: () => 0.5, newId });
  opened.push(store);
  await store.start({ waitMs: 5_000 });
  return store;
}

async function die(store: Store): Promise<void> {
  opened.splice(opened.indexOf(store), 1);
  await store.close();
}

/** The first daemon on a new Redis, which has paid for something. */
async function begun(stateDir: string): Promise<Store> {
  const store = await daemon(stateDir);
  await pay(store, `first-${ids}`);
  return store;
}

async function pay(store: Store, id: string): Promise<void> {
  await walk(store.ledger, await armed(store.ledger, renewal({ id, instanceId: id })), 'sending');
}

/** Redis stops and comes back, with the files of `copy` where there is one; whoever is connected has looked again. */
async function restart(copy?: string): Promise<void> {
  const away = opened.map((store) => expect.poll(() => store.state.kind).toBe('down'));
  await redis.kill();
  await Promise.all(away);
  if (copy !== undefined) await redis.restoreFiles(copy);
  await redis.start();
  for (const store of opened) await expect.poll(() => store.checks, { timeout: 10_000 }).not.toBeNull();
}

test('a daemon that is alone goes on at once when Redis was started anew', async () => {
  const store = await begun(await temporaryDirectory());
  expect(store.paidWorkOff()).toBeNull();
  now += MINUTE;
  await restart();
  expect(store.paidWorkOff()).toBeNull();
  expect(store.paidWorkOffBy()).toBeNull();
});

test('so does one that was itself started anew, for minutes', async () => {
  const dir = await temporaryDirectory();
  await die(await begun(dir));
  now += 4 * MINUTE;
  await restart();
  expect((await daemon(dir)).paidWorkOff()).toBeNull();
});

test('after a longer time another one may have come and gone', async () => {
  const dir = await temporaryDirectory();
  await die(await begun(dir));
  now += 6 * MINUTE;
  await restart();
  const store = await daemon(dir);
  expect(store.paidWorkOff()).toMatch(RESTART);
  expect(store.paidWorkOffBy()).toBe('settling');
  now += 15 * MINUTE;
  expect(store.paidWorkOff()).toMatch(RESTART);
  now += 2 * MINUTE;
  expect(store.paidWorkOff()).toBeNull();
});

test('with a second state directory nobody can vouch: it is held for all, and later ones too', async () => {
  const one = await begun(await temporaryDirectory());
  const two = await daemon(await temporaryDirectory());
  now += 10 * MINUTE;
  await one.look();
  await two.look();
  expect(two.paidWorkOff()).toBeNull();
  await restart();
  expect(one.paidWorkOff()).toMatch(RESTART);
  expect(two.paidWorkOff()).toMatch(RESTART);
  const three = await daemon(await temporaryDirectory());
  expect(three.paidWorkOff()).toMatch(RESTART);
  now += 17 * MINUTE;
  for (const store of [one, two, three]) {
    await store.look();
    expect(store.paidWorkOff()).toBeNull();
  }
});

test('what only a dead one knew, and Redis forgot, is waited for', async () => {
  const one = await begun(await temporaryDirectory());
  const two = await daemon(await temporaryDirectory());
  now += 7 * MINUTE;
  await one.look();
  await two.look();
  const copy = await temporaryDirectory();
  await redis.saveFiles(copy);
  await pay(two, 'forgotten');
  await die(two);
  await restart(copy);
  expect(await one.ledger.get('forgotten')).toBeNull();
  expect(one.paidWorkOff()).toMatch(RESTART);
});

test('even where Redis forgot that there was another: it was seen before it could pay', async () => {
  const one = await begun(await temporaryDirectory());
  const copy = await temporaryDirectory();
  await redis.saveFiles(copy);
  const two = await daemon(await temporaryDirectory());
  expect(two.paidWorkOff()).toMatch(/this state directory is new/);
  for (let minute = 0; minute < 7; minute += 1) {
    now += MINUTE;
    await one.look();
    await two.look();
  }
  expect(two.paidWorkOff()).toBeNull();
  await pay(two, 'forgotten');
  await die(two);
  await restart(copy);
  expect(one.paidWorkOff()).toMatch(RESTART);
});

test('what was looked at before an outage counts no more, and an outage is counted', async () => {
  const store = await begun(await temporaryDirectory());
  const before = store.outages();
  await redis.kill();
  await expect.poll(() => store.state.kind).toBe('down');
  expect(store.outages()).toBe(before + 1);
  expect(store.paidWorkOff()).toMatch(/not been looked at/);
  await redis.start();
  await expect.poll(() => store.paidWorkOff(), { timeout: 10_000 }).toBeNull();
});

test('a command sees what is held, and counts for nobody', async () => {
  const dir = await temporaryDirectory();
  const one = await begun(dir);
  await daemon(await temporaryDirectory());
  now += 10 * MINUTE;
  await one.look();
  await restart();
  const command = new Store({ url: redis.url, stateDir: dir, clock: () => now, random: () => 0.5, newId: () => 'c' });
  opened.push(command);
  await command.connect({ waitMs: 5_000 });
  expect(command.paidWorkOff()).toMatch(RESTART);
});

test('how long is held follows the slowest cloud', async () => {
  const one = await begun(await temporaryDirectory());
  await one.learnSettle('hxy', 'renew', 20 * MINUTE);
  await daemon(await temporaryDirectory());
  now += 10 * MINUTE;
  await one.look();
  await restart();
  now += 59 * MINUTE;
  expect(one.paidWorkOff()).toMatch(RESTART);
  now += 2 * MINUTE;
  expect(one.paidWorkOff()).toBeNull();
});
