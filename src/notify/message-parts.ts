import { SEVERITIES, type Severity } from '../fleet/event.ts';
import type { Line, Link, Message } from './message.ts';
import { oneLine } from './one-line.ts';

/** Who is mentioned from a severity on, besides those of the lower ones; ids as the receiver has them. */
export type Mentions = Readonly<Record<Severity, readonly string[]>>;

/** Whom this message calls. That all is well again calls nobody. */
export function mentioned(mentions: Mentions, { mood, severity }: Message): readonly string[] {
  if (mood === 'recovered') return [];
  const all = SEVERITIES.slice(0, SEVERITIES.indexOf(severity) + 1).flatMap((each) => mentions[each]);
  return [...new Set(all)];
}

/** Where there is no colour. */
export function mark({ mood, severity }: Message): string {
  if (mood === 'recovered') return '🟢';
  return severity === 'critical' ? '🔴' : severity === 'warning' ? '🟠' : '🔵';
}

export function titleOf({ title }: Message, keyword: string | null = null): string {
  const line = oneLine(title);
  return keyword === null || line.includes(keyword) ? line : `${keyword} ${line}`;
}

/** A line in plain text. */
export function lineText({ label, text }: Line, { language }: Pick<Message, 'language'>): string {
  const shown = oneLine(text);
  return label === '' ? shown : `${oneLine(label)}${colon(language)}${shown}`;
}

/** The same with its link, which has a line of its own. */
export function plainLines(line: Line, message: Pick<Message, 'language'>): readonly string[] {
  const links = plainLinks(line.link === undefined ? [] : [line.link], message);
  return [lineText(line, message), ...links.map((link) => `  ${link}`)];
}

/** Links where an address is shown as it is; one that no browser opens is left out. */
export function plainLinks(links: readonly Link[], message: Pick<Message, 'language'>): readonly string[] {
  return links.flatMap(({ label, url }) => {
    const safe = safeUrl(url);
    return safe === null ? [] : [lineText({ label, text: safe }, message)];
  });
}

/** What stands between a label and its text. */
export function colon(language: Message['language']): string {
  return language === 'zh-CN' ? '：' : ': ';
}

/** An address that cannot end the brackets it stands in; `null`: none that a browser opens. */
export function safeUrl(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  return url.href.replaceAll(/[()<>[\]|"'`*\\\s]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
}

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '<': '＜',
  '>': '＞',
  '[': '［',
  ']': '］',
  '*': '＊',
  '`': 'ˋ',
  '\\': '＼',
};

/**
 * A stranger's text inside the markdown of a bot. How these escape is documented nowhere, so what would begin a link, a
 * mention, a colour or bold letters is replaced by the wide form of the same sign, which is only ever text.
 */
export function plainInMarkdown(text: string): string {
  return oneLine(text)
    .replaceAll(/[<>[\]*`\\]/g, (found) => LOOK_ALIKES[found] ?? '')
    .replaceAll(/&(?=#|[A-Za-z])/g, '＆');
}

/** Links in the markdown of a bot; one that no browser opens is left out. */
export function markdownLinks(links: readonly Link[]): readonly string[] {
  return links.flatMap(({ label, url }) => {
    const safe = safeUrl(url);
    return safe === null ? [] : [`[${plainInMarkdown(label)}](${safe})`];
  });
}
