import { localDay } from '../calendar/zone.ts';
import { isWantedState } from '../decide/verdict.ts';
import { actionClass, needsClearView } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { type Instance, incarnation, parseInstanceKey } from '../fleet/instance.ts';
import { isProtected } from '../fleet/label.ts';
import type { Operation } from '../fleet/operation.ts';
import type { OperationReason } from '../fleet/reason.ts';
import { type CallOutcome, ProviderError } from '../providers/port.ts';
import { queueAct } from './arm.ts';
import type { AccountRuntime, Standing, Work } from './ports.ts';
import { secondLook } from './second-look.ts';
import { move } from './transition.ts';
import { queueVerify } from './verify.ts';

/**
 * From writing SENDING to the first byte. A process that was paused longer must not send: somebody else may have taken
 * the record for an orphan by then. (Measured in ms on a clock that never steps.)
 */
export const SEND_WINDOW_MS = 2_000;
/** The total deadline of one request to a cloud. A SENDING record older than both together has no living sender. */
export const CALL_MS = 30_000;

/** Waits after a try at which nothing was sent; then a person is asked, or the occasion is left. */
const BACK_OFF_MS = [30_000, 60_000, 120_000, 240_000, 480_000] as const;
/** An account whose credentials were refused is left alone for this long. */
const BREAKER_MS = 600_000;
/** Of a paid account, after more than this many unclear answers in an hour. */
const UNCLEAR_A_HOUR = 2;
const PAID_BREAKER_MS = 3_600_000;

/** Carries out one armed operation. Ringing for one that is not armed any more does no harm. */
export async function act(work: Work, operationId: string, signal: AbortSignal): Promise<void> {
  const operation = await work.store.ledger.get(operationId);
  if (operation === null) return;
  switch (operation.state) {
    case 'armed':
      await carryOut(work, operation, signal);
      return;
    case 'sending':
      // Either its sender is at it right now or it is gone; the tick takes it for an orphan when its time is over.
      return;
    case 'accepted':
    case 'uncertain':
    case 'verifying':
      await queueVerify(work, operation, 0);
      return;
    case 'confirmed':
    case 'rejected':
    case 'escalated':
    case 'superseded':
    case 'cancelled':
      return;
    default:
      assertNever(operation.state);
  }
}

async function carryOut(work: Work, operation: Operation, signal: AbortSignal): Promise<void> {
  const standing = work.standing();
  const runtime = standing.accounts.get(operation.account);
  if (runtime === undefined) {
    await move(work, operation, {
      to: 'cancelled',
      reason: 'not-allowed',
      detail: 'the account is no longer configured',
    });
    return;
  }
  const stop = await standingReason(work, operation, runtime);
  if (stop !== null) {
    await move(work, operation, { to: 'cancelled', ...stop });
    return;
  }
  if (operation.action === 'create') {
    await send(work, operation, runtime, standing, null, signal);
    return;
  }
  const instance = await reread(work, operation, runtime, signal);
  if (instance === 'unreadable') return;
  const changed = whatChanged(operation, instance);
  if (changed !== null) {
    await move(work, operation, { to: 'superseded', ...changed });
    return;
  }
  if (instance === null) throw new Error(`${operation.id}: an instance that is gone was not noticed; a bug of ours`);
  const refused =
    operation.policy === null
      ? await byHandReason(work, operation, standing, instance)
      : await secondLook(work, operation, runtime, standing, instance, signal);
  if (refused !== null) {
    await move(work, operation, { to: 'cancelled', ...refused });
    return;
  }
  await send(work, operation, runtime, standing, instance, signal);
}

interface No {
  readonly reason: OperationReason;
  readonly detail: string;
}

/** What holds for everybody, policies and people alike. */
async function standingReason(work: Work, operation: Operation, runtime: AccountRuntime): Promise<No | null> {
  if (await work.store.paused()) return { reason: 'paused', detail: 'all acting is paused' };
  if (!runtime.account.actions.includes(operation.action)) {
    return {
      reason: 'not-allowed',
      detail: `account ${operation.account} does not list the action ${operation.action}`,
    };
  }
  const breaker = await work.store.breaker(operation.account, work.clock.now());
  if (breaker.all) return { reason: 'breaker', detail: 'the credentials of the account were refused' };
  const kind = actionClass(operation.action);
  if (kind === 'paid' || kind === 'destructive') {
    const frozen = (await work.store.ledger.frozen()) ?? work.paidWorkOff();
    if (frozen !== null) return { reason: 'frozen', detail: frozen };
    if (kind === 'paid' && runtime.account.spendLimit === null) {
      return {
        reason: 'spend-limit',
        detail: `account ${operation.account} has no spendLimit, and without one nothing is paid`,
      };
    }
    if (kind === 'paid' && breaker.paid)
      return { reason: 'breaker', detail: 'too many unclear answers to paid requests' };
  }
  return null;
}

/** A person's own wish has no policy to ask again; what protects the instance from robots protects it here too. */
async function byHandReason(
  work: Work,
  operation: Operation,
  standing: Standing,
  instance: Instance,
): Promise<No | null> {
  if (!needsClearView(operation.action, instance.provider)) return null;
  const now = work.clock.now();
  const hold = (await work.store.holds(now)).find((candidate) => candidate.instance === operation.instance);
  if (hold !== undefined) return { reason: 'hold', detail: `held by ${hold.owner}: ${hold.reason}` };
  if (isProtected(standing.labels(instance))) return { reason: 'protected', detail: 'the label protect is "true"' };
  if (instance.status === 'unknown') {
    return { reason: 'unknown-status', detail: `the cloud says "${instance.rawStatus}", which nobody has taught us` };
  }
  return null;
}

async function reread(
  work: Work,
  operation: Operation,
  runtime: AccountRuntime,
  signal: AbortSignal,
): Promise<Instance | null | 'unreadable'> {
  try {
    return await runtime.provider.read(operation.instanceId, signal);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    work.log.info({ err: error, operation: operation.id }, 'the instance could not be read again; the operation waits');
    if (error.kind === 'unauthorised') await tripAll(work, operation.account, error.message);
    await putOff(work, operation, error.message);
    return 'unreadable';
  }
}

/** The fence: another machine under the id, another expiry, or nothing left to do. */
function whatChanged(operation: Operation, instance: Instance | null): No | null {
  if (instance === null) return { reason: 'gone', detail: 'a complete listing does not contain it' };
  const { observed } = operation;
  if (
    observed.createdAt !== null &&
    instance.createdAt !== null &&
    incarnation(instance) !== incarnation({ id: instance.id, createdAt: observed.createdAt })
  ) {
    return { reason: 'changed', detail: 'another machine has this id now' };
  }
  if (actionClass(operation.action) === 'paid') {
    if (instance.expiresAt !== observed.expiresAt) return { reason: 'changed', detail: 'its expiry has moved since' };
    if (instance.billing !== observed.billing)
      return { reason: 'changed', detail: `it is billed ${instance.billing} now` };
  }
  if (isWantedState(operation, instance)) return { reason: 'already-so', detail: `it is ${instance.status} already` };
  return null;
}

/** Nothing was sent and nothing is known to be wrong with the wish: wait and try again, for a while. */
async function putOff(work: Work, operation: Operation, detail: string): Promise<void> {
  const waited = work.clock.now() - operation.createdAt;
  let total = 0;
  for (const [index, step] of BACK_OFF_MS.entries()) {
    total += step;
    if (waited < total && index >= operation.tries) {
      await queueAct(work, operation, Math.round(step * (0.75 + work.random() / 2)));
      return;
    }
  }
  const paid = actionClass(operation.action) !== 'reversible';
  await move(work, operation, { to: paid ? 'escalated' : 'cancelled', reason: 'not-sent-too-often', detail });
}

interface Gate {
  /** The SENDING record of this process, once it is written. */
  sent: Operation | null;
  refusal: 'none' | 'stale' | 'spend-limit' | 'frozen' | 'send-window';
}

async function send(
  work: Work,
  operation: Operation,
  runtime: AccountRuntime,
  standing: Standing,
  instance: Instance | null,
  signal: AbortSignal,
): Promise<void> {
  const state: Gate = { sent: null, refusal: 'none' };
  const call = callNow(operation);
  const outcome = await runtime.provider.act(operation.instanceId, call, {
    signal,
    gate: async () => await openGate(work, operation, runtime, standing, state),
  });
  const { sent } = state;
  if (sent === null) {
    await nothingWritten(work, operation, state, outcome);
    return;
  }
  await settleOutcome(work, sent, outcome, instance);
}

/** On the way out: huixingyun's start is chosen by how the instance was stopped; not knowing, the ordinary one is tried. */
function callNow(operation: Operation): Operation['call'] {
  return operation.call;
}

/** Connected and about to write: SENDING must be durable first, and the first byte must follow at once. */
async function openGate(
  work: Work,
  operation: Operation,
  runtime: AccountRuntime,
  standing: Standing,
  state: Gate,
): Promise<boolean> {
  const began = performance.now();
  const now = work.clock.now();
  const { spendLimit } = runtime.account;
  const paid = actionClass(operation.action) === 'paid';
  const result = await move(work, operation, {
    to: 'sending',
    reason: 'sending',
    patch: { sendingAt: now, deadlineAt: now + SEND_WINDOW_MS + CALL_MS, nextCheckAt: now + SEND_WINDOW_MS + CALL_MS },
    ...(paid && spendLimit !== null
      ? { spend: { ...spendLimit, costFen: operation.costFen, dayKey: localDay(now, standing.zone) } }
      : {}),
  });
  if (result.kind !== 'moved') {
    state.refusal = result.kind === 'absent' ? 'stale' : result.kind;
    return false;
  }
  state.sent = result.operation;
  if (performance.now() - began > SEND_WINDOW_MS) {
    state.refusal = 'send-window';
    return false;
  }
  return true;
}

async function nothingWritten(work: Work, operation: Operation, state: Gate, outcome: CallOutcome): Promise<void> {
  switch (state.refusal) {
    case 'stale':
      return;
    case 'spend-limit':
    case 'frozen':
      await move(work, operation, { to: 'cancelled', reason: state.refusal, detail: 'found just before sending' });
      return;
    case 'none':
      if (outcome.kind === 'rejected')
        await move(work, operation, { to: 'cancelled', reason: 'not-supported', detail: outcome.detail });
      else await putOff(work, operation, outcome.detail);
      return;
    case 'send-window':
      throw new Error(`${operation.id}: the send window was over without a record; a bug of ours`);
    default:
      assertNever(state.refusal);
  }
}

/** Writes down what the cloud answered. From here on only reading can tell what became of it. */
async function settleOutcome(
  work: Work,
  sent: Operation,
  outcome: CallOutcome,
  _instance: Instance | null,
): Promise<void> {
  const now = work.clock.now();
  const paid = actionClass(sent.action) === 'paid';
  switch (outcome.kind) {
    case 'accepted': {
      const result = await move(work, sent, {
        to: 'accepted',
        reason: 'accepted',
        detail: outcome.detail,
        patch: { orderId: outcome.orderId, effectiveAt: outcome.effectiveAt, nextCheckAt: now },
      });
      if (result.kind === 'moved') await queueVerify(work, result.operation, null);
      return;
    }
    case 'rejected':
      if (sent.call.kind === 'start' && sent.call.stopMode === 'unknown' && sent.tries === 0) {
        await startTheOtherWay(work, sent, outcome.detail);
        return;
      }
      await move(work, sent, { to: 'rejected', reason: 'refused', detail: outcome.detail });
      return;
    case 'unauthorised':
      await tripAll(work, sent.account, outcome.detail);
      await move(work, sent, { to: 'rejected', reason: 'unauthorised', detail: outcome.detail });
      return;
    case 'throttled':
      await backToArmed(work, sent, 'throttled', outcome.detail, outcome.retryAfterMs);
      return;
    case 'not-sent':
      await backToArmed(work, sent, 'not-sent', outcome.detail, null);
      return;
    case 'uncertain': {
      const result = await move(work, sent, {
        to: 'uncertain',
        reason: 'uncertain',
        detail: outcome.detail,
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
async function startTheOtherWay(work: Work, sent: Operation, detail: string): Promise<void> {
  const result = await move(work, sent, {
    to: 'armed',
    reason: 'refused',
    detail: `${detail}; the cardless start is tried next`,
    patch: { call: { kind: 'start', stopMode: 'cardless' }, tries: sent.tries + 1 },
  });
  if (result.kind === 'moved') await queueAct(work, result.operation, 0);
}

async function backToArmed(
  work: Work,
  sent: Operation,
  reason: 'throttled' | 'not-sent',
  detail: string,
  afterMs: number | null,
): Promise<void> {
  const step = BACK_OFF_MS[sent.tries];
  if (step === undefined) {
    await move(work, sent, { to: 'escalated', reason: 'not-sent-too-often', detail });
    return;
  }
  const result = await move(work, sent, {
    to: 'armed',
    reason,
    detail,
    patch: { tries: sent.tries + 1, sendingAt: null, deadlineAt: null, nextCheckAt: null },
  });
  if (result.kind === 'moved')
    await queueAct(work, result.operation, afterMs ?? Math.round(step * (0.75 + work.random() / 2)));
}

/** Credentials were refused: nothing is tried on the account until they may have been mended, and people hear of it. */
export async function tripAll(work: Work, account: string, why: string): Promise<void> {
  await work.store.tripBreaker(account, 'all', work.clock.now() + BREAKER_MS, why);
}

async function countUnclear(work: Work, account: string): Promise<void> {
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

/** For callers that have only the text: which account an instance key names. */
export function accountOf(instance: string): string | null {
  return parseInstanceKey(instance)?.account ?? null;
}
