import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyFacts } from '../../src/app/boards/policy-facts.ts';
import { BILLINGS, STATUSES } from '../../src/fleet/status.ts';
import { compile } from '../../src/policy/compile.ts';
import type { CompileOptions } from '../../src/policy/draft.ts';
import { policyText } from '../../src/web/console/policy-text.ts';
import { account } from '../policy/support.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const ACTIONS = [
  'stop',
  'cardless-stop',
  'start',
  'restart',
  'snapshot',
  'renew',
  'lengthen',
  'destroy',
  'notify',
] as const;
const OPTIONS: CompileOptions = {
  accounts: (['huixingyun', 'chenyu', 'chenyu-v1'] as const).map((provider) =>
    account(provider, provider, { actions: [...ACTIONS], spendLimit: { perDayFen: null, callsPerDay: 10 } }),
  ),
  notifiers: null,
  timezone: 'Asia/Shanghai',
  mode: 'enforce',
  now: NOW,
};
const CALENDARS = 'calendars: { cn: { timezone: Asia/Shanghai, holidays: [2026-10-01], workdays: [2026-10-10] } }\n';

/** Every policy of a file in words, in both languages; `null`: it does not compile. */
function explained(
  policies: readonly object[],
  options: CompileOptions = OPTIONS,
): { readonly en: string; readonly zh: string }[] | null {
  const text = `${CALENDARS}policies: ${JSON.stringify(policies)}\n`;
  const result = compile([{ file: 'p.yaml', text }], options);
  if (!result.ok) return null;
  return result.set.policies.map((policy) => {
    const say = (language: 'en' | 'zh') =>
      policyText(policyFacts(policy, NOW), { language, timezone: 'Asia/Shanghai', now: NOW });
    return { en: say('en'), zh: say('zh') };
  });
}

interface Said {
  readonly match?: object;
  readonly when?: object;
  readonly do?: unknown;
  readonly more?: object;
  readonly en: string;
  readonly zh: string;
}

/** A policy with the one piece that is asked about, and the line that it comes to. */
const SAID: readonly Said[] = [
  // match
  { match: { account: 'hui*' }, en: '  - whose account begins with “hui”', zh: '  - 账号以“hui”开头' },
  { match: { provider: 'chenyu*' }, en: '  - at chenyu or chenyu-v1', zh: '  - 位于晨羽智云（v2）或晨羽智云（v1）' },
  { match: { name: 'dev-1' }, en: '  - whose name is “dev-1”', zh: '  - 名称为“dev-1”' },
  {
    match: { name: ['dev-*', '*-night', '*tmp*', 'a*z', 'lab-*'] },
    en: '  - whose name begins with “dev-” or “lab-” or ends in “-night” or contains “tmp” or begins with “a” and ends in “z”',
    zh: '  - 名称以“dev-”或“lab-”开头或以“-night”结尾或包含“tmp”或以“a”开头并以“z”结尾',
  },
  {
    match: { id: 'gpu-?05*' },
    en: '  - whose id is like “gpu-?05*” (* is any characters, ? is one)',
    zh: '  - ID 形如“gpu-?05*”（* 代表任意字符，? 代表一个字符）',
  },
  { match: { id: 'a*b*c' }, en: '  - whose id is like “a*b*c” (', zh: '  - ID 形如“a*b*c”（' },
  { match: { room: '**' }, en: '  - whose machine room is whatever it may be', zh: '  - 机房不限' },
  { match: { gpu: '*4090*' }, en: '  - whose GPU contains “4090”', zh: '  - 显卡包含“4090”' },
  {
    match: { status: ['running', 'unknown'] },
    en: '  - that is running or in a status that nobody understands',
    zh: '  - 状态为运行中或未知',
  },
  {
    match: { billing: ['daily', 'monthly'] },
    en: '  - that is paid for by the day or by the month',
    zh: '  - 计费方式为按天或按月',
  },
  { match: { labels: { env: 'dev' } }, en: '  - whose label env is “dev”', zh: '  - 标签 env 为“dev”' },
  { match: { labels: { owner: '*' } }, en: '  - that has a label owner', zh: '  - 带有标签 owner' },
  {
    match: { name: 'a*', not: { labels: { night: 'yes' } } },
    en: '  - but none whose label night is “yes”',
    zh: '  - 但以下除外：标签 night 为“yes”',
  },
  {
    match: { name: 'a*', not: [{ status: 'running', id: 'b*' }, { billing: ['daily', 'unknown'] }] },
    en: '  - but none whose id begins with “b”, and that is running (or of which that is not known)\n  - but none that is paid for by the day or in a way that the cloud does not tell\n',
    zh: '  - 但以下除外：ID 以“b”开头，且状态为运行中（未知的也算）\n  - 但以下除外：计费方式为按天或未知（云未告知）\n',
  },
  { match: { name: 'a\u202eb' }, en: '“a\ufffdb”', zh: '“a\ufffdb”' },
  {
    match: { account: 'chenyu' },
    when: { balanceBelow: 0.5 },
    do: 'notify',
    en: 'For each account:\n  - whose name is “chenyu”\nWhen:\n  - the account has less than ¥0.50\n',
    zh: '针对符合以下全部条件的账号：\n  - 名称为“chenyu”\n当以下条件成立时：\n  - 账号余额低于 ¥0.50\n',
  },
  // when
  { when: { idleFor: '90s' }, en: '  - it has been proven idle for 1m30s', zh: '  - 已证实空闲满 1 分 30 秒' },
  {
    when: { during: 'Mon-Fri 08:30-21:00' },
    en: '  - the time is from 08:30 to 21:00, Monday to Friday (closed now, opens Mon 08:30)',
    zh: '  - 时间在以下范围内：周一至周五 08:30 至 21:00（现在不在，下次 周一 08:30）',
  },
  {
    when: { during: 'Mon,Wed-Thu 22:00-06:00, Sat-Sun 00:00-24:00 Europe/Berlin' },
    en: 'from 22:00 to 06:00 of the next day, on Monday, Wednesday, Thursday; or all day, on Saturday, Sunday (Europe/Berlin) (open now, until Mon 07:00)',
    zh: '周一、周三、周四 22:00 至次日 06:00；或周六、周日 全天（Europe/Berlin）（现在在内，到 周一 07:00）',
  },
  {
    when: { during: 'cn.workdays 00:00-08:30, cn.workdays 21:00-24:00, cn.holidays' },
    en: 'from 00:00 to 08:30 and from 21:00 to 24:00, on workdays by the calendar cn; or all day, on holidays by the calendar cn (',
    zh: '日历 cn 的工作日 00:00 至 08:30、21:00 至 24:00；或日历 cn 的节假日 全天（',
  },
  {
    when: { during: '2026-12-24T00:00-2026-12-27T00:00' },
    en: '  - the time is from 2026-12-24 00:00 to 2026-12-27 00:00 (closed now, opens 24 Dec, 00:00)',
    zh: '  - 时间在以下范围内：2026-12-24 00:00 至 2026-12-27 00:00（现在不在，下次 12月24日 00:00）',
  },
  { when: { during: 'never' }, en: '  - at no time\n', zh: '  - 永不\n' },
  { when: { during: 'always', idleFor: '1h' }, en: '  - at any time\n', zh: '  - 任何时候\n' },
  {
    when: { cron: '30 3 * * *' },
    en: 'come: at 03:30, every day (30 3 * * *, next Sun 03:30)',
    zh: '：每天 03:30（30 3',
  },
  {
    when: { cron: '0,30 9,17 * * mon-fri' },
    en: 'at 09:00, 09:30, 17:00, 17:30, Monday to Friday (',
    zh: '：周一至周五 09:00',
  },
  { when: { cron: '0 3 * * 0' }, en: 'at 03:00, on Sunday (', zh: '：周日 03:00（' },
  { when: { cron: '0 3 1,15 * *' }, en: 'at 03:00, on day 1, 15 of every month (', zh: '：每月 1、15 日 03:00（' },
  {
    when: { cron: '0 3 13 * 5' },
    en: 'at 03:00, on day 13 of every month and also every Friday (',
    zh: '：每月 13 日以及每逢周五 03:00（',
  },
  { when: { cron: '@hourly' }, en: 'at minute 0 of every hour (@hourly,', zh: '：每小时的第 0 分（@hourly，' },
  { when: { cron: '*/15 * * * *' }, en: 'every 15 minutes (', zh: '：每 15 分钟（' },
  { when: { cron: '*/25 * * * *' }, en: 'by this cron pattern (*/25 * * * *, ', zh: '：按此 cron 表达式（*/25' },
  { when: { cron: '0 3 * * 1#1' }, en: 'by this cron pattern (0 3 * * 1#1, ', zh: '：按此 cron 表达式（0 3' },
  {
    when: { cron: '@daily', timezone: 'Europe/Berlin' },
    en: 'at 00:00, every day (@daily, Europe/Berlin, next Sun 07:00)',
    zh: '：每天 00:00（@daily，Europe/Berlin，下次 ',
  },
  { when: { expiresWithin: '12h' }, do: 'notify', en: '  - it expires within 12h', zh: '  - 12 小时内到期' },
  { when: { runningFor: '8h' }, en: '  - it has been up for more than 8h', zh: '  - 已连续运行超过 8 小时' },
  { when: { stoppedFor: '7d' }, do: 'notify', en: 'stopped for more than 1w', zh: '已关机超过 1 周' },
  {
    when: { statusFor: '20m' },
    do: 'notify',
    en: '  - its status has not changed for more than 20m',
    zh: '状态未变已超过 20 分钟',
  },
  {
    when: { statusFor: { status: ['starting', 'unknown'], for: '20m' } },
    do: 'notify',
    en: '  - its status has been starting or unknown for more than 20m',
    zh: '  - 状态为开机中或未知已超过 20 分钟',
  },
  {
    when: { runwayBelow: '36h' },
    match: { provider: 'chenyu' },
    do: 'notify',
    en: 'last for less than 1d12h',
    zh: '预计撑不到 1 天 12 小时',
  },
  {
    match: { id: ['x1', 'x2', 'x3'] },
    en: '  - whose id is “x1”, “x2” or “x3”\n',
    zh: '  - ID 为“x1”、“x2”或“x3”\n',
  },
  {
    match: { account: 'hui*' },
    when: { during: 'always' },
    do: 'notify',
    en: 'tell every notifier (warning).\nOnce a day.\n',
    zh: '（警告）。\n每天只做一次。\n',
  },
  // do
  {
    do: ['snapshot', 'stop'],
    en: 'will save an image of it as “{name}-{date}”, and then stop it.\n',
    zh: '会存为镜像“{name}-{date}”，然后关机。\n',
  },
  { do: 'cardless-stop', en: 'will stop it and give back its cards.', zh: '会无卡关机（退还显卡）。' },
  {
    do: { renew: { periods: { daily: 3, monthly: 1 } } },
    when: { expiresWithin: '12h' },
    en: 'renew it by 3 days where it is billed by the day and 1 month where it is billed by the month.',
    zh: '会续费：按天计费的续 3 天，按月计费的续 1 个月。',
  },
  {
    do: { renew: { periods: 12 } },
    when: { expiresWithin: '12h' },
    en: 'renew it by 12 months where it is billed by the month.',
    zh: '续费：按月计费的续 12 个月。',
  },
  {
    do: { lengthen: { to: 'daily' } },
    match: { provider: 'huixingyun' },
    en: 'will change its billing to daily.',
    zh: '会把计费改为按天。',
  },
  {
    do: 'start',
    en: 'will start it.\nOnce for each opening of the window. What somebody undoes stays so until the next.\n',
    zh: '会开机。\n每次进入时间范围只做一次。有人改回来的，到下次之前不再动。\n',
  },
  { do: 'restart', en: 'will restart it.', zh: '会重启。' },
  {
    do: { notify: { to: ['ops', 'hook'], severity: 'info', text: 'Wake "up".' } },
    en: 'tell ops, hook (info): “Wake "up".”\n',
    zh: '会通知 ops、hook（一般）：“Wake "up".”\n',
  },
  {
    do: 'destroy',
    en: 'will destroy it with everything on it.\nIt is announced 1d before, and a hold or any activity calls it off.\nIt is not done where the announcement could not be delivered.\n',
    zh: '会销毁实例及其上的一切。\n提前 1 天预告；有人保留或有任何活动就取消。\n预告没能送达就不做。\n',
  },
  // the rest
  {
    more: { mode: 'observe' },
    en: 'Lamplighter would, if this policy did more than observe, stop it.',
    zh: '本策略只观察；若执行，Lamplighter 会关机。',
  },
  {
    more: { enabled: false },
    en: '\nIt is turned off, and nothing of this is done.\n',
    zh: '\n已停用，以上一概不做。\n',
  },
  { more: { notice: '10m' }, en: '\nIt is announced 10m before, and a hold', zh: '\n提前 10 分钟预告；' },
  { more: { cooldown: '1h' }, en: '\nNot again on the same machine within 1h.', zh: '\n同一台实例 1 小时内不重复。' },
  {
    more: { afterwards: 'start' },
    en: '\nWhen the window closes, what it stopped is started again.',
    zh: '\n时间范围结束时，由它关掉的会重新开机。',
  },
  {
    when: { idleFor: '1h' },
    more: { minimumUptime: '2h' },
    en: '\nNot within 2h of the start',
    zh: '\n开机 2 小时内不动。',
  },
  {
    more: { limits: { perPass: 1, perHour: 2, percent: '50%' } },
    en: '\nAt most 1 at once, 2 an hour, 50 % of an account’s machines in a minute.\n',
    zh: '\n最多每次 1 台，每小时 2 台，每分钟账号实例的 50 %。\n',
  },
  {
    en: '\nAt most 10 % of an account’s machines in a minute, counted over all policies; never more than 3, and always one.\n',
    zh: '\n所有策略合计，每个账号一分钟内不超过其实例的 10 %，最多 3 台，至少可有 1 台。\n',
  },
  {
    when: { cron: '@daily' },
    more: { catchUp: '2h' },
    en: '\nA tick that was missed is made up for within 2h.',
    zh: '\n错过的时刻在 2 小时内补做。',
  },
];

const BY_DAY = { during: 'Mon-Fri 08:00-18:00' };

function policyOf({ match, when = BY_DAY, do: steps = 'stop', more = {} }: Omit<Said, 'en' | 'zh'>, index: number) {
  return { name: `p-${index}`, match: match ?? 'all', when, do: steps, ...more };
}

describe('a policy in plain words, piece by piece', () => {
  const texts = explained(SAID.map(policyOf)) ?? [];

  test.each(SAID.map((said, index) => ({ ...said, text: texts[index] })))('$en', ({ en, zh, text }) => {
    expect(text?.en).toContain(en);
    expect(text?.zh).toContain(zh);
  });

  test('only what goes by its window alone is said to be done once for each', () => {
    const policies = [policyOf({}, 1), policyOf({ when: { ...BY_DAY, idleFor: '1h' } }, 2)];
    const said = (explained(policies) ?? []).map(({ en }) => en.includes('Once for each opening'));
    expect(said).toEqual([true, false]);
  });

  test('what interrupts nothing has no limits to speak of', () => {
    const policies = [policyOf({ do: 'start' }, 1), policyOf({ do: 'notify', match: { name: 'a*' } }, 2)];
    for (const { en } of explained(policies) ?? []) expect(en).not.toContain('At most');
  });
});

const word = fc.constantFrom('dev-*', '*-n', '*x*', 'a', 'b?c', '*', 'a*b', 'x*y*z');
const some = <T>(values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
const patterns = fc.oneof(word, fc.uniqueArray(word, { minLength: 1, maxLength: 3 }));
const clauses = fc.record(
  {
    account: fc.constantFrom('*', 'hui*', 'chenyu'),
    provider: fc.constantFrom('chenyu*', 'huixingyun', '*'),
    id: patterns,
    name: patterns,
    status: some(STATUSES),
    billing: some(BILLINGS),
    gpu: patterns,
    room: patterns,
    labels: fc.dictionary(fc.constantFrom('env', 'owner', 'toString'), patterns, { minKeys: 1 }),
  },
  { requiredKeys: [] },
);
const someClauses = clauses.filter((map) => Object.keys(map).length > 0);
const span = fc.constantFrom('45s', '30m', '1h30m', '2d', '1w');
const when = fc
  .record(
    {
      idleFor: span,
      during: fc.constantFrom(
        'Mon-Sun 23:00-08:00',
        'cn.restdays',
        'never',
        'Tue 00:00-24:00 UTC, cn.workdays 08:00-09:00',
      ),
      cron: fc.constantFrom('0 3 * * *', '@weekly', '5 4 1 * MON-WED', '*/7 * * * *', '0 12 L * *'),
      expiresWithin: span,
      runningFor: span,
      stoppedFor: span,
      statusFor: fc.oneof(span, fc.record({ status: some(STATUSES), for: span })),
      timezone: fc.constantFrom('UTC', 'Asia/Shanghai'),
    },
    { requiredKeys: [] },
  )
  .filter((map) => Object.keys(map).some((key) => key !== 'timezone'));
const step = fc.constantFrom(
  'stop',
  'cardless-stop',
  'start',
  'restart',
  'snapshot',
  'destroy',
  'notify',
  { snapshot: { name: '{id}-{time}' } },
  { renew: { periods: 3 } },
  { renew: { periods: { monthly: 12 } } },
  { lengthen: { to: 'monthly' } },
  { notify: { to: ['ops'], severity: 'info', text: 'hello' } },
);
const policy = fc
  .record(
    {
      match: fc.oneof(
        fc.constant('all'),
        someClauses,
        fc
          .tuple(someClauses, fc.array(someClauses, { minLength: 1, maxLength: 2 }))
          .map(([map, not]) => ({ ...map, not })),
      ),
      when,
      do: fc.oneof(step, fc.array(step, { minLength: 1, maxLength: 3 })),
      mode: fc.constantFrom('observe', 'enforce'),
      enabled: fc.boolean(),
      notice: span,
      cooldown: span,
      minimumUptime: span,
      limits: fc.record({ perPass: fc.integer({ min: 1, max: 5 }), percent: fc.constantFrom('5%', '100%') }),
    },
    { requiredKeys: ['match', 'when', 'do'] },
  )
  // Without what would be refused beside the rest.
  .map(({ notice, minimumUptime, ...made }) => ({
    ...made,
    ...(notice !== undefined && /stop|restart|destroy/.test(JSON.stringify(made.do)) ? { notice } : {}),
    ...(minimumUptime !== undefined && made.when.idleFor !== undefined ? { minimumUptime } : {}),
  }));

/** Keys of policies and what a slip of the pen leaves behind; none of it is a word of either language. */
const RAW =
  /undefined|null|NaN|\[object|[{[]"|"[a-z]+":|\b(?:idleFor|expiresWithin|runningFor|stoppedFor|statusFor|balanceBelow|runwayBelow|minimumUptime|requireNotice|perPass|perHour|catchUp|noticeMs)\b|labels\.|\b(?:status|billing|provider|name|id|gpu|room|account)=|not\(/;
const ENGLISH = /\b(?:whose|that|when|it|the|is|will|would|at most|every|never|hourly|monthly|running|stopped)\b/i;

test('every policy that compiles is explained without raw keys, and in one language', () => {
  let taken = 0;
  fc.assert(
    fc.property(policy, (made) => {
      const [text] = explained([{ name: 'p', ...made }], { ...OPTIONS, accounts: null }) ?? [];
      if (text === undefined) return;
      taken += 1;
      const { en: english, zh: chinese } = text;
      for (const text of [english, chinese]) {
        expect(text).not.toMatch(RAW);
        for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/\S$/);
      }
      expect(english).not.toMatch(/\p{Script=Han}/u);
      expect(chinese).not.toMatch(ENGLISH);
      // The same pieces in both.
      expect(chinese.split('\n').length).toBe(english.split('\n').length);
    }),
    { numRuns: 60, seed: 20_261_122 },
  );
  expect(taken).toBeGreaterThan(25);
});
