import { html } from 'hono/html';
import { chineseSpan } from '../../fleet/chinese-span.ts';
import { formatDuration } from '../../fleet/duration-text.ts';
import { type Language, LOCALES } from './language.ts';
import type { Html, Visit } from './visit.ts';
import { wordIn } from './words.ts';

const DAY_MS = 86_400_000;

/** Text from a cloud or a person as it may be shown: control and bidi characters could make one name look like another. */
export function shown(text: string): string {
  return HIDDEN.test(text) ? text.replace(HIDDEN_ALL, '\ufffd') : text;
}

const HIDDEN = /[\p{Cc}\p{Bidi_Control}]/u;
const HIDDEN_ALL = /[\p{Cc}\p{Bidi_Control}]/gu;

/** Making one costs more than a thousand uses. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

function format(language: Language, timezone: string, kind: keyof typeof KINDS): Intl.DateTimeFormat {
  const key = `${language} ${timezone} ${kind}`;
  let made = FORMATS.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(LOCALES[language], { ...KINDS[kind], timeZone: timezone, hourCycle: 'h23' });
    FORMATS.set(key, made);
  }
  return made;
}

const KINDS = {
  time: { hour: '2-digit', minute: '2-digit' },
  weekday: { weekday: 'short', hour: '2-digit', minute: '2-digit' },
  date: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
  year: { year: 'numeric', month: 'short', day: 'numeric' },
  full: {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  },
  dayName: { weekday: 'short', day: 'numeric' },
  day: { year: 'numeric', month: '2-digit', day: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

type Clocked = Pick<Visit, 'language' | 'timezone' | 'now'>;

/** As short as can be told apart from now: `23:00`, `Tue 23:00`, `3 Dec, 23:00`, `3 Dec 2027`. */
export function shortTime(at: number, { language, timezone, now }: Clocked): string {
  // The format of Chinese leaves no room between the day and the figures after it.
  const show = (kind: keyof typeof KINDS) =>
    format(language, timezone, kind)
      .format(at)
      .replace(/(?<=^周\p{Script=Han})(?=\d)/u, ' ');
  const distance = Math.abs(at - now);
  if (distance < DAY_MS && dayOf(at, timezone) === dayOf(now, timezone)) return show('time');
  if (distance < 6 * DAY_MS) return show('weekday');
  return distance < 300 * DAY_MS ? show('date') : show('year');
}

export function fullTime(at: number, { language, timezone }: Clocked): string {
  return format(language, timezone, 'full').format(at);
}

/** `Mon 23`: what stands above the hours of a day. */
export function weekdayOf(at: number, { language, timezone }: Pick<Clocked, 'language' | 'timezone'>): string {
  return format(language, timezone, 'dayName').format(at);
}

/** Changes with the local day. */
export function dayOf(at: number, timezone: string): string {
  return format('zh', timezone, 'day').format(at);
}

/** An instant; the reader's browser keeps nothing of it up to date. */
export function time(at: number | null, visit: Clocked): Html {
  if (at === null) return html`<span class="none">–</span>`;
  return html`<time datetime="${iso(at)}" title="${fullTime(at, visit)}">${shortTime(at, visit)}</time>`;
}

/**
 * How long ago or how far off, which the browser works out and keeps up to date; where it runs no script, the time itself.
 * Made here it would change by the minute, and with it every piece that it stands in.
 */
export function fromNow(at: number | null, visit: Clocked): Html {
  if (at === null) return html`<span class="none">–</span>`;
  return html`<time datetime="${iso(at)}" data-from-now title="${fullTime(at, visit)}">${shortTime(at, visit)}</time>`;
}

/** A span to two units: `1h 20m`, `3d 4h`; `1 小时 20 分`. */
export function span(ms: number, language: Language): string {
  return spanIn(shortSpan(ms), language);
}

/** A span as it was written, to the second: `90s` is `1m30s`. */
export function exactSpan(ms: number, language: Language): string {
  return spanIn(formatDuration(ms), language);
}

/** A duration that comes as text, such as `1h20m`. */
export function spanIn(text: string, language: Language): string {
  return language === 'zh' ? chineseSpan(text) : text;
}

function shortSpan(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 60) return `${minutes}m`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours < 48) return rest === 0 ? `${hours}h` : `${hours}h ${rest}m`;
  return hours % 24 === 0 ? `${hours / 24}d` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Fen as `¥12.34`, thousands apart; `null` is a dash. */
export function yuan(fen: number | null): string {
  return fen === null ? '–' : `¥${MONEY.format(Math.round(fen) / 100)}`;
}

const MONEY = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const TONES: ReadonlyMap<string, string> = new Map([
  ...['confirmed', 'running', 'active'].map((word) => [word, 'good'] as const),
  ...['creating', 'starting', 'stopping', 'restarting', 'armed', 'sending', 'accepted', 'verifying'].map(
    (word) => [word, 'busy'] as const,
  ),
  ...['idle', 'uncertain', 'hold', 'paused'].map((word) => [word, 'warn'] as const),
  ...['escalated', 'rejected', 'unknown', 'frozen', 'breaker', 'missed'].map((word) => [word, 'bad'] as const),
]);

/** Which colour a word of state, status or activity has; '' where it is grey. */
export function toneOf(text: string): string {
  return TONES.get(text) ?? '';
}

/** A word of a closed list with its dot; the word is always there, whatever the colour. */
export function word(text: string, language: Language, more = ''): Html {
  return html`<span class="word ${toneOf(text)}" title="${text}">${wordIn(language, text)}${more}</span>`;
}

/** An id for an element that stands for something by that key. */
export function idOf(prefix: string, key: string): string {
  return `${prefix}-${Buffer.from(key).toString('base64url')}`;
}
