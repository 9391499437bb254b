import type { Severity } from '../fleet/event.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Language, Line, Message } from './message.ts';
import { LANGUAGE_WORDS } from './words/languages.ts';

export interface TestOf {
  /** The same for no two tests. */
  readonly id: string;
  readonly notifier: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly language: Language;
  readonly now: number;
  /** IANA: of the time in the message. */
  readonly zone: string;
}

/** A message that says that it is a test and that nothing happened. */
export function testMessage(test: TestOf): Message {
  const { id, severity, language, now } = test;
  const { title, lines } = WORDS[language](test);
  return {
    id,
    severity,
    mood: severity === 'info' ? 'info' : 'firing',
    language,
    title,
    lines,
    links: [],
    notifications: [
      {
        id,
        version: 1,
        event: 'policy.notice',
        severity,
        at: rfc3339(now),
        account: null,
        provider: null,
        instance: null,
        policy: null,
        action: null,
        occurrence: null,
        reason: null,
        text: WORDS.en(test).title,
        // By this programs tell it from a policy's word.
        details: { test: true, notifier: test.notifier },
      },
    ],
  };
}

const WORDS: Readonly<Record<Language, (test: TestOf) => { readonly title: string; readonly lines: readonly Line[] }>> =
  {
    en: ({ notifier, kind, now, zone }) => ({
      title: `Lamplighter test message: notifier ${notifier} works`,
      lines: [
        { label: 'Notifier', text: `${notifier} (${kind})` },
        { label: 'Sent', text: LANGUAGE_WORDS.en.frame.time(now, zone) },
        { label: '', text: 'This is a test. Nothing happened, and there is nothing to do.' },
      ],
    }),
    'zh-CN': ({ notifier, kind, now, zone }) => ({
      title: `Lamplighter 测试消息：通知对象 ${notifier} 可用`,
      lines: [
        { label: '通知对象', text: `${notifier}（${kind}）` },
        { label: '发送时间', text: LANGUAGE_WORDS['zh-CN'].frame.time(now, zone) },
        { label: '', text: '这是一条测试消息，什么都没有发生，也不需要处理。' },
      ],
    }),
  };
