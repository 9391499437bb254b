import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { NotifierConfig } from '../config/notifier-config.ts';
import type { Clock } from '../fleet/clock.ts';
import type { Severity } from '../fleet/event.ts';
import type { Delivery } from '../notify/channel.ts';
import { testMessage } from '../notify/test-message.ts';
import { openChannel } from './open-channel.ts';

/**
 * Sends one message to one notifier that says that it is a test: past routes, quiet hours and queue, and without the
 * daemon. What became of it is what the receiver answered.
 */
export async function testNotifier(
  notifier: NotifierConfig,
  config: Config,
  options: { readonly clock: Clock; readonly severity: Severity; readonly signal: AbortSignal },
): Promise<Delivery> {
  const { clock, severity, signal } = options;
  const telling = config.tellings.get(notifier.name);
  const channel = openChannel(notifier, clock, telling?.repeatEveryMs ?? null);
  const message = testMessage({
    id: `test-${randomUUID()}`,
    notifier: notifier.name,
    kind: channel.kind,
    severity,
    language: telling?.language ?? 'en',
    now: clock.now(),
    zone: telling?.timezone ?? config.timezone,
  });
  return await channel.send(message, signal);
}
