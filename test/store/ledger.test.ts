import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import { IllegalTransition } from '../../src/fleet/ledger-error.ts';
import { isTerminal, OPERATION_EDGES, OPERATION_STATES, type OperationState } from '../../src/fleet/operation.ts';
import type { ArmCap } from '../../src/store/ledger.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { armed, connectLedger, draft, NOON, type OpenLedger, renewal, to, walk } from './support/ledger.ts';

let redis: TestRedis;
let one: OpenLedger;
let two: OpenLedger;

beforeAll(async () => {
  redis = await startRedis();
  one = await connectLedger(redis.url);
  two = await connectLedger(redis.url);
  expect(await one.ledger.start(NOON)).toBe('first-start');
  expect(await two.ledger.start(NOON)).toBe('adopted');
});

afterAll(async () => {
  await one.close();
  await two.close();
  await redis.stop();
});

/** How to come to each state from armed. */
const WAY: Readonly<Record<OperationState, readonly OperationState[]>> = {
  armed: [],
  sending: ['sending'],
  accepted: ['sending', 'accepted'],
  uncertain: ['sending', 'uncertain'],
  verifying: ['sending', 'accepted', 'verifying'],
  confirmed: ['sending', 'accepted', 'confirmed'],
  rejected: ['sending', 'rejected'],
  escalated: ['escalated'],
  superseded: ['superseded'],
  cancelled: ['cancelled'],
};

describe('the map of states', () => {
  for (const from of OPERATION_STATES) {
    for (const next of OPERATION_STATES) {
      const legal = OPERATION_EDGES[from].includes(next);
      test(`${from} → ${next} is ${legal ? 'a step' : 'refused'}`, async () => {
        const at = await walk(one.ledger, await armed(one.ledger, draft()), ...WAY[from]);
        expect(at.state).toBe(from);
        const asked = one.ledger.transition(at.id, to(at, next));
        if (!legal) {
          await expect(asked).rejects.toThrow(IllegalTransition);
          expect(await one.ledger.get(at.id)).toEqual(at);
          return;
        }
        const moved = await asked;
        expect(moved).toMatchObject({ kind: 'moved', operation: { state: next, version: at.version + 1 } });
        const stored = await two.ledger.get(at.id);
        if (moved.kind === 'moved') expect(stored).toEqual(moved.operation);
        const open = await one.ledger.unfinished();
        expect(open.some(({ id }) => id === at.id)).toBe(!isTerminal(next));
      });
    }
  }
});

describe('arming', () => {
  test('makes an operation that reads back as it was given', async () => {
    const what = draft({ detail: verbatim('idle for 2h'), evidence: { gpu: 0, since: 'x', busy: false, none: null } });
    const operation = await armed(one.ledger, what);
    const { reason, detail, ...rest } = what;
    expect(operation).toMatchObject({
      ...rest,
      state: 'armed',
      version: 1,
      reason,
      detail,
      createdAt: NOON,
      checks: 0,
    });
    expect(await two.ledger.get(what.id)).toEqual(operation);
  });

  test('the same id a hundred times at once from two replicas makes one', async () => {
    const what = draft();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => (i % 2 ? one : two).ledger.arm(what, { now: NOON, caps: [] })),
    );
    const kinds = answers.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'armed')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'duplicate')).toHaveLength(99);
  });

  test('a hundred different operations on one instance at once: one is armed', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        (i % 2 ? one : two).ledger.arm(draft({ instanceId: 'busy' }), { now: NOON, caps: [] }),
      ),
    );
    const winner = answers.find((answer) => answer.kind === 'armed');
    expect(answers.filter((answer) => answer.kind === 'armed')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.kind !== 'armed') expect(answer).toEqual({ kind: 'open', operationId: winner?.operation.id });
    }
  });

  test('the instance is free again when the operation has ended', async () => {
    const first = await armed(one.ledger, draft({ instanceId: 'again' }));
    await walk(one.ledger, first, 'sending', 'rejected');
    await armed(one.ledger, draft({ instanceId: 'again' }));
  });

  test('an escalated stop lets others act; an escalated renewal still blocks paid and destructive work', async () => {
    await walk(one.ledger, await armed(one.ledger, draft({ instanceId: 'e1' })), 'escalated');
    await armed(one.ledger, renewal({ instanceId: 'e1' }));

    const paid = await walk(one.ledger, await armed(one.ledger, renewal({ instanceId: 'e2' })), 'escalated');
    for (const what of [
      renewal({ instanceId: 'e2' }),
      draft({ instanceId: 'e2', action: 'destroy', call: { kind: 'destroy' } }),
    ]) {
      expect(await one.ledger.arm(what, { now: NOON, caps: [] })).toEqual({ kind: 'open', operationId: paid.id });
    }
    await walk(one.ledger, await armed(one.ledger, draft({ instanceId: 'e2' })), 'sending', 'accepted', 'confirmed');
    await walk(one.ledger, paid, 'confirmed');
    await armed(one.ledger, renewal({ instanceId: 'e2' }));
  });
});

describe('caps', () => {
  const cap = (key: string, max: number, windowMs = 60_000): ArmCap => ({
    key,
    max,
    windowMs,
    reason: 'limit-percent',
  });

  test('hold under concurrency from two replicas', async () => {
    const caps = [cap('shared', 3)];
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => (i % 2 ? one : two).ledger.arm(draft(), { now: NOON, caps })),
    );
    expect(answers.filter(({ kind }) => kind === 'armed')).toHaveLength(3);
    expect(answers.filter(({ kind }) => kind === 'capped')).toHaveLength(57);
  });

  test('roll: what is older than the window no longer counts', async () => {
    const caps = [cap('rolling', 1)];
    const arm = async (now: number) => (await one.ledger.arm(draft(), { now, caps })).kind;
    expect(await arm(NOON)).toBe('armed');
    expect(await arm(NOON + 59_999)).toBe('capped');
    expect(await arm(NOON + 60_000)).toBe('armed');
  });

  test('name the first that is full, and a refusal uses up none of the others', async () => {
    const both: ArmCap[] = [cap('roomy', 1), { key: 'full', max: 0, windowMs: 3_600_000, reason: 'limit-per-hour' }];
    expect(await one.ledger.arm(draft(), { now: NOON, caps: both })).toEqual({
      kind: 'capped',
      reason: 'limit-per-hour',
    });
    expect((await one.ledger.arm(draft(), { now: NOON, caps: [cap('roomy', 1)] })).kind).toBe('armed');
  });

  test('are given back when nothing was sent, and stay used when something was', async () => {
    const caps = [cap('returned', 1)];
    const arm = () => one.ledger.arm(draft(), { now: NOON, caps });
    const first = await arm();
    if (first.kind !== 'armed') throw new Error(first.kind);
    await walk(one.ledger, first.operation, 'cancelled');
    const second = await arm();
    if (second.kind !== 'armed') throw new Error(second.kind);
    await walk(one.ledger, second.operation, 'sending', 'rejected');
    expect((await arm()).kind).toBe('capped');
  });
});

describe('transitions', () => {
  test('the same transaction again changes nothing and is told so', async () => {
    const operation = await armed(one.ledger, draft());
    const request = to(operation, 'sending');
    const first = await one.ledger.transition(operation.id, request);
    const again = await two.ledger.transition(operation.id, request);
    if (first.kind !== 'moved' || again.kind !== 'moved') throw new Error('not moved');
    expect(again.operation).toEqual(first.operation);
    expect([first.replayed, again.replayed]).toEqual([false, true]);
    await walk(one.ledger, first.operation, 'accepted');
    const late = await two.ledger.transition(operation.id, request);
    expect(late).toMatchObject({ kind: 'moved', replayed: true, operation: { state: 'accepted', version: 3 } });
  });

  test('of fifty that want the same step, one wins and the others see it', async () => {
    const operation = await armed(one.ledger, draft());
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (i % 2 ? one : two).ledger.transition(operation.id, to(operation, 'sending')),
      ),
    );
    expect(answers.filter(({ kind }) => kind === 'moved')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.kind !== 'moved') expect(answer).toMatchObject({ kind: 'stale', operation: { state: 'sending' } });
    }
  });

  test('a version that is not the present one is stale, even in the right state', async () => {
    const operation = await walk(one.ledger, await armed(one.ledger, draft()), 'sending', 'armed');
    const answer = await one.ledger.transition(
      operation.id,
      to(operation, 'sending', { from: { state: 'armed', version: 1 } }),
    );
    expect(answer).toMatchObject({ kind: 'stale', operation: { version: 3 } });
  });

  test('an id that nobody armed is absent', async () => {
    const operation = await armed(one.ledger, draft());
    expect(await one.ledger.transition('nobody', to(operation, 'sending'))).toEqual({ kind: 'absent' });
    expect(await one.ledger.get('nobody')).toBeNull();
  });

  test('set fields, keep earlier ones, and are all remembered with growing sequence numbers', async () => {
    let operation = await armed(one.ledger, draft());
    const step = async (state: OperationState, change: Parameters<typeof to>[2]) => {
      const result = await one.ledger.transition(operation.id, to(operation, state, change));
      if (result.kind !== 'moved') throw new Error(result.kind);
      operation = result.operation;
    };
    await step('sending', {
      reason: 'sending',
      patch: { sendingAt: NOON + 1, deadlineAt: NOON + 33_000, tries: 1 },
      now: NOON + 1,
    });
    await step('accepted', {
      reason: 'accepted',
      detail: verbatim('ok'),
      patch: { orderId: 'A1', nextCheckAt: NOON + 40_000 },
      now: NOON + 2,
    });
    await step('verifying', {
      reason: 'verifying',
      by: 'person wang',
      patch: { checks: 1, nextCheckAt: null },
      now: NOON + 3,
    });
    expect(operation).toMatchObject({
      sendingAt: NOON + 1,
      deadlineAt: NOON + 33_000,
      tries: 1,
      orderId: 'A1',
      nextCheckAt: null,
      checks: 1,
      state: 'verifying',
      version: 4,
      createdAt: NOON,
      updatedAt: NOON + 3,
      reason: 'verifying',
    });
    expect(operation.transitions.map(({ from, to, by }) => `${from} ${to} ${by}`)).toEqual([
      'null armed policy idle',
      'armed sending lamplighter',
      'sending accepted lamplighter',
      'accepted verifying person wang',
    ]);
    const numbers = operation.transitions.map(({ seq }) => seq);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(await two.ledger.get(operation.id)).toEqual(operation);
  });

  test('more than nine of them stay in order', async () => {
    let operation = await walk(one.ledger, await armed(one.ledger, draft()), 'sending', 'accepted', 'verifying');
    for (let i = 0; i < 12; i++) operation = await walk(one.ledger, operation, 'verifying');
    const stored = await one.ledger.get(operation.id);
    expect(stored?.version).toBe(16);
    expect(stored).toEqual(operation);
  });
});

describe('spending', () => {
  const spend = (dayKey: string, change = {}) => ({
    dayKey,
    costFen: 4_000,
    callsPerDay: null,
    perDayFen: null,
    ...change,
  });
  const send = async (check: ReturnType<typeof spend>, which = one) => {
    const operation = await armed(which.ledger, renewal());
    return {
      operation,
      result: await which.ledger.transition(operation.id, to(operation, 'sending', { spend: check })),
    };
  };

  test('counts sends: the limit holds when two replicas send at once, and nothing changes for those refused', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => send(spend('d1', { callsPerDay: 5 }), i % 2 ? one : two)),
    );
    expect(answers.filter(({ result }) => result.kind === 'moved')).toHaveLength(5);
    for (const { operation, result } of answers) {
      if (result.kind === 'moved') continue;
      expect(result).toEqual({ kind: 'spend-limit', limit: 'calls' });
      expect(await one.ledger.get(operation.id)).toEqual(operation);
    }
  });

  test('counts money, and a price that is not known is over any limit on money', async () => {
    expect((await send(spend('d2', { perDayFen: 9_000 }))).result.kind).toBe('moved');
    expect((await send(spend('d2', { perDayFen: 9_000 }))).result.kind).toBe('moved');
    expect((await send(spend('d2', { perDayFen: 9_000 }))).result).toEqual({ kind: 'spend-limit', limit: 'fen' });
    expect((await send(spend('d2', { perDayFen: 9_000, costFen: null }))).result).toEqual({
      kind: 'spend-limit',
      limit: 'price',
    });
    expect((await send(spend('d3', { perDayFen: 9_000 }))).result.kind).toBe('moved');
  });

  test('is given back when the request never left', async () => {
    const check = spend('d4', { callsPerDay: 1, perDayFen: 4_000 });
    const { result } = await send(check);
    if (result.kind !== 'moved') throw new Error(result.kind);
    expect((await send(check)).result.kind).toBe('spend-limit');
    await walk(one.ledger, result.operation, 'armed', 'cancelled');
    expect((await send(check)).result.kind).toBe('moved');
  });
});
