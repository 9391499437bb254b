import { z } from 'zod';
import { CLOUD_ACTIONS } from '../fleet/action.ts';
import type { ActionCall } from '../fleet/action-call.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import { readDetail, storedDetail } from '../fleet/detail/stored.ts';
import { type InstanceKey, parseInstanceKey } from '../fleet/instance.ts';
import { obligationId } from '../fleet/obligation.ts';
import {
  OPERATION_STATES,
  type Operation,
  type OperationDraft,
  type OperationPatch,
  type OperationState,
  type Transition,
} from '../fleet/operation.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { OPERATION_REASONS, type OperationReason } from '../fleet/reason.ts';
import { BILLINGS, STATUSES } from '../fleet/status.ts';
import { StoreCorrupt } from './store-error.ts';

export const instanceKeySchema = z.custom<InstanceKey>(
  (value) => typeof value === 'string' && (parseInstanceKey(value) !== null || value.endsWith('/')),
  'not "account/id"',
);
const time = z.number();
const timeOrNull = z.number().nullable().default(null);
const unit = z.enum(['daily', 'monthly']);

const callSchema: z.ZodType<ActionCall> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stop') }),
  z.object({ kind: z.literal('cardless-stop') }),
  z.object({ kind: z.literal('start'), stopMode: z.enum(['normal', 'cardless', 'unknown']) }),
  z.object({ kind: z.literal('restart') }),
  z.object({ kind: z.literal('snapshot'), name: z.string() }),
  z.object({ kind: z.literal('renew'), unit, periods: z.number() }),
  z.object({ kind: z.literal('lengthen'), to: unit }),
  z.object({ kind: z.literal('destroy') }),
  z.object({ kind: z.literal('rebuild'), imageId: z.string() }),
  z.object({ kind: z.literal('create'), order: z.record(z.string(), z.union([z.string(), z.number()])) }),
  z.object({ kind: z.literal('shutdown-timer'), at: z.number().nullable() }),
]);

export const evidenceSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

export const obligationDraftSchema = z.object({
  policy: z.string(),
  instance: instanceKeySchema,
  incarnation: z.string(),
  dueAt: time,
  lapsesAt: timeOrNull,
});

const draftSchema = z.compile(
  z.object({
    id: z.string(),
    account: z.string(),
    provider: z.enum(PROVIDER_KINDS),
    instance: instanceKeySchema,
    instanceId: z.string(),
    instanceName: z.string().default(''),
    action: z.enum(CLOUD_ACTIONS),
    call: callSchema,
    policy: z.string().nullable().default(null),
    step: z.number().default(0),
    occurrence: z.string().default(''),
    by: z.string().default(''),
    attempt: z.number().default(1),
    costFen: z.number().nullable().default(null),
    observed: z.object({
      status: z.enum(STATUSES),
      billing: z.enum(BILLINGS),
      createdAt: timeOrNull,
      startedAt: timeOrNull,
      expiresAt: timeOrNull,
      imageId: z.string().nullable().default(null),
      gpuType: z.string().default(''),
      gpuCount: z.number().nullable().default(null),
    }),
    evidence: evidenceSchema.default({}),
    obligations: z.array(obligationDraftSchema).default([]),
  }),
);

const patchSchema = z.object({
  call: callSchema.optional(),
  sendingAt: z.number().nullable().optional(),
  deadlineAt: z.number().nullable().optional(),
  effectiveAt: z.number().nullable().optional(),
  nextCheckAt: z.number().nullable().optional(),
  checks: z.number().optional(),
  tries: z.number().optional(),
  orderId: z.string().nullable().optional(),
  listedBefore: z.array(z.string()).nullable().optional(),
});

/** As text of older records, too; see storedDetail. */
const storedDetailSchema = z.string().default('').transform(readDetail);

/** A transition as it is stored; its sequence number stands before it, given by the script. */
const bodySchema = z.compile(
  z.object({
    at: time,
    from: z.enum(OPERATION_STATES).nullable(),
    to: z.enum(OPERATION_STATES),
    reason: z.enum(OPERATION_REASONS),
    detail: storedDetailSchema,
    by: z.string().default(''),
    set: patchSchema.optional(),
  }),
);
export type TransitionBody = z.infer<typeof bodySchema>;

/** The draft as JSON, field by field: whatever else hangs on the object stays out of Redis. */
export function encodeDraft(draft: OperationDraft): string {
  const { observed } = draft;
  return JSON.stringify({
    id: draft.id,
    account: draft.account,
    provider: draft.provider,
    instance: draft.instance,
    instanceId: draft.instanceId,
    instanceName: draft.instanceName,
    action: draft.action,
    call: allowListedCall(draft.call),
    policy: draft.policy,
    step: draft.step,
    occurrence: draft.occurrence,
    by: draft.by,
    attempt: draft.attempt,
    costFen: draft.costFen,
    observed: {
      status: observed.status,
      billing: observed.billing,
      createdAt: observed.createdAt,
      startedAt: observed.startedAt,
      expiresAt: observed.expiresAt,
      imageId: observed.imageId,
      gpuType: observed.gpuType,
      gpuCount: observed.gpuCount,
    },
    evidence: draft.evidence,
    obligations: draft.obligations.map((o) => obligationDraftSchema.parse(o)),
  });
}

function allowListedCall(call: ActionCall): ActionCall {
  return callSchema.parse(call);
}

/** What audit entries of the operation begin with. */
export function encodeHead(draft: OperationDraft): string {
  return JSON.stringify({
    account: draft.account,
    instance: draft.instance,
    action: draft.action,
    policy: draft.policy,
  });
}

/** Obligations that a confirmed stop leaves, as the transition script wants them: JSON to which only `stoppedAt` is added. */
export function encodeOwed(draft: OperationDraft): string {
  if (draft.obligations.length === 0) return '';
  const stopMode = draft.action === 'cardless-stop' ? 'cardless' : 'normal';
  return JSON.stringify(
    draft.obligations.map((o) => {
      const owed = { ...obligationDraftSchema.parse(o), stopMode, attempts: 0, nextTryAt: o.dueAt };
      return [obligationId(o), JSON.stringify(owed).slice(0, -1)];
    }),
  );
}

export interface NewTransition {
  readonly at: number;
  readonly from: OperationState | null;
  readonly to: OperationState;
  readonly reason: OperationReason;
  readonly detail: Detail;
  readonly by: string;
  readonly set?: OperationPatch | undefined;
}

export function encodeBody(transition: NewTransition): string {
  const { at, from, to, reason, detail, by, set } = transition;
  const told = storedDetail(detail);
  return JSON.stringify({ at, from, to, reason, detail: told, by, ...(set && { set: patchSchema.parse(set) }) });
}

/** The operation that arming this draft made, without reading it back. */
export function armedOperation(draft: OperationDraft, seq: number, now: number): Operation {
  const { reason, detail, by } = draft;
  return fold(draftSchema.parse(JSON.parse(encodeDraft(draft))), [
    { seq, at: now, from: null, to: 'armed', reason, detail, by },
  ]);
}

/** The operation after a transition that the ledger has just written, without reading it back. */
export function movedOperation(before: Operation, transition: NewTransition, seq: number): Operation {
  const { at, from, to, reason, detail, by, set } = transition;
  return {
    ...before,
    ...withoutUndefined(set && patchSchema.parse(set)),
    state: to,
    reason,
    detail,
    version: before.version + 1,
    updatedAt: at,
    transitions: [...before.transitions, { seq, at, from, to, reason, detail, by }],
  };
}

/** Reads an operation from the flat list of fields and values that HGETALL gives. @throws StoreCorrupt */
export function decodeOperation(flat: readonly unknown[]): Operation {
  let draft: string | null = null;
  const steps: (Transition & { readonly set?: OperationPatch | undefined })[] = [];
  try {
    for (let i = 0; i + 1 < flat.length; i += 2) {
      const field = flat[i];
      const value = flat[i + 1];
      if (typeof field !== 'string' || typeof value !== 'string') continue;
      if (field === 'draft') draft = value;
      else if (field.startsWith('t:')) {
        const space = value.indexOf(' ');
        const body = bodySchema.parse(JSON.parse(value.slice(space + 1)));
        steps.push({ seq: Number(value.slice(0, space)), ...body, set: withoutUndefined(body.set) });
      }
    }
    if (draft === null) throw new Error('there is no draft');
    steps.sort((a, b) => a.seq - b.seq);
    return fold(draftSchema.parse(JSON.parse(draft)), steps);
  } catch (error) {
    throw new StoreCorrupt(`operation ${draft === null ? '(unnamed)' : draft.slice(0, 80)}`, error);
  }
}

type StoredDraft = z.infer<typeof draftSchema>;

function withoutUndefined(set: z.infer<typeof patchSchema> | undefined): OperationPatch | undefined {
  if (set === undefined) return undefined;
  const { call, sendingAt, deadlineAt, effectiveAt, nextCheckAt, checks, tries, orderId, listedBefore } = set;
  return {
    ...(call !== undefined && { call }),
    ...(sendingAt !== undefined && { sendingAt }),
    ...(deadlineAt !== undefined && { deadlineAt }),
    ...(effectiveAt !== undefined && { effectiveAt }),
    ...(nextCheckAt !== undefined && { nextCheckAt }),
    ...(checks !== undefined && { checks }),
    ...(tries !== undefined && { tries }),
    ...(orderId !== undefined && { orderId }),
    ...(listedBefore !== undefined && { listedBefore }),
  };
}

/** An operation is its draft and what each transition set, in order. */
function fold(
  draft: StoredDraft,
  steps: readonly (Transition & { readonly set?: OperationPatch | undefined })[],
): Operation {
  const last = steps.at(-1);
  const first = steps[0];
  if (first === undefined || last === undefined) throw new Error('there is no transition');
  let sum: OperationPatch = {};
  for (const { set } of steps) if (set) sum = { ...sum, ...set };
  return {
    ...draft,
    call: sum.call ?? draft.call,
    state: last.to,
    reason: last.reason,
    detail: last.detail,
    version: steps.length,
    createdAt: first.at,
    updatedAt: last.at,
    sendingAt: sum.sendingAt ?? null,
    deadlineAt: sum.deadlineAt ?? null,
    effectiveAt: sum.effectiveAt ?? null,
    nextCheckAt: sum.nextCheckAt ?? null,
    checks: sum.checks ?? 0,
    tries: sum.tries ?? 0,
    orderId: sum.orderId ?? null,
    listedBefore: sum.listedBefore ?? null,
    transitions: steps.map(({ seq, at, from, to, reason, detail, by }) => ({ seq, at, from, to, reason, detail, by })),
  };
}
