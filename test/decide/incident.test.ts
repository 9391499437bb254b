import { expect, test } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { incidentTest } from '../../src/decide/incident.ts';
import { clausesOf } from '../../src/policy/clauses.ts';
import { compile } from '../../src/policy/compile.ts';
import { OPTIONS } from '../policy/support.ts';
import { operation } from './operation-kit.ts';

const MINUTE = 60_000;
const POLICIES = {
  file: 'p.yaml',
  text: 'policies: [{ name: idle, mode: enforce, match: { name: "*" }, when: { idleFor: 30m }, do: stop, notice: 10m }]',
};

/** A stop of one that has been idle since eight in the morning, so long after it was due. */
function stopped(lateMs: number) {
  const compiled = compile([POLICIES], OPTIONS);
  if (!compiled.ok) throw new Error('the policy is not valid');
  const { policies } = compiled.set;
  const idleSince = Date.parse('2026-11-24T08:00:00+08:00');
  const announced = idleSince + 30 * MINUTE;
  const createdAt = announced + 10 * MINUTE + lateMs;
  const text = (at: number) => new Date(at).toISOString();
  const done = operation(
    { kind: 'stop' },
    {
      account: 'hxy-main',
      policy: 'idle',
      step: 0,
      createdAt,
      evidence: {
        statusSince: text(idleSince - 600 * MINUTE),
        idleSince: text(idleSince),
        watchedSince: text(idleSince - 600 * MINUTE),
        announcedAt: text(announced),
      },
    },
  );
  const around = { accounts: OPTIONS.accounts ?? [], labelsOf: () => ({}), zone: zoneNamed('Asia/Shanghai') };
  const ground = { ...around, policies, clauses: clausesOf([POLICIES], policies), coverage: null };
  return incidentTest({ operation: done, cause: null, machine: null }, ground);
}

test.each([
  [0, 0],
  [2 * MINUTE, 0],
  [4 * MINUTE, 4 * MINUTE],
  [14 * MINUTE, 14 * MINUTE],
])('what limits held back by %d ms is expected when it was due', (lateMs, told) => {
  expect(stopped(lateMs)).toMatchObject({
    kind: 'written',
    lateMs: told,
    test: {
      expect: [
        { at: '08:30', kind: 'announce' },
        { at: '08:40', do: 'stop', reason: 'due' },
      ],
    },
  });
});

test('what came much later came for another reason', () => {
  expect(stopped(16 * MINUTE)).toMatchObject({ kind: 'insufficient', notes: expect.arrayContaining([expect.stringContaining('earlier')]) });
});
