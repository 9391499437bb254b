import type { Delivery } from './channel.ts';
import { inTheirWords } from './in-their-words.ts';
import type { Language } from './message.ts';
import type { Answer } from './post-json.ts';

/** What a person can do, in the words of whoever reads the channel. */
export type Hint = Readonly<Record<Language, string>>;

/**
 * What a code of a receiver means for the message. `closed`: nothing of ours is taken before a person has mended something;
 * `failed`: this message will never be; `muted`: nothing is taken for so long.
 */
export type Meaning =
  | { readonly kind: 'closed' | 'failed'; readonly hint: Hint }
  | { readonly kind: 'retry' }
  | { readonly kind: 'muted'; readonly forMs: number };

export interface BotAnswer {
  readonly code: number;
  readonly said: string;
}

/** How a receiver answers that says in the body, often with status 200, what became of a message. */
export interface BotRules {
  /** For our sentences. */
  readonly name: string;
  /** Finds the code in the body; `null`: there is none. */
  readonly read: (body: Readonly<Record<string, unknown>>) => BotAnswer | null;
  /** `null`: nobody has told us of this code. */
  readonly meaning: (answer: BotAnswer) => Meaning | null;
  /** How long to leave it alone after a 429 that does not say. */
  readonly limitedMs: number;
}

/** Success is what the body says, whatever the status. A code that nobody knows may pass, so it is tried again. */
export function judgeBot(rules: BotRules, answer: Answer, language: Language, secrets: readonly string[]): Delivery {
  if (answer.kind === 'none') return { kind: 'retry', detail: answer.detail, afterMs: null };
  const body = objectIn(answer.body);
  const read = body === null ? null : rules.read(body);
  if (read === null) return judgeStatus(rules, answer, language, secrets);
  const words = inTheirWords(read.said, secrets);
  if (read.code === 0) return { kind: 'delivered', answer: `code 0${words === '' ? '' : `: ${words}`}` };
  const detail = `${rules.name} answered code ${read.code}${words === '' ? '' : `: ${words}`}`;
  const meaning = answer.status === 429 ? null : rules.meaning(read);
  if (meaning?.kind === 'failed') return { kind: 'failed', detail, hint: meaning.hint[language] };
  if (meaning?.kind === 'closed') return closed(detail, meaning.hint[language]);
  if (meaning?.kind === 'muted') return { kind: 'muted', detail, forMs: meaning.forMs };
  if (answer.status === 429) return { kind: 'muted', detail, forMs: answer.retryAfterMs ?? rules.limitedMs };
  return { kind: 'retry', detail, afterMs: answer.retryAfterMs };
}

/** A person takes a while to mend it, and what waits meanwhile is told afterwards. */
const CLOSED_MS = 300_000;

/** The receiver takes nothing of ours until a person has done something about it. */
export function closed(detail: string, hint: string): Delivery {
  return { kind: 'retry', detail, afterMs: CLOSED_MS, hint };
}

const ELSEWHERE: Hint = {
  en: 'is the address that of the receiver, and does no proxy or login page stand between?',
  'zh-CN': '地址对不对？中间有没有代理或登录页面？',
};

/**
 * What an answer means that leads elsewhere or says that there is nobody of that address, and so says nothing of the message;
 * `null`: it is none of these.
 */
export function elsewhere(detail: string, status: number, language: Language): Delivery | null {
  const isElsewhere = (status >= 300 && status < 400) || [401, 403, 404, 405, 410].includes(status);
  return isElsewhere ? closed(detail, ELSEWHERE[language]) : null;
}

/** What is no answer of theirs comes from something in between. */
function judgeStatus(
  { name, limitedMs }: BotRules,
  { status, body, retryAfterMs }: Extract<Answer, { kind: 'answer' }>,
  language: Language,
  secrets: readonly string[],
): Delivery {
  const words = inTheirWords(body, secrets);
  if (status === 429) return { kind: 'muted', detail: `${name} answered 429`, forMs: retryAfterMs ?? limitedMs };
  const detail = `${name} answered ${status} without a code${words === '' ? '' : `: ${words}`}`;
  const away = elsewhere(detail, status, language);
  if (away !== null) return away;
  if (status >= 400 && status < 500 && status !== 408 && status !== 425) return { kind: 'failed', detail, hint: null };
  return { kind: 'retry', detail, afterMs: retryAfterMs };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A whole number that stands in an answer, also as a text. */
export function codeIn(value: unknown): number | null {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  return typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : null;
}

export function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
