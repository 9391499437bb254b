import { hash } from 'node:crypto';
import type { Message } from './message.ts';

export interface MailIds {
  /** The same over retries, so that a server or a reader drops the repeat. */
  readonly messageId: string;
  /** What it belongs to: the thread of its subject, and the call that it answers; the last is what it replies to. */
  readonly references: readonly string[];
}

/**
 * Ids of a mail, by which mail programs put what belongs together below one another: the announcement of an act and what
 * became of it, an alarm and its end. The head of a thread is never sent; programs do without it.
 * @param domain behind the "@"
 */
export function mailIds({ id, notifications }: Pick<Message, 'id' | 'notifications'>, domain: string): MailIds {
  const idOf = (text: string): string => `<${text.replaceAll(/[^A-Za-z0-9._-]/g, '-')}@${domain}>`;
  const [only, ...others] = notifications;
  const messageId = idOf(id);
  if (only === undefined || others.length > 0) return { messageId, references: [] };
  const { event, account, instance, policy, occurrence, details } = only;
  const [kind = ''] = event.split('.', 1);
  const subject = isAboutAct(kind) ? [instance?.id, policy, occurrence] : [kind, instance?.id, policy];
  const head = idOf(`about-${hash('sha256', [account, ...subject].join('\u0000')).slice(0, 24)}`);
  const closes = typeof details.closes === 'string' && details.closes !== id ? [idOf(details.closes)] : [];
  return { messageId, references: [head, ...closes] };
}

/** Of these each occurrence of a policy on an instance is a matter of its own. */
function isAboutAct(kind: string): boolean {
  return kind === 'decision' || kind === 'operation';
}
