import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAccounts } from '../../src/app/simulate/run.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { ledgerEntry } from '../../src/decide/savings.ts';
import { savingsReport } from '../../src/decide/savings-report.ts';
import { track } from '../../src/decide/track.ts';
import type { AccountView, InstanceView } from '../../src/decide/world.ts';
import type { Price } from '../../src/fleet/account.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import type { Instance, InstanceKey } from '../../src/fleet/instance.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import type { SavingsReport } from '../../src/fleet/savings-report.ts';
import type { Listing, Snapshot } from '../../src/fleet/snapshot.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { priceFen } from '../../src/simulator/catalogue.ts';
import type { SimInstance } from '../../src/simulator/sim-instance.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import type { Store } from '../../src/store/store.ts';
import { during, idleFor, policy, view, account as viewOf, world } from '../decide/kit.ts';
import { operation } from '../decide/operation-kit.ts';
import { openStore } from '../store/support/store.ts';
import { DAY, HOUR, MINUTE, NOON, SECOND, TestClock } from '../support/clock.ts';
import { account, GPU_4090 } from '../support/cloud.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

/** A month in which policies stop machines, beside the same month in which nobody does: what the cloud itself bills for each. */
const DAYS = 30;
const ZONE = zoneNamed('Asia/Shanghai');
/** Polls come each minute, off the minute at which things happen. */
const OFF = 37 * SECOND;
/** In the quiet middle of a night less often will do. */
const QUIET_MS = 55 * MINUTE;
const STOPPED = { normal: 20, cardless: 5 };

/** What the cloud asks for one card, as somebody would write it into `prices`. */
const ONE = priceFen(GPU_4090, 1, 'hourly');
const PRICE: Price = {
  hourlyFen: ONE,
  dailyFen: null,
  monthlyFen: null,
  stoppedFen: (ONE * STOPPED.normal) / 100,
  cardlessFen: (ONE * STOPPED.cardless) / 100,
};

interface Happening {
  readonly at: number;
  readonly id: string;
  readonly what: 'stop' | 'cardless-stop' | 'start' | 'person-starts' | 'person-stops';
  readonly policy: string | null;
}

/** Each night for two, one that is given up, and a stop a week that somebody does not want. */
function month(): readonly Happening[] {
  const at = (day: number, hour: number) => NOON + day * DAY + (hour - 12) * HOUR;
  const all: Happening[] = [];
  const night = (id: string, what: 'stop' | 'cardless-stop', from: number, to: number) => {
    for (let day = 0; day < DAYS; day += 1) {
      all.push({ at: at(day, from), id, what, policy: 'lights-out' });
      all.push({ at: at(day + 1, to), id, what: 'start', policy: 'lights-out' });
    }
  };
  night('a', 'stop', 22, 8);
  night('two', 'cardless-stop', 20, 9);
  all.push({ at: at(3, 15), id: 'left', what: 'stop', policy: 'idle' });
  // Its owner would have seen within a week that it runs for nothing: more is not counted either.
  all.push({ at: at(10, 15), id: 'left', what: 'person-stops', policy: null });
  for (let week = 0; week < 4; week += 1) {
    all.push({ at: at(7 * week + 1, 14), id: 'd', what: 'stop', policy: 'idle' });
    all.push({ at: at(7 * week + 1, 14) + 12 * MINUTE, id: 'd', what: 'person-starts', policy: null });
  }
  return all.filter(({ at: when }) => when < NOON + DAYS * DAY).sort((a, b) => a.at - b.at);
}

/** The minutes at which the account is polled: around whatever happens, and now and then in between. */
function polls(happenings: readonly number[]): readonly number[] {
  const times = new Set<number>();
  const minute = (at: number) => Math.floor((at - NOON - OFF) / MINUTE) * MINUTE + NOON + OFF;
  for (const at of happenings) for (const k of [0, 1, 2, 3]) times.add(minute(at) + k * MINUTE);
  for (let at = NOON + OFF; at < NOON + DAYS * DAY; at += QUIET_MS) times.add(minute(at));
  return [...times].filter((at) => at > NOON).sort((a, b) => a - b);
}

function simulated(clock: TestClock): Simulator {
  const seed = { gpu: GPU_4090, createdAt: NOON - DAY, startedAt: NOON - DAY };
  return new Simulator({
    clock,
    rules: { stoppedPercent: STOPPED },
    accounts: [
      account(
        'huixingyun',
        ['a', 'two', 'left', 'd', 'always'].map((id) => ({ ...seed, id, gpuCount: id === 'two' ? 2 : 1 })),
        { balanceFen: 100_000_000 },
      ),
    ],
  });
}

function carryOut(instance: SimInstance, { what, policy }: Happening, isEnforced: boolean): void {
  if (policy !== null && !isEnforced) return;
  if (what === 'start' || what === 'person-starts') instance.status = 'running';
  else {
    instance.cardless = what === 'cardless-stop';
    instance.status = 'stopped';
  }
}

function listed({ id, name, status, gpu, gpuCount, createdAt, startedAt }: SimInstance): Instance {
  return {
    account: 'hxy',
    provider: 'huixingyun',
    id,
    name,
    status: status === 'stopped' ? 'stopped' : 'running',
    rawStatus: status,
    billing: 'hourly',
    rawBilling: 'Hour',
    gpu: '4090',
    gpuCount,
    gpuType: gpu,
    room: '',
    createdAt,
    startedAt,
    expiresAt: null,
    hourlyFen: null,
    orderId: null,
    imageId: null,
    savingImage: false,
    shutdownTimerAt: null,
    services: [],
    problems: [],
  };
}

/** What the month costs by the cloud's own account. */
function spent(isEnforced: boolean): number {
  const clock = new TestClock(NOON);
  const cloud = simulated(clock).account('hxy');
  const before = cloud.balanceFen;
  for (const happening of month()) {
    clock.pass(happening.at - clock.now());
    carryOut(cloud.instance(happening.id), happening, isEnforced);
  }
  clock.pass(NOON + DAYS * DAY - clock.now());
  return before - cloud.balanceFen;
}

let redis: TestRedis;
let replicas: readonly [Store, Store];

beforeAll(async () => {
  redis = await startRedis();
  replicas = [await openStore(redis.url), await openStore(redis.url)];
});
afterAll(async () => {
  for (const store of replicas) await store.close();
  await redis.stop();
});

function callOf(kind: 'stop' | 'cardless-stop' | 'start'): ActionCall {
  return kind === 'start' ? { kind, stopMode: 'unknown' } : { kind };
}

/** What a month looks like from outside. */
interface Seen {
  readonly polls: readonly number[];
  /** Leads the cloud to then, and lists it. */
  list(at: number): readonly Instance[];
  /** By instance, what was asked for until then. */
  asked(at: number): ReadonlyMap<string, readonly Operation[]>;
}

function scripted(): Seen {
  const clock = new TestClock(NOON);
  const cloud = simulated(clock).account('hxy');
  const happenings = [...month()];
  const operations = new Map<string, Operation[]>();
  return {
    polls: polls(happenings.map(({ at }) => at)),
    list: (at) => {
      for (let next = happenings[0]; next !== undefined && next.at <= at; next = happenings[0]) {
        happenings.shift();
        clock.pass(next.at - clock.now());
        carryOut(cloud.instance(next.id), next, true);
        if (next.policy === null || next.what === 'person-starts' || next.what === 'person-stops') continue;
        const fields = { policy: next.policy, sendingAt: next.at, state: 'confirmed' as const };
        operations.set(next.id, [...(operations.get(next.id) ?? []), operation(callOf(next.what), fields)]);
      }
      clock.pass(at - clock.now());
      return cloud.instances.map(listed);
    },
    asked: () => operations,
  };
}

/** Follows a month as replicas that all poll, and adds up what they have counted. */
async function followed(account: string, seen: Seen, stores: readonly Store[]): Promise<SavingsReport> {
  let previous: Snapshot | null = null;
  for (const at of seen.polls) {
    const instances = seen.list(at);
    const operations = seen.asked(at);
    const listing: Listing = { startedAt: at, finishedAt: at, instances, incomplete: null, serverTimeAt: null };
    const snapshot: Snapshot = {
      account,
      provider: 'huixingyun',
      takenAt: at,
      finishedAt: at,
      generation: 1,
      complete: true,
      incomplete: null,
      shrunken: false,
      instances: track(previous, listing, { operations }),
      balance: null,
    };
    for (const store of stores) {
      const countedTo = await store.savingsCountedTo(account);
      const prices = new Map([[GPU_4090, PRICE]]);
      // A second replica has read the mark before the first one wrote: as if both polled at once.
      const from = store !== stores[0] ? (previous?.takenAt ?? null) : countedTo;
      const look = { countedTo: from, previous, snapshot, prices, believedMs: 150_000, zone: ZONE, operations };
      const entry = ledgerEntry(look);
      if (entry !== null) await store.countSavings(account, entry, new Map());
    }
    previous = snapshot;
  }
  const days = Array.from({ length: DAYS + 1 }, (_, i) => new Date(NOON + i * DAY).toISOString().slice(0, 10));
  const kept = await replicas[0].savings.days(account, days);
  const ledger = {
    account,
    saved: kept.flatMap(({ saved }) => saved),
    would: [],
    unwatchedMs: kept.reduce((sum, { unwatchedMs }) => sum + unwatchedMs, 0),
    called: () => null,
  };
  const [since = '', until = ''] = [days[0], days.at(-1)];
  return savingsReport([ledger], { since, until, timezone: ZONE.name, by: 'instance', label: null });
}

test('over a month the ledger agrees with the bills of the cloud itself, and never says more than they do', async () => {
  const truth = spent(false) - spent(true);
  const { rows, total, unwatched } = await followed('hxy', scripted(), replicas);
  const { grossFen, keptFen, stops, wrong, unpriced } = total.saved;
  const told = grossFen - keptFen;
  expect(truth).toBeGreaterThan(100_000);
  expect(told).toBeLessThanOrEqual(truth);
  expect(told).toBeGreaterThan(0.98 * truth);
  expect([stops, wrong, unpriced, unwatched]).toEqual([2 * DAYS + 1 + 4, 4, 0, []]);
  expect(rows.map(({ key }) => key)).toEqual(['hxy/two', 'hxy/a', 'hxy/left', 'hxy/d']);
});

/** Five machines that are put out each night, and three with which somebody works from ten to four. */
function led() {
  const kit = (i: number) => ({
    account: 'led',
    id: `m${i}`,
    name: i < 5 ? `dev-${i}` : `lab-${i}`,
    gpuType: GPU_4090,
    createdAt: NOON - DAY,
    startedAt: NOON - DAY,
  });
  const instances = Array.from({ length: 8 }, (_, i) =>
    view(kit(i), {
      now: NOON,
      tracked: { statusSince: NOON - DAY, upSince: NOON - DAY },
      activity: { kind: 'active', at: NOON, readings: [] },
    }),
  );
  const named = (prefix: string): Policy['match'] => ({
    all: false,
    account: () => true,
    instance: ({ name, status }) => name.startsWith(prefix) && status === 'running',
    instanceWhateverStatus: ({ name }) => name.startsWith(prefix),
    text: prefix,
  });
  const policies = [
    policy({
      name: 'night',
      match: named('dev-'),
      conditions: [during('Mon-Sun 22:00-08:00')],
      steps: [{ kind: 'cardless-stop' }],
      afterwards: 'start',
      limits: { perPass: null, perHour: null, percent: null },
    }),
    policy({
      name: 'idle',
      match: named('lab-'),
      conditions: [idleFor(HOUR)],
      limits: { perPass: null, perHour: null, percent: null },
    }),
  ];
  const known: AccountView = { ...viewOf(instances), name: 'led', prices: new Map([[GPU_4090, PRICE]]) };
  const edges = Array.from(
    { length: 2 * DAYS + 2 },
    (_, i) => NOON + Math.floor(i / 2) * DAY + (i % 2 === 0 ? -2 : 4) * HOUR,
  );
  const setup = {
    view: known,
    workOf: ({ tracked }: InstanceView) =>
      tracked.instance.name.startsWith('lab-')
        ? ({ kind: 'edges', edges, comesBack: true } as const)
        : ({ kind: 'as-now' } as const),
    purseFen: null,
    topUp: null,
    isOutOfStock: () => false,
  };
  const time = { from: NOON, until: NOON + DAYS * DAY, seed: 1, zone: ZONE };
  const [run] = runAccounts(policies, world([known], { now: NOON }), [setup], time);
  if (run === undefined) throw new Error('nothing was led');
  return { instances, run };
}

test('where the live evaluator leads the machines the ledger agrees as well', async () => {
  const { instances, run } = led();
  const sum = (of: (machine: (typeof run.machines)[number]) => number | null) =>
    run.machines.reduce((all, machine) => all + (of(machine) ?? 0), 0);
  const truth = sum(({ withoutFen }) => withoutFen) - sum(({ fen }) => fen);
  const lines = new Map(run.machines.map(({ key, timeline }) => [key, timeline]));
  const doing = (key: InstanceKey, at: number) => lines.get(key)?.findLast((each) => each.at <= at)?.doing ?? 'busy';
  const operations = new Map<string, Operation[]>();
  for (const { instance, action, at, policy: name } of run.coming.filter(({ kind }) => kind === 'act')) {
    if (instance === null || (action !== 'stop' && action !== 'cardless-stop' && action !== 'start')) continue;
    const id = instance.slice('led/'.length);
    const fields = { policy: name, sendingAt: at, state: 'confirmed' as const };
    operations.set(id, [...(operations.get(id) ?? []), operation(callOf(action), fields)]);
  }
  const changes = run.machines.flatMap(({ timeline }) =>
    timeline.flatMap(({ at, doing: what }) => (what === 'busy' || what === 'idle' ? [] : [at])),
  );
  const told = await followed(
    'led',
    {
      polls: polls(changes),
      list: (at) =>
        instances.map(({ key, tracked: { instance } }) => {
          const what = doing(key, at);
          const status = what === 'off' || what === 'cardless' ? 'stopped' : what === 'moving' ? 'stopping' : 'running';
          return { ...instance, status };
        }),
      asked: () => operations,
    },
    replicas.slice(0, 1),
  );
  const { grossFen, keptFen, stops, wrong } = told.total.saved;
  expect(truth).toBeGreaterThan(300_000);
  expect(grossFen - keptFen).toBeLessThanOrEqual(truth);
  expect(grossFen - keptFen).toBeGreaterThan(0.98 * truth);
  expect([stops, wrong]).toEqual([8 * DAYS, 0]);
});
