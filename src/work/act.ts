import { CALL_EVIDENCE_MAX_AGE_MS } from '../decide/conditions.ts';
import { heldDetail } from '../decide/guards.ts';
import { isWantedState } from '../decide/verdict.ts';
import { actionClass, needsClearView } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { asTold, type Detail, verbatim } from '../fleet/detail/detail.ts';
import { type Instance, incarnation } from '../fleet/instance.ts';
import { isProtected } from '../fleet/label.ts';
import type { Operation } from '../fleet/operation.ts';
import type { OperationReason } from '../fleet/reason.ts';
import type { Listing } from '../fleet/snapshot.ts';
import { ProviderError } from '../providers/port.ts';
import { queueAct } from './arm.ts';
import { tripAll } from './breaker.ts';
import type { InstanceFacts } from './facts.ts';
import type { AccountRuntime, LastLookSeen, Standing, Work } from './ports.ts';
import { isLeft, putOff } from './put-off.ts';
import { secondLook } from './second-look.ts';
import { type LastLook, NEXT_DESTROY_MS, send } from './send.ts';
import { strangeToken } from './strange-token.ts';
import { move } from './transition.ts';
import { queueVerify } from './verify.ts';

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

/**
 * A start or stop that rests on no activity may wait longer for its turn in the rate budget of a busy account than what
 * costs, destroys, or interrupts what was seen idle.
 */
const PLAIN_LOOK_MAX_AGE_MS = 5 * 60_000;

async function carryOut(work: Work, operation: Operation, signal: AbortSignal): Promise<void> {
  // Of a job for many some wait for a place until their process ends.
  if (isLeft(work, operation, signal)) return;
  const standing = work.standing();
  const runtime = standing.accounts.get(operation.account);
  if (runtime === undefined) {
    await move(work, operation, {
      to: 'cancelled',
      reason: 'not-allowed',
      detail: { kind: 'account-gone', account: operation.account },
    });
    return;
  }
  const look = { at: work.clock.monotonic(), maxAgeMs: maxLookAgeMs(operation, standing) };
  const stop = await standingReason(work, operation, runtime);
  if (stop !== null) {
    recordLook(work, operation, null, stop);
    await move(work, operation, { to: 'cancelled', ...stop });
    return;
  }
  if (operation.action === 'create') {
    await order(work, operation, runtime, standing, look, signal);
    return;
  }
  if (operation.action === 'destroy' && (await isDestroying(work, operation))) {
    // One machine at a time: what goes wrong with the first is seen before the second.
    await queueAct(work, operation, NEXT_DESTROY_MS);
    return;
  }
  const instance = await reread(work, operation, runtime, signal);
  if (instance === 'unreadable') return;
  const changed = whatChanged(operation, instance);
  if (changed !== null) {
    recordLook(work, operation, null, changed);
    await move(work, operation, { to: 'superseded', ...changed });
    return;
  }
  if (instance === null) throw new Error(`${operation.id}: an instance that is gone was not noticed; a bug of ours`);
  const { seen, no: refused } = isWishOfPerson(operation)
    ? { seen: null, no: await byHandReason(work, operation, standing, instance) }
    : // Reading may have taken a while, and the policies may have changed meanwhile.
      await secondLook(work, operation, runtime, work.standing(), instance, signal);
  if (refused !== null) {
    // A probe that was broken off has seen nothing.
    if (isLeft(work, operation, signal)) return;
    recordLook(work, operation, seen, refused);
    const { reason, detail, later } = refused;
    if (later === true) await putOff(work, operation, detail, signal);
    else await move(work, operation, { to: 'cancelled', reason, detail });
    return;
  }
  recordLook(work, operation, seen, null);
  await send(work, operation, runtime, standing, look, signal);
}

/** Of what a policy has decided: a recording of that tells why it was not done. */
function recordLook(work: Work, operation: Operation, seen: InstanceFacts | null, no: LastLookSeen['no']): void {
  if (isWishOfPerson(operation)) return;
  work.recorder?.look({ at: work.clock.now(), operation, seen, no });
}

function maxLookAgeMs(operation: Operation, standing: Standing): number {
  const policy = standing.policies.find(({ name }) => name === operation.policy);
  const restsOnActivity = policy?.conditions.some(({ kind }) => kind === 'idleFor') ?? false;
  const isPlain = actionClass(operation.action) === 'reversible' && !restsOnActivity;
  return isPlain ? PLAIN_LOOK_MAX_AGE_MS : CALL_EVIDENCE_MAX_AGE_MS;
}

/** Is it another machine's turn? The ledger has the last word when the request is about to leave; see {@link send}. */
async function isDestroying(work: Work, operation: Operation): Promise<boolean> {
  const others = await work.store.ledger.unfinished();
  return others.some(
    ({ id, account, action, state }) =>
      id !== operation.id &&
      account === operation.account &&
      action === 'destroy' &&
      (state === 'sending' || state === 'accepted' || state === 'uncertain' || state === 'verifying'),
  );
}

/**
 * Orders a machine. What is listed right before is written down with the sending, so that after a lost answer the machine
 * can be told from those that were there.
 */
async function order(
  work: Work,
  operation: Operation,
  runtime: AccountRuntime,
  standing: Standing,
  look: LastLook,
  signal: AbortSignal,
): Promise<void> {
  let listing: Listing;
  try {
    listing = await runtime.provider.list(signal);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.kind === 'unauthorised') await tripAll(work, operation.account, error.message);
    await putOff(work, operation, asTold(error.message), signal);
    return;
  }
  if (listing.incomplete !== null) {
    await putOff(work, operation, { kind: 'listing-not-whole', why: listing.incomplete }, signal);
    return;
  }
  const listedBefore = listing.instances.map(({ id }) => id);
  await send(work, operation, runtime, standing, look, signal, { listedBefore });
}

interface No {
  readonly reason: OperationReason;
  readonly detail: Detail;
  /** See `secondLook`. */
  readonly later?: true;
}

/** What holds for everybody, policies and people alike. */
async function standingReason(work: Work, operation: Operation, runtime: AccountRuntime): Promise<No | null> {
  if (await work.store.paused()) return { reason: 'paused', detail: { kind: 'all-paused' } };
  if (!runtime.account.actions.includes(operation.action)) {
    return {
      reason: 'not-allowed',
      detail: { kind: 'action-unlisted', account: operation.account, action: operation.action },
    };
  }
  const breaker = await work.store.breaker(operation.account, work.clock.now());
  if (breaker.all) return { reason: 'breaker', detail: { kind: 'credentials-refused', account: operation.account } };
  const strange = await strangeToken(work, runtime);
  if (strange !== null) return { reason: 'frozen', detail: strange };
  const kind = actionClass(operation.action);
  if (kind === 'paid' || kind === 'destructive') {
    const frozen = (await work.store.ledger.frozen()) ?? work.paidWorkOff();
    if (frozen !== null) return { reason: 'frozen', detail: verbatim(frozen) };
    if (kind === 'paid' && runtime.account.spendLimit === null) {
      return {
        reason: 'spend-limit',
        detail: { kind: 'no-spend-limit', account: operation.account },
      };
    }
    if (kind === 'paid' && breaker.paid) return { reason: 'breaker', detail: { kind: 'unclear-payments' } };
  }
  return null;
}

/**
 * By hand, or one more request that a person has approved: the policy that once asked for it is not asked again. What a
 * person applied from a plan is still what the policy asks for.
 */
function isWishOfPerson({ policy, transitions }: Operation): boolean {
  // The first reason: after a try that was put off the present one is another.
  return policy === null || transitions[0]?.reason === 'approved';
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
  if (hold !== undefined) return { reason: 'hold', detail: heldDetail(hold) };
  if (isProtected(standing.labels(instance))) return { reason: 'protected', detail: { kind: 'protected' } };
  if (instance.status === 'unknown') {
    return { reason: 'unknown-status', detail: { kind: 'status-untaught', raw: instance.rawStatus } };
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
    await putOff(work, operation, asTold(error.message), signal);
    return 'unreadable';
  }
}

/** The fence: another machine under the id, another expiry, or nothing left to do. */
function whatChanged(operation: Operation, instance: Instance | null): No | null {
  if (instance === null) return { reason: 'gone', detail: { kind: 'listed-no-more' } };
  const { observed } = operation;
  if (
    observed.createdAt !== null &&
    instance.createdAt !== null &&
    incarnation(instance) !== incarnation({ id: instance.id, createdAt: observed.createdAt })
  ) {
    return { reason: 'changed', detail: { kind: 'another-machine' } };
  }
  if (actionClass(operation.action) === 'destructive' && observed.createdAt !== null && instance.createdAt === null) {
    return { reason: 'changed', detail: { kind: 'origin-untold' } };
  }
  if (actionClass(operation.action) === 'paid') {
    if (instance.expiresAt !== observed.expiresAt) return { reason: 'changed', detail: { kind: 'expiry-moved-since' } };
    if (instance.billing !== observed.billing)
      return { reason: 'changed', detail: { kind: 'billed-now', billing: instance.billing } };
  }
  if (isWantedState(operation, instance))
    return { reason: 'already-so', detail: { kind: 'already-so', status: instance.status } };
  return null;
}
