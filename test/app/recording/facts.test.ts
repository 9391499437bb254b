import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plainFacts, plainRows } from '../../../src/app/recording/plain-facts.ts';
import { FactsReader } from '../../../src/app/recording/read-facts.ts';
import { recordedIn, sourcesOf } from '../../../src/app/recording/recording-files.ts';
import type { Price } from '../../../src/fleet/account.ts';
import type { Activity } from '../../../src/fleet/activity.ts';
import { verbatim } from '../../../src/fleet/detail/detail.ts';
import type { Tracked } from '../../../src/fleet/snapshot.ts';
import type { Json } from '../../../src/recording/json.ts';
import { PassReader, PassWriter } from '../../../src/recording/pass-codec.ts';
import { historyOf } from '../../../src/store/history.ts';
import type { PassFacts } from '../../../src/work/facts.ts';
import { instance, NOON } from '../../decide/kit.ts';

const seen = {
  at: NOON,
  readings: [
    {
      probe: 'ssh',
      at: NOON - 5,
      verdict: 'unknown',
      reason: 'unreachable',
      lastActiveAt: null,
      judges: 'work',
      evidence: verbatim('no answer'),
    },
  ],
} as const;
const watched = { from: NOON - 9, to: NOON, holes: [{ at: NOON - 7, ms: 3 }] };
const ACTIVITIES: readonly (Activity | null)[] = [
  { kind: 'idle', ...seen, since: NOON - 8, watched },
  { kind: 'active', ...seen, protection: { by: 'people', until: NOON + 9 }, watched },
  { kind: 'active', ...seen },
  { kind: 'unknown', ...seen, reason: 'stale', detail: verbatim('old'), watched },
  { kind: 'unknown', ...seen, reason: 'no-probe' },
  { kind: 'not-applicable', at: NOON },
  null,
];
/** With all that a price may have: one more field here, and nobody could say that it is not kept. */
const PRICE: Required<Price> = { hourlyFen: 198, dailyFen: null, monthlyFen: 90_000, stoppedFen: 10, cardlessFen: 20 };
const TRACKED: Required<Omit<Tracked, 'instance'>> = {
  firstSeenAt: NOON - 4,
  statusSince: NOON - 3,
  upSince: null,
  personStartAt: NOON - 2,
  stopMode: 'cardless',
  stoppedBy: 'night',
  missing: 2,
};

function factsWith(facts: Partial<PassFacts>): PassFacts {
  const rows = {
    acted: new Map([['night\nhxy/1', '[]']]),
    recent: new Map([
      ['b', '1'],
      ['c', '2'],
    ]),
    open: ['hxy/1'],
    openPaid: ['hxy/2'],
    renewed: new Map([['hxy/1', '5']]),
    notices: [],
    obligations: [],
    policySince: new Map([['night', '3']]),
    lowBalance: new Map([['low', 'o']]),
    policyEdits: new Map([['night', 'hash 4']]),
    heldUntil: new Map([['hxy/1', '6']]),
    leashes: new Map([['hxy/1', '2 7']]),
    watchBeganAt: 8,
  };
  return {
    now: NOON,
    paused: true,
    account: {
      name: 'hxy',
      provider: 'huixingyun',
      actions: ['stop', 'start'],
      pollEveryMs: 60_000,
      prices: new Map([['x', PRICE]]),
      spendLimit: { perDayFen: 5, callsPerDay: null },
    },
    listing: {
      account: 'hxy',
      provider: 'huixingyun',
      takenAt: NOON - 1,
      finishedAt: NOON,
      generation: 7,
      complete: false,
      incomplete: 'page-failed',
      shrunken: true,
      balance: { cashFen: 5, cardsFen: 6, at: NOON },
    },
    instances: ACTIVITIES.map((activity, index) => ({
      // Numbers among the ids, which maps would put in an order of their own, and one id twice.
      tracked: { ...TRACKED, instance: instance({ id: ['z', '10', '9', 'a', '10', '1', 'b'][index] ?? '' }) },
      labels: { env: 'dev' },
      activity,
    })),
    holds: [{ id: 'h', instance: 'hxy/1', owner: 'li', reason: 'mine', createdAt: NOON - 1, until: NOON + 1 }],
    history: historyOf(rows, 'hxy', NOON),
    balances: [
      { at: NOON - 2, fen: 7 },
      { at: NOON - 1, fen: 6 },
    ],
    spent: { calls: 1, fen: 2 },
    interruptedAt: [NOON - 1],
    breakerOpen: true,
    paidWork: 'breaker',
    paidWorkOff: verbatim('redis'),
    reversibleOff: verbatim('excess'),
    foreign: verbatim('another'),
    ...facts,
  };
}

/** As it comes back from a file. */
function again(facts: PassFacts): PassFacts {
  const written = (value: Json): Json => JSON.parse(JSON.stringify(value));
  const rows = [...plainRows(facts)].map(({ key, plain }) => [key, written(plain(null))] as const);
  return new FactsReader().read(written(plainFacts(facts)), new Map(rows));
}

/** Answers are made of the rows. */
const comparable = ({ history, ...rest }: PassFacts) => ({ ...rest, rows: history.rows });

test('what a pass knew comes back as it was, field by field', () => {
  const facts = factsWith({});
  expect(comparable(again(facts))).toEqual(comparable(facts));
  const least = factsWith({ instances: [], holds: [], balances: [] });
  expect(comparable(again(least))).toEqual(comparable(least));
});

test('what is of other accounts is not kept, nor the ways into a machine', () => {
  const services = [{ title: 'jupyter', url: 'https://x/?token=abc', kind: 'http' }];
  const [first] = factsWith({}).instances;
  if (first === undefined) throw new Error('there is no instance');
  const row = { ...first, tracked: { ...first.tracked, instance: instance({ services }) } };
  const holds = factsWith({}).holds.map((hold) => ({ ...hold, instance: 'cy/1' as const }));
  const facts = factsWith({ instances: [row], holds });
  expect(again(facts).holds).toEqual([]);
  expect(JSON.stringify([plainFacts(facts), [...plainRows(facts)].map(({ plain }) => plain(null))])).not.toContain(
    'token',
  );
});

test('of a row that changes in one part that part is told, and the others are as they were', async () => {
  const { instances } = factsWith({});
  const [row] = instances;
  if (row === undefined) throw new Error('there is no instance');
  const { tracked } = row;
  const [writer, reader] = [new PassWriter(), new PassReader()];
  const rows = [
    row,
    { ...row, activity: null },
    { ...row, labels: { other: 'x' } },
    { ...row, tracked: { ...tracked, statusSince: 17 } },
    { ...row, tracked: { ...tracked, instance: { ...tracked.instance, name: 'renamed' } } },
    row,
  ];
  for (const each of rows) {
    const facts = factsWith({ instances: [each] });
    const plain = { facts: plainFacts(facts), rows: plainRows(facts), decided: {}, words: '' };
    const read = reader.read(await writer.changes(plain));
    const [back] = new FactsReader().read(read.facts, read.rows).instances;
    const instance = { ...each.tracked.instance, services: [] };
    expect(back).toEqual({ ...each, tracked: { ...each.tracked, instance } });
  }
});

test('a day that was recorded by the first version is read', async () => {
  const file = join(import.meta.dirname, 'format-1.zst');
  const kinds = new Map<string, number>();
  for await (const { kind } of recordedIn(await sourcesOf([file], null, () => {})))
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  expect(Object.fromEntries(kinds)).toEqual({ start: 7, pass: 148 });
});
