import { describe, expect, test } from 'vitest';
import type { Account } from '../../src/fleet/account.ts';
import { compile } from '../../src/policy/compile.ts';
import { compileMatch } from '../../src/policy/compile-match.ts';
import type { CompileOptions } from '../../src/policy/draft.ts';
import type { Match } from '../../src/policy/policy.ts';
import { unmark } from './marked.ts';
import { instance, OPTIONS } from './support.ts';

const policy = (lines: string) => `policies:\n  - name: p\n    mode: enforce\n${lines.replaceAll(/^/gm, '    ')}\n`;
const CALENDAR = 'calendars:\n  ▶cn: { holidays: [2025-10-01] }\n';

function warningsOf(text: string, options: CompileOptions = OPTIONS): string[] {
  const result = compile([{ file: 'p.yaml', text }], options);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.set.warnings.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

/** Legal but odd: what (▶ where), and in which words it is said. */
const CASES: readonly (readonly [string, string, string])[] = [
  [
    'a stop of what is stopped',
    policy('match: { status: ▶stopped }\nwhen: { during: always }\ndo: stop'),
    'stop does nothing to an instance that is stopped',
  ],
  [
    'a start of what runs',
    policy('match: { status: ▶running }\nwhen: { during: always }\ndo: start'),
    'start does nothing',
  ],
  [
    'idle while stopped',
    policy('match: { status: ▶stopped }\nwhen: { idleFor: 1h }\ndo: notify'),
    'idleFor cannot hold while stopped',
  ],
  [
    'stopped while running',
    policy('match: { status: ▶running }\nwhen: { stoppedFor: 1h }\ndo: notify'),
    'stoppedFor cannot hold while running',
  ],
  [
    'two statuses that exclude each other',
    policy('match: { status: ▶running }\nwhen: { statusFor: { status: starting, for: 1h } }\ndo: notify'),
    'statusFor is about starting and match about running',
  ],
  [
    'an expiry of what is hourly',
    policy('match: { billing: ▶hourly }\nwhen: { expiresWithin: 1h }\ndo: notify'),
    'hourly instances have no expiry',
  ],
  [
    'a window that is over',
    policy('match: all\nwhen: { during: ▶2025-01-01T00:00-2025-01-02T00:00 }\ndo: stop'),
    'this window is over',
  ],
  [
    'a notice that outlasts its window',
    policy('match: all\nwhen: { during: Mon-Fri 08:00-09:00 }\ndo: stop\nnotice: ▶1h'),
    'outlasts the window, which is open for 1h at most',
  ],
  [
    'a renewal that begins too late to be seen',
    policy('match: { billing: daily }\nwhen: { expiresWithin: ▶20m }\ndo: { renew: { periods: 1 } }'),
    'a renewal needs up to 30m until it is seen or a person has looked, and 20m is less: write 12h, say',
  ],
  [
    'a share that does not reach everything in its window',
    policy('match: all\nwhen: { during: Mon-Fri 22:00-22:30 }\ndo: stop\nlimits: { percent: ▶2% }'),
    'the window is open for 30m at most, and 2% a minute reach 60% of an account with more than 30 instances in that time',
  ],
  [
    'too few an hour for the instances that are named',
    policy('match: { id: [a, b, c] }\nwhen: { during: Mon-Fri 22:00-23:00 }\ndo: stop\nlimits: { perHour: ▶2 }'),
    'the window is open for 1h at most, and 2 an hour reach 2 of the 3 named instances',
  ],
  [
    'an opening that the clocks leave out',
    policy('match: all\nwhen: { during: ▶Mon-Sun 02:30-06:00 Europe/Berlin }\ndo: stop'),
    '02:30 does not exist on 2027-03-28 in Europe/Berlin, where the clocks go from 02:00 to 03:00: it will be 03:00 that day',
  ],
  [
    'a closing that the clocks leave out',
    policy('match: all\nwhen: { during: ▶Sat 22:00-02:30 America/New_York }\ndo: stop'),
    '02:30 does not exist on 2027-03-14 in America/New_York',
  ],
  [
    'a tick that the clocks leave out',
    policy('match: all\nwhen: { cron: ▶30 2 * * Sun, timezone: Europe/Berlin }\ndo: snapshot'),
    '02:30 does not exist on 2027-03-28 in Europe/Berlin',
  ],
  [
    'a catchUp without cron',
    policy('match: all\nwhen: { during: always }\ndo: stop\n▶catchUp: 1h'),
    'catchUp is about when.cron',
  ],
  [
    'a notice that outlasts catchUp',
    policy('match: all\nwhen: { cron: "0 3 * * *" }\ndo: stop\nnotice: ▶15m'),
    'the notice of 15m outlasts catchUp (15m), within which a tick is made up: it is missed before anything is done; write catchUp: 30m',
  ],
  [
    'a notice until after the expiry',
    policy('match: { billing: daily }\nwhen: { expiresWithin: 2h }\ndo: stop\nnotice: ▶3h'),
    'the notice of 3h outlasts expiresWithin (2h): it has expired before anything is done',
  ],
  [
    'a cron that never ticks in its window',
    policy('match: all\nwhen: { during: Mon-Fri 08:00-18:00, cron: ▶0 3 * * * }\ndo: snapshot'),
    'none of its ticks falls into the window Mon-Fri 08:00-18:00, so this policy never acts',
  ],
  [
    'a balance for each instance',
    policy('match: { name: x }\nwhen: { ▶balanceBelow: 1 }\ndo: notify').replace('name: x', 'account: chenyu, name: x'),
    'one message for each of them',
  ],
  [
    'a balance that some accounts do not tell',
    policy('match: all\nwhen: { ▶balanceBelow: 1 }\ndo: notify'),
    'these tell no balance: hxy-main',
  ],
  [
    'a calendar without this year',
    `${policy('match: all\nwhen: { during: cn.workdays 08:00-09:00 }\ndo: stop')}${CALENDAR}`,
    'the calendar "cn" lists no date of 2026',
  ],
];

describe('legal but odd is a warning at its place', () => {
  test.each(CASES)('%s', (_, marked, phrase) => {
    const { text, place } = unmark(marked);
    expect(warningsOf(text)).toEqual([expect.stringContaining(`${place}: `)]);
    expect(warningsOf(text)[0]).toContain(phrase);
  });

  test('in December the coming year is missed as well', () => {
    const { text } = unmark(CASES.at(-1)?.[1].replace('2025', '2026') ?? '');
    expect(warningsOf(text)).toEqual([]);
    expect(warningsOf(text, { ...OPTIONS, now: Date.UTC(2026, 11, 2) })).toEqual([
      expect.stringContaining('no date of 2027'),
    ]);
  });

  test.each([
    ['a time that exists', 'when: { during: Mon-Sun 03:00-06:00 Europe/Berlin }\ndo: stop'],
    ['a day that has no gap', 'when: { during: Mon-Fri 02:30-06:00 Europe/Berlin }\ndo: stop'],
    ['a zone without gaps', 'when: { during: Mon-Sun 02:30-06:00 Asia/Shanghai }\ndo: stop'],
    ['a pattern that goes by the clock', 'when: { cron: "*/30 * * * *", timezone: Europe/Berlin }\ndo: snapshot'],
    [
      'a tick that is made up within its window',
      'when: { during: Mon-Fri 08:00-18:00, cron: 50 7 * * * }\ndo: snapshot',
    ],
    [
      'a tick that comes into its window once a month',
      'when: { during: Sat 08:00-18:00, cron: 0 9 1 * * }\ndo: snapshot',
    ],
    ['ticks that come often', 'when: { during: Sat 08:00-08:10, cron: "*/5 * * * *" }\ndo: snapshot'],
    ['a notice of what interrupts nowhere but at another cloud', 'when: { cron: 0 3 * * * }\ndo: snapshot\nnotice: 2h'],
    ['a notice within catchUp', 'when: { cron: 0 3 * * * }\ndo: stop\nnotice: 20m\ncatchUp: 1h'],
    ['a share that reaches everything', 'when: { during: Mon-Fri 22:00-23:00 }\ndo: stop\nlimits: { percent: 2% }'],
  ])('nothing is odd about %s', (_, lines) => {
    expect(warningsOf(unmark(policy(`match: all\n${lines}`)).text)).toEqual([]);
  });

  test('idleness that no probe judges, on some accounts or on all', () => {
    const { text, place } = unmark(policy('match: all\nwhen: { ▶idleFor: 1h }\ndo: stop'));
    const covering = (...names: string[]): Match => ({
      all: false,
      account: ({ name }) => names.includes(name),
      instance: () => true,
      instanceWhateverStatus: () => true,
      text: '',
    });
    expect(warningsOf(text, { ...OPTIONS, judged: [] })).toEqual([
      `${place}: no probe under activity in lamplighter.yaml judges the instances of hxy-main, chenyu, old, so this policy never acts`,
    ]);
    expect(warningsOf(text, { ...OPTIONS, judged: [covering('hxy-main'), covering('old')] })).toEqual([
      `${place}: no probe under activity in lamplighter.yaml judges the instances of chenyu, so there it never acts`,
    ]);
    expect(warningsOf(text, { ...OPTIONS, judged: [covering('hxy-main', 'chenyu', 'old')] })).toEqual([]);
    expect(warningsOf(text)).toEqual([]);
  });

  test('idleness of instances that no probe judges, though some on their account are judged', () => {
    const labelRules = [
      { match: compileMatch({ name: ['dev-*', 'lab-*'] }), set: { env: 'dev' } },
      { match: compileMatch({ name: ['prod-*'] }), set: { env: 'prod' } },
    ];
    const judged = [compileMatch({ labels: { env: ['dev'] } })];
    const found = (match: string) => {
      const { text, place } = unmark(policy(`match: ${match}\nwhen: { ▶idleFor: 1h }\ndo: stop`));
      return warningsOf(text, { ...OPTIONS, judged, labelRules }).map((each) => each.replace(`${place}: `, '▶'));
    };
    const never =
      '▶no probe under activity in lamplighter.yaml judges what it matches on hxy-main, chenyu, old, so this policy never acts';
    expect(found('{ name: "prod-*" }')).toEqual([never]);
    expect(found('{ labels: { env: prod } }')).toEqual([never]);
    expect(found('{ name: ["prod-*", "lab-7"] }')).toEqual([]);
    expect(found('{ name: "*-gpu" }')).toEqual([]);
    expect(found('{ labels: { env: "*" } }')).toEqual([]);
    expect(found('all')).toEqual([]);
  });

  describe('limits that do not reach what is there', () => {
    const machines = (name: string, count: number) => ({
      name,
      provider: 'huixingyun' as const,
      instances: Array.from({ length: count }, (_, index) => ({
        instance: instance({ account: name, id: `${index}`, name: `dev-${index}`, status: 'stopped' }),
        labels: {},
      })),
    });
    const found = (limits: string, fleet: CompileOptions['fleet'], when = '{ during: Mon-Fri 22:00-22:30 }') => {
      const marked = policy(`match: { name: "dev-*", not: { id: "0" } }\nwhen: ${when}\ndo: stop\n${limits}`);
      const { text, place } = unmark(marked);
      const options = { ...OPTIONS, ...(fleet === undefined ? {} : { fleet }) };
      return warningsOf(text, options).map((warning) => warning.replace(`${place}: `, '▶'));
    };
    const OPEN = '▶the window is open for 30m at most, and';
    const LEFT = 'that it is about: the rest is left as it is';

    test('where the policy sets none', () => {
      const when = '{ during: ▶Mon-Fri 22:00-22:30 }';
      expect(found('', [machines('hxy-main', 91)], when)).toEqual([]);
      expect(found('', [machines('hxy-main', 92), machines('other', 5)], when)).toEqual([
        `${OPEN} in that time the limits that hold where a policy sets none reach 90 of the 91 instances of hxy-main ${LEFT}`,
      ]);
    });

    test('by a share, of which one a minute is always allowed', () => {
      expect(found('limits: { percent: ▶2% }', undefined)).toHaveLength(1);
      expect(found('limits: { percent: ▶2% }', [machines('hxy-main', 31)])).toEqual([]);
      expect(found('limits: { percent: ▶2% }', [machines('hxy-main', 300)])).toEqual([
        `${OPEN} in that time its limits reach 180 of the 299 instances of hxy-main ${LEFT}`,
      ]);
    });

    test('by a number at once and by a number an hour', () => {
      expect(found('limits: { perPass: ▶1 }', [machines('hxy-main', 91)])).toEqual([]);
      expect(found('limits: { perPass: ▶1 }', [machines('hxy-main', 92)])).toHaveLength(1);
      expect(found('limits: { perHour: ▶6 }', [machines('hxy-main', 4), machines('chenyu', 5)])).toEqual([
        `${OPEN} 6 an hour reach 6 of the 7 instances that it is about`,
      ]);
      expect(found('limits: { perHour: ▶7 }', [machines('hxy-main', 4), machines('chenyu', 5)])).toEqual([]);
    });

    test('nothing is said of a window that does not close', () => {
      expect(found('', [machines('hxy-main', 5000)], '{ during: always, idleFor: 1h }')).toEqual([]);
    });
  });

  describe('policies that contradict each other', () => {
    const down = (match: string, window: string, more = '') =>
      `  - { name: down, mode: enforce, match: ${match}, when: { during: "${window}"${more} }, do: stop }\n`;
    const up = (match: string, window: string) =>
      `  - { name: up, mode: enforce, match: ${match}, when: { during: "${window}" }, do: start }\n`;
    const found = (...lines: string[]) => warningsOf(`policies:\n${lines.join('')}`);

    test('are named where the later one stands, with the one that wins', () => {
      expect(found(down('all', 'Mon-Fri 20:00-09:00'), up('all', 'Mon-Fri 08:30-18:00'))).toEqual([
        '3:60: "down" (p.yaml:2) wants the same instances down while this window is open, and wins because it stands first',
      ]);
    });

    test.each([
      ['windows that only touch', down('all', 'Mon-Fri 20:00-08:30'), up('all', 'Mon-Fri 08:30-18:00')],
      ['other accounts', down('{ account: chenyu }', 'always'), up('{ account: hxy-main }', 'always')],
      ['other names', down('{ name: [a, b] }', 'always'), up('{ name: [c] }', 'always')],
      ['other labels', down('{ labels: { env: dev } }', 'always'), up('{ labels: { env: prod } }', 'always')],
      ['a condition besides', down('all', 'always', ', idleFor: 1h'), up('all', 'Mon-Fri 08:30-18:00')],
      ['the same wish', down('all', 'always'), down('all', 'Mon 08:00-09:00').replace('down', 'too')],
    ])('nothing is said of %s', (_, ...lines) => {
      expect(found(...lines)).toEqual([]);
    });

    test.each([
      ['patterns without a name in common', '{ name: ["dev-*", "?"] }', '{ name: "web-*" }'],
      ['a pattern and another name', '{ name: "a*" }', '{ name: b }'],
      ['what the one leaves out', '{ not: { labels: { night: "yes" } } }', '{ labels: { night: "yes" }, name: "a*" }'],
      ['what the other leaves out', '{ name: dev-1 }', '{ name: "dev-*", not: [{ id: x }, { name: "dev-?" }] }'],
    ])('nothing is said of %s', (_, one, other) => {
      expect(found(down(one, 'always'), up(other, 'always'))).toEqual([]);
    });

    test('at a tick: within an earlier window, or on an earlier tick', () => {
      const start = (cron: string) =>
        `  - { name: up, mode: enforce, match: all, when: { cron: "${cron}" }, do: start }\n`;
      expect(found(down('all', 'Mon-Fri 20:00-09:00'), start('0 8 * * *'))).toEqual([
        '3:58: "down" (p.yaml:2) wants the same instances down when this ticks, and wins because it stands first',
      ]);
      expect(found(down('all', 'Mon-Fri 20:00-08:00'), start('0 8 * * *'))).toEqual([]);
      expect(found(start('0 8 * * *'), down('all', 'Mon-Fri 20:00-09:00'))).toEqual([]);
      const stop = start('0 8 * * Mon').replace('name: up', 'name: down').replace('do: start', 'do: stop');
      expect(found(stop, start('0 8 * * *'))).toHaveLength(1);
      expect(found(stop, start('1 8 * * *'))).toEqual([]);
    });

    test('an opening that is farther ahead than those of the other is seen all the same', () => {
      expect(found(down('all', 'Mon-Sun 20:00-21:00'), up('all', '2027-06-01T21:00-2027-06-01T22:00'))).toEqual([]);
      expect(found(down('all', 'Mon-Sun 20:00-21:00'), up('all', '2027-06-01T20:00-2027-06-01T22:00'))).toHaveLength(1);
    });

    test('patterns that may meet do, and another label says nothing', () => {
      for (const [one, other] of [
        ['{ name: "a*" }', '{ name: "*b" }'],
        ['{ labels: { env: dev } }', '{ labels: { owner: wang } }'],
      ])
        expect(found(down(`${one}`, 'always'), up(`${other}`, 'always'))).toHaveLength(1);
    });
  });

  test('no notice is too long for always', () => {
    const { text } = unmark(policy('match: all\nwhen: { during: always, idleFor: 1h }\ndo: stop\nnotice: ▶3d'));
    expect(warningsOf(text)).toEqual([]);
  });

  test('the notice that a destroy has without saying', () => {
    const { text, place } = unmark(policy('match: all\nwhen: { during: ▶Mon-Sun 01:00-05:00 }\ndo: destroy'));
    const accounts =
      OPTIONS.accounts?.map((each): Account => ({ ...each, actions: [...each.actions, 'destroy'] })) ?? [];
    expect(warningsOf(text, { ...OPTIONS, accounts })).toEqual([
      `${place}: the notice of 1d outlasts the window, which is open for 4h at most: it closes before anything is done`,
    ]);
  });

  test('labels that no rule gives', () => {
    const labels = new Map([['env', ['dev', 'prod']]]);
    const warn = (marked: string) => {
      const { text, place } = unmark(policy(`match: ${marked}\nwhen: { idleFor: 1h }\ndo: stop`));
      return warningsOf(text, { ...OPTIONS, labels }).map((warning) => warning.replace(`${place}: `, '▶'));
    };
    expect(warn('{ labels: { ▶evn: dev } }')).toEqual([
      '▶no rule gives the label "evn" (did you mean "env"?) under labels in lamplighter.yaml',
    ]);
    expect(warn('{ name: x, not: [{ labels: { ▶keep: "true" } }] }')).toEqual([
      '▶no rule gives the label "keep" under labels in lamplighter.yaml',
    ]);
    expect(warn('{ labels: { env: ▶produ } }')).toEqual([
      '▶no rule gives "env" the value "produ" under labels in lamplighter.yaml',
    ]);
    expect(warn('{ labels: { env: [x, "p*"] } }')).toEqual([]);
  });

  test('nobody to tell', () => {
    const text = policy('match: { account: chenyu }\nwhen: { balanceBelow: 1 }\ndo: notify');
    expect(warningsOf(text, { ...OPTIONS, notifiers: [] })).toEqual([expect.stringContaining('nobody will be told')]);
    expect(warningsOf(text)).toEqual([]);
  });

  test('nothing but observing', () => {
    const text = policy('match: all\nwhen: { during: always }\ndo: stop').replace('enforce', 'observe');
    const observing = (given: string, options = OPTIONS) => {
      const result = compile([{ file: 'p.yaml', text: given }], options);
      return result.ok && result.set.observing;
    };
    // That is how everybody begins, so it is told and not warned of.
    expect(warningsOf(text)).toEqual([]);
    expect(observing(text)).toBe(true);
    // Without a configuration the mode is not known, unless the policy itself says.
    const alone = { ...OPTIONS, accounts: null };
    expect(observing(text, alone)).toBe(true);
    expect(observing(text.replace('    mode: observe\n', ''), alone)).toBe(false);
    expect(observing(text.replace('    mode: observe\n', ''), { ...OPTIONS, mode: 'enforce' })).toBe(false);
    expect(observing(text.replace('mode: observe', 'mode: observe\n    enabled: false'))).toBe(false);
  });

  test.each([
    policy('match: { status: [running, stopped] }\nwhen: { idleFor: 1h }\ndo: stop'),
    policy('match: all\nwhen: { during: never }\ndo: stop'),
    policy('match: all\nwhen: { during: Mon-Fri 08:00-09:00 }\ndo: stop\nnotice: 10m'),
    policy('match: { status: running }\nwhen: { during: always }\ndo: [stop, start]'),
    policy('match: { status: [starting] }\nwhen: { statusFor: 1h }\ndo: notify'),
  ])('nothing is odd about %j', (text) => expect(warningsOf(text)).toEqual([]));
});
