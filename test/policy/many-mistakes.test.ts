import { describe, expect, test } from 'vitest';
import { compile } from '../../src/policy/compile.ts';
import { unmarkAll } from './marked.ts';
import { OPTIONS } from './support.ts';

/** What is wrong, each thing at its mark (▶), and in which words it is said: all of it, and nothing that only follows. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a policy with a mistake in every piece',
    `policies:
  - name: ▶Stop_Idle
    ▶cooldwon: 10m
    match: { account: [▶1, ▶hxy-mian], ▶lables: { a: b }, status: ▶runing }
    when: { during: "Mon-▶Fry 08:30-21:00", ▶idelFor: 1h, cron: ▶"0 0 31 2 *", timezone: ▶Asia/Shanghia }
    do: [▶stpo, { renew: { periods: ▶2 } }, { notify: { to: [▶opps, ops], severity: ▶high } }]
    minimumUptime: ▶5
    notice: ▶ten
    requireNotice: true
    limits: { ▶perPas: 1 }
    afterwards: ▶restart
`,
    [
      '"Stop_Idle" is not a name for a policy, which is 1 to 63 of a-z, 0-9 and "-"; "stop-idle" would be one',
      'unknown key "cooldwon"; did you mean "cooldown"?',
      'must be a text, not the number 1; write it in quotes: "1"',
      'no account is called "hxy-mian"; did you mean "hxy-main"?',
      'unknown key "lables"; did you mean "labels"?',
      '"runing" is not known here; did you mean "running"?',
      '"Fry" is not a day; did you mean "Fri"?',
      'unknown key "idelFor"; did you mean "idleFor"?',
      '"0 0 31 2 *" never runs: no such day exists in any year',
      '"Asia/Shanghia" is not a time zone; did you mean "Asia/Shanghai"?',
      '"stpo" is not known here; did you mean "stop"?',
      'must be 1, 3, 7 or 12, not the number 2',
      'no notifier is called "opps"; did you mean "ops"?',
      '"high" is not known here; known: info, warning, critical',
      '"5" has no unit: write whole numbers with units y, w, d, h, m, s or ms, such as 30s, 15m, 1h30m or 7d',
      '"ten" is not a duration: write whole numbers with units y, w, d, h, m, s or ms, such as 30s, 15m, 1h30m or 7d',
      'unknown key "perPas"; did you mean "perPass"?',
      '"restart" is not known here; did you mean "start"?',
    ],
  ],
  [
    'misspelt keys, without what seems to be missing because of them',
    `policies:
  - name: p
    ▶mathc: all
    ▶whne: { idleFor: 1h }
    ▶od: stop
    afterwards: start
    minimumUptime: 5m
`,
    [
      'unknown key "mathc"; did you mean "match"?',
      'unknown key "whne"; did you mean "when"?',
      'unknown key "od"; did you mean "do"?',
    ],
  ],
  [
    'a condition that is meant, and one that is certainly not there',
    `policies:
  - name: p
    match: all
    when: { ▶idelFor: 1h }
    do: { renew: { periods: ▶2 } }
    minimumUptime: 1h
    ▶▶afterwards: start
  - { name: ▶p, match: all, when: { idleFor: 1h }, do: stop }
`,
    [
      'unknown key "idelFor"; did you mean "idleFor"?',
      'must be 1, 3, 7 or 12, not the number 2',
      'afterwards: start needs a stop or cardless-stop in do',
      'afterwards: start needs when.during, whose end it waits for',
      'the name "p" is taken; first in p.yaml:2',
    ],
  ],
  [
    'what no account in reach can do, beside mistakes in its arguments',
    `policies:
  - name: p
    match: { provider: chenyu, not: { account: [▶1], ▶lable: x } }
    when: { ▶expiresWithin: ▶3 }
    ▶do: cardless-stop
  - name: q
    match: { provider: chenyu, ▶nmae: x }
    when: { idleFor: ▶soon }
    do: [{ ▶renew: { periods: ▶2 } }, stop]
`,
    [
      'must be a text, not the number 1; write it in quotes: "1"',
      'unknown key "lable"; known: account, provider, id, name, status, billing, gpu, room, labels',
      'no account in reach tells when an instance expires; reached: chenyu (chenyu)',
      '"3" has no unit: write whole numbers with units y, w, d, h, m, s or ms, such as 30s, 15m, 1h30m or 7d',
      'no account in reach can cardless-stop; reached: chenyu (chenyu)',
      'unknown key "nmae"; did you mean "name"?',
      '"soon" is not a duration: write whole numbers with units y, w, d, h, m, s or ms, such as 30s, 15m, 1h30m or 7d',
      'no account in reach can renew; reached: chenyu (chenyu)',
      'must be 1, 3, 7 or 12, not the number 2',
    ],
  ],
  [
    'nothing where something must stand',
    `policies:
  - { name: c, ▶match: , ▶when: { }, ▶do: }
  - { name: d, match: ▶3, when: { ▶statusFor: { status: ▶strating }, balanceBelow: ▶0.123 }, do: [▶create, ▶[]] }
  - { name: e, ▶match: {}, when: { during: ▶5 }, ▶do: [] }
  - ▶17
`,
    [
      'must be "all" or a map such as { name: "dev-*" }, not nothing',
      'no condition is named, and the policy would act at once and always; for that write during: always',
      'must be an action such as stop, a map of one action such as { renew: { periods: 1 } }, or a list of these, not nothing',
      'must be "all" or a map such as { name: "dev-*" }, not the number 3',
      '"for" is missing',
      '"strating" is not known here; did you mean "starting"?',
      '0.123 is not an amount in yuan; at most two decimals',
      'create is done by hand only and never by a policy; see lamplighter do create --help',
      'must be an action such as stop, a map of one action such as { renew: { periods: 1 } }, or a list of these, not a list',
      'the map is empty and would match everything; write match: all if that is meant',
      'must be a text, not the number 5; write it in quotes: "5"',
      'the list is empty; name an action',
      'must be a map, not the number 17',
    ],
  ],
  [
    'a calendar with mistakes, which windows may name all the same',
    `policies:
  - { name: a, match: all, when: { during: cn.workdays }, do: stop }
  - { name: b, match: all, when: { during: ▶ch.workdays }, do: stop }
calendars:
  cn: { holidays: [2026-10-01, ▶2026-02-30], ▶hollidays: [1], timezone: ▶Asia/Shanghia }
`,
    [
      'no calendar is called "ch"; did you mean "cn"?',
      '"2026-02-30" is not a date; write YYYY-MM-DD, or YYYY-MM-DD..YYYY-MM-DD for a range',
      'unknown key "hollidays"; did you mean "holidays"?',
      '"Asia/Shanghia" is not a time zone; did you mean "Asia/Shanghai"?',
    ],
  ],
  [
    'calendars under a misspelt key',
    `▶calendar: { cn: { holidays: [2026-10-01] } }
policies:
  - { name: a, match: all, when: { during: cn.workdays }, do: ▶stpo }
`,
    ['unknown key "calendar"; did you mean "calendars"?', '"stpo" is not known here; did you mean "stop"?'],
  ],
  [
    'values that YAML takes for something else',
    `policies:
  - name: p
    match: { name: ▶*-dev, ▶lables: { a: b } }
    when: { during: ▶!night }
    do: stop
    afterwards: start
    ▶minimumUptime: 5m
    notice: 1m
    ▶notice: 2m
`,
    [
      'a value that begins with * must stand in quotes: "*-dev"',
      'unknown key "lables"; did you mean "labels"?',
      'a value that begins with ! must stand in quotes: "!night"',
      'minimumUptime belongs to when.idleFor, which this policy does not have',
      'the key "notice" is here twice; first in line 8',
    ],
  ],
  [
    'clauses that a mistake has made narrower than they were meant',
    `policies:
  - { name: a, match: { provider: chenyu, not: { account: chenyu, ▶lable: x } }, when: { during: always }, do: stop }
  - { name: b, match: { account: [▶7, chenyu] }, when: { during: always }, do: cardless-stop }
  - { name: c, match: { ▶acount: hxy-main, provider: "chenyu*" }, when: { during: always }, do: stop }
`,
    [
      'unknown key "lable"; known: account, provider, id, name, status, billing, gpu, room, labels',
      'must be a text, not the number 7; write it in quotes: "7"',
      'unknown key "acount"; did you mean "account"?',
    ],
  ],
  [
    'a match that leaves out what it names',
    `policies:
  - { name: a, ▶match: { account: chenyu, not: { account: chenyu } }, when: { during: always }, do: stop }
  - { name: b, ▶match: { account: hxy-main, provider: chenyu }, when: { during: always }, do: stop }
`,
    [
      'match.not leaves out every account that the rest of match names (chenyu), so nothing ever matches',
      'no account fits both match.account and match.provider, so nothing ever matches; there are hxy-main (huixingyun), chenyu (chenyu), old (chenyu-v1)',
    ],
  ],
];

describe('all mistakes at once', () => {
  test.each(CASES)('%s', (_, marked, messages) => {
    const { text, places } = unmarkAll(marked);
    const result = compile([{ file: 'p.yaml', text }], OPTIONS);
    const errors = result.ok ? [] : result.errors.map(({ line, column, message }) => [`${line}:${column}`, message]);
    expect(errors).toEqual(messages.map((message, index) => [places[index], message]));
  });
});
