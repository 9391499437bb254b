export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a person reads, in both languages. */
export type Text = readonly [en: string, zh: string];

export function inLanguage([en, zh]: Text, language: Language): string {
  return language === 'zh' ? zh : en;
}
