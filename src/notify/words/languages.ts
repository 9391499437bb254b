import type { Language } from '../message.ts';
import type { LanguageWords } from './draft.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

export const LANGUAGE_WORDS: Readonly<Record<Language, LanguageWords>> = { en, 'zh-CN': zh };
