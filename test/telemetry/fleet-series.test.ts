import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Activity, ProbeReading } from '../../src/fleet/activity.ts';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import type { Tracked } from '../../src/fleet/snapshot.ts';
import { FleetSeries, type FleetSeriesSource, label } from '../../src/telemetry/fleet-series.ts';
import { HOUR, instance, NOON, snapshot, tracked } from '../activity/fleet.ts';
import { promtool } from './promtool.ts';

function source(fields: Partial<FleetSeriesSource> = {}): FleetSeriesSource {
  return {
    snapshot: snapshot([tracked()]),
    activities: [],
    burnFenPerHour: null,
    runwayMs: null,
    ...fields,
  };
}

function reading(lastActiveAt: number | null): ProbeReading {
  const fixed = { probe: 'jupyter', at: NOON, reason: null, judges: 'work', evidence: NO_DETAIL } as const;
  return { ...fixed, verdict: lastActiveAt === null ? 'unknown' : 'idle', lastActiveAt };
}

async function written(series: FleetSeries, ...sources: readonly FleetSeriesSource[]): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of series.write(sources)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** As the first scrape has it. */
const text = async (...sources: readonly FleetSeriesSource[]) => await written(new FleetSeries(), ...sources);
const samples = (scrape: string) => scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const lines = async (...sources: readonly FleetSeriesSource[]) => samples(await text(...sources));

const FULL = source({
  snapshot: snapshot(
    [
      tracked(instance({ id: 'a', expiresAt: NOON + HOUR + 500, billing: 'daily' })),
      tracked(instance({ id: 'b', status: 'stopped', gpu: '', room: '' })),
      tracked(instance({ id: 'c' })),
      tracked(instance({ id: 'd' })),
    ],
    { balance: { cashFen: 12_345, cardsFen: 700, at: NOON } },
  ),
  activities: [
    // Up since an hour ago, so that its idle clock begins there; active it was two hours ago.
    {
      kind: 'idle',
      at: NOON,
      since: NOON - HOUR,
      watched: { from: 0, to: NOON, holes: [] },
      readings: [reading(NOON - 2 * HOUR), reading(null)],
    },
    { kind: 'not-applicable', at: NOON },
    { kind: 'active', at: NOON - 1_500, readings: [reading(NOON - 1_500)] },
    { kind: 'unknown', at: NOON, reason: 'stale', readings: [reading(NOON - 3 * HOUR)] },
  ],
  burnFenPerHour: 594,
  runwayMs: 74_818_000,
  costFenPerHour: ({ id }) => (id === 'b' ? null : 198.5),
  renewals: ({ id, expiresAt }) =>
    id === 'a' ? [{ policy: 'keep-paid', mode: 'enforce', dueAt: (expiresAt ?? 0) - 12 * HOUR }] : [],
});

test('says of every instance and account what is known', async () => {
  expect(await lines(FULL)).toEqual([
    'lamplighter_account_balance_yuan{account="cy"} 123.45',
    'lamplighter_account_cards_yuan{account="cy"} 7',
    'lamplighter_account_runway_seconds{account="cy"} 74818',
    'lamplighter_account_burn_yuan_per_hour{account="cy"} 5.94',
    'lamplighter_snapshot_instances{account="cy"} 4',
    'lamplighter_account_blind_instances{account="cy"} 0',
    'lamplighter_snapshot_complete{account="cy"} 1',
    'lamplighter_snapshot_quarantined{account="cy"} 0',
    'lamplighter_instance_info{account="cy",instance="a",provider="chenyu",name="dev-1",gpu="NVIDIA 4090",room="105",billing="daily"} 1',
    'lamplighter_instance_info{account="cy",instance="b",provider="chenyu",name="dev-1",gpu="",room="",billing="hourly"} 1',
    'lamplighter_instance_info{account="cy",instance="c",provider="chenyu",name="dev-1",gpu="NVIDIA 4090",room="105",billing="hourly"} 1',
    'lamplighter_instance_info{account="cy",instance="d",provider="chenyu",name="dev-1",gpu="NVIDIA 4090",room="105",billing="hourly"} 1',
    'lamplighter_instance_status{account="cy",instance="a",status="running"} 1',
    'lamplighter_instance_status{account="cy",instance="b",status="stopped"} 1',
    'lamplighter_instance_status{account="cy",instance="c",status="running"} 1',
    'lamplighter_instance_status{account="cy",instance="d",status="running"} 1',
    `lamplighter_instance_expiry_timestamp_seconds{account="cy",instance="a"} ${(NOON + HOUR + 500) / 1000}`,
    `lamplighter_instance_renewal_due_timestamp_seconds{account="cy",instance="a",policy="keep-paid",mode="enforce"} ${(NOON - 11 * HOUR + 500) / 1000}`,
    'lamplighter_instance_cost_yuan_per_hour{account="cy",instance="a"} 1.985',
    'lamplighter_instance_cost_yuan_per_hour{account="cy",instance="c"} 1.985',
    'lamplighter_instance_cost_yuan_per_hour{account="cy",instance="d"} 1.985',
    'lamplighter_instance_activity{account="cy",instance="a",verdict="idle"} 1',
    'lamplighter_instance_activity{account="cy",instance="b",verdict="not-applicable"} 1',
    'lamplighter_instance_activity{account="cy",instance="c",verdict="active"} 1',
    'lamplighter_instance_activity{account="cy",instance="d",verdict="unknown"} 1',
    `lamplighter_instance_last_active_timestamp_seconds{account="cy",instance="a"} ${(NOON - 2 * HOUR) / 1000}`,
    `lamplighter_instance_last_active_timestamp_seconds{account="cy",instance="c"} ${(NOON - 1_500) / 1000}`,
    `lamplighter_instance_last_active_timestamp_seconds{account="cy",instance="d"} ${(NOON - 3 * HOUR) / 1000}`,
  ]);
});

test('where no rule judges, what is up is unknown and what is not up has nothing to judge', async () => {
  const bare = source({
    snapshot: snapshot([tracked(instance({ id: 'a' })), tracked(instance({ id: 'b', status: 'stopped' }))]),
  });
  expect((await lines(bare)).filter((line) => line.includes('activ'))).toEqual([
    'lamplighter_instance_activity{account="cy",instance="a",verdict="unknown"} 1',
    'lamplighter_instance_activity{account="cy",instance="b",verdict="not-applicable"} 1',
  ]);
});

test('is clean under promtool', async () => {
  expect(await promtool(await text(FULL, source({ snapshot: snapshot([], { account: 'empty' }) })))).toBe('');
});

test('a listing that is not whole, or not believed, says 0', async () => {
  const complete = async (fields: Parameters<typeof snapshot>[1]) =>
    (await lines(source({ snapshot: snapshot([], fields) }))).find((line) => line.includes('snapshot_complete'));
  expect(await complete({})).toMatch(/ 1$/);
  expect(await complete({ complete: false, incomplete: 'page-failed' })).toMatch(/ 0$/);
  expect(await complete({ shrunken: true })).toMatch(/ 0$/);
});

test('what an instance costs is asked once by each function, and told of as long as that is the one', async () => {
  let asked = 0;
  const costing = (fen: number | null) => () => {
    asked += 1;
    return fen;
  };
  const { snapshot: same } = source();
  const series = new FleetSeries();
  const cost = async (costFenPerHour: FleetSeriesSource['costFenPerHour']) =>
    samples(await written(series, source({ snapshot: same, ...(costFenPerHour && { costFenPerHour }) }))).find((line) =>
      line.includes('cost'),
    );
  const [dear, unknown] = [costing(500), costing(null)];
  expect(await cost(dear)).toMatch(/ 5$/);
  expect(await cost(dear)).toMatch(/ 5$/);
  expect(asked).toBe(1);
  expect(await cost(unknown)).toBeUndefined();
  expect(await cost(undefined)).toBeUndefined();
  expect(await cost(dear)).toMatch(/ 5$/);
  expect(asked).toBe(3);
});

test('a listing that shrank, or is another account’s, is in quarantine', async () => {
  const quarantined = async (fields: Partial<FleetSeriesSource>) =>
    (await lines(source(fields))).find((line) => line.includes('snapshot_quarantined'));
  expect(await quarantined({})).toMatch(/ 0$/);
  expect(await quarantined({ snapshot: snapshot([], { complete: false, incomplete: 'page-failed' }) })).toMatch(/ 0$/);
  expect(await quarantined({ snapshot: snapshot([], { shrunken: true }) })).toMatch(/ 1$/);
  expect(await quarantined({ foreign: true })).toMatch(/ 1$/);
});

test.each(['a', 'b', 'd'])('the series of an instance that is gone are gone: %s', async (gone) => {
  const series = new FleetSeries();
  expect(await written(series, FULL)).toContain(`instance="${gone}"`);
  const rest = FULL.snapshot.instances.filter((each) => each.instance.id !== gone);
  const left = await written(series, { ...FULL, snapshot: { ...FULL.snapshot, instances: rest } });
  expect(left).not.toContain(`instance="${gone}"`);
  expect(left).toContain('instance="c"');
  expect(samples(await written(series))).toEqual([]);
});

describe('label values', () => {
  test.each([
    ['plain', 'plain'],
    ['训练 1 号', '训练 1 号'],
    ['family 👩‍💻', 'family 👩‍💻'],
    ['a"b', 'a\\"b'],
    ['a\\b', 'a\\\\b'],
    ['a\nb', 'a\\nb'],
    ['a\r\tb', 'a\ufffd\ufffdb'],
    ['\u001b[31mred', '\ufffd[31mred'],
    ['nul\u0000', 'nul\ufffd'],
    ['\u202egnp.exe', '\ufffdgnp.exe'],
    ['} 1\nlamplighter_paused 1', '} 1\\nlamplighter_paused 1'],
  ])('%j', (value, expected) => expect(label(value)).toBe(expected));

  test('whatever a machine is called, there is one line for it and promtool reads it', async () => {
    // Any code points, halves of pairs among them; fast-check's own string of that kind takes seconds to set up.
    const points = fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 30 });
    const low = fc.array(fc.integer({ min: 0, max: 0x7f }), { maxLength: 30 });
    const names = fc
      .sample(fc.oneof(points, low), { numRuns: 200, seed: 7 })
      .map((codes) => String.fromCodePoint(...codes));
    const hostile = [...names, '"'.repeat(500), '\\'.repeat(501), 'x'.repeat(10_000), '\ud800', '{}', '#', '\u2028'];
    const machines = hostile.map((name, index) => tracked(instance({ id: `i${index}`, name, gpu: name, room: name })));
    const scrape = await text(source({ snapshot: snapshot(machines) }));
    expect(await promtool(scrape)).toBe('');
    const infos = scrape.split('\n').filter((line) => line.startsWith('lamplighter_instance_info'));
    expect(infos).toHaveLength(hostile.length);
    expect(Math.max(...infos.map(({ length }) => length))).toBeLessThan(3 * 2 * 200 + 300);
  });
});

describe('what is kept from one scrape to the next', () => {
  const NAMES = ['dev-1', '训练 1 号', 'a"b'];
  /** One step of a world: machines come, go, move, change and are missed; prices, policies and verdicts too. */
  const step = fc.record({
    account: fc.constantFrom('cy', 'hxy', 'lost'),
    kind: fc.constantFrom(
      'add',
      'first',
      'drop',
      'rename',
      'stop',
      'miss',
      'end',
      'prices',
      'policies',
      'swap',
      'none',
    ),
    at: fc.nat({ max: 30 }),
    seen: fc.option(fc.nat({ max: 3 })),
  });

  test('a scrape says what one says that has nothing to go by, whatever happened in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const series = new FleetSeries();
        const fleets = new Map<string, FleetSeriesSource>();
        let made = 0;
        for (const { account, kind, at, seen } of steps) {
          const known = fleets.get(account) ?? source({ snapshot: snapshot([], { account }) });
          const { snapshot: before, activities } = known;
          const place = before.instances.length === 0 ? 0 : at % before.instances.length;
          const machine = () => tracked(instance({ account, id: `i${made++}`, name: NAMES[at % 3] ?? '' }));
          const edited = (edit: (each: Tracked) => Tracked) =>
            before.instances.map((each, index) => (index === place ? edit(each) : each));
          const instances = {
            add: () => [...before.instances, machine()],
            first: () => [machine(), ...before.instances],
            drop: () => before.instances.filter((_, index) => index !== place),
            rename: () => edited((each) => ({ ...each, instance: { ...each.instance, name: NAMES[at % 3] ?? '' } })),
            stop: () => edited((each) => ({ ...each, instance: { ...each.instance, status: 'stopped' as const } })),
            miss: () => edited((each) => ({ ...each, missing: at % 2 })),
            end: () => edited((each) => ({ ...each, instance: { ...each.instance, expiresAt: NOON + at } })),
            prices: () => before.instances,
            policies: () => before.instances,
            swap: () => before.instances.toReversed(),
            none: () => before.instances,
          }[kind]();
          const looked: Activity | null =
            seen === null ? null : { kind: 'active', at: NOON, readings: [reading(NOON + seen)] };
          fleets.set(account, {
            ...known,
            snapshot: { ...before, instances },
            activities: instances.map((_, index) => (index === place ? looked : (activities[index] ?? null))),
            ...(kind === 'prices' && { costFenPerHour: () => at }),
            ...(kind === 'policies' && { renewals: () => [{ policy: `p${at}`, mode: 'enforce', dueAt: at }] }),
          });
          if (kind === 'drop' && account === 'lost') fleets.delete(account);
          expect(await written(series, ...fleets.values())).toBe(await text(...fleets.values()));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('of many machines, one that is new in front of them, one that is gone and one that stops', async () => {
    const machines = Array.from({ length: 2_500 }, (_, index) =>
      tracked(instance({ id: `i${index}`, expiresAt: NOON })),
    );
    let asked = 0;
    const costFenPerHour = () => {
      asked += 1;
      return 100;
    };
    const series = new FleetSeries();
    const of = (instances: readonly Tracked[]) => source({ snapshot: snapshot(instances), costFenPerHour });
    await written(series, of(machines));
    asked = 0;
    const stopped = machines.map((each, index) =>
      index === 1_700 ? { ...each, instance: { ...each.instance, status: 'stopped' as const } } : each,
    );
    const now = of([tracked(instance({ id: 'new' })), ...stopped.filter((_, index) => index !== 900)]);
    const scrape = await written(series, now);
    // Two are not as they were; nobody asks anything of the others.
    expect(asked).toBe(2);
    expect(scrape).toBe(await text(now));
  });

  test('two scrapes at once do not disturb each other', async () => {
    const machines = Array.from({ length: 1_200 }, (_, index) => tracked(instance({ id: `i${index}` })));
    const [all, few] = [source({ snapshot: snapshot(machines) }), source({ snapshot: snapshot(machines.slice(700)) })];
    const series = new FleetSeries();
    const [first, second] = await Promise.all([written(series, all), written(series, few)]);
    expect([first, second]).toEqual([await text(all), await text(few)]);
    expect(await written(series, all)).toBe(first);
  });
});

test('gives way after every thousand new lines, and has none of its own to give where nothing is new', async () => {
  const machines = Array.from({ length: 4_000 }, (_, index) => tracked(instance({ id: `i${index}`, expiresAt: NOON })));
  let turns = 0;
  let counting = true;
  const turn = (): void => {
    turns += 1;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  const activities = machines.map((): Activity => ({ kind: 'active', at: NOON, readings: [reading(NOON)] }));
  const series = new FleetSeries();
  const full = source({ snapshot: snapshot(machines), activities });
  const first = await written(series, full);
  expect(turns).toBeGreaterThanOrEqual(5 * 4);
  turns = 0;
  expect(await written(series, full)).toBe(first);
  counting = false;
  expect(turns).toBe(0);
});
