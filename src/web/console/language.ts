import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** As `<html lang>` and for `Intl`. */
export const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', zh: 'zh-CN' };

/** What stands between the items of a list. */
export const LIST_COMMA: Readonly<Record<Language, string>> = { en: ', ', zh: '、' };

export const LANGUAGE_COOKIE = 'lamplighter_language';

/** A page's words in every language: what one has, all have. */
export function catalogue<T extends Readonly<Record<string, unknown>>>(
  words: Readonly<{ en: T; zh: { [K in keyof NoInfer<T>]: NoInfer<T>[K] } }>,
): Readonly<Record<Language, T>> {
  return words;
}

/** What the reader chose, else what the browser asks for first, else English. */
export function languageOf(context: Context): Language {
  return isLanguage(getCookie(context, LANGUAGE_COOKIE)) ?? askedFor(context.req.header('accept-language') ?? '');
}

export function isLanguage(text: string | undefined): Language | null {
  return LANGUAGES.find((language) => language === text) ?? null;
}

/** Of an `Accept-Language` header the language of ours that is wanted most. */
export function askedFor(header: string): Language {
  let best: { readonly language: Language; readonly weight: number } | null = null;
  for (const part of header.split(',').slice(0, 20)) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim());
    const language = isLanguage(range.toLowerCase().split('-')[0]);
    const q = parameters.find((text) => text.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    if (language !== null && weight > (best?.weight ?? 0)) best = { language, weight };
  }
  return best?.language ?? 'en';
}
