import { DAY_MS, HOUR_MS } from './clocks.ts';
import { type Random, randomHex, randomUuid } from './random.ts';
import { alwaysIdle, type Workload } from './workload.ts';

export const SIM_PROVIDERS = ['huixingyun', 'chenyu', 'chenyu-v1'] as const;
export type SimProvider = (typeof SIM_PROVIDERS)[number];

/**
 * `ordered` is paid for but not listed yet; `created` is made but never started (chenyu v1's 0 已创建);
 * `destroyed` stays listed only on chenyu v1 (9 已销毁).
 */
export const SIM_STATUSES = [
  'ordered',
  'creating',
  'created',
  'starting',
  'running',
  'stopping',
  'stopped',
  'restarting',
  'destroyed',
] as const;
export type SimStatus = (typeof SIM_STATUSES)[number];

export const SIM_BILLINGS = ['hourly', 'daily', 'monthly'] as const;
export type SimBilling = (typeof SIM_BILLINGS)[number];

/** chenyu v2's `save_image_status`: 1 uploading, 2 uploaded, 3 failed (doc "instance/list"); 0, never saved, is ours. */
export type SaveStatus = 0 | 1 | 2 | 3;

/** Fen for the whole instance, by the unit; `stopped` and `cardless`: per hour while an hourly one is stopped. */
export interface OwnPrice {
  readonly hourly: number;
  readonly daily: number;
  readonly monthly: number;
  readonly stopped: number;
  readonly cardless: number;
}

/** One simulated instance. Times are epoch milliseconds. */
export interface SimInstance {
  readonly id: string;
  name: string;
  /** huixingyun: `gpu_type`; chenyu: the GPU model's uuid. */
  gpu: string;
  gpuCount: number;
  /** As ordered: what chenyu v2's startup falls back to when its GPU fields are left out (doc "startup"). */
  orderedGpu: string;
  orderedGpuCount: number;
  room: string;
  imageId: string;
  imageName: string;
  imageTag: string;
  billing: SimBilling;
  status: SimStatus;
  /** The status it is on its way to, and when it gets there. */
  next: { status: SimStatus; at: number } | null;
  /** Stopped (or stopping) without cards. */
  cardless: boolean;
  createdAt: number;
  startedAt: number | null;
  /** Daily and monthly instances only. */
  expiresAt: number | null;
  /** An armed shutdown timer. */
  shutdownAt: number | null;
  saveStatus: SaveStatus;
  saveDoneAt: number | null;
  /** Makes the next chenyu image saving end in status 3. */
  failSave: boolean;
  workload: Workload;
  /** Its owner starts it in the console when work begins and it is stopped. */
  ownerStarts: boolean;
  /** null: its Jupyter asks for no token. */
  jupyterToken: string | null;
  ip: string;
  port: number;
  password: string;
  orderUid: string;
  /** Overrides of what the listing says, for words no document shows. */
  statusWord: string | number | null;
  billingWord: string | number | null;
  expireText: string | null;
  /** What it costs where that is not by the catalogue and the rules. */
  price?: OwnPrice;
}

/** An instance to begin with: everything but what the test or demo cares about has a default. */
export type SimInstanceSeed = Partial<SimInstance>;

/** Digits as in huixingyun's sample order numbers (`20240705173xxxx20674`). */
export function makeOrderUid(random: Random, at: number): string {
  const stamp = new Date(at + 8 * HOUR_MS).toISOString().replace(/\D/g, '').slice(0, 14);
  return `${stamp}${String(Math.floor(random() * 1e6)).padStart(6, '0')}`;
}

/** An id in the provider's style: `gpu-105…` with the room, `inst_…`, or a bare UUID. */
export function makeInstanceId(provider: SimProvider, room: string, random: Random): string {
  switch (provider) {
    case 'huixingyun':
      return `gpu-${room}${randomHex(random, 18)}`;
    case 'chenyu':
      return `inst_${randomUuid(random)}`;
    case 'chenyu-v1':
      return randomUuid(random);
  }
}

/** Completes a seed. `defaults` names the GPU and image of the provider's catalogue. */
export function makeInstance(
  provider: SimProvider,
  seed: SimInstanceSeed,
  defaults: { gpu: string; gpuName: string; room: string; imageId: string; imageName: string },
  context: { now: number; random: Random },
): SimInstance {
  const { now, random } = context;
  const room = seed.room ?? defaults.room;
  const billing = seed.billing ?? 'hourly';
  const status = seed.status ?? 'running';
  const createdAt = seed.createdAt ?? now - DAY_MS;
  const gpu = seed.gpu ?? defaults.gpu;
  const gpuCount = seed.gpuCount ?? 1;
  const neverStarted = status === 'created' || status === 'ordered' || status === 'creating';
  return {
    id: seed.id ?? makeInstanceId(provider, room, random),
    name: seed.name ?? `${defaults.gpuName} * ${gpuCount}`,
    gpu,
    gpuCount,
    orderedGpu: seed.orderedGpu ?? gpu,
    orderedGpuCount: seed.orderedGpuCount ?? gpuCount,
    room,
    imageId: seed.imageId ?? defaults.imageId,
    imageName: seed.imageName ?? defaults.imageName,
    imageTag: seed.imageTag ?? 'v2.0',
    billing,
    status,
    next: seed.next ?? null,
    cardless: seed.cardless ?? false,
    createdAt,
    startedAt: seed.startedAt ?? (neverStarted ? null : createdAt),
    expiresAt: billing === 'hourly' ? null : (seed.expiresAt ?? now + (billing === 'daily' ? 1 : 30) * DAY_MS),
    shutdownAt: seed.shutdownAt ?? null,
    saveStatus: seed.saveStatus ?? 0,
    saveDoneAt: seed.saveDoneAt ?? null,
    failSave: seed.failSave ?? false,
    workload: seed.workload ?? alwaysIdle(createdAt),
    jupyterToken: seed.jupyterToken ?? null,
    ownerStarts: seed.ownerStarts ?? false,
    // Loopback: nothing that reads a simulated listing may ever reach a real machine.
    ip: seed.ip ?? '127.0.0.1',
    port: seed.port ?? 22_000 + Math.floor(random() * 1000),
    password: seed.password ?? `pw-${randomHex(random, 12)}`,
    orderUid: seed.orderUid ?? makeOrderUid(random, createdAt),
    statusWord: seed.statusWord ?? null,
    billingWord: seed.billingWord ?? null,
    expireText: seed.expireText ?? null,
    ...(seed.price === undefined ? {} : { price: seed.price }),
  };
}
