import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Store } from '../../src/store/store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { armed, draft, NOON, renewal, temporaryDirectory } from './support/ledger.ts';
import { openStore } from './support/store.ts';

let redis: TestRedis;
let prefix = '';
let count = 0;
const opened: Store[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => {
  count += 1;
  prefix = `t${count}:`;
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});
afterAll(() => redis.stop());

async function daemon(stateDir: string): Promise<Store> {
  const store = await openStore(redis.url, { prefix, stateDir });
  opened.push(store);
  return store;
}

/** What a command opens. */
async function guest(stateDir: string): Promise<Store> {
  const store = new Store({
    url: redis.url,
    prefix,
    stateDir,
    clock: () => NOON,
    random: () => 0.5,
    newId: () => 'epoch-of-a-guest',
  });
  opened.push(store);
  await store.connect({ waitMs: 5_000 });
  return store;
}

/** A directory whose watermark file is of another ledger. */
async function foreignDirectory(): Promise<string> {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'ledger-watermark.json'), '{"epoch":"another","seq":7000}\n');
  return dir;
}

test('a command never freezes, whatever watermark file lies where it was started', async () => {
  const one = await daemon(await temporaryDirectory());
  const dir = await foreignDirectory();
  const visitor = await guest(dir);
  expect(await visitor.ledger.list({ limit: 5 })).toEqual({ items: [], next: null });
  // What it decides counts in the ledger that is there, paid work too.
  await armed(visitor.ledger, renewal());
  await armed(visitor.ledger, draft());
  await visitor.close();
  expect(await one.ledger.frozen()).toBeNull();
  await armed(one.ledger, renewal());
  expect(await readFile(join(dir, 'ledger-watermark.json'), 'utf8')).toBe('{"epoch":"another","seq":7000}\n');
});

test('a command writes no watermark file and makes no ledger', async () => {
  const dir = await temporaryDirectory();
  const visitor = await guest(dir);
  expect((await visitor.ledger.arm(renewal(), { now: NOON, caps: [] })).kind).toBe('frozen');
  expect(await visitor.ledger.frozen()).toBeNull();
  await visitor.close();
  expect(await readdir(dir)).toEqual([]);
  const one = await daemon(await temporaryDirectory());
  expect(await one.ledger.frozen()).toBeNull();
});

test('a command knows whether Redis is fit for paid work', async () => {
  const visitor = await guest(await temporaryDirectory());
  expect(visitor.paidWorkOff()).toBeNull();
});

test('a reconciling from anywhere is followed by the daemon that froze, which remembers another ledger', async () => {
  const one = await daemon(await foreignDirectory());
  expect(await one.ledger.frozen()).toBe('amnesia');
  const visitor = await guest(await temporaryDirectory());
  await visitor.ledger.reconcile('person wang', NOON);
  await armed(one.ledger, renewal());
  expect(await one.ledger.frozen()).toBeNull();
});

test('a command goes on in the ledger that another one has reconciled meanwhile', async () => {
  const one = await daemon(await temporaryDirectory());
  const visitor = await guest(await temporaryDirectory());
  await one.ledger.freeze('paid', 'amnesia', NOON);
  expect((await visitor.ledger.arm(renewal(), { now: NOON, caps: [] })).kind).toBe('frozen');
  await one.ledger.reconcile('person wang', NOON);
  await armed(visitor.ledger, renewal());
});
