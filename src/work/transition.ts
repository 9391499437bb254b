import { inEnglish } from '../decide/in-english.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { type Detail, NO_DETAIL } from '../fleet/detail/detail.ts';
import { IllegalTransition, InvariantBroken, LedgerUnclear } from '../fleet/ledger-error.ts';
import { type Operation, type OperationPatch, type OperationState, outcomeOf } from '../fleet/operation.ts';
import type { OperationReason } from '../fleet/reason.ts';
import type { SpendCheck, StepOutcome, TransitionRequest, TransitionResult } from '../store/ledger.ts';
import { countOutcome } from '../telemetry/metrics.ts';
import { forPeople } from './for-people.ts';
import { breach } from './invariants.ts';
import { tellUnclearNearExpiry } from './near-expiry.ts';
import type { Work } from './ports.ts';
import { tellOutcome } from './tell-outcome.ts';

export const ROBOT = 'lamplighter';

export interface Step {
  readonly to: OperationState;
  readonly reason: OperationReason;
  readonly detail?: Detail;
  readonly by?: string;
  readonly patch?: OperationPatch;
  readonly spend?: SpendCheck;
  /** How the policy's step stands after it, where the ledger's own rule does not fit. */
  readonly outcome?: StepOutcome;
}

/** Moves an operation on, once. Whoever finds it moved already (`stale`) leaves it to the one who moved it. */
export async function move(work: Work, operation: Operation, step: Step): Promise<TransitionResult> {
  const now = work.clock.now();
  const result = await guarded(work, operation, {
    from: { state: operation.state, version: operation.version },
    to: step.to,
    txid: work.newId(),
    reason: step.reason,
    detail: step.detail ?? NO_DETAIL,
    by: step.by ?? ROBOT,
    now,
    ...(step.patch === undefined ? {} : { patch: step.patch }),
    ...(step.spend === undefined ? {} : { spend: step.spend }),
    ...(step.outcome === undefined ? {} : { outcome: step.outcome }),
  });
  switch (result.kind) {
    case 'moved':
      if (!result.replayed) await report(work, operation.state, result.operation);
      return result;
    case 'stale':
      work.log.debug(
        { operation: operation.id, wanted: step.to, found: result.operation.state },
        'an operation had moved already',
      );
      return result;
    case 'spend-limit':
    case 'frozen':
    case 'busy':
    case 'absent':
      return result;
    default:
      return assertNever(result);
  }
}

/** A breach that the ledger finds is frozen there already; here it is counted and told, and nothing is sent. */
async function guarded(work: Work, operation: Operation, request: TransitionRequest): Promise<TransitionResult> {
  const { account, action } = operation;
  try {
    return await work.store.ledger.transition(operation.id, request);
  } catch (error) {
    if (error instanceof InvariantBroken) {
      const { invariant, detail } = error;
      await breach(work, { invariant, detail }, { account, action });
      return { kind: 'frozen', freeze: { reason: 'invariant', detail: error.message, at: work.clock.now() } };
    }
    if (error instanceof IllegalTransition) {
      await breach(work, { invariant: 'I3', detail: error.message }, { account, action });
    }
    if (error instanceof LedgerUnclear) return await askAgain(work, operation, request, error);
    throw error;
  }
}

/** Real ms to wait before each asking: a connection that was cut is back soon, and whoever waits longer may not send any more. */
const ASK_AGAIN_MS = [50, 100, 200, 400] as const;

/**
 * The answer to a transition was lost. The same transaction id changes nothing twice, so the ledger is asked what became
 * of it: otherwise a SENDING that is ours would be left to be found by others, who could only call a person.
 * @throws the first error when it cannot be asked
 */
async function askAgain(
  work: Work,
  operation: Operation,
  request: TransitionRequest,
  lost: LedgerUnclear,
): Promise<TransitionResult> {
  const { clock, log } = work;
  for (const waitMs of ASK_AGAIN_MS) {
    await clock.sleep(waitMs / clock.toReal(1), new AbortController().signal);
    try {
      const result = await work.store.ledger.transition(operation.id, request);
      log.info(
        { operation: operation.id, to: request.to, found: result.kind },
        'a lost answer of the ledger was asked for again',
      );
      if (result.kind !== 'moved') return result;
      const { state, version } = result.operation;
      const isOurs = state === request.to && version === request.from.version + 1;
      return isOurs ? { ...result, replayed: false } : { kind: 'stale', operation: result.operation };
    } catch (error) {
      log.debug({ err: error, operation: operation.id }, 'a lost answer of the ledger could not be asked for again');
    }
  }
  throw lost;
}

async function report(work: Work, from: OperationState, operation: Operation): Promise<void> {
  work.log.info(
    {
      operation: operation.id,
      instance: operation.instance,
      action: operation.action,
      from,
      to: operation.state,
      reason: operation.reason,
      detail: inEnglish(operation.detail, work.standing().zone.name),
    },
    'an operation moved',
  );
  const outcome = outcomeOf(operation.state);
  if (outcome === null) {
    await tellUnclearNearExpiry(work, operation);
    return;
  }
  countOutcome(work.metrics, operation, outcome, work.clock.now());
  const { policy, updatedAt } = operation;
  if (policy !== null) await forPeople(work, work.tallies?.outcome(policy, outcome, updatedAt));
  if (outcome === 'confirmed' && operation.action === 'start') await settleDebts(work, operation);
  await tellOutcome(work, operation, outcome);
}

/** A start that was seen keeps what was owed by then; the next pass may still have a listing from before it. */
async function settleDebts(work: Work, operation: Operation): Promise<void> {
  const owed = await work.store.obligationsOf(operation.account);
  for (const obligation of owed) {
    if (obligation.instance !== operation.instance || obligation.dueAt > operation.updatedAt) continue;
    await work.store.dropObligation(obligation);
  }
}
