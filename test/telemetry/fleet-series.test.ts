import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Activity, ProbeReading } from '../../src/fleet/activity.ts';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import { type FleetSeriesSource, fleetSeries, label } from '../../src/telemetry/fleet-series.ts';
import { HOUR, instance, NOON, snapshot, tracked } from '../activity/fleet.ts';
import { promtool } from './promtool.ts';

function source(fields: Partial<FleetSeriesSource> = {}): FleetSeriesSource {
  return {
    snapshot: snapshot([tracked()]),
    activity: new Map(),
    burnFenPerHour: null,
    runwayMs: null,
    ...fields,
  };
}

function reading(lastActiveAt: number | null): ProbeReading {
  const fixed = { probe: 'jupyter', at: NOON, reason: null, judges: 'work', evidence: NO_DETAIL } as const;
  return { ...fixed, verdict: lastActiveAt === null ? 'unknown' : 'idle', lastActiveAt };
}

async function pieces(sources: readonly FleetSeriesSource[]): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const piece of fleetSeries(sources)) all.push(piece);
  return all;
}

const text = async (...sources: readonly FleetSeriesSource[]) => (await pieces(sources)).join('');
const lines = async (...sources: readonly FleetSeriesSource[]) =>
  (await text(...sources)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

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
  activity: new Map<string, Activity>([
    // Up since an hour ago, so that its idle clock begins there; active it was two hours ago.
    [
      'cy/a',
      {
        kind: 'idle',
        at: NOON,
        since: NOON - HOUR,
        watched: { from: 0, to: NOON, holes: [] },
        readings: [reading(NOON - 2 * HOUR), reading(null)],
      },
    ],
    ['cy/b', { kind: 'not-applicable', at: NOON }],
    ['cy/c', { kind: 'active', at: NOON - 1_500, readings: [reading(NOON - 1_500)] }],
    ['cy/d', { kind: 'unknown', at: NOON, reason: 'stale', readings: [reading(NOON - 3 * HOUR)] }],
  ]),
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
  const cost = async (costFenPerHour: FleetSeriesSource['costFenPerHour']) =>
    (await lines(source({ snapshot: same, ...(costFenPerHour && { costFenPerHour }) }))).find((line) =>
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

test('the series of an instance that is gone are gone', async () => {
  expect((await lines(FULL)).some((line) => line.includes('instance="b"'))).toBe(true);
  const rest = FULL.snapshot.instances.filter((each) => each.instance.id !== 'b');
  expect(await text({ ...FULL, snapshot: { ...FULL.snapshot, instances: rest } })).not.toContain('instance="b"');
  expect(await lines()).toEqual([]);
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

test('gives way after every thousand instances of every family', async () => {
  const machines = Array.from({ length: 10_000 }, (_, index) =>
    tracked(instance({ id: `i${index}`, expiresAt: NOON })),
  );
  let turns = 0;
  let counting = true;
  const turn = (): void => {
    turns += 1;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  const activity = new Map<string, Activity>(
    machines.map(({ instance: { id } }) => [`cy/${id}`, { kind: 'active', at: NOON, readings: [reading(NOON)] }]),
  );
  const all = await pieces([source({ snapshot: snapshot(machines), activity })]);
  counting = false;
  const data = all.filter((piece) => piece.startsWith('lamplighter_instance'));
  expect(data).toHaveLength(5 * 10);
  for (const piece of data) expect(piece.split('\n').length - 1).toBe(1_000);
  // Something else had its turn between any two of them.
  expect(turns).toBeGreaterThanOrEqual(5 * 10);
});
