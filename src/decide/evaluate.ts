import type { InstanceKey } from '../fleet/instance.ts';
import type { Notice } from '../fleet/notice.ts';
import type { Obligation } from '../fleet/obligation.ts';
import type { Policy } from '../policy/policy.ts';
import { decideForAccount } from './account-step.ts';
import { PASS_EVIDENCE_MAX_AGE_MS, testAccount } from './conditions.ts';
import type { Evaluation } from './decision.ts';
import { goOn } from './list.ts';
import { keepObligations } from './obligations.ts';
import { decidePair } from './pair.ts';
import { AccountPass, type EvaluateOptions, type Pair, Pass } from './pass.ts';
import { type Standing, standingOf } from './standing.ts';
import { tidyNotices } from './tidy.ts';
import type { AccountView, InstanceView, World } from './world.ts';

/**
 * Decides every policy on every instance it matches: pure, total and deterministic. The same policies and world give
 * the same answer, whatever the order of the accounts. `policies` in file order; an earlier one wins.
 */
export function evaluate(policies: readonly Policy[], world: World, options: EvaluateOptions = {}): Evaluation {
  const standings = policies
    .filter((policy) => policy.enabled)
    .map((policy, index) => standingOf(policy, index, world));
  const { only } = options;
  const pass = new Pass(
    world,
    standings,
    options.explain ?? false,
    options.evidenceMaxAgeMs ?? PASS_EVIDENCE_MAX_AGE_MS,
  );
  const accounts = [...world.accounts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const view of accounts) {
    if (only?.account !== undefined && view.name !== only.account) continue;
    evaluateAccount(pass, view, only ?? {});
  }
  return {
    at: world.now,
    acts: pass.acts,
    announcements: pass.announcements,
    refusals: pass.refusals,
    tidy: pass.tidy,
    // Nobody counts what a look at a few comes to.
    counts: only?.places === undefined ? pass.counts() : NO_COUNTS,
    evaluated: pass.evaluated,
  };
}

const NO_COUNTS: Evaluation['counts'] = new Map();

function evaluateAccount(pass: Pass, view: AccountView, only: NonNullable<EvaluateOptions['only']>): void {
  const looked = lookedAt(view, only);
  if (only.places !== undefined && looked?.length === 0) return;
  // Whoever asks about one instance decides, and does no housekeeping.
  const isQuestion = only.instance !== undefined || only.policy !== undefined;
  const notices = isQuestion ? pass.world.history.notices(view.name) : noticesFor(pass, view, looked);
  const account = new AccountPass(view, pass.now, notices, looked);
  for (const standing of pass.standings) {
    if (only.policy !== undefined && standing.policy.name !== only.policy) continue;
    evaluatePolicy(pass, account, standing);
  }
  keepObligations(
    pass,
    account,
    obligationsFor(pass, view, isQuestion ? null : looked).filter(
      ({ instance, policy }) =>
        (only.instance === undefined || instance === only.instance) &&
        (only.policy === undefined || policy === only.policy),
    ),
  );
  if (!isQuestion) tidyNotices(pass, account, notices);
}

/** The announcements that wait for the instances that are looked at. */
function noticesFor({ world }: Pass, view: AccountView, looked: readonly number[] | null): readonly Notice[] {
  const { history } = world;
  if (looked === null) return history.notices(view.name);
  const keys = keysAt(view, looked);
  if (history.noticesOf === undefined)
    return history.notices(view.name).filter(({ instance }) => keys.includes(instance));
  const notices: Notice[] = [];
  for (const key of keys) for (const notice of history.noticesOf(key)) notices.push(notice);
  return notices;
}

/** The starts that are owed to them. */
function obligationsFor({ world }: Pass, view: AccountView, looked: readonly number[] | null): readonly Obligation[] {
  const { history } = world;
  if (looked === null) return history.obligations(view.name);
  const keys = keysAt(view, looked);
  if (history.obligationsOf === undefined)
    return history.obligations(view.name).filter(({ instance }) => keys.includes(instance));
  const obligations: Obligation[] = [];
  for (const key of keys) for (const obligation of history.obligationsOf(key)) obligations.push(obligation);
  return obligations;
}

function keysAt(view: AccountView, places: readonly number[]): readonly InstanceKey[] {
  const keys: InstanceKey[] = [];
  for (const place of places) {
    const each = view.instances[place];
    if (each !== undefined) keys.push(each.key);
  }
  return keys;
}

function lookedAt(view: AccountView, only: NonNullable<EvaluateOptions['only']>): readonly number[] | null {
  if (only.instance !== undefined) {
    const place = view.instances.findIndex(({ key }) => key === only.instance);
    return place < 0 ? [] : [place];
  }
  return only.places === undefined ? null : (only.places.get(view.name) ?? []);
}

function evaluatePolicy(pass: Pass, account: AccountPass, standing: Standing): void {
  const { match, scope } = standing.policy;
  const { view, looked } = account;
  const { instances } = view;
  if (scope === 'account') {
    pass.evaluated += 1;
    if (looked === null && match.account(view)) decideForAccount(pass, account, standing);
    return;
  }
  const count = looked === null ? instances.length : looked.length;
  pass.evaluated += count;
  if (count === 0 || !match.account(view)) return;
  const listGoesOn = standing.listGoesOn && pass.world.history.latestOccurrence !== undefined;
  const pair = { pass, account, standing, accountVerdict: testAccount(standing.policy.conditions, view) };
  for (let index = 0; index < count; index += 1) {
    const place = looked === null ? index : (looked[index] ?? 0);
    const each = instances[place];
    if (each === undefined) continue;
    const matches = match.instance(each.tracked.instance, each.labels);
    const reason = matches ? decidePair(pair, each, place) : 'not-due';
    if (reason === 'not-due' && listGoesOn && (matches || matchesOnceMore(pair, each))) goOn(pair, each, place);
  }
}

/** Would it match but for its status, which the policy's own first step may have changed? */
function matchesOnceMore(pair: Pair, view: InstanceView): boolean {
  return pair.standing.policy.match.instanceWhateverStatus(view.tracked.instance, view.labels);
}
