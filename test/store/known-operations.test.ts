import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operation, OperationPatch, OperationState } from '../../src/fleet/operation.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { armed, connectLedger, draft, NOON, type OpenLedger, temporaryDirectory, to } from './support/ledger.ts';

let redis: TestRedis;
let one: OpenLedger;
let two: OpenLedger;

beforeAll(async () => {
  redis = await startRedis();
  one = await connectLedger(redis.url);
  two = await connectLedger(redis.url);
  await one.ledger.start(NOON);
  await two.ledger.start(NOON);
});

afterAll(async () => {
  await one.close();
  await two.close();
  await redis.stop();
});

async function move(
  { ledger }: OpenLedger,
  at: Operation,
  state: OperationState,
  patch: OperationPatch = {},
): Promise<Operation> {
  const moved = await ledger.transition(at.id, to(at, state, { patch }));
  if (moved.kind !== 'moved') throw new Error(`not moved: ${moved.kind}`);
  return moved.operation;
}

test('what a transition answers from memory is what is stored, whatever it set', async () => {
  let at = await armed(one.ledger, draft({ action: 'start', call: { kind: 'start', stopMode: 'unknown' } }));
  at = await move(one, at, 'sending', { sendingAt: NOON + 1, deadlineAt: NOON + 2, nextCheckAt: NOON + 3 });
  expect(await two.ledger.get(at.id)).toEqual(at);
  const patch = { call: { kind: 'start', stopMode: 'cardless' }, tries: 1, sendingAt: null, deadlineAt: null } as const;
  at = await move(one, at, 'armed', patch);
  expect(await two.ledger.get(at.id)).toEqual(at);
  at = await move(one, at, 'sending', { sendingAt: NOON + 9 });
  at = await move(one, at, 'accepted', {
    orderId: 'o-1',
    effectiveAt: NOON + 20,
    nextCheckAt: null,
  });
  expect(at).toMatchObject({ tries: 1, nextCheckAt: null, version: 5 });
  expect(await two.ledger.get(at.id)).toEqual(at);
  at = await move(one, at, 'verifying', { checks: 3 });
  expect(await two.ledger.get(at.id)).toEqual(at);
  expect(await one.ledger.get(at.id)).toEqual(at);
});

test('what another replica has done since is read', async () => {
  const at = await armed(one.ledger, draft());
  const sending = await move(two, at, 'sending', { sendingAt: NOON });
  expect(await one.ledger.get(at.id)).toEqual(sending);
  expect((await one.ledger.unfinished()).find(({ id }) => id === at.id)).toEqual(sending);
  expect(await one.ledger.transition(at.id, to(at, 'cancelled'))).toEqual({ kind: 'stale', operation: sending });
});

test('of a Redis that comes back with another past nothing is remembered', async () => {
  const copy = join(await temporaryDirectory(), 'files');
  const at = await armed(one.ledger, draft());
  await redis.saveFiles(copy);
  await move(one, at, 'sending', { sendingAt: NOON });
  await redis.kill();
  await redis.restoreFiles(copy);
  await redis.start();
  await one.connection.waitReady(5_000);
  await two.connection.waitReady(5_000);
  // The same version as the one that was lost.
  const cancelled = await move(two, at, 'cancelled');
  expect(await one.ledger.get(at.id)).toEqual(cancelled);
});
