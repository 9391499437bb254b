import type { Cap } from '../decide/decision.ts';
import { actionClass, type CloudAction } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Operation } from '../fleet/operation.ts';
import type { ArmResult } from '../store/ledger.ts';
import { draftOf, type Wish } from './draft.ts';
import type { ActQueue, Work } from './ports.ts';

/** A refusal by the cloud is final for its attempt; the next may follow after an hour, three a day at most. */
const AFTER_REFUSAL_MS = 3_600_000;
const REFUSALS_A_DAY = 3;
const DAY_MS = 86_400_000;
/**
 * Attempts at one wish over its whole life. Cancelled attempts changed nothing and do not wait, so this only stops a
 * wish that is cancelled for ever by something we do not understand.
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

/** May a new attempt follow this one? Only one that provably changed nothing, and a refused one not at once. */
function mayFollow(previous: Operation, now: number, refusals: number): boolean {
  switch (previous.state) {
    case 'cancelled':
    case 'superseded':
      // Sent ones end there too when a person closes or approves them; those are settled.
      return previous.sendingAt === null;
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
