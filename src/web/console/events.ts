import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Live } from './visit.ts';

/** A team with a few tabs each; a page beyond them is as good without. */
const MOST_CLIENTS = 100;
/** How often it is looked at what has changed. */
const LOOK_MS = 2_000;
/** All looks together may cost this share of the time: where pages take longer to make, they are made more rarely… */
const LOOK_SHARE = 0.1;
/** …but not more rarely than this: a page that says that it is live has to be. */
const LONGEST_LOOK_MS = 30_000;
/**
 * A page that is not made in this time waits for something, such as a Redis that does not answer: what the browser shows is
 * no longer live, and is said not to be.
 */
const LATE_MS = 5_000;
/** Who takes nothing for so long is gone, whatever the connection says. */
const STUCK_MS = 30_000;
/** Proxies cut off what is silent for half a minute. */
const HEARTBEAT_MS = 15_000;
/** The browser comes back after this; `live.js` waits longer each time. */
const RETRY_MS = 3_000;

export interface Following {
  /** Who is sent the same has the same. */
  readonly view: string;
  /** Which version the browser shows already. */
  readonly seen: string;
  readonly isStillAllowed: () => boolean;
  readonly now: () => number;
  /** `null`: the page is not there any more. */
  readonly render: () => Promise<Live | null>;
}

/** What a view looked like at the last look. */
interface Look {
  readonly at: number;
  readonly version: string;
  readonly live: Live;
  readonly tookMs: number;
}

/** Pages that are looked at are made anew now and then, and what changed is sent to whoever looks. */
export class Events {
  readonly #signal: AbortSignal;
  readonly #lookMs: number;
  readonly #lateMs: number;
  readonly #looks = new Map<string, Promise<Look | null>>();
  readonly #followers = new Map<string, number>();
  #clients = 0;

  /**
   * @param lookMs how often it is looked at what has changed
   * @param lateMs when whoever waits for a look is told that the page is not live
   */
  constructor(signal: AbortSignal, { lookMs = LOOK_MS, lateMs = LATE_MS } = {}) {
    this.#signal = signal;
    this.#lookMs = lookMs;
    this.#lateMs = lateMs;
  }

  async open(context: Context, following: Following): Promise<Response> {
    if (this.#signal.aborted || this.#clients >= MOST_CLIENTS) {
      context.header('retry-after', '60');
      return context.text('too many pages are open', 503);
    }
    this.#clients += 1;
    context.header('x-accel-buffering', 'no');
    const { view } = following;
    this.#followers.set(view, (this.#followers.get(view) ?? 0) + 1);
    return streamSSE(context, async (stream) => {
      const left = new AbortController();
      stream.onAbort(() => left.abort());
      const signal = AbortSignal.any([this.#signal, left.signal]);
      try {
        await this.#send(stream, following, signal);
      } finally {
        this.#clients -= 1;
        const others = (this.#followers.get(view) ?? 1) - 1;
        if (others > 0) this.#followers.set(view, others);
        else {
          this.#followers.delete(view);
          this.#looks.delete(view);
        }
      }
    });
  }

  async #send(
    stream: Parameters<Parameters<typeof streamSSE>[1]>[0],
    following: Following,
    signal: AbortSignal,
  ): Promise<void> {
    let before: Live | null = null;
    let version = '';
    let spokeAt = Number.NEGATIVE_INFINITY;
    let isLate = false;
    while (!signal.aborted && following.isStillAllowed()) {
      const looking = this.#look(following).catch(() => null);
      const isInTime = await isDoneWithin(looking, this.#lateMs, signal);
      if (signal.aborted) return;
      if (!isLate && (!isInTime || (await looking) === null)) {
        const data = JSON.stringify({ now: following.now() });
        if (!(await isDoneWithin(stream.writeSSE({ event: 'late', data, retry: RETRY_MS }), STUCK_MS, signal))) return;
        isLate = true;
      }
      // Nobody waits for it any longer than the stream is open.
      if (!(await isDoneWithin(looking, LONGEST_LOOK_MS, signal))) continue;
      const look = await looking;
      if (look !== null && before === null && look.version === following.seen) {
        before = look.live;
        version = look.version;
      }
      if (look !== null && look.version !== version) {
        const changes = changesBetween(before, look.live);
        const data = JSON.stringify({ now: following.now(), ...changes });
        if (!(await isDoneWithin(stream.writeSSE({ event: 'patch', data, retry: RETRY_MS }), STUCK_MS, signal))) return;
        before = look.live;
        version = look.version;
        isLate = false;
        spokeAt = performance.now();
      }
      const isKnown = look?.live.isKnown ?? false;
      if (isLate === isKnown || performance.now() - spokeAt >= HEARTBEAT_MS) {
        // Not a word of what is not known, but one all the same: a silent connection is cut off.
        const event = isKnown ? 'now' : 'late';
        const data = JSON.stringify({ now: following.now() });
        if (!(await isDoneWithin(stream.writeSSE({ event, data }), STUCK_MS, signal))) return;
        isLate = !isKnown;
        spokeAt = performance.now();
      }
      await pause(this.#pauseMs(look), signal);
    }
  }

  #pauseMs(look: Look | null): number {
    const tookMs = look?.tookMs ?? 0;
    // It waited rather than worked, and whoever looks wants to know when that is over.
    if (tookMs >= this.#lateMs) return Math.max(this.#lookMs, this.#lateMs);
    const affordable = (tookMs * this.#followers.size) / LOOK_SHARE;
    return Math.max(this.#lookMs, Math.min(LONGEST_LOOK_MS, affordable));
  }

  /** The view as it is now; whoever asks at about the same time gets the same. */
  async #look(following: Following): Promise<Look | null> {
    const known = this.#looks.get(following.view);
    if (known !== undefined) {
      const look = await known.catch(() => null);
      if (look !== null && performance.now() - look.at < this.#pauseMs(look) / 2) return look;
      // Somebody else has begun a new one meanwhile.
      const newer = this.#looks.get(following.view);
      if (newer !== undefined && newer !== known) return await newer;
    }
    const look = lookNow(following);
    this.#looks.set(following.view, look);
    return await look;
  }
}

async function lookNow(following: Following): Promise<Look | null> {
  const startedAt = performance.now();
  const live = await following.render();
  if (live === null) return null;
  const at = performance.now();
  return { at, live, version: versionOf(live), tookMs: at - startedAt };
}

/** Of all that is live on a page: the browser says which it has. */
export function versionOf(live: Live): string {
  const hash = createHash('sha1');
  for (const [id, text] of live.parts) hash.update(id).update(text);
  for (const [id, items] of live.lists) hash.update(id).update(items.join(' '));
  return hash.digest('base64url');
}

/** What has to be put anew into a page that shows `before`; all of it where nobody knows what it shows. */
export function changesBetween(before: Live | null, after: Live) {
  const parts: Record<string, string> = {};
  for (const [id, text] of after.parts) if (before?.parts.get(id) !== text) parts[id] = text;
  const lists: Record<string, readonly string[]> = {};
  for (const [id, items] of after.lists) {
    const old = before?.lists.get(id);
    if (old === undefined || old.length !== items.length || old.some((item, place) => item !== items[place]))
      lists[id] = items;
  }
  return { parts, lists };
}

/** `false`: it took longer, or there is no need for it any more. */
async function isDoneWithin(doing: Promise<unknown>, ms: number, signal: AbortSignal): Promise<boolean> {
  let isDone = false;
  const done = doing.then(() => {
    isDone = true;
  });
  const over = new AbortController();
  await Promise.race([done, pause(ms, AbortSignal.any([signal, over.signal]))]);
  over.abort();
  return isDone;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = () => resolve();
  signal.addEventListener('abort', end, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
}
