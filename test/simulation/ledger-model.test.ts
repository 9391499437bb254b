import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CloudAction } from '../../src/fleet/action.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import { NO_DETAIL, verbatim } from '../../src/fleet/detail/detail.ts';
import { OPERATION_EDGES, OPERATION_STATES, type OperationDraft } from '../../src/fleet/operation.ts';
import type { ArmCap, StepOutcome, TransitionRequest } from '../../src/store/ledger.ts';
import { draft, NOON } from '../store/support/ledger.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { type Bench, modelBench, RealBenches } from './ledger-benches.ts';

let redis: TestRedis;
let real: RealBenches;

beforeAll(async () => {
  redis = await startRedis();
  real = await RealBenches.connect(redis.url);
});
afterAll(async () => {
  await real?.close();
  await redis?.stop();
});

const MACHINES = ['a', 'b'] as const;
const KEYS = ['0'.repeat(32), 'f'.repeat(32)] as const;
const REASONS = ['due', 'already-so', 'refused', 'uncertain'] as const;
const OUTCOMES: readonly (StepOutcome | undefined)[] = [undefined, undefined, undefined, 'none', 'closed', 'done'];

/** The actions of the stories: each class, and what the scripts treat by its name. */
const CALLS = {
  renew: { kind: 'renew', unit: 'daily', periods: 1 },
  create: { kind: 'create', order: { gpu: 'x' } },
  destroy: { kind: 'destroy' },
  start: { kind: 'start', stopMode: 'unknown' },
  'cardless-stop': { kind: 'cardless-stop' },
} as const satisfies Partial<Record<CloudAction, ActionCall>>;

const who = fc.constantFrom(0, 1);
const arming = fc.record({
  do: fc.constant('arm' as const),
  who,
  machine: fc.constantFrom(...MACHINES),
  key: fc.constantFrom(...KEYS),
  attempt: fc.integer({ min: 1, max: 3 }),
  action: fc.constantFrom<keyof typeof CALLS>('renew', 'renew', 'cardless-stop', 'start', 'destroy', 'create'),
  policy: fc.constantFrom('one', 'two', null),
  occurrence: fc.constantFrom('x', 'y'),
  owes: fc.boolean(),
  cap: fc.option(fc.record({ max: fc.integer({ min: 1, max: 2 }), windowMs: fc.constantFrom(60_000, 3_600_000) })),
});
const moving = fc.record({
  do: fc.constant('move' as const),
  who,
  which: fc.nat(5),
  to: fc.constantFrom(...OPERATION_STATES),
  /** Which legal step, where one is taken; the rest ask for anything at all. */
  legal: fc.option(fc.nat(4), { freq: 8 }),
  staleness: fc.nat(9),
  again: fc.nat(6),
  reason: fc.constantFrom(...REASONS),
  outcome: fc.constantFrom(...OUTCOMES),
  spend: fc.option(
    fc.record({
      dayKey: fc.constantFrom('2026-06-01', '2026-06-02'),
      costFen: fc.constantFrom(null, 1_000),
      callsPerDay: fc.constantFrom(null, 1, 3),
      perDayFen: fc.constantFrom(null, 1_500),
    }),
  ),
});
const other = fc.record({
  do: fc.constantFrom('freeze', 'freezeClass', 'reconcile', 'save', 'goBack', 'look', 'restart', 'time'),
  who,
  ms: fc.constantFrom(1, 30_000, 61_000, 1_800_000),
});
const story = fc.array(
  fc.oneof({ arbitrary: arming, weight: 4 }, { arbitrary: moving, weight: 9 }, { arbitrary: other, weight: 2 }),
  { minLength: 5, maxLength: 45 },
);
type Line = typeof story extends fc.Arbitrary<infer T> ? (T extends readonly (infer L)[] ? L : never) : never;

/** What is told of an error: enough to see that both fail for the same reason. */
async function answerOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'no error';
  }
}

/** Tells a story to a bench and gives back every answer. What it asks for depends on the answers, and on nothing else. */
async function tell(bench: Bench, lines: readonly Line[]): Promise<readonly unknown[]> {
  const answers: unknown[] = [await bench.start(0, NOON), await bench.start(1, NOON)];
  const ids: string[] = [];
  let txids: { readonly id: string; readonly request: TransitionRequest }[] = [];
  let now = NOON;
  let txid = 0;
  for (const [index, line] of lines.entries()) {
    bench.name(`epoch-${index}`);
    if (line.do === 'arm') {
      const { machine, key, attempt, action, policy, occurrence, owes, cap } = line;
      const instanceId = action === 'create' ? `slot:${machine}` : machine;
      const owed = {
        policy: 'one',
        instance: `hxy/${instanceId}` as const,
        incarnation: 'i',
        dueAt: NOON,
        lapsesAt: null,
      };
      const what: OperationDraft = draft({
        id: `${key}-${attempt}`,
        attempt,
        instanceId,
        instance: `hxy/${instanceId}`,
        action,
        call: CALLS[action],
        policy,
        occurrence,
        costFen: null,
        obligations: owes && action === 'cardless-stop' ? [owed] : [],
      });
      if (!ids.includes(what.id)) ids.push(what.id);
      const caps: readonly ArmCap[] =
        cap === null ? [] : [{ key: 'interrupts', reason: 'limit-percent', windowMs: cap.windowMs, max: cap.max }];
      const at = now;
      answers.push(await answerOf(() => bench.ledger(line.who).arm(what, { now: at, caps })));
    } else if (line.do === 'move') {
      const id = ids[line.which % Math.max(1, ids.length)];
      if (id === undefined) continue;
      const before = await bench.ledger(line.who).get(id);
      const state = before?.state ?? 'armed';
      const ways = OPERATION_EDGES[state];
      const to = line.legal === null ? line.to : (ways[line.legal % Math.max(1, ways.length)] ?? line.to);
      txid += 1;
      const fresh: TransitionRequest = {
        from: { state, version: (before?.version ?? 1) - (line.staleness === 0 ? 1 : 0) },
        to,
        txid: `tx-${txid}`,
        reason: line.reason,
        detail: verbatim(`step ${txid}`),
        by: 'lamplighter',
        now,
        patch:
          to === 'sending' ? { sendingAt: now, deadlineAt: now + 32_000, nextCheckAt: now + 32_000 } : { tries: txid },
        ...(to === 'sending' && line.spend !== null && { spend: line.spend }),
        ...(line.outcome !== undefined && { outcome: line.outcome }),
      };
      const old = line.again === 0 ? txids.at(-1) : undefined;
      const { id: target, request } = old ?? { id, request: fresh };
      txids = [...txids, { id: target, request }].slice(-3);
      answers.push(await answerOf(() => bench.ledger(line.who).transition(target, request)));
    } else if (line.do === 'time') {
      now += line.ms;
    } else {
      const at = now;
      const kind = line.do;
      answers.push(await answerOf(() => bench.other(kind, line.who, at)));
    }
    answers.push(await bench.marks());
  }
  answers.push(await bench.everything(ids, now));
  return answers;
}

test('the ledger of the simulation answers as the one in Redis does', async () => {
  await fc.assert(
    fc.asyncProperty(story, fc.boolean(), async (lines, apart) => {
      const redisBench = await real.bench(`t-${randomUUID()}:`, apart);
      try {
        const inRedis = await tell(redisBench, lines);
        const inMemory = await tell(modelBench(apart), lines);
        expect(inMemory).toEqual(inRedis);
      } finally {
        await redisBench.close();
      }
    }),
    { numRuns: 150 },
  );
});

test('a sending that is told again to another replica is in its watermark as well', async () => {
  const inRedis = await real.bench(`t-${randomUUID()}:`, true);
  for (const bench of [inRedis, modelBench(true)]) {
    await bench.start(0, NOON);
    await bench.start(1, NOON);
    const what = draft({ id: `${KEYS[0]}-1`, attempt: 1, action: 'renew', call: CALLS.renew, instanceId: 'a' });
    await bench.ledger(0).arm(what, { now: NOON, caps: [] });
    const request: TransitionRequest = {
      from: { state: 'armed', version: 1 },
      to: 'sending',
      txid: 'once',
      reason: 'sending',
      detail: NO_DETAIL,
      by: 'lamplighter',
      now: NOON,
      patch: { sendingAt: NOON },
    };
    await bench.ledger(0).transition(what.id, request);
    expect(await bench.ledger(1).transition(what.id, request)).toMatchObject({ kind: 'moved', replayed: true });
    const sent = { id: what.id, version: 2, at: NOON };
    expect(await bench.marks()).toMatchObject([
      { seq: 2, sent },
      { seq: 2, sent },
    ]);
  }
  await inRedis.close();
});

test('what one daemon of a machine had sent before it died, another knows of when the ledger comes back without it', async () => {
  const inRedis = await real.bench(`t-${randomUUID()}:`, false);
  for (const bench of [inRedis, modelBench(false)]) {
    await bench.start(0, NOON);
    await bench.start(1, NOON);
    const what = draft({ id: `${KEYS[0]}-1`, attempt: 1, action: 'renew', call: CALLS.renew, instanceId: 'a' });
    await bench.ledger(0).arm(what, { now: NOON, caps: [] });
    await bench.other('save', 0, NOON);
    const request: TransitionRequest = {
      from: { state: 'armed', version: 1 },
      to: 'sending',
      txid: 'first',
      reason: 'sending',
      detail: NO_DETAIL,
      by: 'lamplighter',
      now: NOON,
      patch: { sendingAt: NOON },
    };
    expect(await bench.ledger(0).transition(what.id, request)).toMatchObject({ kind: 'moved' });
    await bench.other('goBack', 0, NOON);
    // The other one has seen none of it, and its number is that of the ledger.
    expect(await bench.ledger(1).lookAgain(NOON)).toBe('amnesia');
    expect(await bench.ledger(1).transition(what.id, { ...request, txid: 'second' })).toMatchObject({ kind: 'frozen' });
  }
  await inRedis.close();
});
