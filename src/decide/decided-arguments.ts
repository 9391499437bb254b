import { assertNever } from '../fleet/assert-never.ts';
import type { Billing } from '../fleet/status.ts';
import type { Policy, Step } from '../policy/policy.ts';
import type { ExpectationText } from '../policy/test-grammar.ts';
import type { ComingDecision } from './forecast.ts';
import { type GivenFleet, givenKey } from './given-fleet.ts';

/** What an action is given besides its word. */
export type Arguments = NonNullable<ExpectationText['with']>;

/** What a decision of these policies gives its action. */
export function argumentsOf(
  { policy, step, instance }: Pick<ComingDecision, 'policy' | 'step' | 'instance'>,
  policies: readonly Policy[],
  given: Pick<GivenFleet, 'accounts' | 'machines'>,
): Arguments {
  const asked = policies.find(({ name }) => name === policy)?.steps[step];
  const id = Object.keys(given.machines).find((each) => givenKey(given, each) === instance);
  return asked === undefined ? {} : argumentsOfStep(asked, given.machines[id ?? '']?.billing ?? 'hourly');
}

function argumentsOfStep(step: Step, billing: Billing): Arguments {
  switch (step.kind) {
    case 'renew': {
      const periods = billing === 'daily' || billing === 'monthly' ? step.periods[billing] : null;
      return periods === null ? {} : { periods };
    }
    case 'lengthen':
      return { to: [step.to] };
    case 'snapshot':
      return { name: step.name };
    case 'notify':
      return { severity: step.severity, to: [...(step.to ?? [])] };
    case 'stop':
    case 'cardless-stop':
    case 'start':
    case 'restart':
    case 'destroy':
      return {};
    default:
      return assertNever(step);
  }
}

/** What is given otherwise than asked, as `periods 1 and not 3`. */
export function differentArguments(asked: Arguments, given: Arguments): readonly string[] {
  return (['periods', 'to', 'severity', 'name'] as const).flatMap((key) => {
    if (asked[key] === undefined) return [];
    const [wanted, found] = [plain(asked[key]), plain(given[key])];
    return wanted === found ? [] : [`${key} ${found} and not ${wanted}`];
  });
}

/** `periods 3, severity info` */
export function argumentsText(asked: Arguments): readonly string[] {
  return Object.entries(asked).map(([key, value]) => `${key} ${plain(value)}`);
}

function plain(value: Arguments[keyof Arguments]): string {
  if (!Array.isArray(value)) return value === undefined ? 'none' : String(value);
  return value.length === 0 ? 'all' : value.toSorted().join(' ');
}
