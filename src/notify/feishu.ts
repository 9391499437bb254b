import { createHmac } from 'node:crypto';
import { type BotRules, codeIn, type Hint, judgeBot, type Meaning, textIn } from './bot-answer.ts';
import type { Channel, Delivery } from './channel.ts';
import { fitted } from './fitted.ts';
import { secretsInUrl } from './in-their-words.ts';
import type { Link, Message } from './message.ts';
import { lineText, type Mentions, mentioned, safeUrl, titleOf } from './message-parts.ts';
import { postJson } from './post-json.ts';

/** Feishu doc, 自定义机器人使用指南: the body of a request has 20 KB at most; some is left for the signature. */
const MAX_BYTES = 20 * 1024 - 256;
const LIMITED_MS = 60_000;
/** How many parts a card may have is documented nowhere for this structure; the rest is behind the button for all. */
const MOST_BUTTONS = 40;

export interface FeishuOptions {
  readonly name: string;
  readonly url: () => string;
  /** `null`: the bot does not ask for a signature. */
  readonly secret: () => string | null;
  readonly keyword: string | null;
  readonly mentions: Mentions;
  readonly now: () => number;
  readonly timeoutMs?: number;
}

/** A custom bot of Feishu or Lark. Cards are of structure 1.0, which clients of every age show. */
export class Feishu implements Channel {
  readonly name: string;
  readonly kind = 'feishu';
  readonly reader = 'person';
  /** Feishu doc, 自定义机器人使用指南: 100 a minute and 5 a second for each bot. */
  readonly limits = [
    { max: 5, perMs: 1_000 },
    { max: 100, perMs: 60_000 },
  ];
  readonly #options: FeishuOptions;

  constructor(options: FeishuOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async send(message: Message, signal: AbortSignal): Promise<Delivery> {
    const { keyword, mentions, timeoutMs } = this.#options;
    const [url, secret, now] = [this.#options.url(), this.#options.secret(), this.#options.now()];
    const card = feishuCard(message, { keyword, mentions });
    const signed = secret === null ? {} : feishuSignature(secret, now);
    const body = JSON.stringify({ ...signed, msg_type: 'interactive', card });
    const answer = await postJson(url, body, { signal, now, timeoutMs });
    return judgeBot(RULES, answer, message.language, [...secretsInUrl(url), ...(secret === null ? [] : [secret])]);
  }
}

/** Feishu doc, 签名校验: the key is seconds, a line feed and the secret; what is signed is nothing. */
export function feishuSignature(secret: string, now: number): { readonly timestamp: string; readonly sign: string } {
  const timestamp = String(Math.floor(now / 1000));
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64') };
}

/** Text of strangers stands in `plain_text` alone, which knows neither mentions nor links. */
export function feishuCard(message: Message, options: Pick<FeishuOptions, 'keyword' | 'mentions'>): object {
  const render = (shown: Message): object => {
    const called = mentioned(options.mentions, shown).map(at).join(' ');
    // A card without elements is refused.
    const text = shown.lines.length === 0 ? [{ tag: 'div', text: plain(titleOf(shown)) }] : textOf(shown);
    const buttons = shown.links.flatMap((link, index) => button(link, index === 0 ? 'primary' : 'default'));
    return {
      config: { wide_screen_mode: true },
      header: { template: colour(shown), title: plain(titleOf(shown, options.keyword)) },
      elements: [
        ...text,
        ...(called === '' ? [] : [{ tag: 'div', text: { tag: 'lark_md', content: called } }]),
        ...(buttons.length === 0 ? [] : [{ tag: 'action', actions: buttons }]),
      ],
    };
  };
  return fitted(message, render, (card) => Buffer.byteLength(JSON.stringify(card)) <= MAX_BYTES);
}

/** Lines that follow one another are one text; one with a button stands by itself, with the button beside it. */
function textOf(shown: Message): object[] {
  const texts: { lines: string[]; button: object | null }[] = [];
  for (const [index, line] of shown.lines.entries()) {
    const [own = null] = line.link === undefined || index >= MOST_BUTTONS ? [] : button(line.link, 'default');
    const last = texts.at(-1);
    if (own === null && last?.button === null) last.lines.push(lineText(line, shown));
    else texts.push({ lines: [lineText(line, shown)], button: own });
  }
  return texts.map(({ lines, button: own }) => ({
    tag: 'div',
    text: plain(lines.join('\n')),
    ...(own !== null && { extra: own }),
  }));
}

function button({ label, url }: Link, type: 'primary' | 'default'): object[] {
  const safe = safeUrl(url);
  return safe === null ? [] : [{ tag: 'button', text: plain(label), url: safe, type }];
}

const plain = (content: string) => ({ tag: 'plain_text', content });

function at(id: string): string {
  return id.includes('@') ? `<at email=${id}></at>` : `<at id=${id}></at>`;
}

function colour({ mood, severity }: Message): string {
  if (mood === 'recovered') return 'green';
  return severity === 'critical' ? 'red' : severity === 'warning' ? 'orange' : 'blue';
}

const failed = (en: string, zh: string): Meaning => ({ kind: 'failed', hint: { en, 'zh-CN': zh } });
const closed = (en: string, zh: string): Meaning => ({ kind: 'closed', hint: { en, 'zh-CN': zh } });
const ADDRESS: Hint = {
  en: 'copy the address of the bot anew: group settings, bots',
  'zh-CN': '重新复制机器人的 webhook 地址：群设置 → 群机器人',
};

/** Feishu doc, 自定义机器人使用指南, 常见问题. */
export const FEISHU_CODES: Readonly<Record<number, Meaning>> = {
  9499: failed(
    'the bot does not take this request: is it a custom bot (v2)?',
    '机器人不接受这个请求：是不是自定义机器人（v2）？',
  ),
  11232: { kind: 'muted', forMs: LIMITED_MS },
  19001: { kind: 'closed', hint: ADDRESS },
  19021: closed(
    'the secret is another than the bot’s (签名校验), or this machine’s clock is off by more than an hour',
    '签名密钥与机器人「签名校验」里的不一致，或本机时钟偏差超过一小时',
  ),
  19022: closed(
    'this machine’s address is not in the bot’s list (IP 白名单): add it, or use another security setting',
    '本机的出口 IP 不在机器人的「IP 白名单」里：加进去，或改用别的安全设置',
  ),
  // What is sent without it would be refused all the same: kept, it is told when somebody has set it.
  19024: closed(
    'the bot asks for a keyword (自定义关键词): set the notifier’s keyword to one of them',
    '机器人设置了「自定义关键词」：把其中一个写到通知对象的 keyword 里',
  ),
};

const RULES: BotRules = {
  name: 'feishu',
  // The first version of the answer had other names, and is still sent beside these.
  read: (body) => {
    const code = codeIn(body.code) ?? codeIn(body.StatusCode);
    return code === null ? null : { code, said: textIn(body.msg) || textIn(body.StatusMessage) };
  },
  meaning: ({ code, said }) =>
    code === 9499 && /too many/i.test(said) ? { kind: 'muted', forMs: LIMITED_MS } : (FEISHU_CODES[code] ?? null),
  limitedMs: LIMITED_MS,
};
