import { readDetail } from '../fleet/detail/stored.ts';
import type { FreezeReason, FrozenClass, StandingFreeze } from '../fleet/freeze.ts';
import { freezeThread } from './open-threads.ts';
import type { Work } from './ports.ts';
import { tell } from './tell.ts';

const WHY: Readonly<Record<FreezeReason, string>> = {
  amnesia: 'the ledger in Redis is not the one that was known, or is older than it was, so a renewal may be forgotten',
  excess: 'a machine was paid for by more than was asked for',
  invariant: 'something happened that must never happen, which is a bug',
  redis: 'Redis is not set up to keep a ledger of paid calls',
  settling: 'Redis was started anew, or this state directory is new, so what another daemon paid may not be known yet',
  clock: 'the clock cannot be trusted',
  unreadable: 'why it is frozen cannot be read in Redis',
};

/** What ends it. */
const UNTIL: Readonly<Record<FreezeReason, string>> = {
  amnesia: 'look in the clouds’ consoles for renewals and orders of the last hours, then: lamplighter reconcile --yes',
  excess: 'look at the bill and at what else renews, then: lamplighter reconcile --yes',
  invariant:
    'keep the log, look at lamplighter operations, and go on with lamplighter reconcile --yes when it is understood',
  redis: 'set Redis right (lamplighter validate --redis says how); it goes on by itself then',
  settling: 'it goes on by itself when all that may have been paid must have shown',
  clock: 'set the clock right; it goes on by itself when the clouds tell the same time',
  unreadable: 'look in the clouds’ consoles, then: lamplighter reconcile --yes',
};

/** Freezes of one cause, which are told as one. */
interface Cause {
  readonly reason: FreezeReason;
  readonly detail: string;
  readonly account: string | null;
  readonly at: number;
  readonly classes: readonly FrozenClass[];
}

/**
 * Tells people, once, of everything that is frozen: whoever froze it, and whatever became of the process that did. To be
 * called at each tick. What ends by itself (Redis, the clock) is told anew when it comes again.
 */
export async function tellFreezes(work: Work): Promise<void> {
  const causes = new Map(causesOf(await work.store.freezes()).map((cause) => [keyOf(cause), cause]));
  for (const [key, cause] of SEEN.get(work) ?? []) if (!causes.has(key)) await tellUnfrozen(work, key, cause);
  SEEN.set(work, causes);
  for (const [key, cause] of causes) {
    if (await work.store.wasSaid(key)) continue;
    // Whoever finds the ledger gone back freezes it in Redis at once, from wherever; it is counted where it is told.
    if (cause.reason === 'amnesia') work.metrics.invariantBreaches.inc({ invariant: 'I5' });
    if (await tellCause(work, cause, key)) await work.store.sayOnce(key, work.clock.now());
  }
  await tellOff(work);
}

/** What this process last saw frozen: what is not there any more is told to be over; see also tell-open.ts. */
const SEEN = new WeakMap<Work, ReadonlyMap<string, Cause>>();

/** Is what was told under that name still frozen? What only one process sees is taken for open. */
export async function isFrozen(work: Work, key: string): Promise<boolean> {
  if (key === offKey('redis')) return work.paidWorkOffBy?.() === 'redis';
  if (key === offKey('clock')) return true;
  return causesOf(await work.store.freezes()).some((cause) => keyOf(cause) === key);
}

function keyOf({ reason, account, at }: Cause): string {
  return `frozen|${reason}|${account ?? ''}|${at}`;
}

function offKey(off: 'redis' | 'clock'): string {
  return `frozen|${off}`;
}

/** Whoever was told of a freeze is told that it is over. */
export async function tellUnfrozen(
  work: Work,
  key: string,
  { classes, account }: Pick<Cause, 'classes' | 'account'>,
): Promise<void> {
  const where = account === null ? '' : ` on account ${account}`;
  await tell(work, {
    event: 'operation.unfrozen',
    severity: 'info',
    account,
    instance: null,
    policy: null,
    action: null,
    occurrence: null,
    reason: null,
    text: `${classes.join(' and ')} work${where} is not frozen any more`,
    said: { kind: 'unfrozen', classes },
    closes: freezeThread(key),
    details: { classes: classes.join(' ') },
    to: null,
    // Of what comes and goes under one name each time is another.
    identity: key.split('|').length > 2 ? key : `${key}|${work.clock.now()}`,
  });
}

/** What each process has told of what ends by itself: another may see its own clock or Redis otherwise. */
const TOLD = new WeakMap<Work, 'redis' | 'clock'>();
const PAID_WORK: readonly FrozenClass[] = ['paid', 'destructive'];
/** Several replicas that see the same within this tell the same. */
const SAME_TELLING_MS = 3_600_000;

async function tellOff(work: Work): Promise<void> {
  const off = work.paidWorkOffBy?.() ?? null;
  // A pause of minutes, after a restart that somebody knows of, wakes nobody; it shows in the plan and in the metrics.
  if (off === null || off === 'settling') {
    const was = TOLD.get(work);
    TOLD.delete(work);
    if (was !== undefined) await tellUnfrozen(work, offKey(was), { classes: PAID_WORK, account: null });
    return;
  }
  if (TOLD.get(work) === off) return;
  const at = Math.floor(work.clock.now() / SAME_TELLING_MS);
  const cause = { reason: off, detail: work.paidWorkOff() ?? '', account: null, at, classes: PAID_WORK };
  if (await tellCause(work, cause, offKey(off))) TOLD.set(work, off);
}

/** Answers whether everybody has it now. */
async function tellCause(work: Work, cause: Cause, key: string): Promise<boolean> {
  const { reason, detail, account, classes } = cause;
  const where = account === null ? '' : ` on account ${account}`;
  const text = `${classes.join(' and ')} work${where} is frozen (${reason}${detail === '' ? '' : `: ${detail}`}): ${WHY[reason]}; ${UNTIL[reason]}`;
  const told = await tell(work, {
    event: 'operation.escalated',
    severity: 'critical',
    account,
    instance: null,
    policy: null,
    action: null,
    occurrence: null,
    reason,
    text,
    said: { kind: 'frozen', classes, reason, detail: readDetail(detail) },
    opens: freezeThread(key),
    details: { classes: classes.join(' '), detail },
    to: null,
    identity: `${key}|${cause.at}`,
  });
  if (!told) return false;
  await work.store.audit({
    at: work.clock.now(),
    kind: 'freeze',
    account,
    instance: null,
    policy: null,
    reason,
    text,
    data: { classes: classes.join(' '), detail },
  });
  return true;
}

function causesOf(freezes: readonly StandingFreeze[]): readonly Cause[] {
  const causes = new Map<string, Cause>();
  for (const { class: cls, account, reason, detail, at } of freezes) {
    const key = `${reason}|${account ?? ''}|${at}`;
    const known = causes.get(key);
    causes.set(key, { reason, detail, account, at, classes: [...(known?.classes ?? []), cls] });
  }
  return [...causes.values()];
}
