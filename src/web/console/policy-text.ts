import type { PolicyFacts } from './board-source.ts';
import { cautionsInWords, POLICY_WORDS, policyWords, type Reader } from './policy-words.ts';

/** A policy in plain sentences for a terminal, in the words of the console. */
export function policyText(facts: PolicyFacts, reader: Reader): string {
  const t = POLICY_WORDS[reader.language];
  const { about, match, when, conditions, will, steps, end } = policyWords(facts, reader);
  const list = (lead: string, items: readonly string[]) =>
    items.length === 0 ? [lead] : [`${lead}${t.colon}`, ...items.map((item) => `  - ${item}`)];
  return [
    ...list(about, match),
    ...list(when, conditions),
    `${will}${t.space}${steps.join(t.next)}${end}`,
    ...cautionsInWords(facts, reader),
    '',
  ].join('\n');
}
