import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { unmark } from '../policy/marked.ts';

const HEAD = `accounts:
  hxy: { provider: huixingyun, token: "\${TOKEN}" }
  cy: { provider: chenyu, token: "\${TOKEN}" }
labels: [{ match: { name: "dev-*" }, set: { owner: wang, env: dev } }]
`;
const load = (text: string) =>
  loadConfig(text, '/etc/l/lamplighter.yaml', 'lamplighter.yaml', { environment: { TOKEN: 'token-of-test' } });
const notifier = (keys: string, head = HEAD) =>
  `${head}notifiers: { ops: { type: webhook, url: "https://example.com/hook", ${keys} } }\n`;

async function telling(keys: string, head = HEAD) {
  const result = await load(notifier(keys, head));
  if (!result.ok) throw new Error(renderAll(result.errors));
  const found = result.config.tellings.get('ops');
  if (found === undefined) throw new Error('ops is told nothing');
  return { ...found, warnings: result.config.warnings.map(({ message }) => message) };
}

const EVERYTHING = { events: null, severity: 'info', accounts: null, labels: null };

describe('who is told, how and when', () => {
  test('everybody, in English, at all hours and once, unless something is said', async () => {
    expect(await telling('')).toMatchObject({
      routes: [EVERYTHING],
      language: 'en',
      timezone: 'Asia/Shanghai',
      quietHours: null,
      repeatEveryMs: null,
    });
  });

  test('what stands beside routes holds where a route says nothing of it', async () => {
    const { routes } = await telling(
      `severity: warning, events: [balance.low],
       routes: [{ accounts: hxy }, { severity: info, events: expiry.soon, labels: { owner: [wang, li], env: dev } }]`,
    );
    expect(routes).toEqual([
      { events: ['balance.low'], severity: 'warning', accounts: ['hxy'], labels: null },
      {
        events: ['expiry.soon'],
        severity: 'info',
        accounts: null,
        labels: { owner: ['wang', 'li'], env: ['dev'] },
      },
    ]);
  });

  test('the zone of the notifier is that of its quiet hours', async () => {
    const { quietHours, timezone } = await telling('quietHours: "Mon-Sun 22:00-08:00", timezone: Europe/Berlin');
    expect(timezone).toBe('Europe/Berlin');
    // 07:30 in Berlin, in winter.
    expect(quietHours?.state(Date.UTC(2026, 0, 5, 6, 30))).toMatchObject({
      inside: true,
      closesAt: Date.UTC(2026, 0, 5, 7),
    });
    const shanghai = await telling('quietHours: "Mon-Sun 22:00-08:00"', `timezone: Asia/Shanghai\n${HEAD}`);
    expect(shanghai.quietHours?.state(Date.UTC(2026, 0, 5, 6, 30)).inside).toBe(false);
  });

  test('language and repeats', async () => {
    expect(await telling('language: zh-CN, repeatEvery: 4h')).toMatchObject({
      language: 'zh-CN',
      repeatEveryMs: 4 * 3_600_000,
    });
  });
});

describe('a label that no rule gives is warned of', () => {
  test.each([
    ['labels: { ownr: wang }', 'no rule gives the label "ownr" under labels (did you mean "owner"?)'],
    ['labels: { owner: zhang }', 'no rule gives "owner" the value "zhang" under labels'],
  ])('%s', async (keys, message) => {
    expect((await telling(`routes: [{ ${keys} }]`)).warnings).toEqual([message]);
  });
});

describe('mistakes are found where they are', () => {
  test.each<[string, string]>([
    ['routes: [{ accounts: ▶hxyy }]', 'no account is called "hxyy"'],
    ['routes: [{ accounts: [hxy, ▶nobody] }]', 'no account is called "nobody"'],
    ['routes: [{ events: [▶balance.lo] }]', 'balance.low'],
    ['routes: [{ severity: ▶urgent }]', 'critical'],
    ['routes: [{ ▶event: balance.low }]', 'events'],
    ['routes: [▶{}]', 'the route says nothing'],
    ['▶routes: []', 'no route is named'],
    ['routes: [{ ▶labels: {} }]', 'no label is named'],
    ['language: ▶zh', 'zh-CN'],
    ['timezone: ▶Asia/Shanghi', 'Asia/Shanghai'],
    ['quietHours: "Mon-Sun 22:00-▶25:00"', '25:00'],
    ['quietHours: ▶always', 'never end'],
    ['repeatEvery: ▶30s', 'must be 1m or more'],
    ['repeatEvery: ▶4', 'unit'],
    ['▶repeatEver: 4h', 'repeatEvery'],
  ])('%s', async (keys, phrase) => {
    const { text, place } = unmark(notifier(keys));
    const result = await load(text);
    const errors = result.ok ? [] : result.errors.map(({ line, column, message }) => [`${line}:${column}`, message]);
    expect(errors).toEqual([[place, expect.stringContaining(phrase)]]);
  });
});
