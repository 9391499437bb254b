import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operation } from '../../src/fleet/operation.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { armed, connectLedger, draft, NOON, type OpenLedger, renewal, to, walk } from './support/ledger.ts';

let redis: TestRedis;
let one: OpenLedger;
const DAY = 86_400_000;

beforeAll(async () => {
  redis = await startRedis();
  one = await connectLedger(redis.url);
  await one.ledger.start(NOON);
});
afterAll(async () => {
  await one.close();
  await redis.stop();
});

const ids = (operations: readonly Operation[]) => operations.map(({ id }) => id);

test('lists newest first, by account, instance, policy and state, in pages that join without a gap', async () => {
  const made: Operation[] = [];
  for (let i = 0; i < 450; i++) {
    const operation = await armed(
      one.ledger,
      draft({ account: i % 3 ? 'l1' : 'l2', instanceId: `i${i}`, policy: i % 2 ? 'odd' : 'even', id: `list-${i}` }),
    );
    made.unshift(i % 10 ? operation : await walk(one.ledger, operation, 'cancelled'));
  }
  const collect = async (query: Omit<Parameters<typeof one.ledger.list>[0], 'cursor'>) => {
    const items: Operation[] = [];
    let cursor: string | null = null;
    do {
      const page = await one.ledger.list({ ...query, cursor });
      expect(page.items.length).toBeLessThanOrEqual(query.limit);
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return items;
  };
  expect(await collect({ limit: 70 })).toEqual(made);
  expect(await collect({ limit: 450 })).toEqual(made);
  const cases = [
    [{ account: 'l2' }, (o: Operation) => o.account === 'l2'],
    [{ account: 'l2', policy: 'odd' }, (o: Operation) => o.account === 'l2' && o.policy === 'odd'],
    [{ instance: 'l1/i7' }, (o: Operation) => o.instance === 'l1/i7'],
    [{ states: ['cancelled'] }, (o: Operation) => o.state === 'cancelled'],
    [{ states: ['armed', 'sending'], account: 'l1' }, (o: Operation) => o.state === 'armed' && o.account === 'l1'],
  ] as const;
  for (const [query, wanted] of cases)
    expect(ids(await collect({ ...query, limit: 23 }))).toEqual(ids(made.filter(wanted)));
  expect(ids(await one.ledger.recent('l2', 5))).toEqual(
    ids(made.filter(({ account }) => account === 'l2').slice(0, 5)),
  );
  expect(ids(await one.ledger.lastOf(['l1/i7', 'l1/never', 'l2/i9'], 1))).toEqual(['list-7', 'list-9']);
  expect((await one.ledger.openCounts()).get('armed')).toBe(405);
  for (const operation of made) if (operation.state === 'armed') await walk(one.ledger, operation, 'cancelled');
});

test('tells what is due to be looked at', async () => {
  const operation = await armed(one.ledger, renewal());
  const sent = await one.ledger.transition(
    operation.id,
    to(operation, 'sending', { patch: { nextCheckAt: NOON + 50 } }),
  );
  if (sent.kind !== 'moved') throw new Error(sent.kind);
  expect(ids(await one.ledger.dueChecks(NOON + 49))).toEqual([]);
  expect(ids(await one.ledger.dueChecks(NOON + 50))).toEqual([operation.id]);
  const uncertain = await walk(one.ledger, sent.operation, 'uncertain');
  expect(ids(await one.ledger.dueChecks(NOON + 50))).toEqual([operation.id]);
  const later = await one.ledger.transition(operation.id, to(uncertain, 'escalated', { patch: { nextCheckAt: null } }));
  if (later.kind !== 'moved') throw new Error(later.kind);
  expect(ids(await one.ledger.dueChecks(NOON + DAY))).toEqual([]);
  expect(ids(await one.ledger.unfinished())).toEqual([operation.id]);
  await walk(one.ledger, later.operation, 'confirmed');
  expect(await one.ledger.unfinished()).toEqual([]);
});

test('keeps reversible operations for 30 days, paid ones for 400, and unfinished ones', async () => {
  const stop = await walk(one.ledger, await armed(one.ledger, draft({ account: 't' })), 'cancelled');
  const paid = await walk(one.ledger, await armed(one.ledger, renewal({ account: 't' })), 'cancelled');
  const open = await armed(one.ledger, draft({ account: 't' }));
  const young = await walk(one.ledger, await armed(one.ledger, draft({ account: 't' }), NOON + 10 * DAY), 'cancelled');
  const left = async () => ids(await one.ledger.recent('t', 10));
  await one.ledger.trim(NOON + 30 * DAY);
  expect(await left()).toEqual([young.id, open.id, paid.id, stop.id]);
  await one.ledger.trim(NOON + 30 * DAY + 1);
  expect(await left()).toEqual([young.id, open.id, paid.id]);
  await one.ledger.trim(NOON + 401 * DAY);
  expect(await left()).toEqual([open.id]);
  expect(await one.ledger.get(paid.id)).toBeNull();
  expect(await one.connection.general.zcard('test:ops')).toBe(1);
});
