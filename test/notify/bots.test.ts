import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Channel, Delivery } from '../../src/notify/channel.ts';
import { DingTalk, dingTalkSignature } from '../../src/notify/dingtalk.ts';
import { Feishu, feishuSignature } from '../../src/notify/feishu.ts';
import type { Mentions } from '../../src/notify/message-parts.ts';
import { Slack } from '../../src/notify/slack.ts';
import { WeCom } from '../../src/notify/wecom.ts';
import { HttpServer, html, json, type SeenRequest } from '../providers/support/http-server.ts';
import { CHINESE, MESSAGE, NOBODY } from './messages.ts';

const NOW = Date.UTC(2026, 10, 21, 4, 0, 7, 500);
const TOKEN = 'canary-token-8d1f2a90c7';
const SECRET = 'SECcanary-secret-77aa';

let receiver: HttpServer;
beforeAll(async () => {
  receiver = await new HttpServer().start();
});
afterAll(() => receiver[Symbol.asyncDispose]());
beforeEach(() => {
  receiver.requests.length = 0;
});

interface Options {
  readonly signed?: boolean;
  readonly keyword?: string;
  readonly mentions?: Partial<Mentions>;
  readonly timeoutMs?: number;
  readonly origin?: string;
}

/** Each at the address that its real one has. */
const BOTS = {
  feishu: (options: Options): Channel => new Feishu(optionsOf('/open-apis/bot/v2/hook/', options)),
  dingtalk: (options: Options): Channel => new DingTalk(optionsOf('/robot/send?access_token=', options)),
  wecom: (options: Options): Channel => new WeCom(optionsOf('/cgi-bin/webhook/send?key=', options)),
  slack: (options: Options): Channel => new Slack(optionsOf('/services/T0/B0/', options)),
};
type Bot = keyof typeof BOTS;
const ALL: readonly Bot[] = ['feishu', 'dingtalk', 'wecom', 'slack'];

function optionsOf(path: string, { signed = false, keyword, mentions, timeoutMs, origin = receiver.origin }: Options) {
  return {
    name: 'ops',
    url: () => `${origin}${path}${TOKEN}`,
    secret: () => (signed ? SECRET : null),
    keyword: keyword ?? null,
    mentions: { ...NOBODY, ...mentions },
    now: () => NOW,
    timeoutMs: timeoutMs ?? 5_000,
  };
}

const forever = (): AbortSignal => new AbortController().signal;
const send = (bot: Bot, options: Options = {}, message = MESSAGE): Promise<Delivery> =>
  BOTS[bot](options).send(message, forever());
const answers = (answer: (response: ServerResponse) => void): void => {
  receiver.handler = (_request, response) => answer(response);
};
const asked = (): SeenRequest => {
  const [request] = receiver.requests;
  if (request === undefined || receiver.requests.length > 1) throw new Error('there was not exactly one request');
  return request;
};
const text =
  (body: string, status = 200, headers = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  };

/** What each says when all is well. */
const FINE: Readonly<Record<Bot, (response: ServerResponse) => void>> = {
  feishu: (response) => json(response, { code: 0, msg: 'success', data: {} }),
  dingtalk: (response) => json(response, { errcode: 0, errmsg: 'ok' }),
  wecom: (response) => json(response, { errcode: 0, errmsg: 'ok' }),
  slack: text('ok'),
};

describe('signing', () => {
  test('by the vectors', () => {
    expect(feishuSignature('demo', 1_599_360_473_999)).toEqual({
      timestamp: '1599360473',
      sign: 'l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=',
    });
    expect(encodeURIComponent(dingTalkSignature('this is secret', 1_577_262_236_757))).toBe(
      'hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D',
    );
  });

  test('feishu: seconds and sign stand in the body', async () => {
    answers(FINE.feishu);
    await send('feishu', { signed: true });
    const body = z.looseObject({ timestamp: z.string(), sign: z.string() }).parse(JSON.parse(asked().body));
    expect(body.timestamp).toBe(String(Math.floor(NOW / 1000)));
    expect(body.sign).toBe(createHmac('sha256', `${body.timestamp}\n${SECRET}`).digest('base64'));
  });

  test('dingtalk: milliseconds and sign stand in the address, encoded once', async () => {
    answers(FINE.dingtalk);
    await send('dingtalk', { signed: true });
    const { url } = asked();
    const wanted = createHmac('sha256', SECRET).update(`${NOW}\n${SECRET}`).digest('base64');
    expect(url).toBe(
      `/robot/send?access_token=${TOKEN}&timestamp=${NOW}&sign=${encodeURIComponent(wanted).replaceAll('%20', '+')}`,
    );
    expect(new URL(url, receiver.origin).searchParams.get('sign')).toBe(wanted);
  });

  test.each(['feishu', 'dingtalk'] as const)('%s without a secret is not signed', async (bot) => {
    answers(FINE[bot]);
    await send(bot);
    expect(asked().body + asked().url).not.toMatch(/sign|timestamp/);
  });
});

describe('what it looks like', () => {
  test('feishu: a card of structure 1.0', async () => {
    answers(FINE.feishu);
    await send('feishu');
    expect(JSON.parse(asked().body)).toEqual({
      msg_type: 'interactive',
      card: {
        config: { wide_screen_mode: true },
        header: { template: 'orange', title: { tag: 'plain_text', content: MESSAGE.title } },
        elements: [
          {
            tag: 'div',
            text: {
              tag: 'plain_text',
              content:
                'Instance: dev-01 (hxy-main/gpu-105b6)\nidle since 11:28\nKeep it: lamplighter hold hxy-main/gpu-105b6 --for 4h --reason "…"',
            },
          },
          {
            tag: 'action',
            actions: [
              {
                tag: 'button',
                text: { tag: 'plain_text', content: 'Console' },
                url: MESSAGE.links[0]?.url,
                type: 'primary',
              },
            ],
          },
        ],
      },
    });
  });

  test('feishu: a message of a title alone has an element, or it would be refused', async () => {
    answers(FINE.feishu);
    await send('feishu', {}, { ...MESSAGE, lines: [], links: [] });
    expect(JSON.parse(asked().body).card.elements).toEqual([
      { tag: 'div', text: { tag: 'plain_text', content: MESSAGE.title } },
    ]);
  });

  test('dingtalk: markdown', async () => {
    answers(FINE.dingtalk);
    await send('dingtalk', {}, CHINESE);
    expect(JSON.parse(asked().body)).toEqual({
      msgtype: 'markdown',
      markdown: {
        title: '🟠 dev-01 将在 10 分钟后关机',
        text: `### 🟠 dev-01 将在 10 分钟后关机\n\n- **实例**：dev-01\n\n[Console](${MESSAGE.links[0]?.url})`,
      },
      at: { atMobiles: [], atUserIds: [], isAtAll: false },
    });
  });

  test('wecom: markdown', async () => {
    answers(FINE.wecom);
    await send('wecom', {}, CHINESE);
    expect(JSON.parse(asked().body)).toEqual({
      msgtype: 'markdown',
      markdown: {
        content: `🟠 <font color="warning">**dev-01 将在 10 分钟后关机**</font>\n> <font color="comment">实例</font>：dev-01\n[Console](${MESSAGE.links[0]?.url})`,
      },
    });
  });

  test('slack: blocks, and all of it as text beside them', async () => {
    answers(FINE.slack);
    await send('slack');
    expect(JSON.parse(asked().body)).toEqual({
      text: `🟠 ${MESSAGE.title}\nInstance: dev-01 (hxy-main/gpu-105b6)\nidle since 11:28\nKeep it: lamplighter hold hxy-main/gpu-105b6 --for 4h --reason "…"`,
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: `🟠 ${MESSAGE.title}`, emoji: false } },
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: [
                { type: 'text', text: 'Instance: ', style: { bold: true } },
                { type: 'text', text: 'dev-01 (hxy-main/gpu-105b6)' },
                { type: 'text', text: '\n' },
                { type: 'text', text: 'idle since 11:28' },
                { type: 'text', text: '\n' },
                { type: 'text', text: 'Keep it: ', style: { bold: true } },
                { type: 'text', text: 'lamplighter hold hxy-main/gpu-105b6 --for 4h --reason "…"' },
              ],
            },
            {
              type: 'rich_text_section',
              elements: [{ type: 'link', url: MESSAGE.links[0]?.url, text: 'Console' }],
            },
          ],
        },
      ],
    });
  });

  test.each([
    ['firing', 'critical', 'red', '🔴'],
    ['firing', 'warning', 'orange', '🟠'],
    ['recovered', 'info', 'green', '🟢'],
    ['recovered', 'critical', 'green', '🟢'],
    ['info', 'info', 'blue', '🔵'],
    ['digest', 'critical', 'red', '🔴'],
  ] as const)('%s and %s is %s', async (mood, severity, template, sign) => {
    const message = { ...MESSAGE, mood, severity };
    answers(FINE.feishu);
    await send('feishu', {}, message);
    expect(JSON.parse(asked().body).card.header.template).toBe(template);
    receiver.requests.length = 0;
    answers(FINE.dingtalk);
    await send('dingtalk', {}, message);
    expect(JSON.parse(asked().body).markdown.title.startsWith(sign)).toBe(true);
  });

  test.each(['feishu', 'dingtalk'] as const)('%s: the keyword is there, once, also when all is cut', async (bot) => {
    answers(FINE[bot]);
    const lines = Array.from({ length: 2_000 }, () => ({ label: '证据', text: '据'.repeat(50) }));
    await send(bot, { keyword: '点灯' }, { ...MESSAGE, title: '机'.repeat(5_000), lines });
    expect(asked().body.match(/点灯/g)).toHaveLength(bot === 'feishu' ? 1 : 2);
    receiver.requests.length = 0;
    await send(bot, { keyword: '关机' }, CHINESE);
    expect(asked().body.match(/关机/g)).toHaveLength(bot === 'feishu' ? 1 : 2);
  });

  test.each<[Bot, number]>([
    ['feishu', 20 * 1024],
    ['dingtalk', 15_000],
    ['wecom', 5_000],
    ['slack', 30_000],
  ])('%s: however long, it is short enough, and the link stays', async (bot, max) => {
    answers(FINE[bot]);
    const lines = Array.from({ length: 3_000 }, () => ({ label: '证据', text: '据'.repeat(500) }));
    await send(bot, { signed: true }, { ...CHINESE, title: '机'.repeat(5_000), lines });
    const { body } = asked();
    expect(Buffer.byteLength(body)).toBeLessThan(max);
    expect(body).toContain('lamplighter.example.com/i/hxy-main/gpu-105b6?t=a_b-c.d');
    expect(body).toMatch(/还有 \d+ 行/);
    if (bot === 'wecom') {
      expect(Buffer.byteLength(JSON.parse(body).markdown.content)).toBeLessThanOrEqual(4096);
      receiver.requests.length = 0;
      await send('wecom', { mentions: { warning: ['all'] } }, { ...CHINESE, lines });
      expect(Buffer.byteLength(JSON.parse(asked().body).text.content)).toBeLessThanOrEqual(2048);
    }
  });
});

describe('slack: a header has 150 characters', () => {
  const bodyOf = async (title: string, lines = MESSAGE.lines) => {
    answers(FINE.slack);
    receiver.requests.length = 0;
    await send('slack', {}, { ...MESSAGE, title, lines });
    return JSON.parse(asked().body);
  };

  test('of whatever bytes', async () => {
    const title = '开学前检查这台机器上的数据'.repeat(11);
    const { blocks } = await bodyOf(title);
    expect(blocks[0].text.text).toBe(`🟠 ${title}`);
    expect(JSON.stringify(blocks.slice(1))).not.toContain(title);
  });

  test('and what is longer stands below it whole, whether or not anything else does', async () => {
    const title = '开学前检查这台机器上的数据'.repeat(20);
    for (const lines of [MESSAGE.lines, []]) {
      const { blocks } = await bodyOf(title, lines);
      expect(blocks[0].text.text).toHaveLength(150);
      expect(blocks[0].text.text).toMatch(/^🟠 开学前.*…$/);
      expect(blocks[1].elements[0].elements[0]).toEqual({ type: 'text', text: `🟠 ${title}`, style: { bold: true } });
    }
  });
});

describe('who is mentioned', () => {
  const bodyOf = async (bot: Bot, mentions: Partial<Mentions>, message = MESSAGE) => {
    answers(FINE[bot]);
    receiver.requests.length = 0;
    await send(bot, { mentions }, message);
    return JSON.parse(asked().body);
  };
  const critical = { ...MESSAGE, severity: 'critical' } as const;

  test('feishu: in an element of its own', async () => {
    const body = await bodyOf('feishu', { warning: ['ou_123'], critical: ['all', 'a.b@example.com'] }, critical);
    expect(body.card.elements[1]).toEqual({
      tag: 'div',
      text: { tag: 'lark_md', content: '<at id=ou_123></at> <at id=all></at> <at email=a.b@example.com></at>' },
    });
  });

  test('dingtalk: beside the text, and in it', async () => {
    const body = await bodyOf('dingtalk', { warning: ['138-0013-8000', 'manager42'] });
    expect(body.at).toEqual({ atMobiles: ['13800138000'], atUserIds: ['manager42'], isAtAll: false });
    expect(body.markdown.text.endsWith('\n\n@13800138000 @manager42')).toBe(true);
    expect((await bodyOf('dingtalk', { warning: ['all'] })).at.isAtAll).toBe(true);
  });

  test('wecom: members in markdown; everybody and numbers need plain text', async () => {
    const body = await bodyOf('wecom', { warning: ['wang'] });
    expect(body.markdown.content.endsWith('\n<@wang>')).toBe(true);
    expect(await bodyOf('wecom', { warning: ['all', '13800138000', 'wang'] })).toMatchObject({
      msgtype: 'text',
      text: { mentioned_list: ['@all', 'wang'], mentioned_mobile_list: ['13800138000'] },
    });
  });

  test('slack: as parts of the rich text', async () => {
    const body = await bodyOf('slack', { warning: ['channel', 'U012AB3CD', 'S012AB3CD', 'all'] });
    expect(body.blocks[1].elements.at(-1).elements.filter(({ type }: { type: string }) => type !== 'text')).toEqual([
      { type: 'broadcast', range: 'channel' },
      { type: 'user', user_id: 'U012AB3CD' },
      { type: 'usergroup', usergroup_id: 'S012AB3CD' },
      { type: 'broadcast', range: 'channel' },
    ]);
  });

  test('not those of a higher severity, and nobody when all is well again', async () => {
    expect(JSON.stringify(await bodyOf('feishu', { critical: ['all'] }))).not.toContain('<at');
    const well = { ...critical, mood: 'recovered' } as const;
    expect(JSON.stringify(await bodyOf('feishu', { info: ['all'], critical: ['all'] }, well))).not.toContain('<at');
  });
});

describe('what became of it is what the body says', () => {
  const MINUTES_10 = 600_000;
  const hinted = (phrase: string) => ({ kind: 'failed', hint: expect.stringContaining(phrase) });
  /** Kept until somebody has mended it. */
  const closed = (phrase: string) => ({ kind: 'retry', afterMs: 300_000, hint: expect.stringContaining(phrase) });
  const muted = (forMs: number) => ({ kind: 'muted', forMs });
  const code = (name: string, value: number, said = 'words') => `${name} answered code ${value}: ${said}`;

  test.each<[Bot, string, object, object]>([
    ['feishu', 'delivered', { code: 0, msg: 'success' }, { kind: 'delivered', answer: 'code 0: success' }],
    [
      'feishu',
      'as before',
      { StatusCode: 0, StatusMessage: 'success' },
      { kind: 'delivered', answer: 'code 0: success' },
    ],
    ['feishu', 'sign', { code: 19021, msg: 'words' }, { ...closed('clock'), detail: code('feishu', 19021) }],
    ['feishu', 'address', { code: 19022, msg: 'Ip Not Allowed' }, closed('IP 白名单')],
    ['feishu', 'keyword', { code: 19024, msg: 'Key Words Not Found' }, closed('keyword')],
    ['feishu', 'token', { code: 19001, msg: 'param invalid' }, closed('copy the address')],
    ['feishu', 'bad request', { code: 9499, msg: 'Bad Request' }, hinted('custom bot')],
    ['feishu', 'too many', { code: 9499, msg: 'too many request' }, muted(60_000)],
    ['feishu', 'limited', { code: 11232, msg: 'words' }, { ...muted(60_000), detail: code('feishu', 11232) }],
    ['feishu', 'unknown', { code: 77, msg: 'words' }, { kind: 'retry', detail: code('feishu', 77) }],
    ['dingtalk', 'delivered', { errcode: 0, errmsg: 'ok' }, { kind: 'delivered', answer: 'code 0: ok' }],
    ['dingtalk', 'sign', { errcode: 310000, errmsg: 'sign not match' }, closed('加签')],
    ['dingtalk', 'time', { errcode: 310000, errmsg: 'invalid timestamp' }, closed('clock')],
    ['dingtalk', 'keyword', { errcode: 310000, errmsg: 'keywords not in content' }, closed('keyword')],
    ['dingtalk', 'address', { errcode: 310000, errmsg: 'ip 1.2.3.4 not in whitelist' }, closed('IP')],
    ['dingtalk', 'security', { errcode: 310000, errmsg: 'no' }, closed('security setting')],
    ['dingtalk', 'too fast', { errcode: 130101, errmsg: 'send too fast' }, muted(MINUTES_10)],
    ['dingtalk', 'punished', { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: 'u' }, muted(MINUTES_10)],
    ['dingtalk', 'punished, in few words', { punish: 'deny' }, muted(MINUTES_10)],
    ['dingtalk', 'token', { errcode: 300005, errmsg: 'token is not exist' }, closed('access_token')],
    ['dingtalk', 'switched off', { errcode: 400102, errmsg: 'words' }, closed('switched off')],
    ['dingtalk', 'busy', { errcode: -1, errmsg: '系统繁忙' }, { kind: 'retry' }],
    ['wecom', 'delivered', { errcode: 0, errmsg: 'ok' }, { kind: 'delivered', answer: 'code 0: ok' }],
    ['wecom', 'too long', { errcode: 40058, errmsg: 'content exceed max length' }, hinted('too long')],
    ['wecom', 'too often', { errcode: 45009, errmsg: 'api freq out of limit' }, muted(60_000)],
    ['wecom', 'bad key', { errcode: 93000, errmsg: 'invalid webhook url' }, closed('key')],
    ['wecom', 'busy', { errcode: -1, errmsg: 'system busy' }, { kind: 'retry' }],
  ])('%s: %s', async (bot, _case, body, expected) => {
    answers((response) => json(response, body));
    expect(await send(bot)).toMatchObject(expected);
  });

  test('who is mentioned and is not there is this message’s own fault', async () => {
    answers(text('user_not_found', 400));
    expect(await send('slack')).toMatchObject(hinted('U012AB3CD'));
  });

  test('a hint is in the language of the channel', async () => {
    answers((response) => json(response, { code: 19024, msg: 'Key Words Not Found' }));
    expect(await send('feishu', {}, CHINESE)).toMatchObject({ hint: expect.stringContaining('写到通知对象') });
    answers((response) => json(response, { code: 19021, msg: 'sign match fail' }));
    expect(await send('feishu', {}, CHINESE)).toMatchObject({ hint: expect.stringContaining('签名密钥') });
  });

  test.each<[string, number, object]>([
    ['ok', 200, { kind: 'delivered', answer: 'ok' }],
    ['<html>login</html>', 200, { kind: 'retry' }],
    ['invalid_payload', 400, { kind: 'failed', detail: 'slack answered 400: invalid_payload', hint: null }],
    ['no_service', 404, closed('Incoming Webhooks')],
    ['channel_is_archived', 410, closed('archived')],
    ['action_prohibited', 403, closed('closed to this app')],
    ['rollup_error', 500, { kind: 'retry', detail: 'slack answered 500: rollup_error' }],
    ['rate_limited', 429, muted(30_000)],
  ])('slack: %s', async (body, status, expected) => {
    answers(text(body, status));
    expect(await send('slack')).toMatchObject(expected);
  });

  test.each(ALL)('%s: a limit lasts as long as Retry-After says', async (bot) => {
    answers((response) => json(response, {}, 429, { 'retry-after': '120' }));
    expect(await send(bot)).toMatchObject(muted(120_000));
  });

  test('a code can come with another status than 200', async () => {
    answers((response) => json(response, { code: 19024, msg: 'Key Words Not Found' }, 400));
    expect(await send('feishu')).toMatchObject(closed('keyword'));
  });

  test.each(ALL)('%s: a page, nothing, and a failure of what stands between are tried again', async (bot) => {
    for (const [status, body] of [
      [200, '<html>captive portal</html>'],
      [200, ''],
      [200, '[]'],
      [502, 'Bad Gateway'],
      [503, ''],
    ] as const) {
      answers(text(body, status));
      expect(await send(bot), `${status} ${body}`).toMatchObject({ kind: 'retry' });
    }
  });

  test.each(ALL)('%s: a redirect is not followed', async (bot) => {
    await using elsewhere = await new HttpServer().start();
    answers((response) => response.writeHead(307, { location: `${elsewhere.origin}/x` }).end());
    expect(await send(bot)).toMatchObject({ ...closed('login page'), detail: expect.stringContaining('307') });
    expect(elsewhere.requests).toEqual([]);
  });

  test.each(ALL)('%s: where there is nobody of that address the message is kept', async (bot) => {
    for (const status of [401, 403, 404, 405, 410]) {
      answers((response) => html(response, status));
      expect(await send(bot)).toMatchObject(closed('is the address'));
    }
    for (const status of [400, 413, 422]) {
      answers((response) => html(response, status));
      expect(await send(bot)).toMatchObject({ kind: 'failed' });
    }
  });

  test.each(ALL)('%s: silence, nobody there, and an answer without end', async (bot) => {
    receiver.handler = () => {};
    expect(await send(bot, { timeoutMs: 60 })).toEqual({
      kind: 'retry',
      detail: 'no answer within 0.06 s',
      afterMs: null,
    });
    expect(await send(bot, { origin: 'http://127.0.0.1:1' })).toMatchObject({ kind: 'retry' });
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    answers((response) => {
      response.on('close', resolve);
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16 * 1024)));
        response.once('drain', more);
      };
      more();
    });
    expect(await send(bot)).toMatchObject({ kind: 'retry', detail: expect.stringContaining('answered 200') });
    await closed;
  });

  test.each(ALL)('%s: whoever asked to stop gets the reason', async (bot) => {
    const controller = new AbortController();
    receiver.handler = () => controller.abort(new Error('shutting down'));
    await expect(BOTS[bot]({}).send(MESSAGE, controller.signal)).rejects.toThrow('shutting down');
  });
});

describe('address and secret', () => {
  test.each(ALL)('%s: are in no outcome, also where the receiver says them back', async (bot) => {
    const outcomes: Delivery[] = [];
    receiver.handler = ({ url }, response) => {
      const back = `${receiver.origin}${url} ${url} ${TOKEN} ${SECRET}`;
      json(response, { code: 77, errcode: 77, msg: back, errmsg: back });
    };
    outcomes.push(await send(bot, { signed: true }));
    receiver.handler = ({ url }, response) => text(`${receiver.origin}${url} ${SECRET}`, 400)(response);
    outcomes.push(await send(bot));
    answers((response) => html(response, 502));
    outcomes.push(await send(bot));
    for (const origin of [
      'http://127.0.0.1:1',
      `http://${TOKEN}.invalid`,
      'nonsense',
      `http://u:${SECRET}@127.0.0.1:1`,
    ]) {
      outcomes.push(await send(bot, { origin, signed: true }));
    }
    for (const outcome of outcomes) {
      expect(outcome.kind).not.toBe('delivered');
      expect(JSON.stringify(outcome)).not.toContain(TOKEN);
    }
    if (bot === 'feishu' || bot === 'dingtalk') expect(JSON.stringify(outcomes[0])).not.toContain(SECRET);
  });
});
