import { randomUUID } from 'node:crypto';
import { formatDuration } from '../../calendar/duration.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { Notifier } from '../../notify/notifier.ts';
import { testMessage } from '../../notify/test-message.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning, broken } = findingsOf('notifiers');

export interface Asked {
  readonly send: boolean;
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Is anybody told of anything? With `send` each is sent a message that says that it is a test. */
export async function checkNotifiers(
  notifiers: ReadonlyMap<string, Notifier>,
  asked: Asked,
): Promise<readonly Finding[]> {
  if (notifiers.size === 0)
    return [
      warning(
        'notifiers',
        'none is configured, so nobody is told of anything',
        'add one: `notifiers:` in the configuration, docs/notifications.md',
      ),
    ];
  return await Promise.all(
    [...notifiers].map(([name, notifier]) =>
      asked.send ? sent(name, notifier, asked) : ok(name, `${notifier.channel.kind}, configured`),
    ),
  );
}

/** What the receiver itself says of a test message. */
async function sent(name: string, { channel, language }: Notifier, { now, signal }: Asked): Promise<Finding> {
  const { kind } = channel;
  const id = `test-${randomUUID()}`;
  const message = testMessage({ id, notifier: name, kind, severity: 'info', language, now });
  const outcome = await channel.send(message, signal);
  switch (outcome.kind) {
    case 'delivered':
      return ok(name, `${kind} took the test message${outcome.answer === '' ? '' : `: ${outcome.answer}`}`);
    case 'failed':
      return broken(name, outcome.detail, outcome.hint ?? 'what the answer means: docs/channels.md');
    case 'muted':
      return warning(
        name,
        `${outcome.detail}; it takes nothing for ${formatDuration(outcome.forMs)}`,
        'does anything else use it? docs/channels.md',
      );
    case 'retry':
      return warning(name, outcome.detail, `try again by itself: lamplighter notify test ${name}`);
    default:
      return assertNever(outcome);
  }
}
