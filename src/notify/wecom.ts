import { type BotRules, codeIn, judgeBot, type Meaning, textIn } from './bot-answer.ts';
import type { Channel, Delivery } from './channel.ts';
import { fitted } from './fitted.ts';
import { secretsInUrl } from './in-their-words.ts';
import type { Message } from './message.ts';
import {
  colon,
  type Mentions,
  mark,
  markdownLinks,
  mentioned,
  plainInMarkdown,
  plainLines,
  plainLinks,
  titleOf,
} from './message-parts.ts';
import { postJson } from './post-json.ts';

/** WeCom doc, 消息推送 (群机器人) 配置说明: bytes of UTF-8. */
const MAX_TEXT_BYTES = 2048;
const MAX_MARKDOWN_BYTES = 4096;
const LIMITED_MS = 60_000;

export interface WeComOptions {
  readonly name: string;
  readonly url: () => string;
  readonly mentions: Mentions;
  readonly now: () => number;
  readonly timeoutMs?: number;
}

/** A bot in a group of WeCom. Its address is all that it asks for. */
export class WeCom implements Channel {
  readonly name: string;
  readonly kind = 'wecom';
  readonly reader = 'person';
  /** The documented 20 a minute less what a person's test needs. */
  readonly limits = [{ max: 18, perMs: 60_000 }];
  readonly #options: WeComOptions;

  constructor(options: WeComOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async send(message: Message, signal: AbortSignal): Promise<Delivery> {
    const { mentions, timeoutMs } = this.#options;
    const [url, now] = [this.#options.url(), this.#options.now()];
    const body = JSON.stringify(weComBody(message, mentions));
    const answer = await postJson(url, body, { signal, now, timeoutMs });
    return judgeBot(RULES, answer, message.language, secretsInUrl(url));
  }
}

/** Everybody, and whoever is known by a number alone, can only be mentioned in plain text; a userid in markdown, too. */
export function weComBody(message: Message, mentions: Mentions): object {
  const called = mentioned(mentions, message);
  return called.some((id) => id === 'all' || isMobile(id)) ? asText(message, called) : asMarkdown(message, called);
}

function asText(message: Message, called: readonly string[]): object {
  const render = (shown: Message): string => {
    const lines = shown.lines.flatMap((line) => plainLines(line, shown));
    return [`${mark(shown)} ${titleOf(shown)}`, ...lines, ...plainLinks(shown.links, shown)].join('\n');
  };
  const content = fitted(message, render, (text) => Buffer.byteLength(text) <= MAX_TEXT_BYTES);
  const mobiles = called.filter(isMobile);
  const members = called.filter((id) => !isMobile(id)).map((id) => (id === 'all' ? '@all' : id));
  return { msgtype: 'text', text: { content, mentioned_list: members, mentioned_mobile_list: mobiles } };
}

function asMarkdown(message: Message, called: readonly string[]): object {
  const render = (shown: Message): string => {
    const colour = shown.mood === 'recovered' ? 'info' : shown.severity === 'info' ? 'comment' : 'warning';
    const lines = shown.lines.map(({ label, text, link }) => {
      const value = [plainInMarkdown(text), ...markdownLinks(link === undefined ? [] : [link])].join(' ');
      return label === ''
        ? `> ${value}`
        : `> <font color="comment">${plainInMarkdown(label)}</font>${colon(shown.language)}${value}`;
    });
    const links = markdownLinks(shown.links);
    const ats = called.map((id) => `<@${id}>`);
    const title = `${mark(shown)} <font color="${colour}">**${plainInMarkdown(titleOf(shown))}**</font>`;
    return [title, ...lines, links.join('  '), ats.join('')].filter((part) => part !== '').join('\n');
  };
  const content = fitted(message, render, (text) => Buffer.byteLength(text) <= MAX_MARKDOWN_BYTES);
  return { msgtype: 'markdown', markdown: { content } };
}

function isMobile(id: string): boolean {
  return /^\+?\d{6,20}$/.test(id);
}

const failed = (en: string, zh: string): Meaning => ({ kind: 'failed', hint: { en, 'zh-CN': zh } });
const closed = (en: string, zh: string): Meaning => ({ kind: 'closed', hint: { en, 'zh-CN': zh } });
const LENGTH = failed('the message is too long for WeCom', '消息超过企业微信的长度限制');

/** WeCom doc, 全局错误码. */
export const WECOM_CODES: Readonly<Record<number, Meaning>> = {
  [-1]: { kind: 'retry' },
  40058: LENGTH,
  45002: LENGTH,
  45009: { kind: 'muted', forMs: LIMITED_MS },
  45033: { kind: 'muted', forMs: LIMITED_MS },
  93000: closed(
    'there is no bot with this key, or it was removed from the group: copy its address anew',
    '没有这个 key 对应的机器人，或它已被移出群：重新复制 webhook 地址',
  ),
  93004: closed('the bot is switched off', '机器人已被停用'),
  93008: closed('the bot is not in the group', '机器人不在群里'),
};

const RULES: BotRules = {
  name: 'wecom',
  read: (body) => {
    const code = codeIn(body.errcode);
    return code === null ? null : { code, said: textIn(body.errmsg) };
  },
  meaning: ({ code }) => WECOM_CODES[code] ?? null,
  limitedMs: LIMITED_MS,
};
