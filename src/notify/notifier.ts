import type { Notification } from '../fleet/event.ts';
import type { Labels } from '../fleet/label.ts';
import type { Channel } from './channel.ts';
import type { Language } from './message.ts';
import { accepts, type Route } from './route.ts';

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

/** A channel with who is told there, in which words and when. */
export class Notifier {
  readonly channel: Channel;
  readonly language: Language;
  readonly zone: string;
  readonly quietUntil: (at: number) => number | null;
  readonly repeatEveryMs: number | null;
  readonly #routes: readonly Route[];

  constructor(options: NotifierOptions) {
    this.channel = options.channel;
    this.language = options.language;
    this.zone = options.zone;
    this.quietUntil = options.quietUntil;
    this.repeatEveryMs = options.repeatEveryMs;
    this.#routes = options.routes;
  }

  /**
   * Is it for this notifier, by its routes?
   * @param labels of the instance that it is about; `null`: it is about none
   */
  accepts(notification: Notification, labels: Labels | null): boolean {
    return this.#routes.length === 0 || this.#routes.some((route) => accepts(route, notification, labels));
  }
}
