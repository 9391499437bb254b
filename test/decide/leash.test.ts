import { describe, test } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import { leashMs, soonRestarts } from '../../src/decide/leash.ts';
import type { Snapshot, Tracked } from '../../src/fleet/snapshot.ts';
import { expect } from '../support/in-words.ts';
import { account, DAY, HOUR, instance, MINUTE, NOON, policy, TestHistory, view, world } from './kit.ts';

const stopped: Tracked = {
  instance: instance({ status: 'stopped' }),
  firstSeenAt: NOON - DAY,
  statusSince: NOON,
  upSince: null,
  personStartAt: null,
  stopMode: 'normal',
  stoppedBy: 'p',
};

function started(at: number, fields: Partial<Tracked> = {}): Tracked {
  const up = { statusSince: at, upSince: at, personStartAt: at, stopMode: null, stoppedBy: null } as const;
  return { ...stopped, instance: instance({ status: 'running' }), ...up, ...fields };
}

function snapshot(...instances: readonly Tracked[]): Snapshot {
  return {
    account: 'hxy',
    provider: 'huixingyun',
    takenAt: NOON,
    finishedAt: NOON,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    instances,
    balance: null,
  };
}

describe('a restart soon after a stop', () => {
  const soon = NOON + 10 * MINUTE;
  const cases: readonly (readonly [string, Snapshot | null, Tracked, number])[] = [
    ['by a person', snapshot(stopped), started(soon), 1],
    ['an hour later', snapshot(stopped), started(NOON + HOUR), 1],
    ['later than that', snapshot(stopped), started(NOON + HOUR + 1), 0],
    ['by a policy', snapshot(stopped), started(soon, { personStartAt: null }), 0],
    ['of what nobody of us had stopped', snapshot({ ...stopped, stoppedBy: null }), started(soon), 0],
    ['of what was up before', snapshot(started(NOON - HOUR)), started(soon), 0],
    ['seen for the second time', snapshot(started(soon)), started(soon), 0],
    ['of a machine that is new', snapshot(), started(soon), 0],
    ['in the first listing of all', null, started(soon), 0],
  ];
  test.each(cases)('%s', (_name, before, now, count) => {
    expect(soonRestarts(before, snapshot(now))).toHaveLength(count);
  });
});

test('the leash doubles with each restart, from the longer of minimumUptime and idleFor, up to a day', () => {
  const of = (restarts: number) => leashMs(30 * MINUTE, 2 * HOUR, restarts) / HOUR;
  expect([0, 1, 2, 3, 4, 99].map(of)).toEqual([0.5, 4, 8, 16, 24, 24]);
  expect(leashMs(2 * DAY, HOUR, 9)).toBe(2 * DAY);
  expect(leashMs(0, 30 * MINUTE, 1)).toBe(HOUR);
});

test('a policy waits as long as the leash is, and a week later as long as ever', () => {
  const history = Object.assign(new TestHistory(), { restarts: () => ({ count: 2, lastAt: NOON - HOUR }) });
  const at = (upSince: number) =>
    evaluate([policy()], world([account([view({}, { tracked: { upSince } })])], { history }));
  expect(at(NOON - 2 * HOUR + 1).refusals).toMatchObject([
    {
      reason: 'minimum-uptime',
      detail: expect.stringContaining('less than 2h, and it was started soon after a stop 2 times'),
    },
  ]);
  expect(at(NOON - 2 * HOUR).acts).toHaveLength(1);
  history.restarts = () => ({ count: 2, lastAt: NOON - 7 * DAY - 1 });
  expect(at(NOON - 2 * HOUR + 1).acts).toHaveLength(1);
});
