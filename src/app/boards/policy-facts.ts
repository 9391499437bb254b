import type { WindowSpec } from '../../calendar/window-spec.ts';
import { interrupts } from '../../fleet/action.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import { PROVIDER_KINDS } from '../../fleet/provider-kind.ts';
import { DEFAULT_MAX, DEFAULT_PERCENT } from '../../policy/allowance.ts';
import { anyGlobTest } from '../../policy/glob.ts';
import type { MatchClauses } from '../../policy/match-grammar.ts';
import type { Condition, Policy, Step } from '../../policy/policy.ts';
import type {
  ConditionFacts,
  MatchClause,
  MatchFacts,
  PolicyFacts,
  StepFacts,
  WindowFacts,
} from '../../web/console/board-source.ts';

/** What a compiled policy says, as plain data: the console puts it in words. */
export function policyFacts(policy: Policy, now: number): PolicyFacts {
  const { name, description, enabled, mode, match, noticeMs, requireNotice, minimumUptimeMs, cooldownMs } = policy;
  return {
    name,
    description,
    enabled,
    mode,
    match: matchFacts(match.given),
    conditions: policy.conditions.map((condition) => conditionFacts(condition, now)),
    steps: policy.steps.map(stepFacts),
    startsAfterwards: policy.afterwards !== null,
    noticeMs,
    requireNotice,
    minimumUptimeMs,
    cooldownMs,
    catchUpMs: policy.catchUpMs,
    limits: policy.limits,
    commonLimits: commonLimits(policy),
    scope: policy.scope,
    place: { file: policy.place.file, line: policy.place.line },
  };
}

/** `null`: nothing narrows it. */
function matchFacts(given: Policy['match']['given']): MatchFacts | null {
  if (given === undefined || given === 'all') return null;
  const { not = [], ...clauses } = given;
  return { clauses: matchClauses(clauses), not: not.map(matchClauses) };
}

/** From the widest to the narrowest, as one would say it. */
function matchClauses(clauses: MatchClauses): readonly MatchClause[] {
  const { provider, status, billing, labels = {} } = clauses;
  const patterns = (about: 'account' | 'gpu' | 'room' | 'id' | 'name'): MatchClause[] => {
    const values = clauses[about];
    return values === undefined ? [] : [{ about, values }];
  };
  return [
    ...patterns('account'),
    ...(provider === undefined ? [] : [{ about: 'provider' as const, values: providersOf(provider) }]),
    ...patterns('room'),
    ...patterns('gpu'),
    ...patterns('id'),
    ...patterns('name'),
    ...Object.entries(labels).map(([label, values]) => ({ about: 'label' as const, label, values })),
    ...(billing === undefined ? [] : [{ about: 'billing' as const, values: billing }]),
    ...(status === undefined ? [] : [{ about: 'status' as const, values: status }]),
  ];
}

function providersOf(patterns: readonly string[]) {
  return PROVIDER_KINDS.filter(anyGlobTest(patterns));
}

function commonLimits({ limits, match, steps }: Policy): PolicyFacts['commonLimits'] {
  const { provider = ['*'] } = match.given === undefined || match.given === 'all' ? {} : match.given;
  const cuts = steps.some(({ kind }) => providersOf(provider).some((cloud) => interrupts(kind, cloud)));
  return limits === null && cuts ? { percent: DEFAULT_PERCENT, most: DEFAULT_MAX } : null;
}

function windowFacts(spec: WindowSpec): WindowFacts {
  const zone = spec.zone.name;
  switch (spec.kind) {
    case 'always':
    case 'never':
      return { kind: spec.kind, zone };
    case 'weekly':
      return { kind: 'weekly', days: [...spec.days], ...spec.span, zone };
    case 'calendar':
      return { kind: 'calendar', calendar: spec.calendar.name, dayKind: spec.dayKind, ...spec.span, zone };
    case 'interval':
      return { kind: 'interval', startAt: spec.startAt, endAt: spec.endAt, zone };
    default:
      return assertNever(spec);
  }
}

function conditionFacts(condition: Condition, now: number): ConditionFacts {
  switch (condition.kind) {
    case 'during': {
      const state = condition.window.state(now);
      const changesAt = state.inside ? state.closesAt : state.opensAt;
      return { kind: 'during', openings: condition.window.specs.map(windowFacts), inside: state.inside, changesAt };
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
      return { kind: 'notify', to: step.to, severity: step.severity, text: step.text };
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
