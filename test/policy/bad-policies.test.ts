import { describe, expect, test } from 'vitest';
import { compile } from '../../src/policy/compile.ts';
import { unmark } from './marked.ts';
import { account, OPTIONS } from './support.ts';

/** One policy; the case's lines come after its name. */
const policy = (lines: string) => `policies:\n  - name: p\n${lines.replaceAll(/^/gm, '    ')}\n`;
const GOOD = 'match: all\nwhen: { during: always }\ndo: stop';

/** What is wrong, where (▶), and in which words it is said. */
const CASES: readonly (readonly [string, string, string])[] = [
  // the frame
  ['an empty file', '▶', 'the file is empty'],
  ['only comments', '▶# nothing\n', 'the file is empty'],
  ['no policy at all', '▶policies: []\n', 'there is no policy in any file'],
  ['a list at the top', '▶- name: p\n', 'must be a map, not a list'],
  ['an unknown key at the top', '▶polices: []\n', 'unknown key "polices"; did you mean "policies"?'],
  ['policies that are no list', '▶policies: { name: p }\n', 'must be a list, not a map'],
  ['a policy that is a text', 'policies: [▶p]\n', 'must be a map, not a text'],
  // keys
  ['an unknown key', policy(`${GOOD}\n▶cooldwon: 10m`), 'unknown key "cooldwon"; did you mean "cooldown"?'],
  ['an unknown key that is like none', policy(`${GOOD}\n▶xyzzyxyzzy: 1`), 'known: name, description, enabled'],
  ['a merge key', policy(`${GOOD}\n▶<<: { mode: enforce }`), 'unknown key "<<"'],
  ['a key twice', policy(`${GOOD}\nnotice: 1m\n▶notice: 2m`), 'the key "notice" is here twice; first in line 6'],
  ['no when', policy('match: all\ndo: stop').replace('name', '▶name'), '"when" is missing'],
  ['no do', policy('match: all\nwhen: { idleFor: 1h }').replace('name', '▶name'), '"do" is missing'],
  ['no name', 'policies:\n  - ▶match: all\n    when: { idleFor: 1h }\n    do: stop\n', '"name" is missing'],
  [
    'a name with capitals',
    'policies:\n  - name: ▶Stop_Idle\n    match: all\n    when: { idleFor: 1h }\n    do: stop\n',
    '1 to 63 of a-z, 0-9 and "-"',
  ],
  [
    'a name twice',
    `policies:\n  - { name: p, match: all, when: { idleFor: 1h }, do: stop }\n  - { name: ▶p, match: all, when: { idleFor: 1h }, do: stop }\n`,
    'the name "p" is taken; first in p.yaml:2',
  ],
  ['an unknown mode', policy(`${GOOD}\nmode: ▶enforced`), 'did you mean "enforce"?'],
  ['a switch in words', policy(`${GOOD}\nenabled: ▶yes`), 'must be true or false, not a text'],
  // match
  [
    'no match for a stop',
    policy('when: { idleFor: 1h }\ndo: stop').replace('name', '▶name'),
    'has no match; name instances, or write match: all',
  ],
  ['an empty match', policy('▶match: {}\nwhen: { idleFor: 1h }\ndo: stop'), 'would match everything; write match: all'],
  ['match without value', policy('▶match:\nwhen: { idleFor: 1h }\ndo: stop'), 'must be "all" or a map'],
  ['another word than all', policy('match: ▶everything\nwhen: { idleFor: 1h }\ndo: stop'), 'not the text "everything"'],
  [
    'an unknown match key',
    policy('match: { ▶lables: { a: b } }\nwhen: { idleFor: 1h }\ndo: stop'),
    'did you mean "labels"?',
  ],
  ['an empty list', policy('match: { ▶name: [] }\nwhen: { idleFor: 1h }\ndo: stop'), 'the list is empty'],
  ['an empty text', policy('match: { name: ▶"" }\nwhen: { idleFor: 1h }\ndo: stop'), 'must not be empty'],
  [
    'a list in a list',
    policy('match: { name: [▶[a]] }\nwhen: { idleFor: 1h }\ndo: stop'),
    'must be a text, not a list',
  ],
  [
    'a number for a label',
    policy('match: { labels: { n: ▶1 } }\nwhen: { idleFor: 1h }\ndo: stop'),
    'write it in quotes: "1"',
  ],
  [
    'true for a label',
    policy('match: { labels: { protect: ▶true } }\nwhen: { idleFor: 1h }\ndo: stop'),
    'write it in quotes: "true"',
  ],
  ['empty labels', policy('match: { ▶labels: {} }\nwhen: { idleFor: 1h }\ndo: stop'), 'the map is empty'],
  [
    'a label with an odd name',
    policy('match: { labels: { ▶"a b": c } }\nwhen: { idleFor: 1h }\ndo: stop'),
    'a label is named by',
  ],
  [
    'a pattern without end',
    policy(`match: { name: ▶${'x'.repeat(257)} }\nwhen: { idleFor: 1h }\ndo: stop`),
    'the text has 257 characters; at most 256 are allowed',
  ],
  [
    'an unknown status',
    policy('match: { status: ▶runing }\nwhen: { idleFor: 1h }\ndo: stop'),
    'did you mean "running"?',
  ],
  [
    'a glob for a status',
    policy('match: { status: ▶"run*" }\nwhen: { idleFor: 1h }\ndo: stop'),
    '"run*" is not known here',
  ],
  [
    'an unknown billing',
    policy('match: { billing: [hourly, ▶weekly] }\nwhen: { idleFor: 1h }\ndo: stop'),
    'known: hourly, daily, monthly, unknown',
  ],
  [
    'an unknown provider',
    policy('match: { provider: ▶huixinyun }\nwhen: { idleFor: 1h }\ndo: stop'),
    'no provider is called "huixinyun"',
  ],
  [
    'an unknown account',
    policy('match: { account: [chenyu, ▶hxy-mian] }\nwhen: { idleFor: 1h }\ndo: stop'),
    'did you mean "hxy-main"?',
  ],
  [
    'an unknown account left out',
    policy('match: { name: x, not: { account: ▶hxy-mian } }\nwhen: { idleFor: 1h }\ndo: stop'),
    'did you mean "hxy-main"?',
  ],
  [
    'an unknown account in a list left out',
    policy('match: { name: x, not: [{ name: y }, { account: ▶"*-mian" }] }\nwhen: { idleFor: 1h }\ndo: stop'),
    'no account fits "*-mian"; there are hxy-main, chenyu, old',
  ],
  [
    'an empty map left out',
    policy('match: { name: x, ▶not: {} }\nwhen: { idleFor: 1h }\ndo: stop'),
    'would leave out everything',
  ],
  [
    'a negation that every name fits',
    policy('match: { account: chenyu, ▶not: { name: "*" } }\nwhen: { idleFor: 1h }\ndo: stop'),
    'leaves out every instance there could be',
  ],
  [
    'one negation of several that every status fits',
    policy(
      'match: { not: [{ name: a }, { ▶status: [creating, starting, running, stopping, stopped, restarting, destroyed, unknown] }] }\nwhen: { idleFor: 1h }\ndo: stop',
    ),
    'leaves out every instance there could be',
  ],
  [
    'left out twice over',
    policy('match: { name: x, not: { ▶not: { name: y } } }\nwhen: { idleFor: 1h }\ndo: stop'),
    'unknown key "not"',
  ],
  [
    'account against provider',
    policy('▶match: { account: chenyu, provider: huixingyun }\nwhen: { idleFor: 1h }\ndo: stop'),
    'no account fits both',
  ],
  // when
  ['an empty when', policy('match: all\n▶when: {}\ndo: stop'), 'no condition is named'],
  ['only a zone', policy('match: all\n▶when: { timezone: UTC }\ndo: stop'), 'no condition is named'],
  ['an unknown condition', policy('match: all\nwhen: { ▶idelFor: 1h }\ndo: stop'), 'did you mean "idleFor"?'],
  ['a duration without unit', policy('match: all\nwhen: { idleFor: ▶30 }\ndo: stop'), '"30" has no unit'],
  ['a duration of nothing', policy('match: all\nwhen: { idleFor: ▶0s }\ndo: stop'), '0s is no time at all'],
  ['a duration in words', policy('match: all\nwhen: { idleFor: ▶30 minutes }\ndo: stop'), 'has spaces'],
  [
    'a window with a bad day',
    policy('match: all\nwhen: { during: "Mon-▶Fry 08:30-21:00" }\ndo: stop'),
    '"Fry" is not a day; did you mean "Fri"?',
  ],
  [
    'a window with a bad time',
    policy("match: all\nwhen: { during: 'Mon-Fri ▶8:30-21:00' }\ndo: stop"),
    'two digits each',
  ],
  [
    'a window without quotes',
    policy('match: all\nwhen:\n  during: Mon-Fri 08:30-▶25:00\ndo: stop'),
    'times go from 00:00 to 24:00',
  ],
  [
    'a window that never opens',
    policy('match: all\nwhen: { during: Mon-Fri ▶08:30-08:30 }\ndo: stop'),
    'is empty, since the end is excluded',
  ],
  [
    'an interval the wrong way round',
    policy('match: all\nwhen: { during: "▶2026-12-24T00:00-2026-12-23T00:00" }\ndo: stop'),
    'never opens',
  ],
  ['an unknown calendar', policy('match: all\nwhen: { during: ▶cn.workdays }\ndo: stop'), 'no calendars are defined'],
  [
    'a cron pattern with seconds',
    policy('match: all\nwhen: { cron: ▶"0 0 3 * * *" }\ndo: stop'),
    'seconds are not supported',
  ],
  ['a cron pattern that never runs', policy('match: all\nwhen: { cron: ▶"0 0 31 2 *" }\ndo: stop'), 'never runs'],
  [
    'an unknown zone',
    policy('match: all\nwhen: { during: always, timezone: ▶Asia/Shanghia }\ndo: stop'),
    'did you mean "Asia/Shanghai"?',
  ],
  ['an offset for a zone', policy(`${GOOD}\ntimezone: ▶"+08:00"`), 'is an offset, not a time zone'],
  [
    'a status without duration',
    policy('match: all\nwhen: { ▶statusFor: { status: starting } }\ndo: stop'),
    '"for" is missing',
  ],
  [
    'a list for statusFor',
    policy('match: all\nwhen: { ▶statusFor: [starting] }\ndo: stop'),
    'must be a duration such as 20m, or a map',
  ],
  [
    'a balance as text',
    policy('match: all\nwhen: { balanceBelow: ▶"200" }\ndo: notify'),
    'must be a number, not a text',
  ],
  ['a third decimal', policy('match: all\nwhen: { balanceBelow: ▶1.234 }\ndo: notify'), 'at most two decimals'],
  ['a negative balance', policy('match: all\nwhen: { balanceBelow: ▶-1 }\ndo: notify'), 'must be at least 0'],
  [
    'a balance that nobody tells',
    policy('match: { provider: huixingyun }\nwhen: { ▶balanceBelow: 1 }\ndo: notify'),
    'no account in reach tells its balance; reached: hxy-main (huixingyun)',
  ],
  [
    'a runway that nobody tells',
    policy('match: { account: hxy-main }\nwhen: { ▶runwayBelow: 1d }\ndo: notify'),
    'no account in reach tells its balance',
  ],
  [
    'an expiry that nobody tells',
    policy('match: { provider: "chenyu*" }\nwhen: { ▶expiresWithin: 1d }\ndo: notify'),
    'no account in reach tells when an instance expires',
  ],
  // do
  ['an unknown action', policy('match: all\nwhen: { idleFor: 1h }\ndo: ▶halt'), '"halt" is not known here'],
  [
    'an action nearly right',
    policy('match: all\nwhen: { idleFor: 1h }\ndo: ▶cardles-stop'),
    'did you mean "cardless-stop"?',
  ],
  [
    'an unknown action with arguments',
    policy('match: all\nwhen: { idleFor: 1h }\ndo: { ▶renwe: { periods: 1 } }'),
    'did you mean "renew"?',
  ],
  ['an action by hand only', policy('match: all\nwhen: { idleFor: 1h }\ndo: ▶create'), 'create is done by hand only'],
  [
    'another by hand only',
    policy('match: all\nwhen: { idleFor: 1h }\ndo: [{ ▶rebuild: { image: x } }]'),
    'rebuild is done by hand only',
  ],
  [
    'a third by hand only',
    policy('match: all\nwhen: { idleFor: 1h }\ndo: ▶shutdown-timer'),
    'shutdown-timer is done by hand only',
  ],
  [
    'two actions in one map',
    policy('match: all\nwhen: { idleFor: 1h }\ndo: { ▶stop: {}, start: {} }').replace('do: { ▶', '▶do: { '),
    'one map holds one action, not stop and start; for several write a list such as [stop, start]',
  ],
  [
    'an empty map for an action',
    policy('match: all\nwhen: { idleFor: 1h }\n▶do: {}'),
    'the map is empty; name an action',
  ],
  ['an empty list of actions', policy('match: all\nwhen: { idleFor: 1h }\n▶do: []'), 'the list is empty'],
  [
    'too many actions',
    policy(`match: all\nwhen: { idleFor: 1h }\n▶do: [${'stop, '.repeat(9)}]`),
    'the list has 9 entries; at most 8 are allowed',
  ],
  [
    'arguments for a stop',
    policy('match: all\nwhen: { idleFor: 1h }\ndo: { stop: { ▶force: true } }'),
    'unknown key "force"',
  ],
  [
    'a renewal without periods',
    policy('match: { account: hxy-main }\nwhen: { expiresWithin: 1h }\ndo: ▶renew'),
    'renew must say for how long',
  ],
  [
    'a renewal for two days',
    policy('match: { account: hxy-main }\nwhen: { expiresWithin: 1h }\ndo: { renew: { periods: ▶2 } }'),
    'must be 1, 3, 7 or 12, not the number 2',
  ],
  [
    'a renewal for seven months',
    policy('match: { account: hxy-main }\nwhen: { expiresWithin: 1h }\ndo: { renew: { periods: { monthly: ▶7 } } }'),
    'must be 1, 3 or 12, not the number 7',
  ],
  [
    'a renewal for a week',
    policy('match: { account: hxy-main }\nwhen: { expiresWithin: 1h }\ndo: { renew: { periods: { ▶weekly: 1 } } }'),
    'unknown key "weekly"',
  ],
  [
    'a renewal for nothing',
    policy('match: { account: hxy-main }\nwhen: { expiresWithin: 1h }\ndo: { renew: { ▶periods: {} } }'),
    'name daily, monthly or both',
  ],
  [
    'twelve days',
    policy(
      'match: { account: hxy-main, billing: daily }\nwhen: { expiresWithin: 1h }\ndo: { renew: { periods: ▶12 } }',
    ),
    'allowed: daily 1, 3 or 7',
  ],
  [
    'renewing what is hourly',
    policy(
      'match: { account: hxy-main, billing: ▶hourly }\nwhen: { expiresWithin: 1h }\ndo: { renew: { periods: 1 } }',
    ),
    'only daily and monthly instances can be renewed',
  ],
  [
    'renewing where nobody can',
    policy('match: { account: chenyu }\nwhen: { during: always }\ndo: { ▶renew: { periods: 1 } }'),
    'no account in reach can renew; reached: chenyu (chenyu)',
  ],
  [
    'an action only where the condition cannot be told',
    policy('match: all\nwhen: { balanceBelow: 10 }\n▶do: cardless-stop'),
    'no account in reach that tells what when asks for can cardless-stop; reached: chenyu (chenyu), old (chenyu-v1)',
  ],
  [
    'conditions that no one account tells together',
    policy('match: all\nwhen: { balanceBelow: 10, ▶expiresWithin: 1d }\ndo: notify'),
    'no account in reach tells when an instance expires; reached: chenyu (chenyu)',
  ],
  [
    'cardless where nobody can',
    policy('match: { provider: chenyu-v1 }\nwhen: { during: always }\n▶do: cardless-stop'),
    'no account in reach can cardless-stop',
  ],
  [
    'cardless in a list where nobody can',
    policy('match: { provider: chenyu }\nwhen: { during: always }\ndo: [stop, ▶cardless-stop]'),
    'no account in reach can cardless-stop',
  ],
  [
    'destroying where it is not allowed',
    policy('match: { account: hxy-main }\nwhen: { stoppedFor: 30d }\n▶do: destroy'),
    'add it to accounts.hxy-main.actions',
  ],
  [
    'a placeholder that is not filled in',
    policy('match: { account: hxy-main }\nwhen: { during: always }\ndo: { snapshot: { name: "x-▶{day}" } }'),
    '"{day}" is not filled in; known: {name}',
  ],
  [
    'an unknown notifier',
    policy('match: all\nwhen: { during: always }\ndo: { notify: { to: [ops, ▶opps] } }'),
    'did you mean "ops"?',
  ],
  [
    'one unknown notifier',
    policy('match: all\nwhen: { during: always }\ndo: [stop, { notify: { to: ▶mail } }]'),
    'no notifier is called "mail"; there are ops, hook',
  ],
  [
    'an unknown severity',
    policy('match: all\nwhen: { during: always }\ndo: { notify: { severity: ▶high } }'),
    'known: info, warning, critical',
  ],
  // the rest
  ['an afterwards that is no start', policy(`${GOOD}\nafterwards: ▶restart`), 'did you mean "start"?'],
  [
    'afterwards without window',
    policy('match: all\nwhen: { idleFor: 1h }\ndo: stop\n▶afterwards: start'),
    'needs when.during',
  ],
  [
    'afterwards without stop',
    policy('match: all\nwhen: { during: Mon-Sun 23:00-08:00 }\ndo: restart\n▶afterwards: start'),
    'needs a stop or cardless-stop',
  ],
  ['afterwards of a window without end', policy(`${GOOD}\n▶afterwards: start`), 'never closes'],
  [
    'a notice before a start',
    policy('match: all\nwhen: { during: Mon-Sun 08:00-09:00 }\ndo: start\n▶notice: 10m'),
    'notice is for what interrupts work',
  ],
  [
    'a notice before a snapshot that interrupts nothing',
    policy('match: { account: hxy-main }\nwhen: { cron: "0 3 * * *" }\ndo: snapshot\n▶notice: 10m'),
    'notice is for what interrupts work',
  ],
  ['requireNotice without notice', policy(`${GOOD}\n▶requireNotice: true`), 'requireNotice needs a notice'],
  ['minimumUptime without idleFor', policy(`${GOOD}\n▶minimumUptime: 1h`), 'belongs to when.idleFor'],
  ['no limits', policy(`${GOOD}\n▶limits: {}`), 'no limit is named'],
  ['a percentage as number', policy(`${GOOD}\nlimits: { percent: ▶10 }`), 'such as "10%"'],
  ['more than everything', policy(`${GOOD}\nlimits: { percent: ▶"101%" }`), 'from "1%" to "100%"'],
  ['a limit of none', policy(`${GOOD}\nlimits: { perPass: ▶0 }`), 'must be at least 1, not 0'],
  ['half an instance', policy(`${GOOD}\nlimits: { perPass: ▶1.5 }`), 'must be a whole number'],
  // calendars
  ['an empty calendar', `${policy(GOOD)}calendars:\n  ▶cn: {}\n`, 'neither holidays nor workdays are named'],
  ['a bad date', `${policy(GOOD)}calendars:\n  cn:\n    holidays: [2026-10-01, ▶2026-02-30]\n`, 'is not a date'],
  [
    'a range the wrong way round',
    `${policy(GOOD)}calendars:\n  cn:\n    holidays: [▶2026-10-08..2026-10-01]\n`,
    'ends before it begins',
  ],
  [
    'a day that is both',
    `${policy(GOOD)}calendars:\n  ▶cn:\n    holidays: [2026-10-01]\n    workdays: [2026-10-01]\n`,
    'is both a holiday and a workday',
  ],
  [
    'an unknown calendar key',
    `${policy(GOOD)}calendars:\n  cn:\n    ▶hollidays: [2026-10-01]\n`,
    'did you mean "holidays"?',
  ],
  [
    'a calendar with a dot',
    `${policy(GOOD)}calendars:\n  ▶c.n:\n    holidays: [2026-10-01]\n`,
    'is not a calendar name',
  ],
  [
    'a misspelt kind of day',
    `${policy(GOOD.replace('always', 'cn.▶workday'))}calendars:\n  cn:\n    holidays: [2026-10-01]\n`,
    'did you mean "workdays"?',
  ],
];

describe('a bad policy is refused at its place', () => {
  test.each(CASES)('%s', (_, marked, phrase) => {
    const { text, place } = unmark(marked);
    const result = compile([{ file: 'p.yaml', text }], OPTIONS);
    const errors = result.ok ? [] : result.errors.map(({ line, column, message }) => [`${line}:${column}`, message]);
    expect(errors).toContainEqual([place, expect.stringContaining(phrase)]);
    // One mistake is one error.
    expect(errors).toHaveLength(1);
  });

  test('lengthening without a target, where it is allowed', () => {
    const { text, place } = unmark(policy('match: all\nwhen: { during: always }\ndo: { ▶lengthen: {} }'));
    const lengthens = account('hxy-main', 'huixingyun', {
      actions: ['lengthen'],
      spendLimit: { perDayFen: null, callsPerDay: 10 },
    });
    const result = compile([{ file: 'p.yaml', text }], { ...OPTIONS, accounts: [lengthens] });
    const errors = result.ok ? [] : result.errors.map(({ line, column, message }) => [`${line}:${column}`, message]);
    expect(errors).toEqual([[place, '"to" is missing']]);
  });

  test('a renewal where nobody has a spendLimit names the key to set', () => {
    const { text, place } = unmark(policy('match: all\nwhen: { expiresWithin: 1h }\ndo: { ▶renew: { periods: 1 } }'));
    const result = compile([{ file: 'p.yaml', text }], {
      ...OPTIONS,
      accounts: [account('hxy-a', 'huixingyun'), account('b', 'chenyu')],
    });
    expect(result).toMatchObject({
      ok: false,
      errors: [{ message: expect.stringContaining('set accounts.hxy-a.spendLimit') }],
    });
    expect(result.ok ? '' : `${result.errors[0]?.line}:${result.errors[0]?.column}`).toBe(place);
  });

  test('all mistakes of all files are named at once, in the order of their places', () => {
    const bad = policy('match: { nmae: x }\nwhen: { during: "Mon-Fri 8-9", idleFor: 3 }\ndo: halt');
    const result = compile(
      [
        { file: 'b.yaml', text: bad },
        { file: 'a.yaml', text: 'policies: [' },
        { file: 'c.yaml', text: policy(GOOD).replace('name: p', 'name: q') },
      ],
      OPTIONS,
    );
    expect(result.ok ? [] : result.errors.map(({ file, line }) => `${file}:${line}`)).toEqual([
      'a.yaml:1',
      'b.yaml:3',
      'b.yaml:4',
      'b.yaml:4',
      'b.yaml:5',
    ]);
  });

  test('names and calendars are shared over all files of a folder', () => {
    const one = `${policy(GOOD)}calendars: { cn: { holidays: [2026-10-01] } }\n`;
    const two = `calendars: { cn: { holidays: [2026-10-02] } }\n${policy(GOOD.replace('always', 'cn.workdays'))}`;
    const result = compile(
      [
        { file: 'a.yaml', text: one },
        { file: 'b.yaml', text: two },
      ],
      OPTIONS,
    );
    expect(result.ok ? [] : result.errors.map(({ message }) => message)).toEqual([
      'the calendar "cn" is defined twice; first in a.yaml:6',
      'the name "p" is taken; first in a.yaml:2',
    ]);
  });

  test('a window that names a calendar of a broken file is not said to be wrong as well', () => {
    const result = compile(
      [
        { file: 'a.yaml', text: 'calendars: {' },
        { file: 'b.yaml', text: policy(GOOD.replace('always', 'cn.workdays')) },
      ],
      OPTIONS,
    );
    expect(result.ok ? [] : result.errors.map(({ file }) => file)).toEqual(['a.yaml']);
  });

  test('without a configuration only what depends on it is left unchecked', () => {
    const text = policy('match: { account: nobody }\nwhen: { balanceBelow: 1 }\ndo: { notify: { to: nobody } }');
    expect(compile([{ file: 'p.yaml', text }], { ...OPTIONS, accounts: null, notifiers: null })).toMatchObject({
      ok: true,
    });
  });
});
