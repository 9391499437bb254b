import { describe, expect, test } from 'vitest';
import type { Detail } from '../../src/fleet/detail/detail.ts';
import type { Notification } from '../../src/fleet/event.ts';
import type { Words } from '../../src/fleet/parcel.ts';
import { OPERATION_REASONS } from '../../src/fleet/reason.ts';
import type { Said } from '../../src/fleet/said.ts';
import { compose } from '../../src/notify/compose.ts';
import type { Language } from '../../src/notify/message.ts';
import { LANGUAGES } from '../../src/notify/message.ts';
import { Notifier } from '../../src/notify/notifier.ts';
import { type Links, wordsIn } from '../../src/notify/words/draft.ts';
import { LANGUAGE_WORDS } from '../../src/notify/words/languages.ts';
import { READ_FAILURES } from '../../src/providers/port.ts';
import { NOTIFICATION } from './kit.ts';
import { ANNOUNCED, AT, HOUR, SAMPLES } from './samples.ts';

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

test('several say what happens next and what to do, and each that waits for a person has its operation', () => {
  const escalated = { event: 'operation.escalated', policy: null } as const;
  for (const [language, next, todo, item] of [
    ['en', 'it is not sent again by itself', 'lamplighter approve OPERATION --reason "..."', 'operation op-1'],
    ['zh-CN', '不会自动重发', 'lamplighter approve OPERATION --reason "……"', '操作 op-1'],
  ] as const) {
    const words = say(SAMPLES.outcome, language, escalated);
    expect(words.manyLines.map(({ text }) => text)).toEqual([next, expect.stringContaining(todo)]);
    expect(words.item).toContain(item);
    const announced = say(ANNOUNCED, language, { event: 'decision.announced' }).manyLines;
    expect(announced.map(({ label }) => label)).toEqual(
      language === 'en' ? ['Policy', 'Next', 'To stop it'] : ['策略', '接下来', '如何阻止'],
    );
    // The time of one is not that of the others.
    expect(announced.map(({ text }) => text).join(' ')).not.toContain('23:00');
  }
  // What became of a machine and asks for nobody needs no id.
  expect(say({ ...SAMPLES.outcome, outcome: 'confirmed' }, 'en').item).not.toContain('op-1');
});

test('a long name is cut, and never the id behind it; the line of the instance has all of it', () => {
  const instance = { id: 'gpu-105b6', name: '训练机🧑‍🔬'.repeat(40), status: 'running' as const };
  for (const language of LANGUAGES) {
    const { title, item, lines } = say(ANNOUNCED, language, { instance });
    for (const text of [title, item]) {
      expect(text).toContain('hxy-main/gpu-105b6');
      expect(Buffer.byteLength(text)).toBeLessThan(200);
    }
    expect(lines[0]?.text).toContain(instance.name);
  }
});

test('what goes on costing for nothing is told with what that is', () => {
  const words = say(SAMPLES['busy-for-nothing'], 'zh-CN');
  expect(words.lines).toContainEqual({ label: '费用', text: '每小时 ¥1.98' });
  expect(words.costFen).toBe(198);
  expect(say(SAMPLES['busy-for-nothing'], 'en').lines).toContainEqual({ label: 'Cost', text: '¥1.98 an hour' });
  const unknown = say({ ...SAMPLES['busy-for-nothing'], yuanPerHour: null }, 'en');
  expect([unknown.costFen, unknown.lines.some(({ label }) => label === 'Cost')]).toEqual([null, false]);
});

test('in Chinese it is said in Chinese why an account cannot be read, and who asked', () => {
  const lost = { instance: null, event: 'account.unreachable' } as const;
  for (const reason of READ_FAILURES) {
    const { title, item } = say(SAMPLES.unreachable, 'zh-CN', { ...lost, reason });
    for (const text of [title, item]) expect(text).not.toContain(reason);
  }
  expect(say(SAMPLES.unreachable, 'zh-CN', { ...lost, reason: 'throttled' }).title).toBe(
    '账号 hxy-main 读取失败：被限流',
  );
  const asked = say(SAMPLES.outcome, 'zh-CN', { policy: null }).lines.at(-1)?.text;
  expect(asked).toBe('由 wang 要求；操作 op-1');
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
  expect(next).toContain('1 小时内该策略不再动它');
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

test('accounts that the same befell are told of together, and of machines those of one account', () => {
  const notifier = new Notifier({
    channel: {
      name: 'ops',
      kind: 'feishu',
      reader: 'person',
      limits: [],
      send: () => Promise.reject(new Error('nothing is sent here')),
    },
    routes: [],
    language: 'en',
    zone: 'UTC',
    quietUntil: () => null,
    repeatEveryMs: null,
  });
  const parcelOf = (said: Said, notification: Partial<Notification>) =>
    notifier.parcel({
      said,
      notification: { ...NOTIFICATION, ...notification },
      links: null,
      now: AT,
      opens: null,
      closes: null,
    });
  const lost = (account: string) =>
    parcelOf(SAMPLES.unreachable, { account, instance: null, reason: 'throttled', policy: null });
  expect(lost('chenyu').group).toBe(lost('hxy-main').group);
  const { title, lines } = compose('group', [lost('chenyu'), lost('hxy-main')], { language: 'en', zone: 'UTC' });
  expect(title).toBe('2 accounts cannot be read');
  expect(lines.map(({ text }) => text)).toEqual([
    'nothing is done there until it can',
    'look at the network and the cloud',
    'chenyu: throttled',
    'hxy-main: throttled',
  ]);
  const machine = (account: string) => parcelOf(ANNOUNCED, { account }).group;
  expect(machine('chenyu')).not.toBe(machine('hxy-main'));
});

test('what operations, policies and probes tell is in the language of the channel', () => {
  const idle: Detail = { kind: 'cards-idle', cards: 8, peak: 0, reasons: [], heldGib: 0 };
  const gone: Detail = { kind: 'blind-by', reason: 'unreachable', why: { kind: 'not-reachable', code: 'ECONNRESET' } };
  const told: readonly Said[] = [
    {
      ...SAMPLES.announced,
      probes: { kind: 'named', name: 'ssh', what: { kind: 'signal', signal: 'gpu', what: idle } },
    },
    { kind: 'notice-off', action: 'stop', why: 'activity', detail: { kind: 'at-work-again' } },
    { kind: 'lapsed', detail: { kind: 'expired-at', at: AT } },
    { kind: 'unpaid', detail: { kind: 'calls-spent', account: 'hxy', calls: 10, most: 10 } },
    { kind: 'blind', count: 1, named: [{ kind: 'named', name: 'dev-01', what: gone }], yuanPerHour: null },
    { kind: 'busy-for-nothing', detail: { kind: 'kernel-hangs', silentMs: 9 * HOUR }, yuanPerHour: null },
    { ...SAMPLES.outcome, detail: { kind: 'expiry-moved', from: AT, to: AT + 24 * HOUR } },
  ];
  const chinese = told.map((said) => JSON.stringify(say(said, 'zh-CN')));
  for (const words of chinese) expect(words.replace(/lamplighter [^（]*?"/g, '')).not.toMatch(/[a-z]+ [a-z]+ [a-z]+/);
  expect(chinese[0]).toContain('显卡：8 张卡，利用率最高 0 %');
  expect(chinese[1]).toContain('又在工作了');
  expect(chinese[4]).toContain('dev-01：连不上（连接失败：ECONNRESET）');
  expect(chinese[6]).toContain('到期时间由 2026-11-22 23:00 变为 2026-11-23 23:00');
  expect(JSON.stringify(told.map((said) => say(said, 'en')))).toContain(
    'its expiry moved from 2026-11-22 23:00 to 2026-11-23 23:00',
  );
});
