import type { ActionCall } from '../fleet/action-call.ts';
import { type DetailOf, verbatim } from '../fleet/detail/detail.ts';
import { incarnation } from '../fleet/instance.ts';
import type { Fen } from '../fleet/money.ts';
import type { ObligationDraft } from '../fleet/obligation.ts';
import type { Evidence } from '../fleet/operation.ts';
import type { Step } from '../policy/policy.ts';
import { isOfAnother } from './announce.ts';
import { fillIn } from './calls.ts';
import type { CloudAct, NotifyAct } from './decision.ts';
import type { CloudPolicyAction, Due } from './due.ts';
import { evidenceOf, priceOf } from './evidence.ts';
import { inEnglish } from './in-english.ts';
import { capsOf } from './limits.ts';
import type { AccountPass, Pass } from './pass.ts';
import { isMadeUp, type Standing } from './standing.ts';
import { localText } from './time-text.ts';
import { about, eventOf, sentence } from './wording.ts';
import type { InstanceView } from './world.ts';

export function cloudAct(
  due: Due,
  action: CloudPolicyAction,
  call: ActionCall,
  occurrence: string,
  costFen: Fen | null,
): CloudAct {
  const { account, standing, view, pass } = due;
  return {
    kind: 'operation',
    policy: standing.policy.name,
    account: account.view.name,
    view,
    action,
    call,
    step: due.stepIndex,
    occurrence,
    reason: isMadeUp(standing, pass.now) ? 'made-up' : 'due',
    evidence: {
      ...evidenceOf(standing, account.view, view),
      ...priceOf(action, account.view, view),
      ...announced(due, occurrence),
    },
    caps: capsOf(due, action),
    costFen: call.kind === 'renew' || call.kind === 'lengthen' ? costFen : null,
    obligations: action === 'stop' || action === 'cardless-stop' ? obligationsOf(due) : [],
    obligation: null,
  };
}

/** When people were told of it, so that they are told as well if nothing comes of it. */
function announced({ pass, standing, view }: Due, occurrence: string): Evidence {
  const { name, timezone } = standing.policy;
  const notice = pass.world.history.notice(name, view.key, occurrence);
  return notice === null || isOfAnother(notice, view) ? {} : { announcedAt: localText(notice.announcedAt, timezone) };
}

/**
 * Every policy with `afterwards` whose window is open and that matches the instance, whatever its status, owes it a
 * start when the window closes, whichever policy stopped it.
 */
function obligationsOf(due: Due): readonly ObligationDraft[] {
  const { instance } = due.view.tracked;
  const drafts: ObligationDraft[] = [];
  for (const { policy, opening, enforcing } of due.pass.standings) {
    if (!enforcing || opening === null || policy.afterwards === null) continue;
    if (!policy.match.account(due.account.view)) continue;
    if (!policy.match.instanceWhateverStatus(instance, due.view.labels)) continue;
    drafts.push({
      policy: policy.name,
      instance: due.view.key,
      incarnation: incarnation(instance),
      dueAt: opening.closesAt,
      lapsesAt: opening.reopensAt,
    });
  }
  return drafts;
}

export function notifyAct(
  pass: Pass,
  account: AccountPass,
  standing: Standing,
  view: InstanceView | null,
  step: Extract<Step, { kind: 'notify' }>,
  stepIndex: number,
  occurrence: string,
  story: DetailOf<'list-done'> | null = null,
): NotifyAct {
  const { policy } = standing;
  const told =
    step.text === null
      ? story === null
        ? sentence(standing, account.view, view)
        : about(account.view, view, [story])
      : verbatim(fillIn(step.text, view?.tracked.instance ?? null, pass.now, policy.timezone));
  return {
    kind: 'notification',
    policy: policy.name,
    account: account.view.name,
    view,
    step: stepIndex,
    occurrence,
    reason: isMadeUp(standing, pass.now) ? 'made-up' : 'due',
    event: eventOf(policy),
    severity: step.severity,
    to: step.to,
    text: inEnglish(told, policy.timezone),
    told,
    evidence: evidenceOf(standing, account.view, view),
  };
}
