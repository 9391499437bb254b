import { assertNever } from '../fleet/assert-never.ts';
import type { Notification } from '../fleet/event.ts';
import type { Parcel } from '../fleet/parcel.ts';
import type { Delivery } from './channel.ts';
import { compose } from './compose.ts';
import type { Notifier } from './notifier.ts';
import { plan, type Waiting } from './plan.ts';

/** What waits and has not left yet, kept where it survives every process. Times epoch ms. */
export interface OutboxPort {
  load(notifier: string, now: number, most: number): Promise<OutboxContents>;
  /** Takes those that still wait for one sender until then; answers which. */
  lease(notifier: string, ids: readonly string[], until: number): Promise<readonly string[]>;
  drop(notifier: string, ids: readonly string[]): Promise<void>;
  putBack(notifier: string, ids: readonly string[], dueAt: number, counts: boolean): Promise<void>;
  pause(notifier: string, pause: { until: number; why: 'muted' | 'retry'; detail: string }): Promise<void>;
  resume(notifier: string): Promise<void>;
  /** Takes one send out of every limit: 0; or in how many real ms there is one. */
  takeSend(notifier: string, limits: Notifier['channel']['limits']): Promise<number>;
}

export interface OutboxContents {
  readonly waiting: readonly Waiting[];
  readonly unreadable: readonly string[];
  readonly leasedUntil: number | null;
  readonly pause: { readonly until: number; readonly why: 'muted' | 'retry' } | null;
  readonly fails: number;
  readonly digest: boolean;
}

/** What became of some notifications, for log and metrics. */
export type DeliveryNews =
  | { readonly kind: 'delivered'; readonly answer: string }
  | { readonly kind: 'retried'; readonly detail: string; readonly untilAt: number; readonly hint: string | null }
  | { readonly kind: 'muted'; readonly detail: string; readonly untilAt: number }
  | { readonly kind: 'failed'; readonly detail: string; readonly hint: string | null };

export interface DispatcherOptions {
  readonly outbox: OutboxPort;
  /** Those in force. */
  readonly notifiers: () => ReadonlyMap<string, Notifier>;
  /** Of the machine, and so of the queue and the receivers; whatever clock the rest goes by. */
  readonly now: () => number;
  /** How long it is quiet at a notifier from now on, in ms of `now`; `null`: it is not. */
  readonly quietFor: (notifier: Notifier) => number | null;
  /** How long to wait before the next try; `asked`: what the receiver asked for. */
  readonly backOff: (tries: number, asked: number | null) => number;
  /** Rings once more for the notifier, then. */
  readonly ring: (notifier: string, inMs: number) => Promise<void>;
  /** Told of each notification that somebody has taken, before it is forgotten. */
  readonly onDelivered: (notification: Notification) => Promise<void>;
  /** Told of what was thrown away because nobody can read it. */
  readonly onUnreadable: (notifier: string, ids: readonly string[]) => void;
  readonly onNews: (notifier: string, notifications: readonly Notification[], news: DeliveryNews) => void;
}

/** So many are looked at at once; the rest comes with the next round. */
const LOOKED_AT = 500;
/** Longer than any send; whoever died at one is taken over after this. */
const LEASE_MS = 120_000;
/** A round ends after so many messages, so that a stop is not kept waiting; the next one goes on. */
const MOST_ROUNDS = 200;
/** A program that takes something no more often than this is given up, unless it is critical: with the pauses, four hours. */
const MOST_TRIES = 24;
/** People find on Monday what could not be sent on Friday; older than this is no news. */
const OLDEST_MS = 3 * 86_400_000;

/**
 * Sends what waits in the outboxes. A round of one notifier goes on until nothing may leave at the moment, and rings for
 * itself where something may later. Rounds of several replicas may overlap: what one has taken no other can take.
 */
export class Dispatcher {
  readonly #on: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#on = options;
  }

  /** One round of one notifier. A name that is not known (any more) does nothing: another replica may know it. */
  async run(name: string, signal: AbortSignal): Promise<void> {
    const { outbox, notifiers, now, quietFor, ring } = this.#on;
    const notifier = notifiers().get(name);
    if (notifier === undefined) return;
    const { channel } = notifier;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      signal.throwIfAborted();
      const at = now();
      const { waiting, unreadable, pause, fails, digest, leasedUntil } = await outbox.load(name, at, LOOKED_AT);
      if (unreadable.length > 0) {
        await outbox.drop(name, unreadable);
        this.#on.onUnreadable(name, unreadable);
      }
      if (pause !== null && pause.until > at && waiting.length > 0) {
        await ring(name, pause.until - at);
        return;
      }
      const quietMs = quietFor(notifier);
      const next = plan(waiting, at, {
        reader: channel.reader,
        quietUntil: quietMs === null ? null : at + quietMs,
        cameQuietly: ({ notification }) => notifier.quietUntil(Date.parse(notification.at)) !== null,
        digest,
      });
      switch (next.kind) {
        case 'nothing':
          // Whoever is at them may have died.
          if (leasedUntil !== null) await ring(name, Math.max(0, leasedUntil - at));
          return;
        case 'wait':
          await ring(name, next.until - at);
          return;
        case 'send':
        case 'send-each': {
          const waitMs = await outbox.takeSend(name, channel.limits);
          if (waitMs > 0) {
            await ring(name, waitMs);
            return;
          }
          const batch = channel.limits.length > 0 && next.kind === 'send-each' ? next.batch.slice(0, 1) : next.batch;
          const taken = await this.#lease(name, batch, at);
          if (taken.length === 0) break;
          if (next.kind === 'send')
            await this.#tell(notifier, taken, next.form, { fails, paused: pause !== null, signal });
          else await allOf(taken.map((one) => this.#hand(notifier, one, signal)));
          break;
        }
        default:
          assertNever(next);
      }
    }
    await ring(name, 0);
  }

  async #lease(name: string, batch: readonly Waiting[], at: number): Promise<readonly Waiting[]> {
    const taken = new Set(await this.#on.outbox.lease(name, batch.map(idOf), at + LEASE_MS));
    return batch.filter((one) => taken.has(idOf(one)));
  }

  /** One message to a person. What the receiver says of it holds for the whole channel. */
  async #tell(
    notifier: Notifier,
    batch: readonly Waiting[],
    form: 'one' | 'group' | 'digest',
    state: { readonly fails: number; readonly paused: boolean; readonly signal: AbortSignal },
  ): Promise<void> {
    const { outbox, now, backOff, onNews } = this.#on;
    const { name } = notifier.channel;
    const ids = batch.map(idOf);
    const notifications = batch.map(({ parcel }) => parcel.notification);
    const whole = batch.length === 1 ? 'one' : form;
    const delivery = await this.#send(notifier, batch, whole, state.signal);
    const at = now();
    switch (delivery.kind) {
      case 'delivered':
        await this.#delivered(name, notifications, delivery.answer, ids);
        if (state.fails > 0 || state.paused) await outbox.resume(name);
        return;
      case 'retry': {
        const untilAt = at + backOff(state.fails + 1, delivery.afterMs);
        await outbox.pause(name, { until: untilAt, why: 'retry', detail: delivery.detail });
        const old = batch.filter((one) => !isCritical(one) && at - one.cameAt > OLDEST_MS);
        const rest = batch.filter((one) => !old.includes(one));
        if (rest.length > 0) await outbox.putBack(name, rest.map(idOf), at, true);
        onNews(name, rest.map(notificationOf), retried(delivery, untilAt));
        await this.#giveUp(name, old, delivery.detail, 'it was tried for three days');
        return;
      }
      case 'muted': {
        const untilAt = at + delivery.forMs;
        await outbox.pause(name, { until: untilAt, why: 'muted', detail: delivery.detail });
        await outbox.putBack(name, ids, at, false);
        onNews(name, notifications, { kind: 'muted', detail: delivery.detail, untilAt });
        return;
      }
      case 'failed':
        await this.#giveUp(name, batch, delivery.detail, delivery.hint);
        return;
      default:
        assertNever(delivery);
    }
  }

  /** One notification to a program. What it says of one says nothing of the others. */
  async #hand(notifier: Notifier, one: Waiting, signal: AbortSignal): Promise<void> {
    const { outbox, now, backOff, onNews } = this.#on;
    const { name } = notifier.channel;
    const ids = [idOf(one)];
    const { notification } = one.parcel;
    const delivery = await this.#send(notifier, [one], 'one', signal);
    const at = now();
    switch (delivery.kind) {
      case 'delivered':
        await this.#delivered(name, [notification], delivery.answer, ids);
        return;
      case 'retry': {
        if (one.tries + 1 >= MOST_TRIES && !isCritical(one)) {
          await this.#giveUp(name, [one], delivery.detail, `it was tried ${MOST_TRIES} times`);
          return;
        }
        const untilAt = at + backOff(one.tries + 1, delivery.afterMs);
        await outbox.putBack(name, ids, untilAt, true);
        onNews(name, [notification], retried(delivery, untilAt));
        return;
      }
      case 'muted': {
        const untilAt = at + delivery.forMs;
        await outbox.pause(name, { until: untilAt, why: 'muted', detail: delivery.detail });
        await outbox.putBack(name, ids, untilAt, false);
        onNews(name, [notification], { kind: 'muted', detail: delivery.detail, untilAt });
        return;
      }
      case 'failed':
        await this.#giveUp(name, [one], delivery.detail, delivery.hint);
        return;
      default:
        assertNever(delivery);
    }
  }

  async #send(
    notifier: Notifier,
    batch: readonly Waiting[],
    form: 'one' | 'group' | 'digest',
    signal: AbortSignal,
  ): Promise<Delivery> {
    const message = compose(form, batch.map(parcelOf), notifier);
    try {
      return await notifier.channel.send(message, signal);
    } catch (error) {
      // Broken off, or a fault of ours: it is nobody's refusal, and the next round takes it again.
      const dueAt = signal.aborted ? this.#on.now() : this.#on.now() + this.#on.backOff(1, null);
      await this.#on.outbox.putBack(notifier.channel.name, batch.map(idOf), dueAt, !signal.aborted).catch(() => {});
      throw error;
    }
  }

  /** Noted before it is forgotten: a crash in between tells it twice, which receivers can see by its id. */
  async #delivered(name: string, all: readonly Notification[], answer: string, ids: readonly string[]): Promise<void> {
    for (const notification of all) await this.#on.onDelivered(notification);
    await this.#on.outbox.drop(name, ids);
    this.#on.onNews(name, all, { kind: 'delivered', answer });
  }

  async #giveUp(name: string, batch: readonly Waiting[], detail: string, hint: string | null): Promise<void> {
    if (batch.length === 0) return;
    await this.#on.outbox.drop(name, batch.map(idOf));
    this.#on.onNews(name, batch.map(notificationOf), { kind: 'failed', detail, hint });
  }
}

function retried({ detail, hint = null }: Extract<Delivery, { kind: 'retry' }>, untilAt: number): DeliveryNews {
  return { kind: 'retried', detail, untilAt, hint };
}

/** Until all have ended; what failed first fails the whole. */
async function allOf(all: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(all);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function parcelOf({ parcel }: Waiting): Parcel {
  return parcel;
}

function notificationOf({ parcel }: Waiting): Notification {
  return parcel.notification;
}

function idOf({ parcel }: Waiting): string {
  return parcel.notification.id;
}

function isCritical({ parcel }: Waiting): boolean {
  return parcel.notification.severity === 'critical';
}
