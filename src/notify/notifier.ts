import type { Notification } from '../fleet/event.ts';
import type { Labels } from '../fleet/label.ts';
import type { OpenThread, Parcel } from '../fleet/parcel.ts';
import type { Said } from '../fleet/said.ts';
import type { Channel } from './channel.ts';
import { repeatOf } from './compose.ts';
import type { Language } from './message.ts';
import { GROUP_WINDOW_MS } from './plan.ts';
import { accepts, type Route } from './route.ts';
import { type Links, wordsIn } from './words/draft.ts';
import { LANGUAGE_WORDS } from './words/languages.ts';

export interface NotifierOptions {
  readonly channel: Channel;
  /** One of them is enough; none: it is told everything. */
  readonly routes: readonly Route[];
  readonly language: Language;
  /** IANA name: times are told in it. */
  readonly zone: string;
  /** Until when `info` waits, for an instant in the quiet hours; `null`: it does not wait then. */
  readonly quietUntil: (at: number) => number | null;
  /** What is open is told again so often; `null`: once is enough. */
  readonly repeatEveryMs: number | null;
}

export interface NotifierTelling {
  readonly said: Said;
  readonly notification: Notification;
  readonly links: Links | null;
  readonly now: number;
  readonly opens: string | null;
  readonly closes: string | null;
}

/** A channel with who is told there, in which words and when. */
export class Notifier {
  readonly channel: Channel;
  readonly language: Language;
  readonly zone: string;
  readonly quietUntil: (at: number) => number | null;
  readonly repeatEveryMs: number | null;
  /** Does any route ask for labels? */
  readonly asksLabels: boolean;
  readonly #routes: readonly Route[];

  constructor(options: NotifierOptions) {
    this.channel = options.channel;
    this.language = options.language;
    this.zone = options.zone;
    this.quietUntil = options.quietUntil;
    this.repeatEveryMs = options.repeatEveryMs;
    this.asksLabels = options.routes.some(({ labels }) => labels !== null);
    this.#routes = options.routes;
  }

  /** On its way here, in this notifier's words. */
  parcel(telling: NotifierTelling): Parcel {
    const { said, notification, links, now, opens, closes } = telling;
    const { event, severity, account, instance, policy, action, reason } = notification;
    // Of machines, those of one account are told together; of accounts, all that something befell at once.
    const where = instance === null ? null : account;
    return {
      notification,
      words: wordsIn(LANGUAGE_WORDS[this.language], { said, notification, zone: this.zone, links, now }),
      group: [said.kind, event, severity, where, policy, action, reason].join('|'),
      opens,
      closes,
    };
  }

  /** How long it may wait for more of its kind. */
  waitMs({ notification }: Parcel): number {
    return this.channel.reader === 'program' || notification.severity === 'critical' ? 0 : GROUP_WINDOW_MS;
  }

  /** What is still open, told again. */
  again(open: OpenThread): Parcel {
    return repeatOf(open, this);
  }

  /**
   * Is it for this notifier, by its routes?
   * @param labels of the instance that it is about; `null`: it is about none
   */
  accepts(notification: Notification, labels: Labels | null): boolean {
    return this.#routes.length === 0 || this.#routes.some((route) => accepts(route, notification, labels));
  }
}
