import { breakerThread } from './open-threads.ts';
import type { Work } from './ports.ts';
import { tell } from './tell.ts';

/** An account whose credentials were refused is left alone for this long. */
const BREAKER_MS = 600_000;
/** Of a paid account, after more than this many unclear answers in an hour. */
const UNCLEAR_A_HOUR = 2;
const PAID_BREAKER_MS = 3_600_000;

/** Credentials were refused: nothing is tried on the account until they may have been mended, and people hear of it. */
export async function tripAll(work: Work, account: string, why: string): Promise<void> {
  await work.store.tripBreaker(account, 'all', work.clock.now() + BREAKER_MS, why);
}

/** Holds paid work back on an account whose answers to it are unclear again and again, and says so. */
export async function countUnclear(work: Work, account: string): Promise<void> {
  const now = work.clock.now();
  const count = await work.store.countUncertain(account, now);
  if (count > UNCLEAR_A_HOUR) {
    const why = `${count} unclear answers to paid requests within an hour`;
    await work.store.tripBreaker(account, 'paid', now + PAID_BREAKER_MS, why);
    await tellBreaker(work, account);
  }
}

/** Does what whoever counted an unclear answer left undone when it was killed, and notes which breakers have closed. For the tick. */
export async function tellBreakers(work: Work): Promise<void> {
  for (const account of work.standing().accounts.keys()) {
    const { paid } = await work.store.breaker(account, work.clock.now());
    if (paid) await tellBreaker(work, account);
    else if ((await work.store.countUncertain(account, work.clock.now())) > UNCLEAR_A_HOUR) {
      await countUnclear(work, account);
    } else if (await work.store.unsay(keyOf(account))) await tellClosed(work, account);
  }
}

async function tellClosed(work: Work, account: string): Promise<void> {
  await tell(work, {
    event: 'account.recovered',
    severity: 'info',
    account,
    instance: null,
    policy: null,
    action: null,
    occurrence: null,
    reason: 'breaker',
    text: `what costs is paid on account ${account} again: the last unclear answer is an hour ago`,
    said: { kind: 'breaker-closed' },
    details: {},
    to: null,
    closes: breakerThread(account),
    identity: `breaker|${account}|${work.clock.now()}`,
  });
}

function keyOf(account: string): string {
  return `breaker|${account}`;
}

async function tellBreaker(work: Work, account: string): Promise<void> {
  if (await work.store.wasSaid(keyOf(account))) return;
  const now = work.clock.now();
  const text = `account ${account} left more than ${UNCLEAR_A_HOUR} paid requests without a clear answer within an hour; nothing is paid there for an hour after the last of them, so look in its console whether they went through`;
  const told = await tell(work, {
    event: 'account.unreachable',
    severity: 'critical',
    account,
    instance: null,
    policy: null,
    action: null,
    occurrence: null,
    reason: 'breaker',
    text,
    said: { kind: 'breaker', limit: UNCLEAR_A_HOUR },
    opens: breakerThread(account),
    details: {},
    to: null,
    // Told again within the hour it is the same; the next hour's is another.
    identity: `breaker|${account}|${Math.floor(now / PAID_BREAKER_MS)}`,
  });
  if (!told) return;
  await work.store.audit({
    at: now,
    kind: 'breaker',
    account,
    instance: null,
    policy: null,
    reason: 'breaker',
    text,
    data: {},
  });
  await work.store.sayOnce(keyOf(account), now);
}
