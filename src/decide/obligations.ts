import { offers } from '../fleet/action.ts';
import { incarnation } from '../fleet/instance.ts';
import { isProtected } from '../fleet/label.ts';
import type { Obligation } from '../fleet/obligation.ts';
import { isUp } from '../fleet/status.ts';
import type { CloudAct, Tidy } from './decision.ts';
import type { No } from './due.ts';
import { heldDetail, MISSING } from './guards.ts';
import type { AccountPass, Pass } from './pass.ts';
import { bookAct } from './pass.ts';
import { localText, utcText } from './time-text.ts';
import type { InstanceView } from './world.ts';

/** An instance that good listings have not shown for this long past its start is no longer waited for. */
const GONE_AFTER_MS = 3_600_000;

/** A start that fails is tried again after two minutes, then after twice as long each time, up to half an hour. */
const RETRY_START_MS = 120_000;
const LONGEST_RETRY_MS = 1_800_000;

/** The obligation once its start is under way: if that fails, when the next may follow. */
export function afterTry(obligation: Obligation, now: number): Obligation {
  const waitMs = Math.min(LONGEST_RETRY_MS, RETRY_START_MS * 2 ** obligation.attempts);
  return { ...obligation, attempts: obligation.attempts + 1, nextTryAt: now + waitMs };
}

/** The occurrence of one try to keep an obligation; each try is an occurrence of its own. */
export function obligationOccurrence(obligation: Obligation): string {
  const try_ = obligation.attempts > 0 ? `;try=${obligation.attempts + 1}` : '';
  return `afterwards=${utcText(obligation.dueAt)}${try_}`;
}

/** What is owed to the instances of an account is kept whatever has become of the policies. Runs after them. */
export function keepObligations(pass: Pass, account: AccountPass, obligations: readonly Obligation[]): void {
  for (const obligation of obligations) {
    const place = account.placeOf(obligation.instance);
    const view = place === undefined ? undefined : account.view.instances[place];
    const why = whyOver(pass, account, obligation, view);
    if (why !== null) {
      pass.tidy.push({ kind: 'drop-obligation', obligation, why });
    } else if (view !== undefined && place !== undefined && pass.now >= obligation.dueAt) {
      keep(pass, account, obligation, view, place);
    }
  }
}

type Over = Extract<Tidy, { kind: 'drop-obligation' }>['why'];

function whyOver(
  pass: Pass,
  account: AccountPass,
  obligation: Obligation,
  view: InstanceView | undefined,
): Over | null {
  const { now } = pass;
  const { trust, takenAt } = account.view;
  if (obligation.lapsesAt !== null && now >= obligation.lapsesAt) return 'lapsed';
  // A listing from before the stop would show it up.
  if (trust === 'stale-snapshot' || takenAt === null || !(takenAt > obligation.stoppedAt)) return null;
  if (view === undefined) return trust === 'good' && now >= obligation.dueAt + GONE_AFTER_MS ? 'gone' : null;
  const { instance, personStartAt } = view.tracked;
  if (instance.status === 'destroyed') return 'gone';
  // A row without its creation time does not prove another machine.
  if (instance.problems.length === 0 && incarnation(instance) !== obligation.incarnation) return 'gone';
  if (personStartAt !== null && personStartAt >= obligation.stoppedAt) return 'up';
  return isUp(instance.status) && now >= obligation.dueAt ? 'up' : null;
}

function keep(pass: Pass, account: AccountPass, obligation: Obligation, view: InstanceView, place: number): void {
  const occurrence = obligationOccurrence(obligation);
  const no = firstNo(pass, account, obligation, view, place, occurrence);
  const counts = pass.countsOf(obligation.policy);
  if (no !== null) {
    counts.add('start', no.reason);
    if (no.reason === 'not-due' && !pass.explain) return;
    pass.refusals.push({
      kind: 'refusal',
      policy: obligation.policy,
      account: account.view.name,
      instance: view.key,
      name: view.tracked.instance.name,
      action: 'start',
      step: 0,
      occurrence,
      reason: no.reason,
      detail: no.detail,
    });
    return;
  }
  pass.acts.push(startAct(pass, account, obligation, view, occurrence));
  counts.add('start', 'afterwards');
  bookAct(pass, account, obligation.policy, view, 'start', null);
}

function startAct(
  pass: Pass,
  account: AccountPass,
  obligation: Obligation,
  view: InstanceView,
  occurrence: string,
): CloudAct {
  const timezone = pass.zoneOf(obligation.policy);
  return {
    kind: 'operation',
    policy: obligation.policy,
    account: account.view.name,
    view,
    action: 'start',
    call: { kind: 'start', stopMode: view.tracked.stopMode ?? obligation.stopMode },
    step: 0,
    occurrence,
    reason: 'afterwards',
    evidence: {
      status: view.tracked.instance.status,
      stoppedAt: localText(obligation.stoppedAt, timezone),
      windowClosedAt: localText(obligation.dueAt, timezone),
      attempt: obligation.attempts + 1,
    },
    caps: [],
    costFen: null,
    obligations: [],
    obligation,
  };
}

function firstNo(
  pass: Pass,
  account: AccountPass,
  obligation: Obligation,
  view: InstanceView,
  place: number,
  occurrence: string,
): No | null {
  const { world, now } = pass;
  const { provider, allowed, trust, name, breakerOpen, foreign = null, reversibleOff = null } = account.view;
  const { instance } = view.tracked;
  const state = world.history.step(obligation.policy, view.key, occurrence, 0);
  if (state !== 'none') return { reason: 'not-due', detail: { kind: 'start-is', state } };
  if (!(now >= obligation.nextTryAt)) {
    return { reason: 'not-due', detail: { kind: 'next-try', at: obligation.nextTryAt } };
  }
  if (instance.status !== 'stopped' && instance.status !== 'unknown') {
    return { reason: 'not-due', detail: { kind: 'status-is', status: instance.status } };
  }
  if (world.paused) return { reason: 'paused', detail: { kind: 'all-paused' } };
  if (!offers(provider, 'start'))
    return { reason: 'not-supported', detail: { kind: 'no-such-action', provider, action: 'start' } };
  if (!allowed.has('start'))
    return { reason: 'not-allowed', detail: { kind: 'action-unlisted', account: name, action: 'start' } };
  if (foreign !== null) return { reason: 'frozen', detail: foreign };
  if (reversibleOff !== null) return { reason: 'frozen', detail: { kind: 'reversible-off', why: reversibleOff } };
  if ((view.tracked.missing ?? 0) > 0) return { reason: 'unknown-status', detail: MISSING };
  if (trust !== 'good') return { reason: trust, detail: { kind: 'listing-doubtful', account: name } };
  if (instance.status === 'unknown' || instance.problems.length > 0) {
    return { reason: 'unknown-status', detail: { kind: 'status-unknown', raw: instance.rawStatus } };
  }
  if (isProtected(view.labels)) return { reason: 'protected', detail: { kind: 'protected' } };
  const hold = world.holds.get(view.key);
  if (hold !== undefined && !(hold.until <= now)) {
    return { reason: 'hold', detail: heldDetail(hold) };
  }
  if (instance.savingImage) return { reason: 'open-operation', detail: { kind: 'saving-image' } };
  if (breakerOpen) return { reason: 'breaker', detail: { kind: 'credentials-refused', account: name } };
  if (account.taken.has(view.key) || world.history.open(view.key) === 'any') {
    return { reason: 'open-operation', detail: { kind: 'another-open' } };
  }
  const other = pass.standings[account.opposed(place, 'up') ?? -1];
  const own = pass.standings.find((each) => each.policy.name === obligation.policy);
  // File order decides here too; a policy that has gone comes last.
  if (other !== undefined && other.index < (own?.index ?? Number.POSITIVE_INFINITY)) {
    return { reason: 'conflict', detail: { kind: 'wants-down', policy: other.policy.name } };
  }
  const mode = own?.policy.mode ?? null;
  return mode === 'observe' ? { reason: 'observe', detail: { kind: 'would-start' } } : null;
}
