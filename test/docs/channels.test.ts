import { describe, expect, test } from 'vitest';
import { openChannel } from '../../src/app/open-channel.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { NotifierConfig } from '../../src/config/notifier-config.ts';
import { NOTIFIER_TYPES, notifierSchemas } from '../../src/config/notifier-grammar.ts';
import { tellingKeys } from '../../src/config/telling-grammar.ts';
import { DINGTALK_CODES } from '../../src/notify/dingtalk.ts';
import { FEISHU_CODES } from '../../src/notify/feishu.ts';
import { WECOM_CODES } from '../../src/notify/wecom.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { type Page, readPage } from './pages.ts';

/** What stands below the heading of each type. */
function sections(page: Page): ReadonlyMap<string, string> {
  const [, ...parts] = page.text.split(/^## /m);
  return new Map(parts.map((part) => [/^[a-z]+/.exec(part)?.[0] ?? '', part]));
}

async function configured(yaml: string): Promise<readonly NotifierConfig[]> {
  const text = `accounts: { a: { provider: chenyu, tokenFile: t } }\n${yaml}`;
  const readSecret = (path: string) =>
    Promise.resolve({
      text: path.endsWith('_url') ? 'https://bot.example.com/?access_token=k&key=k' : 'secret-secret',
      worldReadable: false,
    });
  const result = await loadConfig(text, '/etc/l.yaml', 'l.yaml', { environment: {}, readSecret });
  if (!result.ok) throw new Error(renderAll(result.errors));
  return result.config.notifiers;
}

describe.each(['docs', 'docs/zh-CN'])('%s/channels.md', async (folder) => {
  const page = await readPage(`${folder}/channels.md`);
  const found = sections(page);

  test('has a section on each type, in the same order', () => {
    expect([...found.keys()].toSorted()).toEqual([...NOTIFIER_TYPES].toSorted());
  });

  test.each(NOTIFIER_TYPES)('%s: the example is valid, and is of this type', async (type) => {
    const yaml = /```yaml\n(.*?)```/s.exec(found.get(type) ?? '')?.[1] ?? '';
    expect((await configured(yaml)).map((notifier) => notifier.type)).toEqual([type]);
  });

  test.each(NOTIFIER_TYPES)('%s: every key of its own is named', (type) => {
    const { known, whole } = notifierSchemas({ type });
    const keys = known === null ? [] : Object.keys(whole.shape);
    const own = keys.filter((key) => key !== 'type' && !(key in tellingKeys));
    const section = found.get(type) ?? '';
    // Those of the webhook stand in its example, or are the file instead of the value.
    const named = (key: string) =>
      section.includes(`\`${key}\``) || section.includes(`${key}:`) || section.includes(`${key}File`);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((key) => !named(key))).toEqual([]);
  });

  test.each([
    ['feishu', FEISHU_CODES],
    ['dingtalk', DINGTALK_CODES],
    ['wecom', WECOM_CODES],
  ])('%s: every code is explained', (type, codes) => {
    const rows = (found.get(type) ?? '').match(/^\| .*$/gm)?.join('\n') ?? '';
    expect(Object.keys(codes).filter((code) => !new RegExp(`(?<!\\d)${code}(?!\\d)`).test(rows))).toEqual([]);
  });
});

test('the limits in the table are those that are kept', async () => {
  const [first = ''] = (await readPage('docs/channels.md')).text.split(/^## /m);
  const notifiers = await configured(
    [...(await readPage('docs/channels.md')).blocks]
      .filter(({ language, text }) => language === 'yaml' && text.startsWith('notifiers:'))
      .map(({ text }, index) =>
        text.replace(/^notifiers:\n {2}[a-z]+:/, `${index === 0 ? 'notifiers:\n' : ''}  n${index}:`),
      )
      .join(''),
  );
  const per = new Map([
    [1_000, 'a second'],
    [60_000, 'a minute'],
  ]);
  const kept = notifiers.map((notifier) => {
    const { limits } = openChannel(notifier, { now: () => 0 }, null);
    return [notifier.type, limits.map(({ max, perMs }) => `${max} ${per.get(perMs)}`).join(', ') || 'none'];
  });
  const told = [...first.matchAll(/^\| \[`([a-z]+)`\]\S* \|[^|]*\|[^|]*\| ([^|]*) \|/gm)].map(([, type, limit]) => [
    type,
    limit,
  ]);
  expect(told).toEqual(kept);
});
