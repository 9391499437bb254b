import { expect, test } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { incidentTest } from '../../src/decide/incident.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import { clausesOf } from '../../src/policy/clauses.ts';
import { compile } from '../../src/policy/compile.ts';
import { OPTIONS } from '../policy/support.ts';
import { operation } from './operation-kit.ts';

const MINUTE = 60_000;
const POLICIES = {
  file: 'p.yaml',
  text: `policies:
  - { name: idle, mode: enforce, match: { name: "*-1" }, when: { idleFor: 30m }, do: stop, notice: 10m }
  - { name: image, mode: enforce, match: { account: hxy-main }, when: { cron: "0 3 * * *" }, do: snapshot }
`,
};
const text = (at: number) => new Date(at).toISOString();

/** The test of something that a policy did. */
function written(done: Operation) {
  const compiled = compile([POLICIES], OPTIONS);
  if (!compiled.ok) throw new Error('the policies are not valid');
  const { policies } = compiled.set;
  const around = { accounts: OPTIONS.accounts ?? [], labelsOf: () => ({}), zone: zoneNamed('Asia/Shanghai') };
  const ground = { ...around, policies, clauses: clausesOf([POLICIES], policies), coverage: null };
  return incidentTest({ operation: done, cause: null, machine: null }, ground);
}

/** A stop of one that has been idle since eight in the morning, so long after it was due. */
function stopped(lateMs: number) {
  const idleSince = Date.parse('2026-11-24T08:00:00+08:00');
  const announced = idleSince + 30 * MINUTE;
  const upSince = text(idleSince - 600 * MINUTE);
  const evidence = {
    statusSince: upSince,
    watchedSince: upSince,
    idleSince: text(idleSince),
    announcedAt: text(announced),
  };
  const createdAt = announced + 10 * MINUTE + lateMs;
  return written(operation({ kind: 'stop' }, { account: 'hxy-main', policy: 'idle', createdAt, evidence }));
}

/** An image at a tick, so long after it. */
function imaged(lateMs: number) {
  const tickAt = Date.parse('2026-11-24T03:00:00+08:00');
  const evidence = { statusSince: text(tickAt - 600 * MINUTE), tickAt: text(tickAt) };
  const done = { account: 'hxy-main', policy: 'image', createdAt: tickAt + lateMs, evidence };
  return written(operation({ kind: 'snapshot', name: 'x' }, done));
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

test('a tick that was served late is expected when it came', () => {
  expect(imaged(5 * MINUTE)).toMatchObject({
    kind: 'written',
    lateMs: 5 * MINUTE,
    test: { now: '2026-11-24 02:50', expect: [{ at: '03:00', do: 'snapshot', reason: 'due' }] },
  });
});

test('what came much later came for another reason', () => {
  expect(stopped(16 * MINUTE)).toMatchObject({
    kind: 'insufficient',
    notes: expect.arrayContaining([expect.stringContaining('earlier')]),
  });
});
