import { inEnglish } from '../decide/in-english.ts';
import {
  checkAfter,
  checkAfterFailure,
  type Reading,
  settleMs,
  unread,
  type Verdict,
  verify,
} from '../decide/verdict.ts';
import { actionClass } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { asTold } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Operation } from '../fleet/operation.ts';
import { isTerminal } from '../fleet/operation.ts';
import type { Listing } from '../fleet/snapshot.ts';
import { ProviderError } from '../providers/port.ts';
import type { AccountRuntime, Work } from './ports.ts';
import { strangeToken } from './strange-token.ts';
import { takeBack } from './take-back.ts';
import { move } from './transition.ts';

/** Is it an operation that reading can move on? */
export function awaitsReading(operation: Operation): boolean {
  switch (operation.state) {
    case 'accepted':
    case 'uncertain':
    case 'verifying':
    case 'escalated':
      return operation.sendingAt !== null;
    case 'armed':
    case 'sending':
    case 'confirmed':
    case 'rejected':
    case 'superseded':
    case 'cancelled':
      return false;
    default:
      return assertNever(operation.state);
  }
}

/**
 * Is it looked at together with others of its account? A stop or start that the cloud has accepted has nothing to tell
 * before it is due, and there may be hundreds at once: they ring one bell instead of one each.
 */
function isLookedAtTogether({ action, state }: Operation): boolean {
  return (
    actionClass(action) === 'reversible' && action !== 'snapshot' && (state === 'accepted' || state === 'verifying')
  );
}

/**
 * Queues the next look at an operation. `null`: when the schedule says; `'failed'`: likewise, after a look that failed.
 * One that is lost is made up for by the tick.
 */
export async function queueVerify(work: Work, operation: Operation, delayMs: number | 'failed' | null): Promise<void> {
  const now = work.clock.now();
  const plan = delayMs === 'failed' ? checkAfterFailure : checkAfter;
  const wait = typeof delayMs === 'number' ? delayMs : Math.max(0, plan(operation, now) - now);
  if (typeof delayMs !== 'number' && isLookedAtTogether(operation)) {
    await queueLook(work, operation, wait);
    return;
  }
  // The second it is due, since the job that asks for the next look, one that failed and one whose process is gone all
  // hold on to their ids.
  const second = Math.floor((now + wait) / 1000);
  try {
    await work.queue.verify(operation.id, `${operation.id}.${operation.version}.${second}`, wait);
  } catch (error) {
    work.log.warn(
      { err: error, operation: operation.id },
      'a check of an operation could not be queued; the next tick will',
    );
  }
}

async function queueLook(work: Work, operation: Operation, wait: number): Promise<void> {
  try {
    await work.queue.look(operation.account, wait);
  } catch (error) {
    work.log.warn(
      { err: error, operation: operation.id },
      'a check of an operation could not be queued; the next tick will',
    );
  }
}

/** A bell may ring a little early, since its wait is rounded; what would be due a moment later is looked at now. */
const EARLY_MS = 1_000;

/** Looks at the operations of an account that are looked at together and are due. */
export async function look(work: Work, account: string, signal: AbortSignal): Promise<void> {
  const now = work.clock.now();
  const due = (await work.store.ledger.unfinished()).filter(
    (operation) =>
      operation.account === account &&
      isLookedAtTogether(operation) &&
      (operation.nextCheckAt ?? now) <= now + EARLY_MS,
  );
  await Promise.all(due.map((operation) => check(work, operation.id, signal)));
}

/** Looks at one operation by reading its instance. */
export async function check(work: Work, operationId: string, signal: AbortSignal): Promise<void> {
  const operation = await work.store.ledger.get(operationId);
  if (operation === null || isTerminal(operation.state) || !awaitsReading(operation)) return;
  const runtime = work.standing().accounts.get(operation.account);
  if (runtime === undefined) {
    // Nobody can look any more. After the settle time that is for a person to know.
    if (operation.state === 'escalated' || work.clock.now() - operation.updatedAt < settleMs(operation)) return;
    await move(work, operation, {
      to: 'escalated',
      reason: 'not-seen',
      detail: { kind: 'account-gone', account: operation.account },
    });
    return;
  }
  if ((await strangeToken(work, runtime)) !== null) {
    // Another account's listing would show it gone. It waits for the right token.
    await queueVerify(work, operation, 'failed');
    return;
  }
  if (await takeBack(work, operation, runtime, signal)) return;
  try {
    const reading = await read(work, operation, runtime, signal);
    await applyReading(work, operation, reading);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    work.log.info({ err: error, operation: operation.id }, 'an operation could not be checked');
    await notRead(work, operation, error.message);
  }
}

/** It is looked at again later; and at the end a person is told that it cannot be. */
async function notRead(work: Work, operation: Operation, why: string): Promise<void> {
  const now = work.clock.now();
  const learned = (await work.store.settleTimes(operation.account)).get(operation.action) ?? null;
  const verdict = unread(operation, asTold(why), now, learned);
  if (verdict.kind === 'escalate' && operation.state !== 'escalated') await giveUp(work, operation, verdict);
  else await queueVerify(work, operation, 'failed');
}

async function read(work: Work, operation: Operation, runtime: AccountRuntime, signal: AbortSignal): Promise<Reading> {
  const readStartedAt = work.clock.now();
  if (operation.action === 'create') return fromListing(operation, await runtime.provider.list(signal));
  const instance = await runtime.provider.read(operation.instanceId, signal);
  const savedImage =
    operation.call.kind === 'snapshot' && instance !== null
      ? await runtime.provider.savedImage(operation.call.name, instance, signal)
      : null;
  return { instance, readStartedAt, complete: true, savedImage };
}

/** What a whole listing says of one operation. A creation is found by its order, or as the one machine that is new. */
export function fromListing(operation: Operation, listing: Listing): Reading {
  if (operation.action !== 'create') {
    return readingOf(
      listing.instances.find((candidate) => candidate.id === operation.instanceId),
      listing,
    );
  }
  const found = mayBeOrdered(operation, listing.instances);
  return { ...readingOf(found.length === 1 ? found[0] : undefined, listing), matches: found.length };
}

/** Clouds cut their times to the second, and their clocks are not ours. */
const CREATED_SLACK_MS = 120_000;

/**
 * Which machines may be the one that was ordered: by the order's number, where the cloud said one. After an answer that
 * was lost, those that were not listed right before the order and are not older than it.
 */
function mayBeOrdered(operation: Operation, instances: readonly Instance[]): readonly Instance[] {
  const { orderId, listedBefore, sendingAt } = operation;
  if (orderId !== null) return instances.filter((candidate) => candidate.orderId === orderId);
  if (listedBefore === null || sendingAt === null) return [];
  const known = new Set(listedBefore);
  return instances.filter(
    ({ id, createdAt }) => !known.has(id) && (createdAt === null || createdAt >= sendingAt - CREATED_SLACK_MS),
  );
}

function readingOf(instance: Instance | undefined, listing: Listing): Reading {
  return {
    instance: instance ?? null,
    readStartedAt: listing.startedAt,
    complete: listing.incomplete === null,
    savedImage: null,
  };
}

/** Every complete listing is a look at all operations of the account. */
export async function settleByListing(work: Work, account: string, listing: Listing): Promise<void> {
  const open = (await work.store.ledger.unfinished()).filter(
    (operation) => operation.account === account && awaitsReading(operation) && operation.call.kind !== 'snapshot',
  );
  if (open.length === 0) return;
  const byId = new Map(listing.instances.map((instance) => [instance.id, instance]));
  const reading = (operation: Operation): Reading =>
    operation.action === 'create'
      ? fromListing(operation, listing)
      : readingOf(byId.get(operation.instanceId), listing);
  await Promise.all(open.map((operation) => applyReading(work, operation, reading(operation), 'listing')));
}

/** What is not to be seen yet is waited for as long as it was seen to take on that account. */
async function judge(work: Work, operation: Operation, reading: Reading, now: number): Promise<Verdict> {
  const verdict = verify(operation, reading, now);
  const isGuarded = actionClass(operation.action) !== 'reversible';
  if (!isGuarded || verdict.kind !== 'escalate' || verdict.reason !== 'not-seen') return verdict;
  const settleMs = (await work.store.settleTimes(operation.account)).get(operation.action) ?? null;
  return verify(operation, { ...reading, settleMs }, now);
}

/** An effect that was found after a longer pause says nothing of when it came. */
const LONGEST_UNSEEN_MS = 10 * 60_000;

/** Learns from when an effect was first seen how long to wait for the next one's. */
async function learn(work: Work, operation: Operation, seenAt: number): Promise<void> {
  const { account, action, sendingAt, updatedAt, state } = operation;
  if (sendingAt === null) return;
  const delayMs = seenAt - sendingAt;
  work.metrics.settleSeconds.observe({ account, action }, delayMs / 1000);
  // An escalated one is looked at by every poll, which is not written down each time.
  const wasLookedAt = state === 'escalated' || seenAt - updatedAt <= LONGEST_UNSEEN_MS;
  if (actionClass(action) !== 'reversible' && wasLookedAt) await work.store.learnSettle(account, action, delayMs);
}

/** Attempts at a stop or start that showed nothing, before a person is called. */
const REPEATS = 3;

function mayBeRepeated(operation: Operation): boolean {
  const { action, by, attempt } = operation;
  // Nobody asks again for what a person asked for once.
  const asksAgain = by.startsWith('policy ') && attempt < REPEATS;
  return asksAgain && (action === 'stop' || action === 'cardless-stop' || action === 'start');
}

/**
 * Nothing came of a stop or a start: it may be asked for again, since asking twice does no harm. A person is called when
 * that has not helped either, and for everything else at once.
 */
async function giveUp(
  work: Work,
  operation: Operation,
  { reason, detail }: Extract<Verdict, { kind: 'escalate' }>,
): Promise<void> {
  if (reason === 'not-seen' && mayBeRepeated(operation))
    await move(work, operation, { to: 'rejected', reason: 'not-seen', detail, outcome: 'none' });
  else await move(work, operation, { to: 'escalated', reason, detail });
}

/** Moves an operation on by what was read. */
export async function applyReading(
  work: Work,
  operation: Operation,
  reading: Reading,
  source: 'check' | 'listing' = 'check',
): Promise<void> {
  // An absence in a listing that is not whole says nothing, and one that began before the request is no look at it.
  if (operation.sendingAt === null || reading.readStartedAt < operation.sendingAt) return;
  const now = work.clock.now();
  const verdict = await judge(work, operation, reading, now);
  switch (verdict.kind) {
    case 'confirmed': {
      if (verdict.reason === 'excess') {
        const why = `${operation.instance}: ${inEnglish(verdict.detail, work.standing().zone.name)}`;
        await work.store.ledger.freeze('paid', 'excess', now, why);
      }
      const { reason, detail } = verdict;
      const result = await move(work, operation, { to: 'confirmed', reason, detail });
      if (result.kind === 'moved' && !result.replayed) await learn(work, operation, reading.readStartedAt);
      return;
    }
    case 'failed':
      if (operation.state === 'escalated') return;
      await move(work, operation, { to: 'rejected', reason: 'failed', detail: verdict.detail });
      return;
    case 'escalate':
      if (operation.state !== 'escalated') await giveUp(work, operation, verdict);
      return;
    case 'waiting': {
      // A listing that shows nothing yet is told by the next check; writing it down each time would only fill the record.
      if (source === 'listing' || operation.state === 'escalated') return;
      const checks = operation.checks + 1;
      const next = checkAfter({ ...operation, checks }, now);
      const result = await move(work, operation, {
        to: 'verifying',
        reason: 'verifying',
        detail: verdict.detail,
        patch: { checks, nextCheckAt: next },
      });
      if (result.kind === 'moved') await queueVerify(work, result.operation, null);
      return;
    }
    default:
      assertNever(verdict);
  }
}
