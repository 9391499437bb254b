import { describe, expect, test } from 'vitest';
import { readTestFile, senselessOf } from '../../src/app/test-file.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { runPolicyTest } from '../../src/decide/policy-test.ts';
import { clausesOf } from '../../src/policy/clauses.ts';
import { compile } from '../../src/policy/compile.ts';
import { OPTIONS } from '../policy/support.ts';

const POLICIES = {
  file: 'p.yaml',
  text: `policies:
  - { name: night, mode: enforce, match: { name: "dev-*" }, when: { during: "Mon-Sun 23:00-08:00" }, do: stop }
  - { name: off, enabled: false, match: all, when: { idleFor: 1h }, do: stop }
  - { name: poor, mode: enforce, match: { provider: "chenyu" }, when: { balanceBelow: 200 }, do: notify }
  - { name: told, mode: enforce, match: { name: "dev-*" }, when: { stoppedFor: 1d }, do: notify }
  - { name: paid, mode: enforce, match: { billing: [daily, monthly] }, when: { expiresWithin: 12h }, do: [{ renew: { periods: { daily: 3, monthly: 1 } } }, { notify: { to: [ops, hook], severity: info } }] }
  - { name: watched, mode: observe, match: { name: "dev-*" }, when: { idleFor: 1h }, do: stop }
`,
};

function ground() {
  const compiled = compile([POLICIES], OPTIONS);
  if (!compiled.ok) throw new Error(compiled.errors.map(({ message }) => message).join('\n'));
  const { policies } = compiled.set;
  const around = { accounts: OPTIONS.accounts ?? [], labelsOf: () => ({}), zone: zoneNamed('Asia/Shanghai') };
  return { ...around, policies, clauses: clausesOf([POLICIES], policies), coverage: null };
}

const GROUND = ground();

/** Every mistake of a file as `line:column message`, in order. */
function mistakes(text: string): readonly string[] {
  const file = readTestFile({ file: 't.yaml', text });
  return [...file.errors, ...senselessOf(file, GROUND)]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const HEAD = '    now: "2026-11-24 22:00"\n    for: 12h\n';
const one = (lines: string) => `tests:\n  - name: a\n${HEAD}${lines}`;

test('all mistakes of a file are told at once, each at its place', () => {
  expect(
    mistakes(`mdoe: observe
tests:
  - nmae: half an hour
    now: "2026-11-24 14:00"
    for: 2hh
    policies: [nihgt]
    fleet:
      dev-1: { activity: idel, acount: hxy-main }
      dev-2: { activity: active, account: hxy-mian, stoppedBy: nigt }
    timelin: []
    expect:
      - { after: 30m, kind: anounce, do: stop, instance: dev-1 }
      - { after: 40m, do: stopp, instance: dev-11, reason: deu }
    never:
      - { do: stop, instance: dev-22 }
  - name: b
    now: "2026-11-31 14:00"
    for: 2h
    accounts: { chenyou: {} }
    fleet: { dev-01..03: {}, web-12..10: {} }
    timeline: [{ after: 1h, hold: { instance: dev-04, for: 1h } }, { after: 2h, personStarts: other }]
    expect: [{ do: notify, kind: announce }]
  - just a text
`),
  ).toEqual([
    '1:1 unknown key "mdoe"; did you mean "mode"?',
    '3:5 unknown key "nmae"; did you mean "name"?',
    expect.stringMatching(/^5:10 "2hh" is not a duration/),
    '6:16 there is no policy "nihgt"; did you mean "night"?',
    '8:26 "idel" is not known here; did you mean "idle"?',
    '8:32 unknown key "acount"; did you mean "account"?',
    '9:43 there is no account "hxy-mian"; did you mean "hxy-main"?',
    '9:64 there is no policy "nigt"; did you mean "night"?',
    '10:5 unknown key "timelin"; did you mean "timeline"?',
    '12:29 "anounce" is not known here; did you mean "announce"?',
    '13:27 "stopp" is not known here; did you mean "stop"?',
    '13:44 there is no machine "dev-11"; did you mean "dev-1"?',
    '13:60 "deu" is not known here; did you mean "due"?',
    '15:31 there is no machine "dev-22"; did you mean "dev-2"?',
    '17:10 there is no day 2026-11-31',
    '19:17 there is no account "chenyou"; did you mean "chenyu"?',
    '20:30 "web-12..10" gives no machines: the lower number first, and at most 1000',
    '21:47 there is no machine "dev-04"; did you mean "dev-01"?',
    '21:95 there is no machine "other"; there are dev-01..03, web-12..10',
    '22:16 what is told (do: notify) is of kind notify, observe or kept, and nothing else is of kind notify',
    '23:5 must be a map, not a text',
  ]);
});

test('a file with broken YAML tells that, and what else is wrong with it', () => {
  expect(mistakes(`tests:\n  - { name: a, fro: 1h }\n  - { name: a, name: b }\n`).length).toBeGreaterThan(1);
  expect(mistakes('')).toHaveLength(1);
  expect(mistakes('tests: []')).toEqual(['1:1 the list is empty']);
});

describe('a test that makes no sense is refused', () => {
  test.each([
    [
      'two of one name',
      `${one('    fleet: { dev-1: {} }\n')}  - name: a\n${HEAD}    fleet: { dev-1: {} }\n`,
      '6:11 the name "a" is taken; first in t.yaml:2',
    ],
    [
      'an expectation at the end',
      one('    fleet: { dev-1: {} }\n    expect: [{ at: "10:00", do: stop }]\n'),
      '6:20 the test ends at 2026-11-25 10:00, before that',
    ],
    [
      'an expectation after the end',
      one('    fleet: { dev-1: {} }\n    expect: [{ after: 13h, do: stop }]\n'),
      '6:23 the test ends at 2026-11-25 10:00, before that',
    ],
    [
      'an expectation before the beginning',
      one('    fleet: { dev-1: {} }\n    expect: [{ at: "2026-11-24 21:59", do: stop }]\n'),
      '6:20 the test begins at 2026-11-24 22:00, after that',
    ],
    [
      'an event after the end',
      one('    fleet: { dev-1: {} }\n    timeline: [{ after: 12h, personStarts: dev-1 }]\n'),
      '6:25 the test ends at 2026-11-25 10:00, before that',
    ],
    [
      'events out of order',
      one(
        '    fleet: { dev-1: {} }\n    timeline:\n      - { at: "01:00", personStarts: dev-1 }\n      - { after: 2h, personStarts: dev-1 }\n',
      ),
      '8:18 what stands above it happens later, at 2026-11-25 01:00; write the earlier first',
    ],
    [
      'an event without anything',
      one('    fleet: { dev-1: {} }\n    timeline: [{ after: 2h }]\n'),
      '6:18 nothing happens then; name "set", "accounts", "hold" or "personStarts"',
    ],
    [
      'an argument of another action',
      one(
        '    fleet: { dev-1: {} }\n    expect: [{ do: stop, with: { periods: 3 } }, { do: notify, with: { periods: 1 } }]\n',
      ),
      '6:34 "periods" is not said of stop; it has none',
      '6:72 "periods" is not said of notify; there is to and severity',
    ],
    [
      'an act that is told',
      one('    fleet: { dev-1: {} }\n    never: [{ do: stop, kind: notify }]\n'),
      expect.stringMatching(/^6:15 what is told/),
    ],
    [
      'nothing to fail: no machine',
      one('    policies: [night]\n    fleet: {}\n    expect: []\n'),
      '2:11 this test cannot fail: it expects nothing, has no machine, and none of its policies is about accounts',
    ],
    [
      'nothing to fail: no machine, although something must never come',
      one('    policies: [night]\n    fleet: {}\n    never: [{ do: stop }]\n'),
      '2:11 this test cannot fail: it expects nothing, has no machine, and none of its policies is about accounts',
    ],
    [
      'nothing to fail: policies that are off',
      one('    policies: [off]\n    fleet: { dev-1: {} }\n'),
      '2:11 this test cannot fail: it expects nothing, and its policies are turned off',
    ],
    [
      'nothing to fail: whatever comes',
      one('    fleet: { dev-1: {} }\n    others: allowed\n'),
      '2:11 this test cannot fail: it expects nothing, and others: allowed takes whatever comes',
    ],
    [
      'nothing to fail: what is only told',
      one('    policies: [told, poor]\n    fleet: { dev-1: {} }\n'),
      '2:11 this test cannot fail: it expects nothing, and its policies do nothing but tell; what must not be told stands under never',
    ],
    [
      'nothing to fail: what is only observed',
      one('    policies: [watched]\n    fleet: { dev-1: {} }\n'),
      expect.stringMatching(/^2:11 this test cannot fail/),
    ],
  ])('%s', (_, text, ...all) => {
    expect(mistakes(text)).toEqual(all);
  });

  test.each([
    ['that nothing is done', one('    fleet: { dev-1: {} }\n')],
    ['that nobody is told of an account', one('    policies: [poor]\n    fleet: {}\n    never: [{ do: notify }]\n')],
    [
      'something of a policy that is off',
      one('    policies: [off]\n    fleet: { dev-1: {} }\n    expect: [{ do: stop }]\n'),
    ],
    [
      'times in another order',
      one('    fleet: { dev-1: {} }\n    expect: [{ after: 3h, do: stop }, { after: 1h, do: stop }]\n'),
    ],
    [
      'two events at once',
      one(
        '    fleet: { dev-1: {} }\n    timeline: [{ after: 0s, personStarts: dev-1 }, { after: 0s, set: { dev-1: { status: stopped } } }]\n',
      ),
    ],
  ])('and one that expects %s is not', (_, text) => {
    expect(mistakes(text)).toEqual([]);
  });
});

describe('what comes is held against what is expected', () => {
  const unmet = (lines: string) =>
    readTestFile({ file: 't.yaml', text: one(lines) }).tests.flatMap(({ test: read }) =>
      read === null ? ['not read'] : runPolicyTest(read, GROUND).unmet.map(({ message }) => message),
    );
  const FLEET =
    '    policies: [night, poor]\n    fleet: { dev-1: {}, dev-2: {} }\n    accounts: { chenyu: { balance: 1 } }\n';

  test('a loose expectation leaves to a strict one what only that can have', () => {
    expect(unmet(`${FLEET}    expect: [{ do: stop }, { do: stop, instance: dev-1 }]\n`)).toEqual([]);
    expect(unmet(`${FLEET}    expect: [{ do: stop }, { do: stop }, { do: stop, instance: dev-1 }]\n`)).toHaveLength(1);
  });

  test('what the policy gives an action may be expected as well', () => {
    const paid = (expected: string, billing = 'daily') =>
      unmet(
        `    policies: [paid]\n    fleet: { dev-1: { billing: ${billing}, expiresIn: 6h } }\n    others: allowed\n    expect: [${expected}]\n`,
      );
    expect(
      paid('{ do: renew, with: { periods: 3 } }, { do: notify, with: { to: [hook, ops], severity: info } }'),
    ).toEqual([]);
    expect(paid('{ do: renew, with: { periods: 1 } }')).toEqual(['did not come: renew (periods 1)']);
    expect(paid('{ do: renew, with: { periods: 1 } }', 'monthly')).toEqual([]);
    expect(paid('{ do: renew, with: {} }, { do: notify, with: {} }')).toEqual([]);
    expect(paid('{ do: notify, with: { to: ops } }')).toEqual(['did not come: notify (to ops)']);
    expect(paid('{ do: notify, with: { severity: critical } }')).toEqual(['did not come: notify (severity critical)']);
    const read = readTestFile({
      file: 't.yaml',
      text: one(
        '    policies: [paid]\n    fleet: { dev-1: { billing: daily, expiresIn: 6h } }\n    others: allowed\n    expect: [{ at: "22:00", do: renew, with: { periods: 7 } }]\n',
      ),
    }).tests[0]?.test;
    expect(read && runPolicyTest(read, GROUND).unmet[0]?.notes[0]).toMatch(/^came instead: .*: periods 3 and not 7$/);
  });

  test('what is told need not be said to be of that kind, and may be forbidden', () => {
    expect(unmet(`${FLEET}    others: allowed\n    expect: [{ do: notify, policy: poor }]\n`)).toEqual([]);
    expect(unmet(`${FLEET}    others: allowed\n    never: [{ do: notify }]\n`)).toEqual([
      'came all the same: 2026-11-24 22:00 notify chenyu (poor, due)',
    ]);
  });
});
