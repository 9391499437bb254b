import type { CloudAct } from '../decide/decision.ts';
import type { CloudAction } from '../fleet/action.ts';
import type { ActionCall } from '../fleet/action-call.ts';
import { type Detail, NO_DETAIL } from '../fleet/detail/detail.ts';
import { type Instance, instanceKey } from '../fleet/instance.ts';
import type { Observed, OperationDraft } from '../fleet/operation.ts';
import type { OperationReason } from '../fleet/reason.ts';
import { operationId } from './operation-id.ts';

export function observedOf(instance: Instance): Observed {
  const { status, billing, createdAt, startedAt, expiresAt, imageId, gpuType, gpuCount } = instance;
  return { status, billing, createdAt, startedAt, expiresAt, imageId, gpuType, gpuCount };
}

export interface Wish {
  readonly key: string;
  readonly instance: Instance;
  readonly action: CloudAction;
  readonly call: ActionCall;
  readonly policy: string | null;
  readonly step: number;
  readonly occurrence: string;
  readonly by: string;
  readonly reason: OperationReason;
  readonly detail: Detail;
  readonly costFen: number | null;
  readonly evidence: OperationDraft['evidence'];
  readonly obligations: OperationDraft['obligations'];
}

/** The draft of one attempt at a wish. */
export function draftOf(wish: Wish, attempt: number): OperationDraft {
  const { key, instance, ...rest } = wish;
  return {
    ...rest,
    id: operationId(key, attempt),
    account: instance.account,
    provider: instance.provider,
    instance: instanceKey(instance),
    instanceId: instance.id,
    instanceName: instance.name,
    attempt,
    observed: observedOf(instance),
  };
}

/** @param by who asks */
export function wishOf(act: CloudAct, key: string, by: string): Wish {
  return {
    key,
    instance: act.view.tracked.instance,
    action: act.action,
    call: act.call,
    policy: act.policy,
    step: act.step,
    occurrence: act.occurrence,
    by,
    reason: act.reason,
    detail: NO_DETAIL,
    costFen: act.costFen,
    evidence: act.evidence,
    obligations: act.obligations,
  };
}
