import { formatDuration } from '../calendar/duration.ts';

/** What the `Date` header of one answer of a cloud says. Epoch ms of our clock, except where said. */
export interface ServerTime {
  readonly account: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** By the cloud's clock; HTTP tells whole seconds. */
  readonly serverTimeAt: number;
  /** When the request began, on a clock that never steps, ms. */
  readonly beganMs: number;
  /** The same clock's time now. */
  readonly nowMs: number;
}

/** How far our clock may be from the clouds' before nothing is paid or destroyed by it. */
const FARTHEST_MS = 60_000;
/** HTTP dates are cut to the second. */
const SECOND_MS = 1_000;
/** So many answers in a row must be off before our clock is doubted, or right before it is believed again. */
const ENOUGH = 2;
/** For so long (monotonic) a cloud that agreed speaks for our clock against another that does not. */
const VOUCHES_MS = 600_000;

interface Reading {
  readonly offInARow: number;
  readonly nowMs: number;
}

/**
 * May what costs money or destroys go by our clock? It is doubted after a step ahead, and where the clouds' `Date`
 * headers say otherwise while none agrees; two answers that agree end the doubt. An answer without a `Date` says nothing
 * either way: a cloud that never tells the time leaves the clock believed until it steps.
 */
export class ClockTrust {
  readonly #readings = new Map<string, Reading>();
  #doubt: { readonly why: string; agreed: number } | null = null;
  /** On the monotonic clock: what was asked before the last step tells nothing of the time after it. */
  #steppedMs = Number.NEGATIVE_INFINITY;

  /** `null`: it is believed. Else why not, in words for people. */
  get doubt(): string | null {
    return this.#doubt?.why ?? null;
  }

  /** The wall clock went ahead of the monotonic one by `stepMs` at once. */
  jumped(stepMs: number, nowMs: number): void {
    this.#readings.clear();
    this.#steppedMs = nowMs;
    const by = formatDuration(Math.round(stepMs / SECOND_MS) * SECOND_MS);
    this.#doubt = { why: `our clock jumped ${by} ahead and no two clouds' answers have agreed with it yet`, agreed: 0 };
  }

  /** Answers by how much our clock is ahead of the cloud's (ms, negative: behind), 0 within what can be told. */
  told(time: ServerTime): number {
    const aheadMs = aheadOf(time);
    if (time.beganMs < this.#steppedMs) return aheadMs;
    const { account, nowMs } = time;
    const agrees = Math.abs(aheadMs) <= FARTHEST_MS;
    // The first answer of a cloud counts at once: at a start nothing else is known of our clock.
    const before = this.#readings.get(account)?.offInARow ?? ENOUGH - 1;
    this.#readings.set(account, { offInARow: agrees ? 0 : before + 1, nowMs });
    if (agrees) this.#agreed();
    else if (!this.#isVouchedFor(account, nowMs)) this.#differs(account, aheadMs, before + 1);
    return aheadMs;
  }

  #agreed(): void {
    if (this.#doubt === null) return;
    this.#doubt.agreed += 1;
    if (this.#doubt.agreed >= ENOUGH) this.#doubt = null;
  }

  #differs(account: string, aheadMs: number, inARow: number): void {
    if (this.#doubt === null && inARow < ENOUGH) return;
    const by = formatDuration(Math.round(Math.abs(aheadMs) / SECOND_MS) * SECOND_MS);
    const why = `our clock is ${by} ${aheadMs > 0 ? 'ahead of' : 'behind'} the Date headers of account ${account}`;
    this.#doubt = { why, agreed: 0 };
  }

  /** Does another cloud agree with our clock? Then it is this one's that is wrong. */
  #isVouchedFor(account: string, nowMs: number): boolean {
    for (const [name, reading] of this.#readings) {
      if (name !== account && reading.offInARow === 0 && nowMs - reading.nowMs <= VOUCHES_MS) return true;
    }
    return false;
  }
}

/** By how much our clock is ahead of the answer's (ms, negative: behind), 0 within what can be told. */
export function aheadOf({
  startedAt,
  finishedAt,
  serverTimeAt,
}: Pick<ServerTime, 'startedAt' | 'finishedAt' | 'serverTimeAt'>): number {
  const latest = serverTimeAt + SECOND_MS;
  if (startedAt > latest) return startedAt - latest;
  return finishedAt < serverTimeAt ? finishedAt - serverTimeAt : 0;
}
