import { describe, expect, test } from 'vitest';
import type { Account } from '../../src/fleet/account.ts';
import { compile } from '../../src/policy/compile.ts';
import type { CompileOptions } from '../../src/policy/draft.ts';
import { unmark } from './marked.ts';
import { OPTIONS } from './support.ts';

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
    'a catchUp without cron',
    policy('match: all\nwhen: { during: always }\ndo: stop\n▶catchUp: 1h'),
    'catchUp is about when.cron',
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
    expect(warningsOf(text)).toEqual([expect.stringContaining('every policy only observes')]);
    expect(warningsOf(text.replace('    mode: observe\n', ''), { ...OPTIONS, mode: 'enforce' })).toEqual([]);
  });

  test.each([
    policy('match: { status: [running, stopped] }\nwhen: { idleFor: 1h }\ndo: stop'),
    policy('match: all\nwhen: { during: never }\ndo: stop'),
    policy('match: all\nwhen: { during: Mon-Fri 08:00-09:00 }\ndo: stop\nnotice: 10m'),
    policy('match: { status: running }\nwhen: { during: always }\ndo: [stop, start]'),
    policy('match: { status: [starting] }\nwhen: { statusFor: 1h }\ndo: notify'),
  ])('nothing is odd about %j', (text) => expect(warningsOf(text)).toEqual([]));
});
