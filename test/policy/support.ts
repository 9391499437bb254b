import type { Account } from '../../src/fleet/account.ts';
import { DEFAULT_ACCOUNT_ACTIONS } from '../../src/fleet/action.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { ProviderKind } from '../../src/fleet/provider-kind.ts';
import type { CompileOptions } from '../../src/policy/draft.ts';

export function account(name: string, provider: ProviderKind, more: Partial<Account> = {}): Account {
  return {
    name,
    provider,
    baseUrl: 'http://127.0.0.1:1',
    pollEveryMs: 60_000,
    requestsPerSecond: 5,
    actions: DEFAULT_ACCOUNT_ACTIONS,
    statusWords: new Map(),
    billingWords: new Map(),
    prices: new Map(),
    spendLimit: null,
    ...more,
  };
}

export const OPTIONS: CompileOptions = {
  accounts: [
    account('hxy-main', 'huixingyun', { spendLimit: { perDayFen: null, callsPerDay: 10 } }),
    account('chenyu', 'chenyu'),
    account('old', 'chenyu-v1'),
  ],
  notifiers: ['ops', 'hook'],
  timezone: 'Asia/Shanghai',
  mode: 'observe',
  now: Date.UTC(2026, 10, 21, 12),
};

export function instance(more: Partial<Instance> = {}): Instance {
  return {
    account: 'hxy-main',
    provider: 'huixingyun',
    id: 'gpu-105b6aa',
    name: 'dev-1',
    status: 'running',
    rawStatus: 'Running',
    billing: 'hourly',
    rawBilling: 'Hour',
    gpu: 'NVIDIA 4090',
    gpuCount: 1,
    gpuType: 'geforce_rtx_4090_16u100m_105',
    room: 'room-105',
    createdAt: 0,
    startedAt: 0,
    expiresAt: null,
    hourlyFen: null,
    orderId: null,
    imageId: null,
    savingImage: false,
    shutdownTimerAt: null,
    services: [],
    problems: [],
    ...more,
  };
}
