import { createHmac } from 'node:crypto';
import { type BotRules, codeIn, judgeBot, type Meaning, textIn } from './bot-answer.ts';
import type { Channel, Delivery } from './channel.ts';
import { fitted } from './fitted.ts';
import { secretsInUrl } from './in-their-words.ts';
import type { Message } from './message.ts';
import { colon, type Mentions, mark, markdownLinks, mentioned, plainInMarkdown, titleOf } from './message-parts.ts';
import { postJson } from './post-json.ts';

/** DingTalk names no limit for these bots; its other bots take 15 000 bytes, and longer texts are hard to read anyway. */
const MAX_BYTES = 12_000;
/** DingTalk doc, 自定义机器人接入: whoever sends more than 20 a minute is not heard for 10 minutes. */
const MUTED_MS = 600_000;

export interface DingTalkOptions {
  readonly name: string;
  readonly url: () => string;
  /** `null`: the bot does not ask for a signature (加签). */
  readonly secret: () => string | null;
  readonly keyword: string | null;
  readonly mentions: Mentions;
  readonly now: () => number;
  readonly timeoutMs?: number;
}

/** A custom bot of DingTalk. */
export class DingTalk implements Channel {
  readonly name: string;
  readonly kind = 'dingtalk';
  readonly reader = 'person';
  /** The documented 20 less what a person's test and the edges of two minutes need: the 21st costs ten minutes. */
  readonly limits = [{ max: 18, perMs: 60_000 }];
  readonly #options: DingTalkOptions;

  constructor(options: DingTalkOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async send(message: Message, signal: AbortSignal): Promise<Delivery> {
    const { keyword, mentions, timeoutMs } = this.#options;
    const [url, secret, now] = [this.#options.url(), this.#options.secret(), this.#options.now()];
    const signed = secret === null ? url : dingTalkUrl(url, secret, now);
    const body = JSON.stringify(dingTalkBody(message, { keyword, mentions }));
    const answer = await postJson(signed, body, { signal, now, timeoutMs });
    const secrets = [...secretsInUrl(url), ...secretsInUrl(signed), ...(secret === null ? [] : [secret])];
    return judgeBot(RULES, answer, message.language, secrets);
  }
}

/** DingTalk doc, 加签: the key is the secret; milliseconds, a line feed and the secret again are signed. Not encoded yet. */
export function dingTalkSignature(secret: string, now: number): string {
  return createHmac('sha256', secret).update(`${now}\n${secret}`).digest('base64');
}

function dingTalkUrl(text: string, secret: string, now: number): string {
  const url = URL.parse(text);
  if (url === null) return text;
  // This encodes, and once is enough.
  url.searchParams.set('timestamp', String(now));
  url.searchParams.set('sign', dingTalkSignature(secret, now));
  return url.href;
}

export function dingTalkBody(message: Message, options: Pick<DingTalkOptions, 'keyword' | 'mentions'>) {
  const called = mentioned(options.mentions, message);
  const isAtAll = called.includes('all');
  const others = called.filter((id) => id !== 'all');
  const atMobiles = others.filter(isMobile).map((number) => number.replaceAll('-', ''));
  const atUserIds = others.filter((id) => !isMobile(id));
  const render = (shown: Message) => {
    const title = plainInMarkdown(titleOf(shown, options.keyword));
    const lines = shown.lines.map(({ label, text, link }) => {
      const value = [plainInMarkdown(text), ...markdownLinks(link === undefined ? [] : [link])].join(' ');
      return label === '' ? `- ${value}` : `- **${plainInMarkdown(label)}**${colon(shown.language)}${value}`;
    });
    const links = markdownLinks(shown.links);
    // A number is only highlighted where it stands in the text as well.
    const ats = [...atMobiles, ...atUserIds].map((id) => `@${id}`);
    const parts = [`### ${mark(shown)} ${title}`, lines.join('\n'), links.join(' · '), ats.join(' ')];
    return {
      msgtype: 'markdown',
      markdown: { title: `${mark(shown)} ${title}`, text: parts.filter((part) => part !== '').join('\n\n') },
      at: { atMobiles, atUserIds, isAtAll },
    };
  };
  return fitted(message, render, (body) => Buffer.byteLength(JSON.stringify(body)) <= MAX_BYTES);
}

function isMobile(id: string): boolean {
  return /^\+?\d[\d-]{5,19}$/.test(id);
}

const failed = (en: string, zh: string): Meaning => ({ kind: 'failed', hint: { en, 'zh-CN': zh } });
const closed = (en: string, zh: string): Meaning => ({ kind: 'closed', hint: { en, 'zh-CN': zh } });
const TOKEN = closed(
  'there is no bot with this access_token: copy the address anew from the group’s settings',
  '没有这个 access_token 对应的机器人：到群设置里重新复制 webhook 地址',
);
const UNWANTED = failed('DingTalk does not let this text through', '钉钉不允许发送这段内容');

/** DingTalk doc, 自定义机器人接入, 错误码. */
export const DINGTALK_CODES: Readonly<Record<number, Meaning>> = {
  [-1]: { kind: 'retry' },
  130101: { kind: 'muted', forMs: MUTED_MS },
  410100: { kind: 'muted', forMs: MUTED_MS },
  300001: TOKEN,
  300005: TOKEN,
  400101: TOKEN,
  400013: closed('the group is dissolved', '群已被解散'),
  400102: closed('the bot is switched off: switch it on in the group’s settings', '机器人已停用：在群设置里启用'),
  400106: closed('the bot is gone: make a new one', '机器人不存在：重新添加'),
  430101: UNWANTED,
  430102: UNWANTED,
  430104: UNWANTED,
};

const SIGNATURE = closed(
  'the secret is another than the bot’s (加签, it begins with SEC), or this machine’s clock is off by more than an hour',
  '密钥与机器人「加签」里的（以 SEC 开头）不一致，或本机时钟偏差超过一小时',
);
// What is sent without it would be refused all the same: kept, it is told when somebody has set it.
const KEYWORD = closed(
  'the bot asks for a keyword (自定义关键词): set the notifier’s keyword to one of them',
  '机器人设置了「自定义关键词」：把其中一个写到通知对象的 keyword 里',
);
const ADDRESS = closed(
  'this machine’s address is not in the bot’s list (IP 地址段): add it, or use another security setting',
  '本机的出口 IP 不在机器人的「IP 地址（段）」里：加进去，或改用别的安全设置',
);
const SECURITY = closed(
  'a security setting of the bot is not met: 加签 needs secretFile, 自定义关键词 needs keyword, or the address is not in its list',
  '不满足机器人的安全设置：「加签」要配 secretFile，「自定义关键词」要配 keyword，或出口 IP 不在名单里',
);

/** One code stands for all three security settings; the sentence behind it says which. */
function securityOf(said: string): Meaning {
  if (/sign|timestamp/i.test(said)) return SIGNATURE;
  if (/keyword/i.test(said)) return KEYWORD;
  return /\bip\b/i.test(said) ? ADDRESS : SECURITY;
}

const RULES: BotRules = {
  name: 'dingtalk',
  read: (body) => {
    // The gate before the bots has an answer of its own: status 1111 with "punish".
    if (body.punish === 'deny') return { code: 130101, said: textIn(body.errmsg) };
    const code = codeIn(body.errcode) ?? codeIn(body.status);
    return code === null ? null : { code: code === 1111 ? 130101 : code, said: textIn(body.errmsg) };
  },
  meaning: ({ code, said }) => (code === 310000 ? securityOf(said) : (DINGTALK_CODES[code] ?? null)),
  limitedMs: MUTED_MS,
};
