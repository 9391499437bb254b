import { describe, expect, test } from 'vitest';
import { type ConfigOptions, loadConfig } from '../../src/config/load-config.ts';
import { parseMailbox } from '../../src/config/mailbox.ts';
import type { NotifierConfig } from '../../src/config/notifier-config.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { unmark } from '../policy/marked.ts';

const FILES: Readonly<Record<string, string>> = {
  '/etc/l/url': 'https://open.feishu.cn/open-apis/bot/v2/hook/canary-0001',
  '/etc/l/clear': 'http://open.feishu.cn/open-apis/bot/v2/hook/canary-0002',
  '/etc/l/page': 'https://open.feishu.cn/document/canary-0003',
  '/etc/l/secret': 'canary-secret',
  '/etc/l/password': 'canary "pass word"',
};

const OPTIONS: ConfigOptions = {
  environment: {},
  readSecret: (path) => {
    const text = FILES[path];
    return text === undefined
      ? Promise.reject(new Error(`ENOENT: ${path}`))
      : Promise.resolve({ text, worldReadable: false });
  },
};

const ACCOUNT = 'accounts: { a: { provider: huixingyun, tokenFile: secret } }\n';
const load = (notifier: string) =>
  loadConfig(`${ACCOUNT}notifiers: { n: { ${notifier} } }\n`, '/etc/l/lamplighter.yaml', 'lamplighter.yaml', OPTIONS);

async function good(notifier: string): Promise<{ notifier: NotifierConfig; warnings: readonly string[] }> {
  const result = await load(notifier);
  if (!result.ok) throw new Error(renderAll(result.errors));
  const [found] = result.config.notifiers;
  if (found === undefined) throw new Error('there is no notifier');
  return { notifier: found, warnings: result.config.warnings.map(({ message }) => message) };
}

describe('what each type says', () => {
  test('feishu', async () => {
    const { notifier, warnings } = await good(
      'type: feishu, urlFile: url, secretFile: secret, keyword: 点灯, mentions: { warning: ou_1, critical: [all, a@b.cn] }',
    );
    expect(notifier).toMatchObject({
      name: 'n',
      type: 'feishu',
      keyword: '点灯',
      mentions: { info: [], warning: ['ou_1'], critical: ['all', 'a@b.cn'] },
    });
    expect('secret' in notifier && notifier.secret?.reveal()).toBe('canary-secret');
    expect(warnings).toEqual([]);
  });

  test.each([
    ['dingtalk', '"https://oapi.dingtalk.com/robot/send?access_token=x"', '["+86-13800138000", manager.42, all]'],
    ['wecom', '"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"', '["13800138000", WangWei, all]'],
    ['slack', '"https://hooks.slack.com/services/T/B/x"', '[channel, here, U012AB3CD, S012AB3CD]'],
    ['dingtalk', '"http://127.0.0.1:9000/robot/send?access_token=x"', '[all]'],
  ])('%s at %s', async (type, url, who) => {
    const { notifier, warnings } = await good(`type: ${type}, url: ${url}, mentions: { critical: ${who} }`);
    expect(notifier).toMatchObject({ type, mentions: { warning: [], critical: who.match(/[^[\]", ]+/g) } });
    expect(warnings).toEqual([]);
  });

  test('email, with TLS from the start', async () => {
    const { notifier } = await good(
      'type: email, host: smtp.example.com, user: lamp, passwordFile: password, from: Lamp <l@example.com>, to: [o@example.com, 王 <w@example.com>]',
    );
    expect(notifier).toMatchObject({
      port: 465,
      secure: true,
      login: { user: 'lamp' },
      from: { name: 'Lamp', address: 'l@example.com' },
      to: [
        { name: '', address: 'o@example.com' },
        { name: '王', address: 'w@example.com' },
      ],
    });
    expect(notifier.type === 'email' && notifier.login?.password.reveal()).toBe('canary "pass word"');
  });

  test.each([
    ['secure: false', 587, false],
    ['port: 587', 587, false],
    ['port: 465', 465, true],
    ['port: 2525, secure: true', 2525, true],
    ['port: 465, secure: false', 465, false],
  ])('email with %s', async (keys, port, secure) => {
    const { notifier } = await good(`type: email, host: h, ${keys}, from: l@example.com, to: o@example.com`);
    expect(notifier).toMatchObject({ port, secure, login: null });
  });

  test('alertmanager: http will do where no password goes', async () => {
    const { notifier } = await good('type: alertmanager, url: "http://alertmanager:9093/am", labels: { team: gpu }');
    expect(notifier).toMatchObject({ labels: { team: 'gpu' }, auth: null });
    const url = '"https://am.example.com"';
    expect((await good(`type: alertmanager, url: ${url}, tokenFile: secret`)).notifier).toMatchObject({
      auth: { kind: 'bearer' },
    });
    expect((await good(`type: alertmanager, url: ${url}, user: u, passwordFile: password`)).notifier).toMatchObject({
      auth: { kind: 'basic', user: 'u' },
    });
  });

  test('an address that is that of a page about bots is warned of, without telling it', async () => {
    const { warnings } = await good('type: feishu, urlFile: page');
    expect(warnings).toEqual([expect.stringContaining('does not look like that of a feishu bot')]);
    expect(warnings.join()).not.toContain('canary');
  });
});

const MAIL = 'type: email, host: h, from: l@example.com, to: o@example.com';
const AM = 'type: alertmanager';

describe('what is refused, at its place and without a secret', () => {
  test.each([
    ['type: ▶mail', 'did you mean "email"?'],
    ['type: feishu, urlFile: ▶clear', 'must be https'],
    ['type: slack, url: ▶"http://hooks.slack.com/services/canary"', 'must be https'],
    ['type: wecom, url: ▶"https://u:canary@qyapi.weixin.qq.com/?key=x"', 'no user and no password'],
    ['type: wecom, urlFile: url, ▶secretFile: secret', 'unknown key "secretFile"'],
    ['type: feishu, urlFile: url, keyword: ▶"a\\nb"', 'one line'],
    ['type: feishu, urlFile: url, mentions: { critical: [▶"<at id=all>"] }', 'nobody to mention here'],
    ['type: dingtalk, url: "https://x/?access_token=x", mentions: { critical: ▶13800138000 }', 'in quotes'],
    ['type: slack, url: "https://x/", mentions: { critical: [▶wang] }', 'an id such as U012AB3CD'],
    ['type: slack, url: "https://x/", mentions: { ▶urgent: [here] }', 'unknown key "urgent"'],
    [`${MAIL}, port: ▶70000`, 'at most 65535'],
    [`${MAIL}, ▶passwordFile: password`, 'there is a password and no user'],
    ['type: email, host: ▶"smtp.example.com:465", from: l@example.com, to: o@example.com', 'without a port'],
    ['type: email, host: h, from: ▶"l@example.com\\r\\nBcc: x@x.com", to: o@example.com', 'is no mailbox'],
    ['type: email, host: h, from: l@example.com, to: [o@example.com, ▶nobody]', 'is no mailbox'],
    [`${AM}, url: ▶"http://am:9093/api/v2/alerts"`, 'without api/v2/alerts'],
    [`${AM}, tokenFile: secret, url: ▶"http://am:9093"`, 'must be https'],
    [`${AM}, url: "http://am:9093", labels: { ▶severity: page }`, 'is set by us'],
    [`${AM}, url: "http://am:9093", labels: { ▶bad-label: x }`, 'is no label'],
    [`${AM}, url: "https://am", tokenFile: secret, ▶user: u, passwordFile: password`, 'keep one'],
  ])('%s', async (marked, phrase) => {
    const { text, place } = unmark(`${ACCOUNT}notifiers: { n: { ${marked} } }\n`);
    const result = await loadConfig(text, '/etc/l/lamplighter.yaml', 'lamplighter.yaml', OPTIONS);
    const errors = result.ok ? [] : result.errors.map(({ line, column, message }) => [`${line}:${column}`, message]);
    expect(errors).toEqual([[place, expect.stringContaining(phrase)]]);
    expect(JSON.stringify(errors)).not.toContain('canary');
  });

  test('a mistake in one key hides none in another', async () => {
    const result = await load('type: email, host: "a b", port: 0, from: x, to: [], user: u');
    expect(result.ok ? [] : result.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('password or passwordFile is missing'),
      expect.stringContaining('without a port'),
      expect.stringContaining('at least 1'),
      expect.stringContaining('no mailbox'),
      expect.stringContaining('empty'),
    ]);
  });
});

test.each([
  ['ops@example.com', { name: '', address: 'ops@example.com' }],
  [' Ops <ops@example.com> ', { name: 'Ops', address: 'ops@example.com' }],
  ['"Ops, all" <ops@example.com>', { name: 'Ops, all', address: 'ops@example.com' }],
  ['运维 <ops+gpu@mail.example.com>', { name: '运维', address: 'ops+gpu@mail.example.com' }],
  ['ops', null],
  ['ops@', null],
  ['a@b, c@d', null],
  ['a@b <c@d', null],
  ['<a@b><c@d>', null],
  ['x\r\nBcc: y <a@b>', null],
  ['x"y <a@b>', null],
  ['王@例子.中国', null],
])('the mailbox %j', (text, expected) => {
  expect(parseMailbox(text)).toEqual(expected);
});
