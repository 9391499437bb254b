import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dingTalkBody } from '../../src/notify/dingtalk.ts';
import { mailOf } from '../../src/notify/email.ts';
import { feishuCard } from '../../src/notify/feishu.ts';
import { plainInMarkdown, safeUrl } from '../../src/notify/message-parts.ts';
import { oneLine } from '../../src/notify/one-line.ts';
import { slackBody } from '../../src/notify/slack.ts';
import { weComBody } from '../../src/notify/wecom.ts';
import { HOSTILE, hostileMessage, MESSAGE, NOBODY } from './messages.ts';

/** Every object in a JSON value, at any depth. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  if (typeof value !== 'object' || value === null) return [];
  return [{ ...value }, ...Object.values(value).flatMap(objectsIn)];
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
/** What our own format may hold of markdown, taken away; what is left is the stranger's. */
const withoutOurs = (markdown: string): string =>
  markdown
    .replaceAll(/<\/?font(?: color="(?:info|comment|warning)")?>/g, '')
    .replaceAll(/\]\(https:\/\/lamplighter\.example\.com\/\?a=%28b%29%5Bc%5D\)/g, '')
    .replaceAll(/^\[|^### |^> |^- |\*\*/gm, '');

describe.each(HOSTILE)('%j as a name, a reason and a label', (text) => {
  const message = hostileMessage(text);
  const shown = oneLine(text);

  test('feishu: stands in plain text alone', () => {
    const card = plain(feishuCard(message, { keyword: null, mentions: NOBODY }));
    expect(objectsIn(card).filter(({ tag }) => tag === 'lark_md')).toEqual([]);
    expect(JSON.stringify(card)).toContain(JSON.stringify(shown).slice(1, -1));
  });

  test('dingtalk: begins nothing, and calls nobody', () => {
    const body = dingTalkBody(message, { keyword: null, mentions: NOBODY });
    expect(withoutOurs(body.markdown.text)).not.toMatch(/[<>[\]*`\\]|^#|&[#a-z]/m);
    expect(body.markdown.text.split('\n')).toHaveLength(6);
    expect(body.at).toEqual({ atMobiles: [], atUserIds: [], isAtAll: false });
  });

  test('wecom: begins nothing, in markdown; text is text', () => {
    const { markdown } = JSON.parse(JSON.stringify(weComBody(message, NOBODY)));
    expect(withoutOurs(markdown.content)).not.toMatch(/[<>[\]*`\\]|^#|&[#a-z]/m);
    expect(markdown.content.split('\n')).toHaveLength(4);
    const body = JSON.parse(JSON.stringify(weComBody(message, { ...NOBODY, warning: ['13912345678'] })));
    expect(body).toMatchObject({
      msgtype: 'text',
      text: { mentioned_list: [], mentioned_mobile_list: ['13912345678'] },
    });
    expect(body.text.content.split('\n')).toHaveLength(4);
  });

  test('slack: is text in its blocks, and escaped beside them', () => {
    const body = JSON.parse(JSON.stringify(slackBody(message, NOBODY)));
    const types = objectsIn(body.blocks).map(({ type }) => type);
    expect(types.filter((type) => type === 'user' || type === 'broadcast' || type === 'mrkdwn')).toEqual([]);
    expect(types.filter((type) => type === 'link')).toHaveLength(1);
    expect(body.text).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
    expect(body.text.split('\n')).toHaveLength(3);
  });

  test('email: ends no header and is no element', () => {
    const mail = mailOf(message, { name: 'L', address: 'l@example.com' }, [{ name: '', address: 'o@example.com' }], 0);
    expect(mail.subject).not.toMatch(/[\r\n\u2028\u202e]/);
    expect(mail.html).not.toMatch(/<(?!\/?(?:html|body|p|table|tr|td|a)\b|!doctype)/);
    expect(mail.html.match(/<a /g)).toHaveLength(1);
    expect(mail.text.split('\n')).toHaveLength(7);
    expect(mail.to).toEqual([{ name: '', address: 'o@example.com' }]);
  });
});

test('whatever stands there, nothing of markdown is left, and one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      const shown = plainInMarkdown(text);
      expect(shown).not.toMatch(/[<>[\]*`\\\r\n]|&[#A-Za-z]/);
    }),
  );
  expect(plainInMarkdown('half \ud800 a character')).toBe('half \ufffd a character');
});

test('what people must copy stays as it is', () => {
  const command = 'lamplighter hold hxy-main/gpu-1_a --for 4h --reason "let it be" # 保留';
  expect(plainInMarkdown(command)).toBe(command);
});

test.each([
  ['https://example.com/a_b?c=d-e.f~g', 'https://example.com/a_b?c=d-e.f~g'],
  ['https://example.com/a)b](c', 'https://example.com/a%29b%5D%28c'],
  ['https://example.com/<x>|y`*', 'https://example.com/%3Cx%3E%7Cy%60%2A'],
  ['javascript:alert(1)', null],
  ['data:text/html,x', null],
  ['nonsense', null],
])('the link %s', (url, expected) => {
  expect(safeUrl(url)).toBe(expected);
});

test('a link that no browser opens is left out everywhere', () => {
  const message = { ...MESSAGE, links: [{ label: 'x', url: 'javascript:alert(1)' }] };
  const all = [
    feishuCard(message, { keyword: null, mentions: NOBODY }),
    dingTalkBody(message, { keyword: null, mentions: NOBODY }),
    weComBody(message, NOBODY),
    slackBody(message, NOBODY),
    mailOf(message, { name: '', address: 'l@example.com' }, [], 0),
  ];
  expect(JSON.stringify(all)).not.toContain('javascript');
});
