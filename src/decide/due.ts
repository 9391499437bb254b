import type { PolicyAction } from '../fleet/action.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { InactionReason } from '../fleet/reason.ts';
import type { Step } from '../policy/policy.ts';
import type { Verdict } from './conditions.ts';
import type { AccountPass, Pass } from './pass.ts';
import type { Standing } from './standing.ts';
import type { InstanceView } from './world.ts';

export type CloudStep = Exclude<Step, { kind: 'notify' }>;
export type CloudPolicyAction = Exclude<PolicyAction, 'notify'>;

/** A step whose conditions hold, or may hold, on one instance, and that nothing has refused yet. */
export interface Due {
  readonly pass: Pass;
  readonly account: AccountPass;
  readonly standing: Standing;
  readonly view: InstanceView;
  /** Place of the instance in its account's listing. */
  readonly place: number;
  readonly step: Step;
  readonly stepIndex: number;
  /** Never `fails`. */
  readonly verdict: Verdict;
  /** `null`: what it is made of is not known. */
  readonly occurrence: string | null;
}

/** A guard's no. */
export interface No {
  readonly reason: InactionReason;
  /** One sentence with the values seen. */
  readonly detail: Detail;
}
