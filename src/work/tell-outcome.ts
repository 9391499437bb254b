import { inEnglish } from '../decide/in-english.ts';
import { wasAccepted } from '../decide/verdict.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { says } from '../fleet/detail/detail.ts';
import type { EventName, Severity } from '../fleet/event.ts';
import { askedBy, type Operation, type OperationOutcome, outcomeOf } from '../fleet/operation.ts';
import type { Status } from '../fleet/status.ts';
import { pageOf } from './near-expiry.ts';
import { noticeThread, operationThread } from './open-threads.ts';
import type { Work } from './ports.ts';
import { type Telling, tell } from './tell.ts';

/** Which event an outcome is told by, or `null` where it is not told. */
function eventOf(outcome: OperationOutcome): {
  readonly event: EventName;
  readonly severity: Severity;
  readonly outcome: Exclude<OperationOutcome, 'cancelled'>;
} | null {
  switch (outcome) {
    case 'confirmed':
      return { event: 'operation.confirmed', severity: 'info', outcome };
    case 'rejected':
      return { event: 'operation.rejected', severity: 'warning', outcome };
    case 'escalated':
      return { event: 'operation.escalated', severity: 'critical', outcome };
    case 'superseded':
      return { event: 'operation.superseded', severity: 'info', outcome };
    case 'cancelled':
      return null;
    default:
      return assertNever(outcome);
  }
}

const DONE: Readonly<Record<OperationOutcome, string>> = {
  confirmed: 'is done',
  rejected: 'was refused by the cloud',
  escalated: 'needs a person',
  superseded: 'was not needed any more',
  cancelled: 'was not carried out',
};

/** One sentence on how an operation ended. */
export function outcomeText(operation: Operation, outcome: OperationOutcome, timezone: string): string {
  const why = whyText(operation, timezone);
  return `${operation.action} of ${operation.instanceName} (${operation.instance}) ${DONE[outcome]} (${why}); asked by ${askedBy(operation)}`;
}

function whyText({ reason, detail }: Operation, timezone: string): string {
  return says(detail) ? `${reason}: ${inEnglish(detail, timezone)}` : reason;
}

/** The status that an outcome leaves behind, as far as it tells one; else the one that was seen when it began. */
function statusAfter(operation: Operation, outcome: OperationOutcome): Status {
  if (outcome !== 'confirmed') return operation.observed.status;
  switch (operation.action) {
    case 'stop':
    case 'cardless-stop':
      return 'stopped';
    case 'start':
    case 'restart':
      return 'running';
    case 'destroy':
      return 'destroyed';
    case 'snapshot':
    case 'renew':
    case 'lengthen':
    case 'rebuild':
    case 'create':
    case 'shutdown-timer':
      return operation.observed.status;
    default:
      return assertNever(operation.action);
  }
}

/** Tells how an operation ended, and marks it as told once every notifier has it; {@link tellUntold} makes up for the rest. */
export async function tellOutcome(work: Work, operation: Operation, outcome: OperationOutcome): Promise<void> {
  const text = outcomeText(operation, outcome, work.standing().zone.name);
  const kind = eventOf(outcome);
  if (kind === null) {
    if (operation.reason === 'closed-by-person') await tellClosed(work, operation);
    if (operation.evidence.announcedAt === undefined) work.onEvent(text);
    else await tellOff(work, operation);
    return;
  }
  const excess = operation.reason === 'excess';
  // Whoever was called is told that it is over, through the same filter of severities as far as that goes.
  const closes = outcome === 'confirmed' && !excess ? pageOf(operation) : null;
  const told = await tell(work, {
    event: kind.event,
    severity: excess ? 'critical' : closes === null ? kind.severity : 'warning',
    account: operation.account,
    instance: {
      provider: operation.provider,
      id: operation.instanceId,
      name: operation.instanceName,
      status: statusAfter(operation, outcome),
    },
    policy: operation.policy,
    action: operation.action,
    occurrence: operation.occurrence,
    reason: operation.reason,
    text,
    said: {
      kind: 'outcome',
      outcome: kind.outcome,
      action: operation.action,
      reason: operation.reason,
      detail: operation.detail,
      by: operation.by,
      operation: operation.id,
    },
    ...threadsOf(operation, outcome),
    details: {
      operation: operation.id,
      instance: operation.instance,
      name: operation.instanceName,
      ...(closes !== null && { closes }),
      ...(outcome === 'escalated' && { accepted: wasAccepted(operation) }),
      ...operation.evidence,
    },
    to: null,
    identity: `${operation.id}/${operation.version}`,
  });
  if (told) await work.store.markTold(operation.id);
}

/** Whoever was called for a person hears that one has settled it. */
async function tellClosed(work: Work, operation: Operation): Promise<void> {
  await tell(work, {
    event: 'operation.superseded',
    severity: 'info',
    account: operation.account,
    instance: {
      provider: operation.provider,
      id: operation.instanceId,
      name: operation.instanceName,
      status: operation.observed.status,
    },
    policy: operation.policy,
    action: operation.action,
    occurrence: operation.occurrence,
    reason: operation.reason,
    text: outcomeText(operation, 'cancelled', work.standing().zone.name),
    said: {
      kind: 'operation-closed',
      action: operation.action,
      operation: operation.id,
      detail: operation.detail,
    },
    closes: operationThread(operation.id),
    onlyWhoWasTold: true,
    details: { operation: operation.id },
    to: null,
    identity: `${operation.id}/${operation.version}`,
  });
}

/** A call for a person stays open until the operation has ended in another way. */
function threadsOf(operation: Operation, outcome: OperationOutcome): Pick<Telling, 'opens' | 'closes'> {
  const thread = operationThread(operation.id);
  if (outcome === 'escalated') return { opens: thread };
  const called = operation.transitions.some(({ to }) => to === 'escalated' || to === 'uncertain');
  return called ? { closes: thread } : {};
}

/** What was announced and is not done is told to whoever was told of it. */
async function tellOff(work: Work, operation: Operation): Promise<void> {
  const why = whyText(operation, work.standing().zone.name);
  const { announcedAt = null } = operation.evidence;
  await tell(work, {
    event: 'policy.notice',
    severity: 'warning',
    account: operation.account,
    instance: {
      provider: operation.provider,
      id: operation.instanceId,
      name: operation.instanceName,
      status: operation.observed.status,
    },
    policy: operation.policy,
    action: 'notify',
    occurrence: operation.occurrence,
    reason: operation.reason,
    text: `the announced ${operation.action} of ${operation.instanceName} (${operation.instance}) by policy ${operation.policy} is off: ${why}`,
    said: { kind: 'notice-off', action: operation.action, why: operation.reason, detail: operation.detail },
    ...(operation.policy !== null && {
      closes: noticeThread({
        policy: operation.policy,
        instance: operation.instance,
        occurrence: operation.occurrence,
      }),
    }),
    details: { operation: operation.id, announcedAt },
    to: null,
    alsoWhoHears: 'decision.announced',
    identity: `off|${operation.id}|${operation.version}`,
  });
}

/** An outcome that was not told within this is told again: the process that wrote it down has died, or Redis was away. */
const UNTOLD_AFTER_MS = 60_000;

/** Tells what nobody is known to have been told of. */
export async function tellUntold(work: Work): Promise<void> {
  for (const id of await work.store.untold(work.clock.now() - UNTOLD_AFTER_MS)) {
    const operation = await work.store.ledger.get(id);
    const outcome = operation === null ? null : outcomeOf(operation.state);
    // What has moved on since, or was trimmed, has nothing left to tell.
    if (operation === null || outcome === null || outcome === 'cancelled') await work.store.markTold(id);
    else await tellOutcome(work, operation, outcome);
  }
}
