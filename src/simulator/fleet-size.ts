import { HOUR_MS, MINUTE_MS } from './clocks.ts';
import type { SimAccount } from './sim-account.ts';
import { SIM_PROVIDERS, type SimInstanceSeed, type SimProvider } from './sim-instance.ts';
import { alwaysIdle, busyCycle } from './workload.ts';

/** How many instances of each provider a benchmark wants. */
export type FleetSize = Partial<Record<SimProvider, number>>;

// Plenty: a benchmark of renewals must not run dry.
const PLENTY_FEN = 1_000_000_000_000;

/**
 * One account per provider, named `bench-<provider>` with the token `token-<provider>`. Ids are `<provider>-<n>`; every
 * fourth instance of huixingyun is monthly, all others are hourly; two in three run, and half of those have work now and then.
 */
export function fleetOfSize(size: FleetSize, now: number): SimAccount[] {
  return SIM_PROVIDERS.filter((provider) => (size[provider] ?? 0) > 0).map((provider) => ({
    name: `bench-${provider}`,
    provider,
    token: `token-${provider}`,
    balanceFen: PLENTY_FEN,
    instances: Array.from({ length: size[provider] ?? 0 }, (_, index) => seed(provider, index, now)),
  }));
}

function seed(provider: SimProvider, index: number, now: number): SimInstanceSeed {
  const createdAt = now - (1 + (index % 90)) * 24 * HOUR_MS;
  const cycle = busyCycle(createdAt + index * MINUTE_MS, 40 * MINUTE_MS, 80 * MINUTE_MS);
  return {
    id: `${provider}-${index}`,
    name: `${index % 2 === 0 ? 'dev' : 'prod'}-${index}`,
    status: index % 3 === 2 ? 'stopped' : 'running',
    billing: provider === 'huixingyun' && index % 4 === 3 ? 'monthly' : 'hourly',
    createdAt,
    workload: index % 2 === 0 ? cycle : alwaysIdle(createdAt),
  };
}
