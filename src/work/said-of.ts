import type { Announcement, NotifyAct } from '../decide/decision.ts';
import { probesDetail } from '../decide/evidence.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Evidence } from '../fleet/operation.ts';
import type { Said } from '../fleet/said.ts';
import type { Standing } from './ports.ts';

/** What a policy's `notify` says, with what it rests on. */
export function saidOf(act: NotifyAct, standing: Standing): Said {
  const { evidence } = act;
  const own = ownText(act, standing);
  if (act.event === 'balance.low') {
    return {
      kind: 'balance-low',
      own,
      yuan: textOf(evidence.balance),
      belowYuan: textOf(evidence.balanceBelow),
      runway: textOf(evidence.runway),
      runwayBelow: textOf(evidence.runwayBelow),
    };
  }
  const seen = act.view?.tracked;
  if (act.event === 'expiry.soon') {
    return { kind: 'expiry-soon', own, expiresAt: seen?.instance.expiresAt ?? timeOf(evidence.expiresAt) };
  }
  if (act.event === 'instance.stuck') {
    return {
      kind: 'stuck',
      own,
      status: seen?.instance.status ?? textOf(evidence.status),
      sinceAt: seen?.statusSince ?? timeOf(evidence.statusSince),
    };
  }
  return { kind: 'policy-notice', own: act.text };
}

/** The policy's own words; `null`: it leaves them to us. */
function ownText(act: NotifyAct, { policies }: Standing): string | null {
  const step = policies.find(({ name }) => name === act.policy)?.steps[act.step];
  return step?.kind === 'notify' && step.text !== null ? act.text : null;
}

/** Since when it is idle and by what; nothing where it does not rest on that. */
export function idlenessOf({ evidence, view }: Pick<Announcement, 'evidence' | 'view'>): {
  readonly idleSinceAt: number | null;
  readonly probes: Detail | null;
} {
  const { activity } = view;
  const readings = activity === null || activity.kind === 'not-applicable' ? [] : activity.readings;
  const asks = textOf(evidence.probes) !== null;
  return { idleSinceAt: timeOf(evidence.idleSince), probes: asks ? probesDetail(readings) : null };
}

/** A fact as text; `null`: it is not known, or was not asked for. */
export function textOf(fact: Evidence[string] | undefined): string | null {
  return fact === undefined || fact === null ? null : String(fact);
}

function timeOf(fact: Evidence[string] | undefined): number | null {
  const at = typeof fact === 'string' ? Date.parse(fact) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
