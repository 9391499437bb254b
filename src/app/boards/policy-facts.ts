import { assertNever } from '../../fleet/assert-never.ts';
import type { Condition, Policy, Step } from '../../policy/policy.ts';
import type { ConditionFacts, PolicyFacts, StepFacts } from '../../web/console/board-source.ts';

/** What a compiled policy says, as plain data: the console puts it in words. */
export function policyFacts(policy: Policy, now: number): PolicyFacts {
  const { name, description, enabled, mode, match, noticeMs, requireNotice, minimumUptimeMs, cooldownMs } = policy;
  return {
    name,
    description,
    enabled,
    mode,
    match: match.text,
    matchesAll: match.all,
    conditions: policy.conditions.map((condition) => conditionFacts(condition, now)),
    steps: policy.steps.map(stepFacts),
    startsAfterwards: policy.afterwards !== null,
    noticeMs,
    requireNotice,
    minimumUptimeMs,
    cooldownMs,
    catchUpMs: policy.catchUpMs,
    limits: policy.limits,
    timezone: policy.timezone,
    scope: policy.scope,
    place: { file: policy.place.file, line: policy.place.line },
  };
}

function conditionFacts(condition: Condition, now: number): ConditionFacts {
  switch (condition.kind) {
    case 'during': {
      const state = condition.window.state(now);
      const changesAt = state.inside ? state.closesAt : state.opensAt;
      return { kind: 'during', text: condition.text, inside: state.inside, changesAt };
    }
    case 'cron': {
      const { text, timezone, ticks } = condition;
      return { kind: 'cron', text, timezone, nextAt: ticks.nextTick(now) };
    }
    case 'statusFor':
      return { kind: 'statusFor', ms: condition.ms, status: condition.status };
    case 'balanceBelow':
      return { kind: 'balanceBelow', fen: condition.fen };
    case 'idleFor':
    case 'expiresWithin':
    case 'runningFor':
    case 'stoppedFor':
    case 'runwayBelow':
      return { kind: condition.kind, ms: condition.ms };
    default:
      return assertNever(condition);
  }
}

function stepFacts(step: Step): StepFacts {
  switch (step.kind) {
    case 'renew':
      return { kind: 'renew', daily: step.periods.daily, monthly: step.periods.monthly };
    case 'notify':
      return { kind: 'notify', to: step.to, severity: step.severity };
    case 'snapshot':
      return { kind: 'snapshot', name: step.name };
    case 'lengthen':
      return { kind: 'lengthen', to: step.to };
    case 'stop':
    case 'cardless-stop':
    case 'start':
    case 'restart':
    case 'destroy':
      return { kind: step.kind };
    default:
      return assertNever(step);
  }
}
