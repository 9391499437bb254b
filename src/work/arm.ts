import type { Cap } from '../decide/decision.ts';
import { actionClass, type CloudAction } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { instanceKey } from '../fleet/instance.ts';
import type { Operation } from '../fleet/operation.ts';
import type { ArmResult } from '../store/ledger.ts';
import { draftOf, type Wish } from './draft.ts';
import type { ActQueue, Work } from './ports.ts';

/** A refusal by the cloud is final for its attempt; the next may follow after an hour, three a day at most. */
const AFTER_REFUSAL_MS = 3_600_000;
const REFUSALS_A_DAY = 3;
const DAY_MS = 86_400_000;
/** After an attempt that the second look cancelled, see {@link pauseAfter}. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 1_800_000;
/**
 * Attempts at one wish over its whole life. With the pauses this is about a day; it only stops a wish that is cancelled
 * for ever by something we do not understand, and then it is said.
 */
export const MOST_ATTEMPTS = 50;

export function queueOf(action: CloudAction): ActQueue {
  const kind = actionClass(action);
  switch (kind) {
    case 'reversible':
      return 'act-reversible';
    case 'paid':
      return 'act-paid';
    case 'destructive':
      return 'act-destructive';
    case 'message':
      throw new Error(`${action} is no cloud action; a bug of ours`);
    default:
      return assertNever(kind);
  }
}

const TAKEN_BACK: ReadonlySet<Operation['reason']> = new Set(['hold', 'activity', 'paused']);

/** The first attempts follow at once; one that is cancelled again and again waits longer each time. */
function pauseAfter(attempt: number): number {
  return attempt <= 2 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 3));
}

/** May a new attempt follow this one? Only one that provably changed nothing, and a refused one not at once. */
function mayFollow(previous: Operation, now: number, refusals: number): boolean {
  switch (previous.state) {
    case 'cancelled':
    case 'superseded':
      // A timer that was taken back before it fired changed nothing; other sent ones are settled by a person.
      if (previous.sendingAt !== null && !TAKEN_BACK.has(previous.reason)) return false;
      return now - previous.updatedAt >= pauseAfter(previous.attempt);
    case 'rejected':
      // A stop or start that showed nothing may be asked for again at once; see verify.ts.
      if (previous.reason === 'not-seen') return true;
      return now - previous.updatedAt >= AFTER_REFUSAL_MS && refusals < REFUSALS_A_DAY;
    case 'armed':
    case 'sending':
    case 'accepted':
    case 'uncertain':
    case 'verifying':
    case 'confirmed':
    case 'escalated':
      return false;
    default:
      return assertNever(previous.state);
  }
}

/** Arms the next attempt at a wish that may be made, and queues the job that carries it out. */
export async function arm(work: Work, wish: Wish, caps: readonly Cap[]): Promise<ArmResult> {
  const now = work.clock.now();
  let refusals = 0;
  let result: ArmResult | null = null;
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
    result = await work.store.ledger.arm(draftOf(wish, attempt), { now, caps });
    if (result.kind !== 'duplicate') break;
    if (result.operation.state === 'rejected' && now - result.operation.updatedAt < DAY_MS) refusals += 1;
    if (!mayFollow(result.operation, now, refusals)) break;
    if (attempt === MOST_ATTEMPTS) await exhausted(work, wish);
  }
  if (result === null) throw new Error('no attempt was made; a bug of ours');
  if (result.kind === 'armed') await queueAct(work, result.operation, 0);
  return result;
}

/**
 * Queues the job for an armed operation. The job is only a doorbell: ringing twice does no harm, and a ring that is lost
 * is made up for by the tick, which looks for armed operations that nobody works on.
 */
export async function queueAct(work: Work, operation: Operation, delayMs: number): Promise<void> {
  const minute = Math.floor((work.clock.now() + delayMs) / 60_000);
  const jobId = `${operation.id}.${operation.version}.${minute}`;
  try {
    await work.queue.act(queueOf(operation.action), operation.id, jobId, delayMs);
  } catch (error) {
    work.log.warn(
      { err: error, operation: operation.id },
      'the job of an operation could not be queued; the next tick will',
    );
  }
}

/** Said once: a wish that is given up in silence would look like a wish that nobody had. */
async function exhausted(work: Work, wish: Wish): Promise<void> {
  const key = instanceKey(wish.instance);
  if (!(await work.store.sayOnce(`exhausted|${wish.key}`, work.clock.now()))) return;
  const text = `${wish.action} of ${wish.instance.name} (${key}) was called off ${MOST_ATTEMPTS} times just before it was done, and is given up for ${wish.occurrence}`;
  work.log.error(
    { instance: key, policy: wish.policy, action: wish.action, occurrence: wish.occurrence },
    'an operation was given up',
  );
  await work.store.audit({
    at: work.clock.now(),
    kind: 'missed',
    account: wish.instance.account,
    instance: key,
    policy: wish.policy,
    reason: 'missed',
    text,
    data: { action: wish.action, occurrence: wish.occurrence },
  });
  work.onEvent(text);
}
