import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { DAY, HOUR, MINUTE, NOON } from '../support/clock.ts';
import { account, daily, idle } from '../support/cloud.ts';

const KEEP_PAID = `
policies:
  - name: keep-paid
    match: { name: "prod-*", billing: [daily, monthly] }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`;
const beds = useBeds();

test('a machine is renewed once before it expires, by exactly one day, and again a day later', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [daily('d', 14), idle('hourly', { name: 'prod-hourly' })])],
    policies: { 'renew.yaml': KEEP_PAID },
  });
  const expiresAt = NOON + 14 * HOUR;
  await bed.roll(HOUR, 1);
  expect(await bed.operations()).toEqual([]);
  await bed.roll(HOUR, 1);
  const done = await bed.operationInTime('hxy/d', 'confirmed');
  expect(done).toMatchObject({ action: 'renew', reason: 'seen', occurrence: 'expiresWithin=2025-12-01T18:00:00Z' });
  expect(done.transitions.map(({ to }) => to)).toEqual(['armed', 'sending', 'accepted', 'confirmed']);
  expect(bed.sim.account('hxy').instance('d').expiresAt).toBe(expiresAt + DAY);
  await bed.roll(HOUR, 20);
  expect(bed.sim.account('hxy').commits).toHaveLength(1);

  await bed.roll(HOUR, 4);
  await bed.rollUntil('the second day is bought and seen', MINUTE, async () => {
    const states = (await bed.operations()).map(({ state }) => state);
    return states.length === 2 && states.every((state) => state === 'confirmed');
  });
  expect(bed.sim.account('hxy').commits.map(({ kind, expiresAtAfter }) => ({ kind, expiresAtAfter }))).toEqual([
    { kind: 'renew', expiresAtAfter: expiresAt + DAY },
    { kind: 'renew', expiresAtAfter: expiresAt + 2 * DAY },
  ]);
});

test('a month is renewed by a month', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [daily('m', 6, { billing: 'monthly' })])],
    policies: { 'renew.yaml': KEEP_PAID },
  });
  await bed.round();
  await bed.operationInTime('hxy/m', 'confirmed');
  expect(bed.sim.account('hxy').commits).toMatchObject([{ kind: 'renew', expiresAtAfter: NOON + 6 * HOUR + 30 * DAY }]);
});

test('past its expiry nothing is renewed, and people are told', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [daily('late', 1)])],
    policies: { 'renew.yaml': KEEP_PAID },
    accountConfig: { hxy: { spendLimit: { callsPerDay: 1 } } },
  });
  await bed.control('/api/v1/pause', { by: 'zhao', reason: 'month end' });
  await bed.round();
  expect(await bed.list('plan')).toMatchObject([{ instance: 'hxy/late', reason: 'paused' }]);
  bed.clock.pass(2 * HOUR);
  await bed.control('/api/v1/resume', { by: 'zhao' });
  await bed.roll(MINUTE, 3);
  const told = await bed.until('it is told', () => bed.receiver.told('expiry.soon')[0]);
  expect(told).toMatchObject({ severity: 'critical', instance: { id: 'late' }, policy: 'keep-paid', action: 'renew' });
  expect(told.text).toContain('expired at 2025-12-01T13:00:00+08:00: nothing is renewed after that');
  expect(bed.receiver.told('expiry.soon')).toHaveLength(1);
  expect(bed.sim.account('hxy').commits).toEqual([]);
  expect(await bed.operations()).toEqual([]);
});

test('what the day may cost is not exceeded, and the refusal says so everywhere', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [daily('one', 3), daily('two', 4), daily('three', 5)])],
    policies: { 'renew.yaml': KEEP_PAID },
    accountConfig: { hxy: { spendLimit: { callsPerDay: 2 } } },
  });
  await bed.round();
  await bed.rollUntil('two are renewed', MINUTE, () => bed.sim.account('hxy').commits.length === 2);
  await bed.roll(MINUTE, 5);
  expect(bed.sim.account('hxy').commits).toHaveLength(2);
  const [row] = await bed.list('plan');
  expect(row).toMatchObject({ action: 'renew', policy: 'keep-paid', reason: 'spend-limit' });
  expect(await bed.metric('decisions_total', { policy: 'keep-paid', reason: 'spend-limit' })).toBeGreaterThan(0);
  const told = await bed.until('people are told', () => bed.receiver.told('expiry.soon')[0]);
  expect(told).toMatchObject({ severity: 'critical', reason: 'spend-limit', account: 'hxy', action: 'renew' });
  expect(bed.receiver.told('expiry.soon')).toHaveLength(1);
  expect(await bed.metric('paid_calls_today', { account: 'hxy' })).toBe(2);
  expect(await bed.metric('paid_calls_limit', { account: 'hxy' })).toBe(2);
  expect(bed.sim.account('hxy').instances.filter(({ expiresAt }) => (expiresAt ?? 0) > NOON + DAY)).toHaveLength(2);
});

test('one account of a cloud under two names pays once, and so does one that gets another name while a payment is unclear', async () => {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 6), daily('e', 7)])],
    policies: { 'renew.yaml': KEEP_PAID },
  });
  const own = {
    provider: 'huixingyun',
    baseUrl: bed.sim.origin,
    tokenFile: 'secrets/hxy',
    requestsPerSecond: 100,
    spendLimit: { callsPerDay: 10 },
  };
  await bed.writeConfig({ accounts: { one: own, two: own } });
  // One of them gets an answer that says nothing.
  const lost = bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'renew', times: 1, effect: 'never' });
  await bed.start();
  await bed.round();
  await bed.rollUntil('the other is renewed', MINUTE, async () =>
    (await bed.operations()).some(({ state }) => state === 'confirmed'),
  );
  expect(lost.hits).toBe(1);
  await bed.writeConfig({ accounts: { three: own } });
  await bed.control('/-/reload');
  await bed.roll(MINUTE, 5);
  const asked = bed.sim.calls.filter(({ operation }) => operation === 'renew').flatMap(({ ids }) => ids);
  expect(asked.toSorted()).toEqual(['d', 'e']);
  expect(await bed.operations()).toHaveLength(2);
  // What is not done under the other name is seen there, once.
  const { items } = await (await bed.store()).auditLog.list({ limit: 1_000, kinds: ['decision'] });
  const elsewhere = items.filter(({ text }) => text.includes('stand in the configuration twice?'));
  expect(elsewhere.length).toBeGreaterThan(0);
  expect(new Set(elsewhere.map(({ text }) => text)).size).toBe(elsewhere.length);
});
