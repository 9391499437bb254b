import { beforeEach, describe, expect, test } from 'vitest';
import type { StandingFreeze } from '../../src/fleet/freeze.ts';
import type { Hold } from '../../src/fleet/hold.ts';
import type { Snapshot } from '../../src/fleet/snapshot.ts';
import { accountMoney } from '../../src/work/runway.ts';
import { at, during, HOUR, MINUTE, NOON, policy, view } from '../decide/kit.ts';

const NIGHT = policy({
  name: 'night',
  conditions: [during('Mon-Sun 22:00-08:00')],
  afterwards: 'start',
  limits: { perPass: null, perHour: null, percent: null },
});
const HOLD: Hold = { id: 'h', instance: 'cy/gpu-1', owner: 'wang', reason: 'x', createdAt: 0, until: at('23:00') };
const FROZEN: StandingFreeze = { class: 'reversible', account: 'cy', reason: 'invariant', detail: '', at: NOON };

/** With the price of an hour, in fen. */
function accountAt(hourlyFen: number) {
  const prices = new Map([['geforce_rtx_4090', { hourlyFen, dailyFen: null, monthlyFen: null }]]);
  return { name: 'cy', provider: 'chenyu', actions: ['stop', 'start'], pollEveryMs: MINUTE, prices } as const;
}

/** One machine at 1 yuan an hour, which stands still at night, and 24 yuan. */
class MoneyWorld {
  now = NOON;
  isPaused = false;
  isRefused = false;
  freezes: readonly StandingFreeze[] = [];
  holds: readonly Hold[] = [];
  balances = [{ at: NOON - 3 * HOUR, fen: 2_400 }];
  account = accountAt(100);
  standing = { policies: [NIGHT], labels: () => ({}) };
  snapshot: Snapshot = {
    account: 'cy',
    provider: 'chenyu',
    takenAt: NOON,
    finishedAt: NOON,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    balance: { cashFen: 2_400, cardsFen: 0, at: NOON },
    instances: [view({ account: 'cy', provider: 'chenyu' }).tracked],
  };

  async money(snapshot = this.snapshot) {
    const work = {
      clock: { now: () => this.now },
      standing: () => this.standing,
      store: {
        balances: () => Promise.resolve(this.balances),
        holds: () => Promise.resolve(this.holds),
        paused: () => Promise.resolve(this.isPaused),
        breaker: () => Promise.resolve({ all: this.isRefused, paid: false }),
        freezes: () => Promise.resolve(this.freezes),
      },
    };
    return await accountMoney(work, { account: this.account }, snapshot);
  }

  /** As nobody has asked before. */
  async afresh() {
    return await this.money({ ...this.snapshot, instances: [...this.snapshot.instances] });
  }

  /** All that a reload puts in force comes in one new object. */
  reload(fields: Partial<MoneyWorld['standing']> = {}): void {
    this.standing = { ...this.standing, ...fields };
  }
}

let world = new MoneyWorld();
beforeEach(() => {
  world = new MoneyWorld();
});

const hours = (ms: number | null) => (ms === null ? null : Math.round(ms / 36_000) / 100);

describe('how long the money lasts is made once a minute', () => {
  test('while nothing changes', async () => {
    const first = await world.money();
    expect(hours(first.runwayMs)).toBe(34);
    world.now += MINUTE - 1;
    expect(await world.money()).toBe(first);
    // As it is loaded by whoever did not store it.
    expect(await world.money({ ...world.snapshot, generation: 2 })).toBe(first);
  });

  test.each<[string, number, (world: MoneyWorld) => void]>([
    ['a hold keeps it from standing still', 24, (it) => (it.holds = [HOLD])],
    ['everything is paused', 24, (it) => (it.isPaused = true)],
    ['what is reversible is frozen', 24, (it) => (it.freezes = [FROZEN])],
    ['the credentials are refused', 24, (it) => (it.isRefused = true)],
    ['a reload takes the policy away', 24, (it) => it.reload({ policies: [] })],
    [
      'a reload brings another price',
      12,
      (it) => {
        it.account = accountAt(200);
        it.reload({ policies: [] });
      },
    ],
    [
      'another listing shows less money',
      10,
      (it) => (it.snapshot = { ...it.snapshot, balance: { cashFen: 1_000, cardsFen: 0, at: NOON } }),
    ],
    [
      'another listing shows that the same money was read earlier',
      34,
      (it) => (it.snapshot = { ...it.snapshot, balance: { cashFen: 2_400, cardsFen: 0, at: NOON - 15 * MINUTE } }),
    ],
    ['another listing shows it stopped by hand', 0, (it) => (it.snapshot = { ...it.snapshot, instances: [] })],
  ])('but anew when %s', async (_, expected, change) => {
    const before = await world.money();
    change(world);
    const after = await world.money();
    expect(after).not.toBe(before);
    expect(hours(after.runwayMs) ?? 0).toBe(expected);
    expect(after).toEqual(await world.afresh());
    expect(await world.money()).toBe(after);
  });

  test.each<[string, (hold: Hold) => readonly Hold[]]>([
    ['ends', () => []],
    ['is lengthened', (hold) => [{ ...hold, until: at('03:00', 1) }]],
    ['is another machine’s', (hold) => [{ ...hold, instance: 'cy/gpu-2' }]],
  ])('and anew when a hold %s', async (_, change) => {
    world.holds = [HOLD];
    const before = await world.money();
    world.holds = change(HOLD);
    const after = await world.money();
    expect(after).not.toBe(before);
    expect(after).toEqual(await world.afresh());
  });

  test('and anew when a balance is read, of which as many are kept as before', async () => {
    const sample = (minutesAgo: number, fen: number) => ({ at: NOON - minutesAgo * MINUTE, fen });
    world.balances = [sample(180, 3_000)];
    const unwatched = await world.money();
    expect(unwatched.burnFenPerHour).toBe(100);
    world.balances = [sample(180, 3_000), sample(60, 2_600)];
    const watched = await world.money();
    expect(watched.burnFenPerHour).toBe(200);
    world.balances = [sample(60, 2_600), sample(0, 2_400)];
    const later = await world.money();
    expect(later).not.toBe(watched);
    expect(later).toEqual(await world.afresh());
  });

  test('and anew when a reload came while it was made: by new policies with the prices of before', async () => {
    world.reload({ policies: [] });
    const between = await world.money();
    expect(hours(between.runwayMs)).toBe(24);
    world.account = accountAt(200);
    expect(hours((await world.money()).runwayMs)).toBe(12);
  });

  test('and anew in the next minute, so that a balance of long ago is soon known as such', async () => {
    const first = await world.money();
    world.now += 15 * MINUTE;
    const later = await world.money();
    expect(later).not.toBe(first);
    expect(later.runwayUnknown).toBeNull();
    world.now += MINUTE;
    expect((await world.money()).runwayUnknown).toBe('stale-balance');
  });

  test('who holds a machine and why, and what else is frozen, change nothing of it', async () => {
    world.holds = [HOLD];
    const first = await world.money();
    world.holds = [{ ...HOLD, id: 'g', owner: 'li', reason: 'y' }];
    world.freezes = [
      { ...FROZEN, class: 'paid', account: null },
      { ...FROZEN, account: 'other' },
    ];
    expect(await world.money()).toBe(first);
    expect(await world.afresh()).toEqual(first);
  });
});
