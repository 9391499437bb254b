import type { CloudAct } from '../decide/decision.ts';
import type { AccountView, World } from '../decide/world.ts';
import { actionClass, type CloudAction, needsClearView } from '../fleet/action.ts';
import type { Invariant } from '../fleet/freeze.ts';
import type { Operation } from '../fleet/operation.ts';
import type { Policy } from '../policy/policy.ts';
import { believedMs } from './facts.ts';
import { tellFreezes } from './freezes.ts';
import type { AccountRuntime, Work } from './ports.ts';

/** What must never happen, and did. */
export interface Broken {
  readonly invariant: Invariant;
  readonly detail: string;
}

/**
 * Looks once more, in other words than the guards, at what is about to be armed or sent: did the decision rest on a listing
 * of this very account that is whole and fresh (I6), and where it rests on idleness, is that proven, and since the last
 * start (I8)? `null`: all is well. Anything else is a bug of ours.
 */
export function brokenDecision(
  act: Pick<CloudAct, 'account' | 'policy' | 'action' | 'view' | 'reason'>,
  world: World,
  policies: readonly Policy[],
  runtime: AccountRuntime,
): Broken | null {
  const account = world.accounts.find(({ name }) => name === act.account);
  const { instance } = act.view.tracked;
  const i6 = (detail: string): Broken => ({ invariant: 'I6', detail: `${act.action} of ${act.view.key}: ${detail}` });
  if (account === undefined || instance.account !== act.account || runtime.account.name !== act.account) {
    return i6(`decided for account ${act.account} on a row of ${instance.account}`);
  }
  const untrusted = brokenListing(act.action, account, runtime, world.now);
  if (untrusted !== null) return i6(untrusted);
  // What is owed after a window is no matter of idleness.
  const policy = policies.find(({ name }) => name === act.policy);
  const restsOnIdleness = policy?.conditions.some(({ kind }) => kind === 'idleFor') ?? false;
  // The later steps of a list follow the first, which has ended the idleness.
  if (!restsOnIdleness || act.reason === 'afterwards' || act.action === 'start') return null;
  return brokenIdleness(act);
}

function brokenListing(action: CloudAction, account: AccountView, runtime: AccountRuntime, now: number): string | null {
  const { trust, takenAt } = account;
  if (takenAt === null) return 'there is no listing';
  const limitMs = believedMs(runtime.account.pollEveryMs);
  if (trust === 'stale-snapshot' || !(now - takenAt <= limitMs)) return `the listing is ${now - takenAt} ms old`;
  return trust !== 'good' && needsClearView(action, account.provider) ? `the listing is ${trust}` : null;
}

function brokenIdleness(act: Pick<CloudAct, 'action' | 'view'>): Broken | null {
  const { view } = act;
  const { activity } = view;
  const { upSince } = view.tracked;
  const i8 = (detail: string): Broken => ({ invariant: 'I8', detail: `${act.action} of ${view.key}: ${detail}` });
  if (activity === null || activity.kind !== 'idle') return i8(`its activity is ${activity?.kind ?? 'not judged'}`);
  if (!activity.readings.some(({ verdict, judges }) => verdict === 'idle' && judges === 'work')) {
    return i8('no reading proves that it is idle');
  }
  return upSince !== null && activity.at < upSince ? i8('what proves it idle is older than its last start') : null;
}

/**
 * The last look before the first byte: SENDING stands in the ledger, written by us just now for this very operation (I2),
 * and what is paid for is counted against a limit (I7).
 */
export function brokenSending(before: Operation, sent: Operation, runtime: AccountRuntime): Broken | null {
  const isOurs = sent.state === 'sending' && sent.id === before.id && sent.version === before.version + 1;
  if (!isOurs || sent.sendingAt === null || sent.instanceId !== before.instanceId) {
    const detail = `${before.id} was ${before.state} at ${before.version}, and stands as ${sent.state} at ${sent.version}`;
    return { invariant: 'I2', detail };
  }
  if (actionClass(sent.action) === 'paid' && runtime.account.spendLimit === null) {
    return { invariant: 'I7', detail: `${sent.id} is to be paid, and ${sent.account} has no spendLimit` };
  }
  return null;
}

/** Counts a breach, freezes that class of action until a person has looked, and tells people. Looking goes on. */
export async function breach(
  work: Work,
  broken: Broken,
  about: { readonly account: string; readonly action: CloudAction },
): Promise<void> {
  const { invariant, detail } = broken;
  work.metrics.invariantBreaches.inc({ invariant });
  work.log.error({ invariant, detail, ...about }, 'an invariant is broken; that class of action is frozen');
  const cls = actionClass(about.action);
  if (cls === 'message') return;
  const account = cls === 'reversible' ? about.account : null;
  await work.store.freezeClass(cls, account, 'invariant', `${invariant}: ${detail}`, work.clock.now());
  await tellFreezes(work);
}
