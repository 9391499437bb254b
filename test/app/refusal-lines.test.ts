import { beforeEach, expect, test } from 'vitest';
import { refusalLines } from '../../src/app/refusal-lines.ts';
import type { Refusal } from '../../src/decide/decision.ts';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import { makeLog } from '../../src/telemetry/log.ts';

const log = makeLog({ level: 'silent', destination: { write: () => {} }, scrub: (text) => text });
let lines: string[] = [];
let tell: ReturnType<typeof refusalLines>;
beforeEach(() => {
  lines = [];
  tell = refusalLines(
    (line) => lines.push(line),
    log,
    () => 'Asia/Shanghai',
  );
});

function refusal(reason: Refusal['reason']): Refusal {
  return {
    kind: 'refusal',
    policy: 'idle',
    account: 'hxy',
    instance: 'hxy/a',
    name: 'dev-a',
    action: 'stop',
    step: 0,
    occurrence: null,
    reason,
    detail: verbatim('as it is'),
  };
}

test('a refusal is told when it is new, and again when its reason changes or it comes back', () => {
  tell('hxy', [refusal('hold')], 1);
  tell('hxy', [refusal('hold')], 2);
  expect(lines).toEqual(['stop of dev-a (hxy/a) is not done (hold: as it is); asked by policy idle']);
  tell('hxy', [refusal('paused')], 3);
  tell('hxy', [], 4);
  tell('hxy', [refusal('paused')], 5);
  expect(lines).toHaveLength(3);
});

test('what is merely on its way is not told', () => {
  tell('hxy', [refusal('open-operation'), refusal('cooldown')], 1);
  expect(lines).toEqual([]);
});

test('unknown activity is told by the second listing that has it, once', () => {
  tell('hxy', [refusal('unknown-activity')], 1);
  tell('hxy', [refusal('unknown-activity')], 1);
  expect(lines).toEqual([]);
  tell('hxy', [refusal('unknown-activity')], 2);
  tell('hxy', [refusal('unknown-activity')], 3);
  expect(lines).toHaveLength(1);
});

test('a machine that was just stopped is still up by the older listing: nothing is told', () => {
  tell('hxy', [refusal('unknown-activity')], 1);
  tell('hxy', [], 2);
  tell('hxy', [refusal('unknown-activity')], 3);
  expect(lines).toEqual([]);
});

test('a listing that does not come any more is told at once', () => {
  tell('hxy', [refusal('stale-snapshot')], 1);
  expect(lines).toHaveLength(1);
});
