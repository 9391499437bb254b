import type { Config } from '../config/config.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Notification } from '../fleet/event.ts';
import { type DeliveryNews, Dispatcher } from '../notify/dispatcher.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { Links } from '../notify/words/draft.ts';
import { backOff } from '../queue/profile.ts';
import type { Queues } from '../queue/queue.ts';
import type { Outbox } from '../store/outbox.ts';
import { holdLinkKey, makeHoldLinks } from '../web/console/hold-link.ts';
import { delivered } from '../work/deliver.ts';
import type { Work } from '../work/ports.ts';
import { NotifyBells } from './notify-bells.ts';

/** What waits for a notifier that is configured nowhere any more is thrown away after this: replicas reload one by one. */
const FORGET_AFTER_MS = 3_600_000;

/** The rounds that bring what is told to whom it is for. */
export interface TellingRounds {
  /** One round over the outbox of one notifier. */
  round(notifier: string, signal: AbortSignal): Promise<void>;
  /** A notification that an older version queued by itself. */
  takeOver(notifier: string, notification: Notification): Promise<void>;
  /** Rings for every notifier at which something waits: a bell may be lost. For each tick. */
  ringAll(): Promise<void>;
}

export function tellingRounds(work: Work, outbox: Outbox, queues: Queues): TellingRounds {
  const { clock, metrics, log } = work;
  const bells = new NotifyBells(queues);
  const dispatcher = new Dispatcher({
    outbox,
    notifiers: () => work.standing().notifiers,
    now: () => Date.now(),
    quietFor: ({ quietUntil }) => {
      const now = clock.now();
      const until = quietUntil(now);
      return until === null ? null : clock.toReal(until - now);
    },
    backOff: (tries, asked) => backOff(tries, asked === null ? null : new AskedFor(asked), work.random()),
    ring: (notifier, inMs) => bells.ring(notifier, inMs),
    onDelivered: (notification) => delivered(work, notification),
    onUnreadable: (notifier, ids) => {
      metrics.notifications.inc({ notifier, outcome: 'dropped' }, ids.length);
      log.error({ notifier, ids: ids.join(' ') }, 'notifications that cannot be read in Redis were dropped');
    },
    onNews: (notifier, notifications, news) => {
      metrics.notifications.inc({ notifier, outcome: news.kind }, notifications.length);
      logNews(work, notifier, notifications, news);
    },
  });
  return {
    round: (notifier, signal) => dispatcher.run(notifier, signal),
    takeOver: async (name, notification) => {
      const notifier = work.standing().notifiers.get(name);
      if (notifier === undefined) return;
      const said = { kind: 'policy-notice', own: notification.text } as const;
      const now = clock.now();
      const parcel = notifier.parcel({ said, notification, links: null, now, opens: null, closes: null });
      await outbox.put(name, parcel, { now: Date.now(), dueAt: Date.now(), openedAt: now, lookAt: now });
    },
    ringAll: async () => {
      const names = await outbox.names();
      const { notifiers } = work.standing();
      const now = Date.now();
      for (const { notifier, waiting, oldestAt } of await outbox.states(names)) {
        if (notifiers.has(notifier)) {
          if (waiting > 0) await bells.ring(notifier, 0);
        } else if (oldestAt !== null && now - oldestAt > FORGET_AFTER_MS) {
          const lost = await outbox.forget(notifier);
          metrics.notifications.inc({ notifier, outcome: 'dropped' }, lost);
          log.error({ notifier, lost }, 'notifications for a notifier that is not configured any more were dropped');
        }
      }
    },
  };
}

/** What a receiver asked for, as the queue's own pauses are told of it. */
class AskedFor extends Error {
  readonly afterMs: number;
  constructor(afterMs: number) {
    super('the receiver asked for a pause');
    this.afterMs = afterMs;
  }
}

function logNews(work: Work, notifier: string, notifications: readonly Notification[], news: DeliveryNews): void {
  const events = [...new Set(notifications.map(({ event }) => event))].join(' ');
  const about = { notifier, events, notifications: notifications.length };
  switch (news.kind) {
    case 'delivered':
      work.log.debug({ ...about, answer: news.answer }, 'notifications were delivered');
      return;
    case 'retried':
      if (news.hint === null) work.log.info({ ...about, detail: news.detail }, 'a notification is delivered later');
      else
        work.log.error(
          { ...about, detail: news.detail, hint: news.hint },
          'a notifier is to be mended; what it is to be told waits',
        );
      return;
    case 'muted':
      work.log.warn(
        { ...about, detail: news.detail, until: new Date(news.untilAt).toISOString() },
        'a notifier is muted by its receiver, so what it is to be told waits',
      );
      return;
    case 'failed':
      work.log.error({ ...about, detail: news.detail, hint: news.hint }, 'a notification was refused for good');
      return;
    default:
      assertNever(news);
  }
}

/** Where whoever gets a message finds the console; `null`: nobody said where that is. */
export function linksOf(config: Config): Links | null {
  const { url } = config.console;
  if (url === null) return null;
  const key = config.controlToken === null ? null : holdLinkKey(config.controlToken.reveal());
  const links = makeHoldLinks({ baseUrl: url, key });
  return { ...links, console: new URL('/', url).href };
}

/** What keeps notifiers from being told, for readiness; `null`: nothing. */
export async function notifierTrouble(
  notifiers: ReadonlyMap<string, Notifier>,
  outbox: Pick<Outbox, 'states'>,
): Promise<string | null> {
  const states = await outbox.states([...notifiers.keys()]);
  const now = Date.now();
  const troubled = states.flatMap(({ notifier, waiting, pause }) => {
    if (pause === null || pause.until <= now) return [];
    const why = pause.why === 'muted' ? 'is muted by its receiver' : 'does not answer';
    return [`${notifier} ${why} (${pause.detail}) until ${new Date(pause.until).toISOString()}; ${waiting} waiting`];
  });
  return troubled.length === 0 ? null : troubled.join('; ');
}
