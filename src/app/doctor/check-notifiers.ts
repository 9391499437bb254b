import { formatDuration } from '../../calendar/duration.ts';
import type { Config } from '../../config/config.ts';
import type { NotifierConfig } from '../../config/notifier-config.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { Clock } from '../../fleet/clock.ts';
import type { Delivery } from '../../notify/channel.ts';
import { testNotifier } from '../test-notifier.ts';
import { type Finding, findingsOf } from './finding.ts';
import { type Place, whyOutOfReach } from './out-of-reach.ts';

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
      if (!send) return await reached(name, type, placeOf(notifier), signal);
      const delivery = await testNotifier(notifier, config, { clock, severity: 'info', signal });
      signal.throwIfAborted();
      return answered(name, type, delivery);
    }),
  );
}

/** Without a message it is only seen whether anybody is there. */
async function reached(name: string, type: string, place: Place, signal: AbortSignal): Promise<Finding> {
  const where = `${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`;
  const why = await whyOutOfReach(place, signal);
  if (why === null) return ok(name, `${type}, ${where} can be reached`);
  const mend = why.isName
    ? 'look at the name in its address, and at this machine’s name server'
    : 'start its receiver, mend its address, or let this machine out to it';
  return broken(name, `${type}, ${where} cannot be reached (${why.code}), so nothing is told there`, mend);
}

/** Of an address only who is asked is shown: the rest of it may be a secret. */
function placeOf(notifier: NotifierConfig): Place {
  if (notifier.type === 'email') return { host: notifier.host, port: notifier.port };
  const { hostname, port, protocol } = new URL(notifier.url.reveal());
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
  };
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
