import fc from 'fast-check';
import { expect, test } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { forecast } from '../../src/decide/forecast.ts';
import { givenWorld } from '../../src/decide/given-fleet.ts';
import { compile } from '../../src/policy/compile.ts';
import { compileMatch } from '../../src/policy/compile-match.ts';
import type { CompileOptions } from '../../src/policy/draft.ts';
import { summarise } from '../../src/yaml/located.ts';
import { account, OPTIONS } from './support.ts';

/** A file of one policy, in which only what matters differs. */
const one = (lines: string) => `policies:\n  - name: p\n    mode: enforce\n${lines.replaceAll(/^/gm, '    ')}\n`;

function found(text: string, options: Partial<CompileOptions> = {}) {
  const result = compile([{ file: 'p.yaml', text }], { ...OPTIONS, ...options });
  return {
    error: (result.ok ? [] : result.errors).map(summarise),
    warning: (result.ok ? result.set.warnings : result.warnings).map(summarise),
  };
}

const LIMIT = { perDayFen: null, callsPerDay: 10 };

/** Two labels, each given to names of its own. */
const LABELS: Partial<CompileOptions> = {
  labels: new Map([
    ['env', ['dev']],
    ['schedule', ['office']],
  ]),
  labelRules: [
    { match: compileMatch({ name: ['dev-*'] }), set: { env: 'dev' } },
    { match: compileMatch({ name: ['class-*'] }), set: { schedule: 'office' } },
  ],
};

type Finding = readonly [
  what: string,
  text: string,
  severity: 'error' | 'warning',
  told: string,
  options?: Partial<CompileOptions>,
];

/** What the schema lets through and is wrong all the same: one bad file each, with the place and the exact words. */
const FINDINGS: readonly Finding[] = [
  [
    'a window that can never open',
    one('match: all\nwhen: { during: "2026-12-24T00:00-2026-12-24T00:00" }\ndo: stop'),
    'error',
    '5:22: "2026-12-24T00:00-2026-12-24T00:00" never opens: its end is not after its start',
  ],
  [
    'a day of a calendar that there is none of',
    `calendars: { cn: { workdays: [2026-10-10] } }\n${one('match: all\nwhen: { during: cn.holidays }\ndo: stop')}`,
    'error',
    '6:21: "cn.holidays" never opens: the calendar has no holidays on which this time exists; write never if that is meant',
  ],
  [
    'a cron that never ticks',
    one('match: all\nwhen: { cron: "0 0 31 2 *" }\ndo: stop'),
    'error',
    '5:19: "0 0 31 2 *" never runs: no such day exists in any year',
  ],
  [
    'a cron beside its window',
    one('match: all\nwhen: { during: "Mon-Fri 08:00-18:00", cron: "0 3 * * *" }\ndo: stop'),
    'warning',
    '5:50: none of its ticks falls into the window Mon-Fri 08:00-18:00, so this policy never acts',
  ],
  [
    'a time in a daylight-saving gap',
    one('match: all\nwhen: { during: "Sun 02:30-06:00 Europe/Berlin" }\ndo: stop'),
    'warning',
    '5:21: 02:30 does not exist on 2027-03-28 in Europe/Berlin, where the clocks go from 02:00 to 03:00: it will be 03:00 that day',
  ],
  [
    'a match that no account fits',
    one('match: { account: chenyu, provider: huixingyun }\nwhen: { during: always }\ndo: stop'),
    'error',
    '4:5: no account fits both match.account and match.provider, so nothing ever matches; there are hxy-main (huixingyun), chenyu (chenyu), old (chenyu-v1)',
  ],
  [
    'a match that leaves out what it asks for',
    one('match: { name: "dev-1*", not: { name: "dev-*" } }\nwhen: { during: always }\ndo: stop'),
    'error',
    '4:30: leaves out everything that the rest of match asks for, so nothing ever matches',
  ],
  [
    'an act that the provider cannot do',
    one('match: { account: chenyu }\nwhen: { during: always }\ndo: cardless-stop'),
    'error',
    '6:5: no account in reach can cardless-stop; reached: chenyu (chenyu)',
  ],
  [
    'an act that actions does not list',
    one('match: { account: hxy-main }\nwhen: { during: always }\ndo: destroy'),
    'error',
    '6:5: no account in reach allows destroy; add it to accounts.hxy-main.actions in lamplighter.yaml',
  ],
  [
    'a negated clause that fits everything',
    one('match: { not: [{ name: "*" }] }\nwhen: { during: always }\ndo: stop'),
    'error',
    '4:22: leaves out every instance there could be, so nothing ever matches',
  ],
  [
    'an interrupting act without match',
    one('when: { during: always }\ndo: stop'),
    'error',
    '2:5: the policy "p" has no match; name instances, or write match: all',
  ],
  [
    'two policies that contradict each other',
    `${one('match: all\nwhen: { during: "Mon-Fri 20:00-09:00" }\ndo: stop')}  - name: q\n    match: all\n    when: { during: "Mon-Fri 08:30-18:00" }\n    do: start\n`,
    'warning',
    '9:21: "p" (p.yaml:2) wants the same instances down while this window is open, and wins because it stands first',
  ],
  [
    'idleness that no probe judges',
    one('match: { account: chenyu }\nwhen: { idleFor: 1h }\ndo: stop'),
    'warning',
    '5:13: no probe under activity in lamplighter.yaml judges the instances of chenyu, so this policy never acts',
    { judged: [] },
  ],
  [
    'a renewal window shorter than the verification needs',
    one('match: { billing: daily }\nwhen: { expiresWithin: 10m }\ndo: { renew: { periods: 1 } }'),
    'warning',
    '5:28: a renewal needs up to 30m until it is seen or a person has looked, and 10m is less: write 12h, say',
  ],
  [
    'a notice longer than its window',
    one('match: all\nwhen: { during: "Mon-Fri 22:00-22:30" }\ndo: stop\nnotice: 1h'),
    'warning',
    '7:13: the notice of 1h outlasts the window, which is open for 30m at most: it closes before anything is done',
  ],
  [
    'a notice longer than catchUp',
    one('match: all\nwhen: { cron: "0 22 * * *" }\ndo: stop\nnotice: 1h'),
    'warning',
    '7:13: the notice of 1h outlasts catchUp (15m), within which a tick is made up: it is missed before anything is done; write catchUp: 2h',
  ],
  [
    'a limit that does not finish its window',
    one('match: all\nwhen: { during: "Mon-Fri 22:00-22:30" }\ndo: stop\nlimits: { percent: "2%" }'),
    'warning',
    '7:24: the window is open for 30m at most, and 2% a minute reach 60% of an account with more than 30 instances in that time: the rest is left as it is',
  ],
  [
    'statuses of which each is left out by another map',
    one(
      'match: { status: [running, stopped], not: [{ status: running }, { status: stopped }] }\nwhen: { during: always }\ndo: { notify: {} }',
    ),
    'error',
    '4:42: leaves out running and stopped (where status is unknown, it might be one of these), so nothing ever matches',
  ],
  [
    'an unknown billing that might be the one that is left out',
    one('match: { billing: unknown, not: { billing: daily } }\nwhen: { during: always }\ndo: stop'),
    'error',
    '4:32: leaves out unknown (where billing is unknown, it might be one of these), so nothing ever matches',
  ],
  [
    'conditions that never hold together',
    one('match: all\nwhen: { runningFor: 1h, stoppedFor: 1h }\ndo: { notify: {} }'),
    'warning',
    '5:29: stoppedFor and runningFor never hold at the same time, so this policy never acts',
  ],
  [
    'a start of what is idle',
    one('match: { account: hxy-main }\nwhen: { idleFor: 30m }\ndo: start'),
    'warning',
    '5:13: idleFor holds of instances that are running, and start does nothing to these, so this policy never acts',
  ],
  [
    'a stop of what has been down for long',
    one('match: all\nwhen: { statusFor: { status: [stopped, destroyed], for: 1h } }\ndo: stop'),
    'warning',
    '5:13: statusFor holds of instances that are stopped or destroyed, and stop does nothing to these, so this policy never acts',
  ],
  [
    'a step to which an earlier one leaves nothing',
    one('match: { account: hxy-main }\nwhen: { runningFor: 8h }\ndo: [stop, { notify: {} }, cardless-stop]'),
    'warning',
    '6:32: cardless-stop does nothing to an instance that stop has left stopped',
  ],
  [
    'renewals that leave it due',
    one(
      'match: { billing: daily }\nwhen: { expiresWithin: 30d }\ndo: { renew: { periods: { daily: 1, monthly: 1 } } }',
    ),
    'warning',
    '5:28: what is renewed by 1 d may still expire within 30d, and is paid for again until it does not',
  ],
  [
    'an interval that begins in a daylight-saving gap',
    one('match: all\nwhen: { during: "2027-03-28T02:30-2027-03-29T03:00 Europe/Berlin" }\ndo: stop'),
    'warning',
    '5:21: 02:30 does not exist on 2027-03-28 in Europe/Berlin, where the clocks go from 02:00 to 03:00: it will be 03:00 that day',
  ],
  [
    'a window that a daylight-saving gap leaves nothing of',
    one('match: all\nwhen: { during: "Sun 02:00-03:00 Europe/Berlin" }\ndo: stop'),
    'warning',
    '5:21: 02:00 does not exist on 2027-03-28 in Europe/Berlin, where the clocks go from 02:00 to 03:00: it will be 03:00 that day',
  ],
  [
    'a start afterwards that actions does not list',
    one('match: { account: hxy-main }\nwhen: { during: "Mon-Sun 23:00-08:00" }\ndo: stop\nafterwards: start'),
    'error',
    '7:5: no account in reach allows start; add it to accounts.hxy-main.actions in lamplighter.yaml',
    { accounts: [account('hxy-main', 'huixingyun', { actions: ['stop'] })] },
  ],
  [
    'a change of billing to what it is',
    one('match: { billing: monthly }\nwhen: { during: always }\ndo: { lengthen: { to: monthly } }'),
    'warning',
    '4:23: what is billed monthly is not changed to monthly, so this policy never acts',
    { accounts: [account('hxy-main', 'huixingyun', { actions: ['lengthen'], spendLimit: LIMIT })] },
  ],
  [
    'a match that says all by accident',
    one('match: { name: "*", provider: ["chenyu*", "huixingyun"] }\nwhen: { runningFor: 8h }\ndo: stop'),
    'warning',
    '4:5: fits every instance there is; write match: all if that is meant',
  ],
  [
    'a label that is given to other instances',
    one('match: { name: "web-*", labels: { env: dev } }\nwhen: { runningFor: 8h }\ndo: stop'),
    'warning',
    '4:44: nothing that the rest of match asks for is given "env" so under labels in lamplighter.yaml',
    LABELS,
  ],
  [
    'a billing that the cloud does not tell',
    one('match: { provider: "chenyu*", billing: [hourly, daily] }\nwhen: { runningFor: 8h }\ndo: stop'),
    'warning',
    '4:35: no billing is told by chenyu, old, so this policy never acts; teach accounts.chenyu.billingWords, or add unknown',
  ],
  [
    'a renewal that sleeps over the weekend',
    one(
      'match: { billing: monthly }\nwhen: { expiresWithin: 12h, during: "Mon-Fri 09:00-18:00" }\ndo: { renew: { periods: 1 } }',
    ),
    'warning',
    '5:41: the window is closed for 2d15h at times, and what expires meanwhile is not renewed; write expiresWithin: 2d16h or more',
  ],
  [
    'a renewal that sleeps between two ticks',
    one('match: { billing: monthly }\nwhen: { expiresWithin: 12h, cron: "0 9 * * *" }\ndo: { renew: { periods: 1 } }'),
    'warning',
    '5:39: there is no tick for 1d at times, and what expires meanwhile is not renewed; write expiresWithin: 1d1h or more',
  ],
  [
    'a start afterwards of what another policy wants down then',
    `${one('match: all\nwhen: { during: "Mon-Sun 23:00-08:00" }\ndo: stop\nafterwards: start')}  - name: q\n    match: all\n    when: { during: "Mon-Sun 07:30-10:00" }\n    do: stop\n    mode: enforce\n`,
    'warning',
    '7:17: "q" (p.yaml:8) wants the same instances down when this window closes and they are to be started',
  ],
];

const findings = FINDINGS.map(([what, text, severity, told, options]) => ({ what, text, severity, told, options }));

test.each([
  'match: { status: [running, unknown], not: [{ status: stopped }] }\nwhen: { during: always }\ndo: { notify: {} }',
  'match: { status: running, not: [{ status: running, name: "dev-*" }] }\nwhen: { during: always }\ndo: { notify: {} }',
  'match: { not: [{ billing: [daily, monthly] }] }\nwhen: { runningFor: 1h, statusFor: { status: [running, stopped], for: 1h } }\ndo: [stop, start]',
  'match: { billing: monthly }\nwhen: { expiresWithin: 31d }\ndo: { renew: { periods: { daily: 1, monthly: 1 } } }',
  'match: { billing: daily }\nwhen: { expiresWithin: 3d }\ndo: { renew: { periods: 3 } }',
  'match: all\nwhen: { during: "Mon-Sun 22:00-02:00 Europe/Berlin" }\ndo: stop',
  'match: all\nwhen: { during: "Mon-Sun 02:00-06:00 Europe/Berlin" }\ndo: stop',
  'match: all\nwhen: { during: "2027-03-28T02:30+01:00-2027-03-29T02:30 Europe/Berlin" }\ndo: stop',
  'match: all\nwhen: { cron: "0 2 * * *", timezone: Europe/Berlin }\ndo: stop',
  'match: { billing: monthly }\nwhen: { expiresWithin: 4d, during: "Mon-Fri 09:00-18:00" }\ndo: { renew: { periods: 1 } }',
  'match: { billing: monthly }\nwhen: { expiresWithin: 2h, cron: "0 * * * *" }\ndo: { renew: { periods: 1 } }',
  'match: { name: "*" }\nwhen: { stoppedFor: 7d }\ndo: { notify: {} }',
  'match: { name: "*", not: { labels: { keep: "true" } } }\nwhen: { runningFor: 8h }\ndo: stop',
  'match: { billing: hourly }\nwhen: { runningFor: 8h }\ndo: stop',
  'match: { provider: "chenyu*", billing: [hourly, unknown] }\nwhen: { runningFor: 8h }\ndo: stop',
])('what is meant so is left alone: %s', (text) => {
  expect(found(one(text))).toEqual({ error: [], warning: [] });
});

test('two policies are no contradiction where only one of them acts, or labels keep them apart', () => {
  const two = (first: string, second: string) =>
    `policies:\n  - { name: p, ${first}, when: { during: "Mon-Fri 08:30-21:00" }, do: start }\n  - { name: q, ${second}, when: { during: "Mon-Fri 20:00-22:00" }, do: stop }\n`;
  const warned = (first: string, second: string, options = {}) => found(two(first, second), options).warning.length;
  const [acting, watching] = ['mode: enforce, match: all', 'mode: observe, match: all'];
  expect(warned(watching, acting)).toBe(0);
  expect(warned(acting, watching)).toBe(1);
  expect(warned(acting, acting)).toBe(1);
  const [office, dev] = [
    'mode: enforce, match: { labels: { schedule: office } }',
    'mode: enforce, match: { labels: { env: dev } }',
  ];
  expect(warned(office, dev)).toBe(1);
  expect(warned(office, dev, LABELS)).toBe(0);
  expect(warned(office, 'mode: enforce, match: { name: "dev-*" }', LABELS)).toBe(0);
  expect(warned(office, 'mode: enforce, match: { name: "*-1" }', LABELS)).toBe(1);
});

test.each(findings)('$what', ({ text, severity, told, options }) => {
  expect(found(text, options)).toEqual({ error: [], warning: [], [severity]: [`p.yaml:${told}`] });
});

/** By which words a policy is called impossible. */
const IMPOSSIBLE = /never acts|before anything is done|nothing ever matches|never holds/;
/** A week, and a day for what is announced first. */
const DAYS = 8;

/** Mostly not there: policies have few clauses, and many exclude each other. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 2 }, { arbitrary, weight: 1 });
const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);

const policies = fc.record(
  {
    match: fc.record({
      name: maybe(oneOf<string | string[]>('*', 'dev-*', ['dev-1', 'x'], '?ev-2')),
      status: maybe(oneOf<string | string[]>('running', 'stopped', ['running', 'stopped'], 'starting')),
      not: maybe(oneOf({ name: 'dev-2' }, { name: 'dev-*' }, { name: '*-1' }, [{ status: 'unknown' }])),
      provider: oneOf('*', 'huixingyun'),
    }),
    when: fc.record({
      during: maybe(
        oneOf(
          'Mon-Sun 23:00-08:00',
          'Mon-Fri 08:30-09:00',
          'Sat-Sun',
          'Tue 12:00-12:05',
          'always',
          'never',
          '2026-11-23T10:00-2026-11-23T11:00',
          '2026-11-01T10:00-2026-11-02T11:00',
        ),
      ),
      cron: maybe(oneOf('0 3 * * *', '*/20 9 * * Mon', '50 7 * * Mon', '0 12 * * Tue')),
      idleFor: maybe(oneOf('10m', '1h', '3h')),
      runningFor: maybe(oneOf('1h', '2d')),
      stoppedFor: maybe(oneOf('1h')),
    }),
    do: oneOf('stop', 'cardless-stop', 'start', 'restart', 'snapshot'),
    notice: maybe(oneOf('5m', '12m', '30m', '2h')),
    catchUp: maybe(oneOf('10m', '1h')),
  },
  { noNullPrototype: true },
);

test('a policy that acts within days is never called impossible', () => {
  const zone = zoneNamed('Asia/Shanghai');
  const { accounts, now } = OPTIONS;
  const machines = {
    'dev-1': { idleFor: 7_200_000 },
    'dev-2': { activity: 'active' as const },
    'dev-3': { status: 'stopped' as const },
    'web-1': { idleFor: 60_000 },
  };
  const given = { accounts: accounts ?? [], machines, money: {}, labelsOf: () => ({}) };
  const seen = { acted: 0, impossible: 0 };
  fc.assert(
    fc.property(policies, (policy) => {
      const text = JSON.stringify({ policies: [{ name: 'p', mode: 'enforce', ...policy }] });
      const result = compile([{ file: 'p.yaml', text }], OPTIONS);
      if (!result.ok) return;
      const impossible = result.set.warnings.filter(({ message }) => IMPOSSIBLE.test(message));
      const { coming } = forecast(result.set.policies, givenWorld(given, now), {
        until: now + DAYS * 86_400_000,
        zone,
      });
      const acts = coming.filter(({ kind }) => kind === 'act');
      if (impossible.length > 0) seen.impossible += 1;
      if (acts.length > 0) seen.acted += 1;
      expect([text, acts.length > 0 ? impossible.map(summarise) : []]).toEqual([text, []]);
    }),
    { numRuns: 80 },
  );
  expect(Math.min(seen.acted, seen.impossible)).toBeGreaterThan(3);
});
