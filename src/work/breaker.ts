import type { Work } from './ports.ts';

/** An account whose credentials were refused is left alone for this long. */
const BREAKER_MS = 600_000;
/** Of a paid account, after more than this many unclear answers in an hour. */
const UNCLEAR_A_HOUR = 2;
const PAID_BREAKER_MS = 3_600_000;

/** Credentials were refused: nothing is tried on the account until they may have been mended, and people hear of it. */
export async function tripAll(work: Work, account: string, why: string): Promise<void> {
  await work.store.tripBreaker(account, 'all', work.clock.now() + BREAKER_MS, why);
}

/** Holds paid work back on an account whose answers to it are unclear again and again. */
export async function countUnclear(work: Work, account: string): Promise<void> {
  const now = work.clock.now();
  const count = await work.store.countUncertain(account, now);
  if (count > UNCLEAR_A_HOUR) {
    await work.store.tripBreaker(
      account,
      'paid',
      now + PAID_BREAKER_MS,
      `${count} unclear answers to paid requests within an hour`,
    );
  }
}
