import { oneLine } from './one-line.ts';
import { truncateBytes } from './truncate-bytes.ts';

/** Their answers are a sentence. */
const LONGEST_BYTES = 300;
/** Shorter ones are words that stand in any answer. */
const SHORTEST_SECRET = 6;

/** What a receiver said, short, in one line and without what is secret: an answer may repeat what was asked. */
export function inTheirWords(text: string, secrets: readonly string[]): string {
  let told = text;
  // The longest first: the address holds the token.
  for (const form of secrets.flatMap(formsOf).sort((a, b) => b.length - a.length)) {
    told = told.replaceAll(form, '[secret]');
  }
  return truncateBytes(oneLine(told), LONGEST_BYTES);
}

/** A secret as it is, and as it stands in JSON and in an address. */
function formsOf(secret: string): string[] {
  if (secret.length < SHORTEST_SECRET) return [];
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
}

/** Tokens are longer; what is shorter is a word of the path, which may stand anywhere. */
const SHORTEST_TOKEN = 16;

/** What is secret in the address of a bot: itself, and the long parts of its path and query, by which it is known. */
export function secretsInUrl(text: string): string[] {
  const url = URL.parse(text);
  if (url === null) return [text];
  const parts = [`${url.pathname}${url.search}`, ...url.pathname.split('/'), ...url.searchParams.values()];
  return [text, ...parts.filter((part) => part.length >= SHORTEST_TOKEN)];
}
