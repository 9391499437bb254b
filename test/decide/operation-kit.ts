import type { ActionCall } from '../../src/fleet/action-call.ts';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import { DAY, instance, NOON } from './kit.ts';

/** An operation whose request left at noon, on the machine of the kit. */
export function operation(call: ActionCall, fields: Partial<Operation> = {}): Operation {
  const { status, billing, createdAt, startedAt, expiresAt, imageId, gpuType, gpuCount } = instance({
    billing: 'daily',
    expiresAt: NOON + DAY,
  });
  return {
    id: 'op-1',
    account: 'hxy',
    provider: 'huixingyun',
    instance: 'hxy/gpu-1',
    instanceId: 'gpu-1',
    instanceName: 'dev-1',
    action: call.kind,
    call,
    policy: 'p',
    step: 0,
    occurrence: 'o',
    by: 'policy p',
    attempt: 1,
    state: 'verifying',
    reason: 'verifying',
    detail: NO_DETAIL,
    version: 3,
    createdAt: NOON - 1000,
    updatedAt: NOON,
    sendingAt: NOON,
    deadlineAt: NOON + 32_000,
    effectiveAt: null,
    nextCheckAt: null,
    checks: 0,
    tries: 0,
    orderId: null,
    listedBefore: null,
    costFen: null,
    observed: { status, billing, createdAt, startedAt, expiresAt, imageId, gpuType, gpuCount },
    evidence: {},
    obligations: [],
    transitions: [],
    ...fields,
  };
}
