import { closed, elsewhere, type Hint } from './bot-answer.ts';
import type { Channel, Delivery } from './channel.ts';
import { fitted } from './fitted.ts';
import { inTheirWords, secretsInUrl } from './in-their-words.ts';
import type { Language, Line, Link, Message } from './message.ts';
import { colon, lineText, type Mentions, mark, mentioned, safeUrl, titleOf } from './message-parts.ts';
import { oneLine } from './one-line.ts';
import { type Answer, postJson } from './post-json.ts';
import { truncateUnits } from './truncate-bytes.ts';

/** Slack doc, Block Kit: a header has 150 characters at most, and all blocks together about 13 000. */
const MAX_HEADER_UNITS = 150;
const MAX_BLOCKS_BYTES = 10_000;
/** Slack doc, rate limits: one message a second. */
const LIMITED_MS = 30_000;

export interface SlackOptions {
  readonly name: string;
  readonly url: () => string;
  readonly mentions: Mentions;
  readonly now: () => number;
  readonly timeoutMs?: number;
}

/** An incoming webhook of Slack. */
export class Slack implements Channel {
  readonly name: string;
  readonly kind = 'slack';
  readonly reader = 'person';
  readonly limits = [{ max: 1, perMs: 1_000 }];
  readonly #options: SlackOptions;

  constructor(options: SlackOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async send(message: Message, signal: AbortSignal): Promise<Delivery> {
    const { mentions, timeoutMs } = this.#options;
    const [url, now] = [this.#options.url(), this.#options.now()];
    const answer = await postJson(url, JSON.stringify(slackBody(message, mentions)), { signal, now, timeoutMs });
    return judge(answer, message.language, secretsInUrl(url));
  }
}

/** Rich text names its parts, so that nothing in a stranger's text is a mention, a link or bold. */
export function slackBody(message: Message, mentions: Mentions): object {
  const called = mentioned(mentions, message);
  const render = (shown: Message): object => {
    const title = `${mark(shown)} ${titleOf(shown)}`;
    const header = truncateUnits(title, MAX_HEADER_UNITS);
    // A policy's own words may be all that is said, and they are as long as it likes.
    const whole = header === title ? [] : [{ ...text(title), style: { bold: true } }, text('\n')];
    const lines = shown.lines.flatMap((line) => [...lineElements(line, shown.language), text('\n')]);
    const links = shown.links.flatMap((link) => [...linkElements(link), text('   ')]);
    const ats = called.flatMap((id) => [mention(id), text(' ')]);
    const sections = [[...whole, ...lines], links, ats].filter((elements) => elements.length > 0);
    return {
      // What a notification shows, and all that the Slack-like servers show that know no blocks.
      text: escaped([title, ...shown.lines.map((line) => lineText(line, shown))].join('\n')),
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: header, emoji: false } },
        ...(sections.length === 0
          ? []
          : [
              {
                type: 'rich_text',
                elements: sections.map((elements) => ({ type: 'rich_text_section', elements: elements.slice(0, -1) })),
              },
            ]),
      ],
    };
  };
  return fitted(message, render, (body) => Buffer.byteLength(JSON.stringify(body)) <= 2 * MAX_BLOCKS_BYTES);
}

const text = (content: string) => ({ type: 'text', text: content });

function linkElements({ label, url }: Link): object[] {
  const safe = safeUrl(url);
  return safe === null ? [] : [{ type: 'link', url: safe, text: oneLine(label) }];
}

function lineElements({ label, text: value, link }: Line, language: Language): object[] {
  // An empty element is refused with all the rest.
  const shown = text(oneLine(value) || '–');
  const behind = link === undefined ? [] : [text(' '), ...linkElements(link)];
  return label === ''
    ? [shown, ...behind]
    : [{ type: 'text', text: `${oneLine(label)}${colon(language)}`, style: { bold: true } }, shown, ...behind];
}

function mention(id: string): object {
  if (/^[UW]/.test(id)) return { type: 'user', user_id: id };
  if (id.startsWith('S')) return { type: 'usergroup', usergroup_id: id };
  return { type: 'broadcast', range: id === 'all' ? 'channel' : id };
}

/** Slack doc, Formatting text: these three begin everything that is no text. */
function escaped(plain: string): string {
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const GONE: Hint = {
  en: 'the webhook is gone or switched off: make a new one in the app’s settings (Incoming Webhooks)',
  'zh-CN': '这个 webhook 已被删除或停用：在应用设置的 Incoming Webhooks 里新建一个',
};
const CHANNEL: Hint = {
  en: 'the channel is gone, archived, or closed to this app: make a webhook for another one',
  'zh-CN': '频道不存在、已归档，或不允许这个应用发消息：为别的频道建一个 webhook',
};

const USER: Hint = {
  en: 'somebody in mentions is not there: use ids such as U012AB3CD',
  'zh-CN': 'mentions 里有不存在的人：要写 U012AB3CD 这样的 ID',
};

/** Slack doc, Incoming webhooks, Error handling: what ends only when a person makes another webhook. */
const HINTS: Readonly<Record<string, Hint>> = {
  no_service: GONE,
  no_service_id: GONE,
  no_active_hooks: GONE,
  invalid_token: GONE,
  no_team: GONE,
  team_disabled: GONE,
  channel_not_found: CHANNEL,
  channel_is_archived: CHANNEL,
  action_prohibited: CHANNEL,
  posting_to_general_channel_denied: CHANNEL,
};

function judge(answer: Answer, language: Language, secrets: readonly string[]): Delivery {
  if (answer.kind === 'none') return { kind: 'retry', detail: answer.detail, afterMs: null };
  const { status, body, retryAfterMs } = answer;
  const words = inTheirWords(body, secrets);
  if (status === 200 && words === 'ok') return { kind: 'delivered', answer: 'ok' };
  const detail = `slack answered ${status}${words === '' ? '' : `: ${words}`}`;
  if (status === 429) return { kind: 'muted', detail, forMs: retryAfterMs ?? LIMITED_MS };
  // 200 with anything else is a page of whoever stands in between.
  if (status >= 500 || status === 408 || status === 425 || (status >= 200 && status < 300)) {
    return { kind: 'retry', detail, afterMs: retryAfterMs };
  }
  const hint = HINTS[words];
  if (hint !== undefined) return closed(detail, hint[language]);
  if (words === 'user_not_found') return { kind: 'failed', detail, hint: USER[language] };
  return elsewhere(detail, status, language) ?? { kind: 'failed', detail, hint: null };
}
