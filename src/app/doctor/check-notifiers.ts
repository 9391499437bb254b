import { formatDuration } from '../../calendar/duration.ts';
import type { Config } from '../../config/config.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { Clock } from '../../fleet/clock.ts';
import type { Delivery } from '../../notify/channel.ts';
import { testNotifier } from '../test-notifier.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning, broken } = findingsOf('notifiers');

export interface Asked {
  /** Shall each be sent a message that says that it is a test? */
  readonly send: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Is anybody told of anything? */
export async function checkNotifiers(config: Config, { send, clock, signal }: Asked): Promise<readonly Finding[]> {
  if (config.notifiers.length === 0)
    return [
      warning(
        'notifiers',
        'none is configured, so nobody is told of anything',
        'add one: `notifiers:` in the configuration, docs/notifications.md',
      ),
    ];
  return await Promise.all(
    config.notifiers.map(async (notifier) => {
      const { name, type } = notifier;
      if (!send) return ok(name, `${type}, configured`);
      const delivery = await testNotifier(notifier, config, { clock, severity: 'info', signal });
      signal.throwIfAborted();
      return answered(name, type, delivery);
    }),
  );
}

function answered(name: string, type: string, delivery: Delivery): Finding {
  const again = `\`lamplighter notify test ${name}\` tries it once more`;
  switch (delivery.kind) {
    case 'delivered':
      return ok(name, `${type}, took a test message`);
    case 'retry':
      // What only a person can mend.
      if (typeof delivery.hint === 'string')
        return broken(name, `${type}, does not take it: ${delivery.detail}`, delivery.hint);
      return warning(name, `${type}, did not take it now: ${delivery.detail}`, again);
    case 'muted':
      return warning(name, `${type}, takes nothing for ${formatDuration(delivery.forMs)}: ${delivery.detail}`, again);
    case 'failed':
      return broken(name, `${type}, refuses it: ${delivery.detail}`, delivery.hint ?? 'docs/channels.md');
    default:
      return assertNever(delivery);
  }
}
