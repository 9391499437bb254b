import { ANY_ACCOUNT, type IdentityJudgement, judgeIdentity } from '../decide/account-identity.ts';
import { judgeListing, shrinkStateOf } from '../decide/listing-guard.ts';
import { beliefKey, personBelieves } from '../decide/person-believes.ts';
import { track } from '../decide/track.ts';
import { asTold } from '../fleet/detail/detail.ts';
import type { Balance, Listing, Snapshot } from '../fleet/snapshot.ts';
import { ProviderError } from '../providers/port.ts';
import { tripAll } from './breaker.ts';
import { forPeople } from './for-people.ts';
import { lengthenLeashes } from './lengthen-leash.ts';
import { accountThread, listingThread, tokenThread } from './open-threads.ts';
import type { AccountRuntime, Work } from './ports.ts';
import { recentOperations } from './recent-operations.ts';
import { accountMoney } from './runway.ts';
import { countSavings } from './savings.ts';
import { type Telling, tell } from './tell.ts';
import { settleByListing } from './verify.ts';

/** One failed poll is weather; the third in a row is told. Refused credentials do not heal and are told at once. */
const FAILURES_BEFORE_TELLING = 3;

/** Lists one account, stores what was seen, settles open operations by it and asks for a pass. */
export async function poll(work: Work, accountName: string, signal: AbortSignal): Promise<void> {
  const runtime = work.standing().accounts.get(accountName);
  if (runtime === undefined) return;
  const began = performance.now();
  let listing: Listing;
  try {
    listing = await runtime.provider.list(signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProviderError)) throw error;
    await failed(work, accountName, error);
    return;
  }
  const known = await recall(work, runtime, listing);
  if (known.isForeign) {
    await strange(work, accountName, known, listing);
    await work.queue.evaluate(accountName, `a listing of another account at ${listing.startedAt}`);
    return;
  }
  const balance = await readBalance(work, runtime, signal);
  const snapshot = await remember(work, runtime, known, listing, balance);
  work.metrics.pollDuration.observe({ account: accountName }, (performance.now() - began) / 1000);
  await recovered(work, accountName, snapshot);
  await settleByListing(work, accountName, listing);
  await work.queue.evaluate(accountName, `snapshot ${snapshot.generation}`);
}

/** What is known of an account, and whether a new listing is of that account at all. */
interface Recalled extends IdentityJudgement {
  readonly previous: Snapshot | null;
  /** As the guards left it. */
  readonly guarded: unknown;
  /** A person's word is in there, and is taken up with this listing. */
  readonly isBelieved: boolean;
}

async function recall(work: Work, { account, mark }: AccountRuntime, listing: Listing): Promise<Recalled> {
  const [previous, stored, isBelieved] = await Promise.all([
    work.store.loadSnapshot(account.name),
    work.store.loadShrink(account.name),
    work.store.wasSaid(beliefKey(account.name)),
  ]);
  const guarded = isBelieved ? personBelieves(stored) : stored;
  if (mark === undefined) return { previous, guarded, isBelieved, isForeign: false, identity: ANY_ACCOUNT };
  return { previous, guarded, isBelieved, ...judgeIdentity(previous, listing, guarded, mark) };
}

/** Nothing of another account's listing is kept: neither its instances, nor that ours are not among them. */
async function strange(work: Work, account: string, known: Recalled, listing: Listing): Promise<void> {
  const now = work.clock.now();
  const { previous, guarded, identity } = known;
  await work.store.saveShrink(account, { ...shrinkStateOf(guarded), identity });
  const before = await work.store.health(account);
  const text = `none of the ${previous?.instances.length ?? 0} instances that were known of ${account} is in its listing of ${listing.instances.length}: its token seems to be another account's; nothing is done there until the old token is back, or a person says lamplighter reconcile --listing ${account}`;
  await work.store.saveHealth(account, {
    triedAt: now,
    okAt: before.okAt,
    failures: before.failures + 1,
    detail: text,
  });
  if (await work.store.wasSaid(`foreign|${account}`)) return;
  work.log.error(
    { account, known: previous?.instances.length, listed: listing.instances.length },
    'a token lists another account',
  );
  const told = await tell(work, {
    event: 'snapshot.quarantined',
    severity: 'critical',
    account,
    instance: null,
    policy: null,
    action: null,
    occurrence: null,
    reason: 'frozen',
    text,
    said: {
      kind: 'foreign-listing',
      known: previous?.instances.length ?? 0,
      listed: listing.instances.length,
    },
    opens: tokenThread(account),
    details: { before: previous?.instances.length ?? 0, now: listing.instances.length },
    to: null,
    identity: `foreign|${account}|${listing.startedAt}`,
  });
  if (told) await work.store.sayOnce(`foreign|${account}`, now);
}

async function readBalance(work: Work, runtime: AccountRuntime, signal: AbortSignal): Promise<Balance | null> {
  try {
    const balance = await runtime.provider.balance(signal);
    if (balance !== null) await work.store.addBalance(runtime.account.name, { at: balance.at, fen: balance.cashFen });
    return balance;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProviderError)) throw error;
    // An unknown balance is neither zero nor fine: what needs it is refused, and the gauge is absent.
    work.log.warn({ err: error, account: runtime.account.name }, 'the balance could not be read');
    return null;
  }
}

async function remember(
  work: Work,
  runtime: AccountRuntime,
  known: Recalled,
  listing: Listing,
  balance: Balance | null,
): Promise<Snapshot> {
  const { name, provider } = runtime.account;
  const { previous, guarded, identity } = known;
  const operations = await recentOperations(work.store.ledger, previous, name, listing);
  const judged = judgeListing(previous, listing, guarded);
  const instances = track(previous, listing, { operations, keepMissing: judged.shrunken });
  const snapshot: Snapshot = {
    account: name,
    provider,
    takenAt: listing.startedAt,
    finishedAt: listing.finishedAt,
    generation: (previous?.generation ?? 0) + 1,
    complete: listing.incomplete === null,
    incomplete: listing.incomplete,
    shrunken: judged.shrunken,
    instances,
    balance,
  };
  await work.store.saveShrink(name, { ...judged.state, identity });
  if (known.isBelieved) await work.store.unsay(beliefKey(name));
  const isStored = await work.store.saveSnapshot(snapshot, work.clock.now());
  if (isStored) await lengthenLeashes(work, previous, snapshot);
  if (isStored) await forPeople(work, countSavings(work, runtime, { previous, snapshot, operations }));
  if (isStored) await forPeople(work, noteMoney(work, runtime, snapshot));
  if (judged.shrunken) {
    if (!(await work.store.wasSaid(`quarantine|${name}`))) {
      const told = await tell(work, {
        event: 'snapshot.quarantined',
        severity: 'critical',
        account: name,
        instance: null,
        policy: null,
        action: null,
        occurrence: null,
        reason: 'shrunken-snapshot',
        text: `the listing of ${name} shrank from ${previous?.instances.length ?? 0} to ${listing.instances.length} instances at once; nothing is stopped, destroyed or created there until it is believed`,
        said: {
          kind: 'shrunken-listing',
          before: previous?.instances.length ?? 0,
          now: listing.instances.length,
        },
        opens: listingThread(name),
        details: { before: previous?.instances.length ?? 0, now: listing.instances.length },
        to: null,
        identity: `${name}|${listing.startedAt}`,
      });
      if (told) await work.store.sayOnce(`quarantine|${name}`, work.clock.now());
    }
  } else {
    await tellOver(work, `quarantine|${name}`, {
      ...ABOUT_NOBODY,
      event: 'snapshot.recovered',
      account: name,
      reason: 'shrunken-snapshot',
      text: `the listing of ${name} is believed again, with ${listing.instances.length} instances`,
      said: { kind: 'listing-recovered', listed: listing.instances.length },
      closes: listingThread(name),
      identity: `${name}|believed|${listing.startedAt}`,
    });
  }
  return snapshot;
}

/** One more point of how the money of the account goes. */
async function noteMoney(work: Work, runtime: AccountRuntime, snapshot: Snapshot): Promise<void> {
  if (work.moneyHistory === undefined) return;
  const { burnFenPerHour, runwayMs } = await accountMoney(work, runtime, snapshot);
  await work.moneyHistory.add(runtime.account.name, {
    at: snapshot.takenAt,
    balanceFen: snapshot.balance?.cashFen ?? null,
    burnFenPerHour,
    runwayMs,
  });
}

async function failed(work: Work, account: string, error: ProviderError): Promise<void> {
  const now = work.clock.now();
  const before = await work.store.health(account);
  const failures = before.failures + 1;
  await work.store.saveHealth(account, { triedAt: now, okAt: before.okAt, failures, detail: error.message });
  if (error.kind === 'unauthorised') await tripAll(work, account, error.message);
  work.log.warn({ err: error, account, failures }, 'an account could not be listed');
  if (failures < FAILURES_BEFORE_TELLING && error.kind !== 'unauthorised') return;
  if (await work.store.wasSaid(`unreachable|${account}`)) return;
  const told = await tell(work, {
    event: 'account.unreachable',
    severity: 'critical',
    account,
    instance: null,
    policy: null,
    action: null,
    occurrence: null,
    reason: error.kind,
    text: `account ${account} cannot be read (${error.kind}): ${error.message}; nothing is done there until it can`,
    said: { kind: 'unreachable', detail: asTold(error.message) },
    opens: accountThread(account),
    details: { failures, kind: error.kind },
    to: null,
    identity: `${account}|${before.okAt ?? 'never'}|${error.kind}`,
  });
  if (told) await work.store.sayOnce(`unreachable|${account}`, now);
}

async function recovered(work: Work, account: string, snapshot: Snapshot): Promise<void> {
  const now = work.clock.now();
  await work.store.saveHealth(account, {
    triedAt: now,
    okAt: now,
    failures: 0,
    detail: snapshot.incomplete === null ? 'ok' : `incomplete: ${snapshot.incomplete}`,
  });
  const over = { ...ABOUT_NOBODY, account, identity: `${account}|over|${snapshot.takenAt}` };
  const isOurs = await tellOver(work, `foreign|${account}`, {
    ...over,
    event: 'snapshot.recovered',
    reason: 'frozen',
    text: `the token of ${account} is that of the account again`,
    said: { kind: 'listing-recovered', listed: snapshot.instances.length },
    closes: tokenThread(account),
  });
  if (isOurs) {
    work.log.info({ account }, 'the token is that of the account again');
  }
  const isThere = await tellOver(work, `unreachable|${account}`, {
    ...over,
    event: 'account.recovered',
    reason: null,
    text: `account ${account} can be read again`,
    said: { kind: 'reachable' },
    closes: accountThread(account),
  });
  if (isThere) {
    work.log.info({ account }, 'an account can be read again');
    await work.store.tripBreaker(account, 'all', 0, '');
  }
}

const ABOUT_NOBODY = {
  severity: 'info',
  instance: null,
  policy: null,
  action: null,
  occurrence: null,
  details: {},
  to: null,
} as const;

/** Tells that something is over that was said, once; answers whether it was said. */
async function tellOver(work: Work, key: string, telling: Telling): Promise<boolean> {
  if (!(await work.store.wasSaid(key))) return false;
  // Told first and unsaid after: whoever dies in between tells it once more, rather than never.
  if (await tell(work, telling)) await work.store.unsay(key);
  return true;
}
