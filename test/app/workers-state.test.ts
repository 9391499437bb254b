import { expect, test } from 'vitest';
import { workersState } from '../../src/app/workers-state.ts';
import type { QueueName } from '../../src/queue/payloads.ts';

const START = 1_000_000;
const SECOND = 1_000;

function queues(
  finished: Partial<Record<QueueName, number>>,
  tickSince: number | null = null,
  refusedAt: number | null = null,
) {
  return {
    lastFinishedAt: (name: QueueName) => finished[name] ?? null,
    runningSince: (name: QueueName) => (name === 'tick' ? tickSince : null),
    refusedAt: () => refusedAt,
  };
}

const after = (seconds: number) => START + seconds * SECOND;

test.each([
  ['nothing has been finished since the start', queues({}), 179, true],
  ['nothing has been finished since the start for too long', queues({}), 180, false],
  ['a tick was finished lately', queues({ tick: after(100) }), 279, true],
  ['the last was finished three minutes ago', queues({ tick: after(100) }), 280, false],
  ['another replica has the ticks, and work is done here', queues({ evaluate: after(500) }), 600, true],
  ['a tick goes on', queues({ poll: after(600) }, after(430)), 600, true],
  ['Redis took no writes until lately', queues({}, null, after(500)), 679, true],
  ['Redis took no writes until three minutes ago', queues({}, null, after(500)), 680, false],
  ['a tick hangs while other work is done', queues({ poll: after(600) }, after(420)), 600, false],
])('%s', (_what, given, seconds, ok) => {
  expect(workersState(given, START, after(seconds))).toMatchObject({ ok });
});

test('without Redis nobody can work, and a restart would not help', () => {
  expect(workersState(queues({}), null, after(10_000))).toEqual({ ok: true, detail: 'alive; Redis is away' });
});

test('the time that Redis was away does not count', () => {
  expect(workersState(queues({ tick: START }, START), after(1_000), after(1_100))).toMatchObject({ ok: true });
});
