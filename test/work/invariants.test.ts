import { describe, expect, test } from 'vitest';
import { breach, brokenDecision, brokenSending } from '../../src/work/invariants.ts';
import type { AccountRuntime } from '../../src/work/ports.ts';
import { account as accountView, HOUR, MINUTE, NOON, policy, view, world } from '../decide/kit.ts';
import { operation } from '../decide/operation-kit.ts';
import { useBeds } from '../support/beds.ts';
import { account, busy, daily } from '../support/cloud.ts';

const beds = useBeds();
const IDLE = policy({});

/** What the assertions ask of an account: its name, how often it is polled and what it may spend. */
function runtime(change: Partial<AccountRuntime['account']> = {}): AccountRuntime {
  const nobody = () => Promise.reject(new Error('nobody is asked'));
  return {
    account: {
      name: 'hxy',
      provider: 'huixingyun',
      baseUrl: 'https://cloud.example.com',
      pollEveryMs: MINUTE,
      requestsPerSecond: 5,
      actions: ['stop'],
      statusWords: new Map(),
      billingWords: new Map(),
      prices: new Map(),
      spendLimit: { callsPerDay: 3, perDayFen: null },
      ...change,
    },
    provider: {
      kind: 'huixingyun',
      account: 'hxy',
      list: nobody,
      read: nobody,
      balance: nobody,
      act: nobody,
      savedImage: nobody,
      parseOrder: () => ({}),
      reads: [],
      close: () => Promise.resolve(),
    },
  };
}

describe('a decision', () => {
  const mine = view();
  const stop = { account: 'hxy', policy: IDLE.name, action: 'stop', view: mine, reason: 'due' } as const;
  const judge = (
    act: { readonly view?: typeof mine; readonly action?: 'stop' | 'renew' },
    fields: Parameters<typeof accountView>[1] = {},
    on = runtime(),
  ) => brokenDecision({ ...stop, ...act }, world([accountView([mine], { takenAt: NOON, ...fields })]), [IDLE], on);

  test('on a fresh whole listing and proven idleness is sound', () => expect(judge({})).toBeNull());

  test.each([
    ['another account', {}, {}, runtime({ name: 'other' })],
    ['a listing that is not whole', {}, { trust: 'incomplete-snapshot' }, undefined],
    ['a stale listing', {}, { trust: 'stale-snapshot' }, undefined],
    ['a listing that is old whatever it is called', {}, { takenAt: NOON - HOUR }, undefined],
    ['no listing', {}, { takenAt: null }, undefined],
    ['a renewal on a stale listing', { action: 'renew' }, { trust: 'stale-snapshot' }, undefined],
  ] as const)('on %s breaks I6', (_what, act, fields, on) => {
    expect(judge(act, fields, on)?.invariant).toBe('I6');
  });

  test('a renewal needs only its own row', () => {
    const renewal = policy({ name: 'r', conditions: [] });
    const act = { ...stop, policy: 'r', action: 'renew' } as const;
    const seen = world([accountView([mine], { takenAt: NOON, trust: 'incomplete-snapshot' })]);
    expect(brokenDecision(act, seen, [renewal], runtime())).toBeNull();
  });

  test('on idleness that nothing proves, or from before the last start, breaks I8', () => {
    const { activity } = mine;
    if (activity?.kind !== 'idle') throw new Error('the machine of the kit is idle');
    const people = activity.readings.map((reading) => ({ ...reading, judges: 'people' as const }));
    const cases = [
      { ...mine, activity: null },
      { ...mine, activity: { kind: 'active', at: NOON, readings: [] } as const },
      { ...mine, activity: { ...activity, readings: people } },
      { ...mine, activity: { ...activity, readings: [] } },
      { ...mine, tracked: { ...mine.tracked, upSince: activity.at + 1 } },
    ];
    expect(cases.map((each) => judge({ view: each })?.invariant)).toEqual(cases.map(() => 'I8'));
  });
});

describe('a sending', () => {
  const before = operation(
    { kind: 'renew', unit: 'daily', periods: 1 },
    { state: 'armed', version: 1, account: 'hxy' },
  );
  const sent = { ...before, state: 'sending', version: 2, sendingAt: NOON } as const;

  test('that stands in the ledger as ours is sound', () => expect(brokenSending(before, sent, runtime())).toBeNull());
  test('that is not the next version of it breaks I2', () => {
    for (const other of [{ ...sent, version: 3 }, { ...sent, id: 'x' }, { ...sent, sendingAt: null }, before]) {
      expect(brokenSending(before, other, runtime())?.invariant).toBe('I2');
    }
  });
  test('of what is paid for without a limit breaks I7', () => {
    expect(brokenSending(before, sent, runtime({ spendLimit: null }))?.invariant).toBe('I7');
  });
});

test('a breach freezes that class, is counted and told, and the daemon goes on observing', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [daily('d', 6), busy('a')])],
    policies: {
      'p.yaml': `
policies:
  - name: long
    match: { name: "dev-*" }
    when: { runningFor: 10m }
    do: stop
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`,
    },
  });
  const { work } = bed.daemon;
  await breach(work, { invariant: 'I8', detail: 'for the test' }, { account: 'hxy', action: 'stop' });
  const told = await bed.until('people are told', () => bed.receiver.told('operation.escalated')[0]);
  expect(told).toMatchObject({ severity: 'critical', reason: 'invariant', account: 'hxy' });
  expect(told.text).toContain('I8: for the test');
  await bed.round();
  await bed.operationInTime('hxy/d', 'confirmed', 'renew');
  await bed.roll(6 * MINUTE, 3);
  expect((await bed.operations({ instance: 'hxy/a' })).every(({ state }) => state === 'cancelled')).toBe(true);
  expect(bed.sim.calls.filter(({ operation: name }) => name === 'stop')).toEqual([]);
  expect(await bed.list('plan')).toMatchObject([{ instance: 'hxy/a', action: 'stop', reason: 'frozen' }]);
  const metrics = await (await bed.http('/metrics')).text();
  expect(metrics).toContain('lamplighter_invariant_breaches_total{invariant="I8"} 1');
  expect(metrics).toContain('lamplighter_frozen{class="reversible",reason="invariant"} 1');
  expect((await bed.daemon.store.loadSnapshot('hxy'))?.takenAt).toBe(bed.clock.now());
  await bed.daemon.store.ledger.reconcile('person li', bed.clock.now());
  await bed.operationInTime('hxy/a', 'confirmed', 'stop');
});
