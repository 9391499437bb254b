import { localDay } from '../calendar/zone.ts';
import { checkAfter } from '../decide/verdict.ts';
import { actionClass } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { asTold, type Detail } from '../fleet/detail/detail.ts';
import type { Operation, OperationPatch } from '../fleet/operation.ts';
import type { CallOutcome } from '../providers/port.ts';
import { queueAct } from './arm.ts';
import { countUnclear, tripAll } from './breaker.ts';
import { breach, brokenSending } from './invariants.ts';
import type { AccountRuntime, Standing, Work } from './ports.ts';
import { backOffMs, putOff } from './put-off.ts';
import { move } from './transition.ts';
import { queueVerify } from './verify.ts';

/**
 * From writing SENDING to the first byte. A process that was paused longer must not send: somebody else may have taken
 * the record for an orphan by then. (Measured in ms on a clock that never steps.)
 */
export const SEND_WINDOW_MS = 2_000;
/** The total deadline of one request to a cloud. A SENDING record older than both together has no living sender. */
export const CALL_MS = 30_000;

/** The next destruction of an account waits until the one before it is seen, and looks again after this. */
export const NEXT_DESTROY_MS = 30_000;

/**
 * What the request rests on. A process may be paused, or kept waiting by the account's rate budget, between its last look
 * and its turn: what was seen too long ago is looked at again instead of being acted on.
 */
export interface LastLook {
  /** When it began, by the clock that never steps. */
  readonly at: number;
  /** Real ms. */
  readonly maxAgeMs: number;
}

interface Gate {
  readonly look: LastLook;
  /** The SENDING record of this process, once it is written. */
  sent: Operation | null;
  refusal: 'none' | 'stale' | 'stale-look' | 'spend-limit' | 'frozen' | 'busy' | 'send-window';
}

/** Sends the one request of an armed operation and writes down what the cloud answered. */
export async function send(
  work: Work,
  operation: Operation,
  runtime: AccountRuntime,
  standing: Standing,
  look: LastLook,
  signal: AbortSignal,
  also: Pick<OperationPatch, 'listedBefore'> = {},
): Promise<void> {
  const state: Gate = { look, sent: null, refusal: 'none' };
  const outcome = await runtime.provider.act(operation.instanceId, operation.call, {
    signal,
    gate: async () => await openGate(work, operation, runtime, standing, state, also),
  });
  const { sent } = state;
  if (sent === null) {
    await nothingWritten(work, operation, state, outcome, signal);
    return;
  }
  await settleOutcome(work, sent, outcome);
}

/** Connected and about to write: SENDING must be durable first, and the first byte must follow at once. */
async function openGate(
  work: Work,
  operation: Operation,
  runtime: AccountRuntime,
  standing: Standing,
  state: Gate,
  also: Pick<OperationPatch, 'listedBefore'>,
): Promise<boolean> {
  const began = work.clock.monotonic();
  if (realMsSince(work, state.look.at) > state.look.maxAgeMs) {
    state.refusal = 'stale-look';
    return false;
  }
  const now = work.clock.now();
  const { spendLimit } = runtime.account;
  const kind = actionClass(operation.action);
  const paid = kind === 'paid';
  const outages = work.store.outages();
  let run = '';
  if (kind !== 'reversible') {
    // Redis may have come back older than it was a moment ago; the ledger then freezes itself, and the step below is refused.
    await work.store.ledger.lookAgain(now);
    run = await work.store.lookAtRun(now);
    // Asked for once more: it may have become so since, as when the last look's own answer showed our clock to be wrong.
    if (work.paidWorkOff() !== null) {
      state.refusal = 'frozen';
      return false;
    }
  }
  const result = await move(work, operation, {
    to: 'sending',
    reason: 'sending',
    patch: {
      ...also,
      sendingAt: now,
      deadlineAt: now + SEND_WINDOW_MS + CALL_MS,
      nextCheckAt: now + SEND_WINDOW_MS + CALL_MS,
    },
    ...(paid && spendLimit !== null
      ? { spend: { ...spendLimit, costFen: operation.costFen, dayKey: localDay(now, standing.zone) } }
      : {}),
  });
  if (result.kind !== 'moved') {
    state.refusal = result.kind === 'absent' ? 'stale' : result.kind;
    return false;
  }
  state.sent = result.operation;
  const broken = brokenSending(operation, result.operation, runtime);
  if (broken !== null) {
    await breach(work, broken, operation);
    state.refusal = 'frozen';
    return false;
  }
  // SENDING may stand in another Redis than the one that was looked at.
  const wasAway = kind !== 'reversible' && work.store.outages() !== outages;
  const isAnother = wasAway && (await work.store.lookAtRun(now).catch(() => null)) !== run;
  if (isAnother || realMsSince(work, began) > SEND_WINDOW_MS) {
    state.refusal = 'send-window';
    return false;
  }
  return true;
}

/** Real time, whatever the pace of our clock: what it limits happens in the real world. */
function realMsSince(work: Work, at: number): number {
  return work.clock.toReal(work.clock.monotonic() - at);
}

async function nothingWritten(
  work: Work,
  operation: Operation,
  state: Gate,
  outcome: CallOutcome,
  signal: AbortSignal,
): Promise<void> {
  switch (state.refusal) {
    case 'stale':
      return;
    case 'stale-look':
      await putOff(work, operation, { kind: 'look-too-old' }, signal);
      return;
    case 'spend-limit':
    case 'frozen':
      await move(work, operation, {
        to: 'cancelled',
        reason: state.refusal,
        detail: { kind: 'found-before-sending', reason: state.refusal },
      });
      return;
    case 'busy':
      await queueAct(work, operation, NEXT_DESTROY_MS);
      return;
    case 'none':
      if (outcome.kind === 'rejected')
        await move(work, operation, { to: 'cancelled', reason: 'not-supported', detail: asTold(outcome.detail) });
      else await putOff(work, operation, asTold(outcome.detail), signal);
      return;
    case 'send-window':
      throw new Error(`${operation.id}: the send window was over without a record; a bug of ours`);
    default:
      assertNever(state.refusal);
  }
}

/** Writes down what the cloud answered. From here on only reading can tell what became of it. */
async function settleOutcome(work: Work, sent: Operation, outcome: CallOutcome): Promise<void> {
  const now = work.clock.now();
  const paid = actionClass(sent.action) === 'paid';
  switch (outcome.kind) {
    case 'accepted': {
      const result = await move(work, sent, {
        to: 'accepted',
        reason: 'accepted',
        detail: asTold(outcome.detail),
        patch: { orderId: outcome.orderId, effectiveAt: outcome.effectiveAt, nextCheckAt: checkAfter(sent, now) },
      });
      if (result.kind === 'moved') await queueVerify(work, result.operation, null);
      return;
    }
    case 'rejected':
      if (sent.call.kind === 'start' && sent.call.stopMode === 'unknown' && sent.tries === 0) {
        await startTheOtherWay(work, sent, asTold(outcome.detail));
        return;
      }
      await move(work, sent, { to: 'rejected', reason: 'refused', detail: asTold(outcome.detail) });
      return;
    case 'unauthorised':
      await tripAll(work, sent.account, outcome.detail);
      await move(work, sent, { to: 'rejected', reason: 'unauthorised', detail: asTold(outcome.detail) });
      return;
    case 'throttled':
      await backToArmed(work, sent, 'throttled', asTold(outcome.detail), outcome.retryAfterMs);
      return;
    case 'not-sent':
      await backToArmed(work, sent, 'not-sent', asTold(outcome.detail), null);
      return;
    case 'uncertain': {
      const result = await move(work, sent, {
        to: 'uncertain',
        reason: 'uncertain',
        detail: asTold(outcome.detail),
        patch: { nextCheckAt: sent.deadlineAt },
      });
      if (paid) await countUnclear(work, sent.account);
      if (result.kind === 'moved') await queueVerify(work, result.operation, null);
      return;
    }
    default:
      assertNever(outcome);
  }
}

/** Nobody knew how it was stopped and the ordinary start was refused: after a fresh look, the cardless start, once. */
async function startTheOtherWay(work: Work, sent: Operation, why: Detail): Promise<void> {
  const result = await move(work, sent, {
    to: 'armed',
    reason: 'refused',
    detail: { kind: 'then-cardless', why },
    patch: { call: { kind: 'start', stopMode: 'cardless' }, tries: sent.tries + 1 },
  });
  if (result.kind === 'moved') await queueAct(work, result.operation, 0);
}

async function backToArmed(
  work: Work,
  sent: Operation,
  reason: 'throttled' | 'not-sent',
  detail: Detail,
  afterMs: number | null,
): Promise<void> {
  const now = work.clock.now();
  const waitMs = backOffMs(sent.tries, work.random);
  const wait = afterMs ?? waitMs ?? 0;
  const result = await move(work, sent, {
    to: 'armed',
    reason,
    detail,
    patch: { tries: sent.tries + 1, sendingAt: null, deadlineAt: null, nextCheckAt: now + wait },
  });
  if (result.kind !== 'moved') return;
  if (waitMs !== null) await queueAct(work, result.operation, wait);
  // Tried often enough; nothing was sent, so the occasion is free again and the next pass decides anew.
  else await move(work, result.operation, { to: 'cancelled', reason: 'not-sent-too-often', detail });
}
