import { z } from 'zod';
import { SIM_OPERATIONS } from './history.ts';
import type { SavedState } from './sim-account.ts';
import { SIM_BILLINGS, SIM_PROVIDERS, SIM_STATUSES } from './sim-instance.ts';

const workload = z.strictObject({
  anchorAt: z.number(),
  busyMs: z.number(),
  idleMs: z.number(),
  repeat: z.boolean(),
  silent: z.boolean(),
  kernels: z.int(),
  terminals: z.int(),
  connections: z.int(),
  edges: z.array(z.number()).exactOptional(),
});

const price = z.strictObject({
  hourly: z.number(),
  daily: z.number(),
  monthly: z.number(),
  stopped: z.number(),
  cardless: z.number(),
});

const instance = z.strictObject({
  id: z.string(),
  name: z.string(),
  gpu: z.string(),
  gpuCount: z.int(),
  orderedGpu: z.string(),
  orderedGpuCount: z.int(),
  room: z.string(),
  imageId: z.string(),
  imageName: z.string(),
  imageTag: z.string(),
  billing: z.enum(SIM_BILLINGS),
  status: z.enum(SIM_STATUSES),
  next: z.strictObject({ status: z.enum(SIM_STATUSES), at: z.number() }).nullable(),
  cardless: z.boolean(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  expiresAt: z.number().nullable(),
  shutdownAt: z.number().nullable(),
  saveStatus: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  saveDoneAt: z.number().nullable(),
  failSave: z.boolean(),
  workload,
  ownerStarts: z.boolean(),
  jupyterToken: z.string().nullable(),
  ip: z.string(),
  port: z.int(),
  password: z.string(),
  orderUid: z.string(),
  statusWord: z.union([z.string(), z.number()]).nullable(),
  billingWord: z.union([z.string(), z.number()]).nullable(),
  expireText: z.string().nullable(),
  price: price.exactOptional(),
});

const account = z.strictObject({
  name: z.string(),
  provider: z.enum(SIM_PROVIDERS),
  username: z.string(),
  password: z.string(),
  pageLimit: z.int(),
  topUp: z.strictObject({ belowFen: z.int(), amountFen: z.int() }).nullable(),
  balanceFen: z.int(),
  accruedFenMs: z.number(),
  accruedAt: z.number(),
  tokens: z.array(z.strictObject({ name: z.string(), token: z.string(), createdAt: z.number() })),
  instances: z.array(instance),
  images: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      remark: z.string(),
      room: z.string(),
      sourceId: z.string(),
      createdAt: z.number(),
      readyAt: z.number(),
      status: z.union([z.literal(1), z.literal(2), z.literal(3)]),
    }),
  ),
  bills: z.array(
    z.strictObject({
      orderNumber: z.string(),
      amountFen: z.int(),
      startAt: z.number(),
      endAt: z.number(),
      remark: z.string(),
    }),
  ),
  recharges: z.array(z.strictObject({ at: z.number(), tradeNo: z.string(), amountFen: z.int() })),
  deferred: z.array(
    z.strictObject({
      at: z.number(),
      operation: z.enum(SIM_OPERATIONS),
      args: z.record(z.string(), z.unknown()),
      callSeq: z.int(),
    }),
  ),
  outOfStock: z.array(z.string()),
});

const savedState: z.ZodType<SavedState> = z.strictObject({
  version: z.literal(1),
  seq: z.int(),
  accounts: z.array(account),
});

/** Checks a state that was read back from a file; throws with the places that are wrong. */
export function parseSavedState(value: unknown): SavedState {
  const result = savedState.safeParse(value);
  if (!result.success) throw new Error(`simulator: not a saved state: ${z.prettifyError(result.error)}`);
  return result.data;
}
