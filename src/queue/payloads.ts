import { z } from 'zod';
import { EVENTS, SEVERITIES } from '../fleet/event.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { STATUSES } from '../fleet/status.ts';

const account = z.strictObject({ account: z.string().min(1) });
const operation = z.strictObject({ operationId: z.string().min(1) });
/** Operations that were armed in one breath; the bound keeps one job from holding too much. */
export const MOST_OPERATIONS = 20;
const operations = z.strictObject({ operationIds: z.array(z.string().min(1)).min(1).max(MOST_OPERATIONS) });
const flat = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

const notification = z.strictObject({
  id: z.string().min(1),
  version: z.literal(1),
  event: z.enum(EVENTS),
  severity: z.enum(SEVERITIES),
  at: z.string(),
  account: z.string().nullable(),
  provider: z.enum(PROVIDER_KINDS).nullable(),
  instance: z.strictObject({ id: z.string(), name: z.string(), status: z.enum(STATUSES) }).nullable(),
  policy: z.string().nullable(),
  action: z.string().nullable(),
  occurrence: z.string().nullable(),
  reason: z.string().nullable(),
  text: z.string(),
  details: flat,
});

/**
 * What a job of each queue carries. Ids only, since jobs are stored in clear text and what they are about is read afresh;
 * a notification is the exception, being the very thing that is delivered.
 */
const PAYLOADS = {
  poll: account,
  /** One round of the probes over an account. */
  observe: account,
  evaluate: z.strictObject({ account: z.string().min(1), cause: z.string() }),
  /** Tidying: whatever in the ledger lost its job gets it again. */
  tick: z.strictObject({}),
  /** One bell for several, since a night's hundreds of stops are armed at once. What costs or destroys has one each. */
  'act-reversible': z.union([operation, operations]),
  'act-paid': operation,
  'act-destructive': operation,
  /** A look at one operation, or at all of an account that are due together. */
  verify: z.union([operation, account]),
  /** A bell: what is to be told stands in the notifier's outbox. Older versions queued the notification itself. */
  notify: z.strictObject({ notifier: z.string().min(1), notification: notification.optional() }),
} as const;

export type QueueName = keyof typeof PAYLOADS;
type Payloads = { readonly [Q in QueueName]: z.output<(typeof PAYLOADS)[Q]> };
export type Payload<Q extends QueueName> = Payloads[Q];

/** @throws ZodError naming what does not fit */
export function parsePayload<Q extends QueueName>(name: Q, data: unknown): Payload<Q> {
  const schemas: { readonly [N in QueueName]: z.ZodType<Payloads[N]> } = PAYLOADS;
  return schemas[name].parse(data);
}

/** In the order of the life of a decision. */
export const QUEUE_NAMES = [
  'poll',
  'observe',
  'evaluate',
  'tick',
  'act-reversible',
  'act-paid',
  'act-destructive',
  'verify',
  'notify',
] as const satisfies readonly QueueName[];
