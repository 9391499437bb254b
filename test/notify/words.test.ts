import { describe, expect, test } from 'vitest';
import { NO_DETAIL, verbatim } from '../../src/fleet/detail/detail.ts';
import type { Notification } from '../../src/fleet/event.ts';
import type { Words } from '../../src/fleet/parcel.ts';
import { OPERATION_REASONS } from '../../src/fleet/reason.ts';
import type { Said, SaidKind } from '../../src/fleet/said.ts';
import type { Language } from '../../src/notify/message.ts';
import { LANGUAGES } from '../../src/notify/message.ts';
import { type Links, wordsIn } from '../../src/notify/words/draft.ts';
import { LANGUAGE_WORDS } from '../../src/notify/words/languages.ts';
import { NOTIFICATION } from './kit.ts';

/** 2026-11-22 23:00 in Shanghai. */
const AT = Date.UTC(2026, 10, 22, 15);
const HOUR = 3_600_000;
const ANNOUNCED: Said = {
  kind: 'announced',
  action: 'cardless-stop',
  deadlineAt: AT,
  idleSinceAt: AT - HOUR,
  probes: verbatim('jupyter: 0 busy'),
  yuanPerHour: '1.98',
  aftermath: { kind: 'aftermath', provider: 'huixingyun', action: 'cardless-stop' },
};

/** One of everything that is said; the compiler sees that none is missing. */
const SAMPLES: { readonly [K in SaidKind]: Extract<Said, { kind: K }> } = {
  announced: ANNOUNCED,
  'notice-off': { kind: 'notice-off', action: 'stop', why: 'hold', detail: NO_DETAIL },
  'balance-low': {
    kind: 'balance-low',
    own: null,
    yuan: '149.97',
    belowYuan: '200.00',
    runway: '3d',
    runwayBelow: '7d',
  },
  'balance-recovered': { kind: 'balance-recovered' },
  'expiry-soon': { kind: 'expiry-soon', own: null, expiresAt: AT },
  stuck: { kind: 'stuck', own: null, status: 'starting', sinceAt: AT },
  'policy-notice': { kind: 'policy-notice', own: '开学前检查 dev-01' },
  lapsed: { kind: 'lapsed', detail: verbatim('it expired') },
  unpaid: { kind: 'unpaid', detail: verbatim('the limit is reached') },
  'restarted-soon': {
    kind: 'restarted-soon',
    restarts: 2,
    stoppedAt: AT - HOUR,
    startedAt: AT,
    aloneFor: '1h',
  },
  'unclear-payment': { kind: 'unclear-payment', action: 'renew', expiresAt: AT },
  blind: {
    kind: 'blind',
    count: 2,
    named: [verbatim('dev-01 (hxy/a): stale'), verbatim('dev-02 (hxy/b): stale')],
    yuanPerHour: '3.96',
  },
  'busy-for-nothing': { kind: 'busy-for-nothing', detail: verbatim('busy for 9h') },
  frozen: { kind: 'frozen', classes: ['paid', 'destructive'], reason: 'excess', detail: verbatim('x') },
  unfrozen: { kind: 'unfrozen', classes: ['paid', 'destructive'] },
  breaker: { kind: 'breaker', limit: 2 },
  'breaker-closed': { kind: 'breaker-closed' },
  'foreign-listing': { kind: 'foreign-listing', known: 10, listed: 4 },
  'shrunken-listing': { kind: 'shrunken-listing', before: 100, now: 3 },
  'listing-recovered': { kind: 'listing-recovered', listed: 100 },
  unreachable: { kind: 'unreachable', detail: verbatim('401') },
  reachable: { kind: 'reachable' },
  outcome: {
    kind: 'outcome',
    outcome: 'escalated',
    action: 'renew',
    reason: 'not-seen',
    detail: NO_DETAIL,
    by: 'person wang',
    operation: 'op-1',
  },
  'operation-closed': {
    kind: 'operation-closed',
    action: 'renew',
    operation: 'op-1',
    detail: verbatim('done by hand'),
  },
  'reload-held': { kind: 'reload-held', things: 2, example: 'stop of dev-01', acknowledge: 'abcd1234' },
  'reach-widened': { kind: 'reach-widened', things: 12, before: 20, example: 'stop hxy/gpu-1' },
  invalid: { kind: 'invalid', errors: 2, first: 'policies/a.yaml:3:4 unknown key' },
  valid: { kind: 'valid', policies: 12 },
};

const LINKS: Links = {
  hold: (instance, expiresAt) => `https://lamps.example.com/hold/${instance}/${expiresAt}`,
  holdMany: (account, policy, expiresAt) => `https://lamps.example.com/hold/${account}/${policy}/${expiresAt}`,
  console: 'https://lamps.example.com/',
};

function say(said: Said, language: Language, notification: Partial<Notification> = {}, zone = 'Asia/Shanghai'): Words {
  const whole = { ...NOTIFICATION, ...notification };
  return wordsIn(LANGUAGE_WORDS[language], { said, notification: whole, zone, links: LINKS, now: AT });
}

function everyText({ title, item, itemEvidence, many, lines, manyLines, links, manyLinks }: Words): readonly string[] {
  return [
    title,
    item,
    itemEvidence,
    many,
    ...[...lines, ...manyLines].flatMap(({ label, text }) => [label, text]),
    ...[...links, ...manyLinks].map(({ label }) => label),
  ];
}

describe.each(LANGUAGES)('in %s', (language) => {
  test.each(Object.values(SAMPLES))('$kind has a title, a line among others and a word for many', (said) => {
    for (const instance of [NOTIFICATION.instance, null]) {
      const words = say(said, language, { instance });
      expect(words.title).not.toBe('');
      expect(words.item).not.toBe('');
      expect(words.title).not.toMatch(/\n/);
      for (const text of everyText(words)) expect(text).not.toMatch(/undefined|null|NaN|\[object/);
      for (const { text } of words.lines) expect(text).not.toBe('');
    }
  });

  test('every reason of an operation has its words', () => {
    for (const reason of OPERATION_REASONS) {
      const words = say({ ...SAMPLES.outcome, reason }, language);
      expect(everyText(words).join(' ')).not.toContain('undefined');
    }
  });

  test('a name of several lines makes no title of several lines', () => {
    const instance = { id: 'a', name: 'dev\n\nSubject: x', status: 'running' as const };
    expect(say(ANNOUNCED, language, { instance }).title).not.toMatch(/[\r\n]/);
  });
});

test('an announcement says what, why, what it costs, when, and how to stop it', () => {
  const words = say(ANNOUNCED, 'zh-CN');
  expect(words.title).toBe('dev-01（hxy-main/gpu-105b6）将于 2026-11-22 23:00（Asia/Shanghai）无卡关机');
  expect(words.lines).toEqual([
    { label: '实例', text: 'dev-01（hxy-main/gpu-105b6）' },
    { label: '策略', text: 'lights-out' },
    { label: '依据', text: '自 2026-11-22 22:00（Asia/Shanghai）起空闲（jupyter: 0 busy）' },
    { label: '费用', text: '每小时 ¥1.98' },
    {
      label: '接下来',
      text: expect.stringContaining('策略 lights-out 将于 2026-11-22 23:00（Asia/Shanghai）对它无卡关机'),
    },
    { label: '如何阻止', text: 'lamplighter hold hxy-main/gpu-105b6 --for 4h --reason "……"' },
    { label: '影响', text: expect.stringContaining('会保留：实例') },
  ]);
  expect(words.links).toEqual([
    { label: '保留这台实例', url: `https://lamps.example.com/hold/hxy-main/gpu-105b6/${AT + 24 * HOUR}` },
    { label: '控制台', url: 'https://lamps.example.com/' },
  ]);
  const english = say(ANNOUNCED, 'en', {}, 'Europe/Berlin');
  expect(english.title).toBe('dev-01 (hxy-main/gpu-105b6): cardless-stop at 2026-11-22 16:00 (Europe/Berlin)');
  expect(english.lines.map(({ label }) => label)).toEqual([
    'Instance',
    'Policy',
    'Why',
    'Cost',
    'Next',
    'To stop it',
    'After it',
  ]);
});

test('among others it says what it rests on, without the zone that all have in common, and nothing twice', () => {
  expect(say(ANNOUNCED, 'en').itemEvidence).toBe('idle since 2026-11-22 22:00 (jupyter: 0 busy)');
  expect(say(ANNOUNCED, 'zh-CN').itemEvidence).toBe('自 2026-11-22 22:00 起空闲（jupyter: 0 busy）');
  for (const said of Object.values(SAMPLES)) {
    for (const language of LANGUAGES) {
      const { item, itemEvidence } = say(said, language);
      if (itemEvidence !== '') expect(item).not.toContain(itemEvidence);
      expect(itemEvidence).not.toContain('Asia/Shanghai');
    }
  }
});

test('several that a policy is about to act on have a link to hold some or all of them', () => {
  const announced = { event: 'decision.announced' } as const;
  const to = `https://lamps.example.com/hold/hxy-main/lights-out/${AT + 24 * HOUR}`;
  expect(say(ANNOUNCED, 'en', announced).manyLinks).toEqual([{ label: 'Hold some or all', url: to }]);
  expect(say(ANNOUNCED, 'zh-CN', announced).manyLinks).toEqual([{ label: '保留其中几台或全部', url: to }]);
  // What is not coming cannot be kept from coming.
  expect(say(SAMPLES.stuck, 'en', { event: 'instance.stuck' }).manyLinks).toEqual([]);
});

test('without a console there are no links, and the command stands all the same', () => {
  const words = wordsIn(LANGUAGE_WORDS.en, {
    said: ANNOUNCED,
    notification: NOTIFICATION,
    zone: 'UTC',
    links: null,
    now: AT,
  });
  expect(words.links).toEqual([]);
  expect(words.lines.map(({ text }) => text).join('\n')).toContain('lamplighter hold hxy-main/gpu-105b6');
});

test('spans are told in the words of the language', () => {
  expect(say(SAMPLES['balance-low'], 'en').title).toContain('lasts 3d, less than 7d');
  expect(say(SAMPLES['balance-low'], 'zh-CN').title).toContain('还可用 3 天，少于 7 天');
  const next = say(SAMPLES['restarted-soon'], 'zh-CN').lines.map(({ text }) => text);
  expect(next).toContain('接下来 1 小时内该策略不再动它');
});

test('the policy’s own words stay its own, in either language', () => {
  const said: Said = { kind: 'expiry-soon', own: '老师，机器要到期了', expiresAt: AT };
  expect(say(said, 'en').title).toBe('老师，机器要到期了');
  expect(say(said, 'zh-CN').title).toBe('老师，机器要到期了');
});

describe('Chinese', () => {
  const CJK = '\\p{Script=Han}';
  const texts = Object.values(SAMPLES).flatMap((said) => everyText(say(said, 'zh-CN')));

  test('has a space between Han and Latin, and none before full-width punctuation', () => {
    for (const text of texts) {
      // What comes from elsewhere (details, commands) stays as it is.
      expect(text).not.toMatch(new RegExp(`${CJK}[A-Za-z0-9¥]|[A-Za-z0-9]${CJK}`, 'u'));
      expect(text).not.toMatch(/ [，。；：（）、]|[，。；：（）、] /u);
    }
  });

  test('has full-width punctuation beside Han', () => {
    for (const text of texts) expect(text).not.toMatch(new RegExp(`${CJK}[,;:!?()]|[,;!?()]${CJK}`, 'u'));
  });
});
