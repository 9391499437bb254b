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
  const account = new AccountPass(view, pass.now, pass.world.history.notices(view.name));
  const whole = only.instance === undefined && only.policy === undefined;
  const notices = whole ? watchNotices(pass, account) : [];
  for (const standing of pass.standings) {
    if (only.policy !== undefined && standing.policy.name !== only.policy) continue;
    evaluatePolicy(pass, account, standing, only);
  }
  keepObligations(
    pass,
    account,
    (obligation) =>
      (only.instance === undefined || obligation.instance === only.instance) &&
      (only.policy === undefined || obligation.policy === only.policy),
  );
  tidyNotices(pass, account, notices);
}

function evaluatePolicy(
  pass: Pass,
  account: AccountPass,
  standing: Standing,
  only: NonNullable<EvaluateOptions['only']>,
): void {
  const { match, scope } = standing.policy;
  const { view } = account;
  const { instances } = view;
  if (scope === 'account') {
    pass.evaluated += 1;
    if (only.instance === undefined && match.account(view)) decideForAccount(pass, account, standing);
    return;
  }
  pass.evaluated += instances.length;
  if (!match.account(view)) return;
  const listGoesOn = standing.listGoesOn && pass.world.history.latestOccurrence !== undefined;
  const pair = { pass, account, standing, accountVerdict: testAccount(standing.policy.conditions, view) };
  for (let place = 0; place < instances.length; place += 1) {
    const each = instances[place];
    if (each === undefined || (only.instance !== undefined && each.key !== only.instance)) continue;
    const matches = match.instance(each.tracked.instance, each.labels);
    const reason = matches ? decidePair(pair, each, place) : 'not-due';
    if (reason === 'not-due' && listGoesOn && (matches || matchesOnceMore(pair, each))) goOn(pair, each, place);
  }
}

/** Would it match but for its status, which the policy's own first step may have changed? */
function matchesOnceMore(pair: Pair, view: InstanceView): boolean {
  return pair.standing.policy.match.instanceWhateverStatus(view.tracked.instance, view.labels);
}
