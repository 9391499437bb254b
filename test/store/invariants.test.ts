import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { InvariantBroken } from '../../src/fleet/ledger-error.ts';
import type { OperationDraft } from '../../src/fleet/operation.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { armed, connectLedger, draft, NOON, type OpenLedger, renewal, to, walk } from './support/ledger.ts';
import { openStore } from './support/store.ts';

let redis: TestRedis;
const opened: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function connect(): Promise<OpenLedger & { readonly prefix: string }> {
  const prefix = `test-${randomUUID()}:`;
  const one = await connectLedger(redis.url, { prefix });
  opened.push(one);
  await one.ledger.start(NOON);
  return { ...one, prefix };
}

/** Ids as the daemon makes them: a key of 32 hexadecimal digits and the number of the attempt. */
function attempt(key: string, n: number): Partial<OperationDraft> {
  return { id: `${key}-${n}`, attempt: n, instanceId: 'i' };
}
const newKey = () => randomUUID().replaceAll('-', '');

test('I1: a second attempt is not sent while the first may have been, and paid work is frozen by that', async () => {
  const one = await connect();
  const key = newKey();
  await walk(one.ledger, await armed(one.ledger, renewal(attempt(key, 1))), 'sending', 'uncertain');
  // As a bug elsewhere would have it: the place is free although the first has not ended.
  await one.connection.general.hdel(`${one.prefix}open:hxy`, 'hxy/i');
  await one.connection.general.hdel(`${one.prefix}open-paid:hxy`, 'hxy/i');
  const second = await armed(one.ledger, renewal(attempt(key, 2)));
  await expect(one.ledger.transition(second.id, to(second, 'sending'))).rejects.toThrow(InvariantBroken);
  expect((await one.ledger.get(second.id))?.state).toBe('armed');
  expect(await one.ledger.frozen()).toBe(`invariant: I1: attempt 1 of ${second.id} is uncertain`);
  expect((await one.ledger.arm(renewal(), { now: NOON, caps: [] })).kind).toBe('frozen');
  // Destructive and reversible work is another matter.
  await armed(one.ledger, draft({ action: 'destroy', call: { kind: 'destroy' } }));
  await walk(one.ledger, await armed(one.ledger, draft()), 'sending');
});

test('I1: an attempt after a refusal, a try that was not sent, or what a person approved is in order', async () => {
  const one = await connect();
  const refused = newKey();
  await walk(one.ledger, await armed(one.ledger, renewal(attempt(refused, 1))), 'sending', 'rejected');
  await walk(
    one.ledger,
    await armed(one.ledger, renewal(attempt(refused, 2))),
    'sending',
    'armed',
    'sending',
    'rejected',
  );
  const approved = newKey();
  const first = await armed(one.ledger, renewal(attempt(approved, 1)));
  await walk(one.ledger, first, 'sending', 'uncertain', 'escalated', 'superseded');
  await walk(one.ledger, await armed(one.ledger, renewal(attempt(approved, 2))), 'sending');
  expect(await one.ledger.frozen()).toBeNull();
});

test('I1: what a person closed is not sent again', async () => {
  const one = await connect();
  const key = newKey();
  const first = await armed(one.ledger, renewal(attempt(key, 1)));
  await walk(one.ledger, first, 'sending', 'uncertain', 'escalated', 'cancelled');
  const second = await armed(one.ledger, renewal(attempt(key, 2)));
  await expect(one.ledger.transition(second.id, to(second, 'sending'))).rejects.toThrow('I1');
});

test('I1: an operation of which a request may have left is not sent, whatever its state says', async () => {
  const one = await connect();
  const operation = await armed(one.ledger, renewal(attempt(newKey(), 1)));
  // As a ledger put together by hand, or half a script, would have it.
  await one.connection.general.hset(`${one.prefix}op:${operation.id}`, 'sends', 1);
  await expect(one.ledger.transition(operation.id, to(operation, 'sending'))).rejects.toThrow('may have left before');
  expect(await one.ledger.frozen()).toMatch(/^invariant: I1/);
});

test('I4: what does not hold its machine is not sent', async () => {
  const one = await connect();
  const operation = await armed(one.ledger, renewal({ instanceId: 'i' }));
  await one.connection.general.hset(`${one.prefix}open-paid:hxy`, 'hxy/i', 'another');
  await expect(one.ledger.transition(operation.id, to(operation, 'sending'))).rejects.toThrow(
    'I4: another holds hxy/i',
  );
  expect(await one.ledger.frozen()).toMatch(/^invariant: I4/);
});

test('one order at a time on an account, until it has ended', async () => {
  const one = await connect();
  const order = (slot: string): OperationDraft =>
    renewal({
      instanceId: `slot:${slot}`,
      instance: `hxy/slot:${slot}`,
      action: 'create',
      call: { kind: 'create', order: { gpu: 'a' } },
      policy: null,
    });
  const first = await armed(one.ledger, order('a'));
  expect(await one.ledger.arm(order('b'), { now: NOON, caps: [] })).toEqual({ kind: 'open', operationId: first.id });
  const waiting = await walk(one.ledger, first, 'sending', 'uncertain', 'escalated');
  expect((await one.ledger.arm(order('b'), { now: NOON, caps: [] })).kind).toBe('open');
  await armed(one.ledger, renewal());
  await walk(one.ledger, waiting, 'cancelled');
  await armed(one.ledger, order('b'));
});

test('one destruction at a time on an account, whoever sends them, until it is seen or a person is asked', async () => {
  const one = await connect();
  const destruction = (change: Partial<OperationDraft> = {}) =>
    armed(one.ledger, draft({ action: 'destroy', call: { kind: 'destroy' }, ...change }));
  const all = await Promise.all([destruction(), destruction(), destruction()]);
  const answers = await Promise.all(all.map((each) => one.ledger.transition(each.id, to(each, 'sending'))));
  const sent = answers.flatMap((answer) => (answer.kind === 'moved' ? [answer.operation] : []));
  const [first] = sent;
  if (first === undefined) throw new Error('none was sent');
  expect(sent).toHaveLength(1);
  expect(answers.filter(({ kind }) => kind !== 'moved')).toEqual(
    Array.from({ length: 2 }, () => ({ kind: 'busy', operationId: first.id })),
  );
  // Another account's machines are another matter, and so is everything but a destruction.
  await walk(one.ledger, await destruction({ account: 'other' }), 'sending');
  await walk(one.ledger, await armed(one.ledger, renewal()), 'sending');

  let waiting = all.filter(({ id }) => id !== first.id);
  let before = await walk(one.ledger, first, 'uncertain', 'verifying');
  for (const end of ['escalated', 'confirmed'] as const) {
    const [next] = waiting;
    if (next === undefined) throw new Error('none is left');
    expect((await one.ledger.transition(next.id, to(next, 'sending'))).kind).toBe('busy');
    await walk(one.ledger, before, end);
    before = await walk(one.ledger, next, 'sending', 'accepted');
    waiting = waiting.filter(({ id }) => id !== next.id);
  }
  await walk(one.ledger, before, 'rejected');
  // Of one that did not leave the place is free again, and another's end does not free it.
  const back = await walk(one.ledger, await destruction(), 'sending', 'armed', 'sending');
  await walk(one.ledger, await destruction(), 'cancelled');
  const last = await destruction();
  expect((await one.ledger.transition(last.id, to(last, 'sending'))).kind).toBe('busy');
  await walk(one.ledger, back, 'armed');
  await walk(one.ledger, last, 'sending');
});

test('a freeze of reversible work holds one account back, and ends with reconciling', async () => {
  const one = await connect();
  const early = await armed(one.ledger, draft());
  await one.ledger.freezeClass('reversible', 'hxy', 'invariant', 'I8: no proof', NOON);
  const freeze = { reason: 'invariant', detail: 'I8: no proof', at: NOON };
  expect(await one.ledger.transition(early.id, to(early, 'sending'))).toEqual({ kind: 'frozen', freeze });
  expect(await one.ledger.arm(draft(), { now: NOON, caps: [] })).toEqual({ kind: 'frozen', freeze });
  await armed(one.ledger, renewal());
  await walk(one.ledger, await armed(one.ledger, draft({ account: 'other' })), 'sending');
  expect(await one.ledger.standingFreezes()).toEqual([{ class: 'reversible', account: 'hxy', ...freeze }]);
  expect(await one.ledger.frozen()).toBeNull();
  await one.ledger.reconcile('person li', NOON);
  expect(await one.ledger.standingFreezes()).toEqual([]);
  await armed(one.ledger, draft());
});

test('settle times follow the slowest that was seen, only grow, and are there after a restart', async () => {
  const prefix = `test-${randomUUID()}:`;
  const one = await openStore(redis.url, { prefix });
  opened.push(one);
  expect(await one.settleTimes('hxy')).toEqual(new Map());
  await one.learnSettle('hxy', 'renew', 40_000);
  expect(await one.settleTimes('hxy')).toEqual(new Map([['renew', 120_000]]));
  await one.learnSettle('hxy', 'renew', 20 * 60_000);
  await one.learnSettle('hxy', 'destroy', 1_000);
  for (let i = 0; i < 250; i += 1) await one.learnSettle('hxy', 'renew', 1_000);
  const two = await openStore(redis.url, { prefix });
  opened.push(two);
  expect(await two.settleTimes('hxy')).toEqual(
    new Map([
      ['renew', 60 * 60_000],
      ['destroy', 3_000],
    ]),
  );
  // A day of silence is no settle time: a person knows more after two hours.
  await two.learnSettle('hxy', 'destroy', 86_400_000);
  expect((await two.settleTimes('hxy')).get('destroy')).toBe(2 * 3_600_000);
});
