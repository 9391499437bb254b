import type { Policy } from '../policy/policy.ts';
import { decideForAccount } from './account-step.ts';
import { PASS_EVIDENCE_MAX_AGE_MS, testAccount } from './conditions.ts';
import type { Evaluation } from './decision.ts';
import { goOn } from './list.ts';
import { keepObligations } from './obligations.ts';
import { decidePair } from './pair.ts';
import { AccountPass, type EvaluateOptions, type Pair, Pass } from './pass.ts';
import { type Standing, standingOf } from './standing.ts';
import { tidyNotices, watchNotices } from './tidy.ts';
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
    counts: pass.counts(),
    evaluated: pass.evaluated,
  };
}

function evaluateAccount(pass: Pass, view: AccountView, only: NonNullable<EvaluateOptions['only']>): void {
  const looked = lookedAt(view, only);
  const waiting = pass.world.history.notices(view.name);
  const account = new AccountPass(view, pass.now, waiting, looked);
  // One that is asked about by itself is left as it is: whoever asks decides, and does no housekeeping.
  const keepsHouse = only.instance === undefined && only.policy === undefined;
  const seen = looked === null ? waiting : waiting.filter(({ instance }) => account.placeOf(instance) !== undefined);
  const notices = keepsHouse ? watchNotices(account, seen) : [];
  for (const standing of pass.standings) {
    if (only.policy !== undefined && standing.policy.name !== only.policy) continue;
    evaluatePolicy(pass, account, standing);
  }
  keepObligations(
    pass,
    account,
    (obligation) =>
      (only.instance === undefined
        ? looked === null || account.placeOf(obligation.instance) !== undefined
        : obligation.instance === only.instance) &&
      (only.policy === undefined || obligation.policy === only.policy),
  );
  tidyNotices(pass, account, notices);
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
