import { systemClock } from '../../../src/app/clock.ts';
import type { ActionCall } from '../../../src/fleet/action-call.ts';
import type { ProviderKind } from '../../../src/fleet/provider-kind.ts';
import { openProvider } from '../../../src/providers/open-provider.ts';
import type { CallOutcomeKind, Provider } from '../../../src/providers/port.ts';
import { GPU_MODELS, PODS, PRODUCTS, PUBLIC_IMAGES } from '../../../src/simulator/catalogue.ts';
import type { SimOperation } from '../../../src/simulator/history.ts';
import type { SimInstanceSeed } from '../../../src/simulator/sim-instance.ts';
import { accountOf } from './accounts.ts';
import { SHORT } from './clients.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An action that the cloud offers, on an instance of the seed on which it is possible. */
export interface OfferedAct {
  readonly call: ActionCall;
  readonly id: string;
  /** What it is called at the simulated cloud. */
  readonly operation: SimOperation;
}

export interface OpenOptions {
  readonly baseUrl: string;
  readonly token: string;
  readonly account: string;
  readonly requestsPerSecond?: number;
  readonly deadlineMs?: number;
}

/** A provider to be held against the port. */
export interface Subject {
  readonly kind: ProviderKind;
  readonly open: (options: OpenOptions) => Provider;
  /** `running`, `stopped`, and what the acts need. */
  readonly seeds: (now: number) => readonly SimInstanceSeed[];
  /** A status that no page shows, as the cloud would write it. */
  readonly oddStatus: string | number;
  readonly acts: readonly OfferedAct[];
  readonly notOffered: readonly ActionCall[];
  /** What an action becomes when the cloud says in its usual way that the token is wrong. */
  readonly unauthorised: (act: OfferedAct) => CallOutcomeKind;
  readonly order: Readonly<Record<string, string | number>>;
}

function open(kind: ProviderKind): Subject['open'] {
  return ({ baseUrl, token, account, requestsPerSecond = 1000, deadlineMs = 5000 }) =>
    openProvider({
      account: accountOf(baseUrl, { name: account, provider: kind, requestsPerSecond }),
      token,
      clock: systemClock,
      random: () => 0,
      limits: { ...SHORT, headersTimeoutMs: 5000, bodyTimeoutMs: 5000, deadlineMs },
    });
}

const PAID_OR_DESTRUCTIVE: ReadonlySet<string> = new Set(['renew', 'lengthen', 'create', 'destroy', 'rebuild']);

export function costsOrDestroys({ call }: OfferedAct): boolean {
  return PAID_OR_DESTRUCTIVE.has(call.kind);
}

const running = (now: number): SimInstanceSeed => ({ id: 'running', createdAt: now - DAY_MS });
const stopped = (now: number): SimInstanceSeed => ({ id: 'stopped', status: 'stopped', createdAt: now - DAY_MS });

const huixingyunOrder = {
  image_id: PUBLIC_IMAGES[0]?.id ?? '',
  gpu_type: PRODUCTS[0]?.gpuType ?? '',
  gpu_count: 1,
  extra_disk_cap: 0,
  pay_unit: 4,
  room_name: PRODUCTS[0]?.room ?? '',
};
const chenyuOrder = { pod_uuid: PODS[0]?.uuid ?? '', gpu_uuid: GPU_MODELS[0]?.uuid ?? '', gpu_nums: 1 };
const chenyuV1Order = {
  pod_uuid: PODS[0]?.uuid ?? '',
  image_tag: 'v1',
  gpu_model_uuid: GPU_MODELS[0]?.uuid ?? '',
  auto_start: 1,
};
const stop: OfferedAct = { call: { kind: 'stop' }, id: 'running', operation: 'stop' };
const start: OfferedAct = { call: { kind: 'start', stopMode: 'normal' }, id: 'stopped', operation: 'start' };
const restart: OfferedAct = { call: { kind: 'restart' }, id: 'running', operation: 'restart' };
const snapshot: OfferedAct = { call: { kind: 'snapshot', name: 'nightly' }, id: 'running', operation: 'snapshot' };
const timer: OfferedAct = {
  call: { kind: 'shutdown-timer', at: systemClock.now() + HOUR_MS },
  id: 'running',
  operation: 'shutdown-timer',
};

export const SUBJECTS: readonly Subject[] = [
  {
    kind: 'huixingyun',
    open: open('huixingyun'),
    seeds: (now) => [
      running(now),
      stopped(now),
      { id: 'cardless', status: 'stopped', cardless: true, createdAt: now - DAY_MS },
      { id: 'daily', billing: 'daily', createdAt: now - DAY_MS, expiresAt: now + 6 * HOUR_MS },
    ],
    oddStatus: 'Hibernating',
    acts: [
      stop,
      { call: { kind: 'cardless-stop' }, id: 'running', operation: 'stop' },
      start,
      { call: { kind: 'start', stopMode: 'cardless' }, id: 'cardless', operation: 'cardless-start' },
      restart,
      snapshot,
      { call: { kind: 'renew', unit: 'daily', periods: 3 }, id: 'daily', operation: 'renew' },
      { call: { kind: 'lengthen', to: 'monthly' }, id: 'running', operation: 'lengthen' },
      { call: { kind: 'destroy' }, id: 'stopped', operation: 'destroy' },
      { call: { kind: 'rebuild', imageId: PUBLIC_IMAGES[0]?.id ?? '' }, id: 'stopped', operation: 'rebuild' },
      { call: { kind: 'create', order: huixingyunOrder }, id: 'slot', operation: 'buy' },
    ],
    notOffered: [{ kind: 'shutdown-timer', at: null }],
    // Documents no errors: a bare 401 is believed only of what can be repeated after a look.
    unauthorised: (act) => (costsOrDestroys(act) ? 'uncertain' : 'unauthorised'),
    order: huixingyunOrder,
  },
  {
    kind: 'chenyu',
    open: open('chenyu'),
    seeds: (now) => [running(now), stopped(now), { id: 'third', createdAt: now - DAY_MS }],
    oddStatus: 23,
    acts: [
      stop,
      start,
      restart,
      snapshot,
      timer,
      { call: { kind: 'create', order: chenyuOrder }, id: 'slot', operation: 'create' },
    ],
    notOffered: [
      { kind: 'cardless-stop' },
      { kind: 'renew', unit: 'daily', periods: 1 },
      { kind: 'lengthen', to: 'daily' },
      { kind: 'destroy' },
      { kind: 'rebuild', imageId: 'x' },
    ],
    unauthorised: () => 'unauthorised',
    order: chenyuOrder,
  },
  {
    kind: 'chenyu-v1',
    open: open('chenyu-v1'),
    seeds: (now) => [running(now), stopped(now), { id: 'third', createdAt: now - DAY_MS }],
    oddStatus: 77,
    acts: [
      { ...stop, operation: 'shutdown-timer' },
      start,
      restart,
      timer,
      { call: { kind: 'destroy' }, id: 'stopped', operation: 'destroy' },
      { call: { kind: 'create', order: chenyuV1Order }, id: 'slot', operation: 'create' },
    ],
    notOffered: [
      { kind: 'cardless-stop' },
      { kind: 'snapshot', name: 'x' },
      { kind: 'renew', unit: 'daily', periods: 1 },
      { kind: 'lengthen', to: 'daily' },
      { kind: 'rebuild', imageId: 'x' },
    ],
    unauthorised: () => 'unauthorised',
    order: chenyuV1Order,
  },
];
