import type { SimAccount } from '../../src/simulator/sim-account.ts';
import type { SimInstanceSeed, SimProvider } from '../../src/simulator/sim-instance.ts';
import { alwaysBusy, alwaysIdle } from '../../src/simulator/workload.ts';
import { DAY, HOUR, NOON } from './clock.ts';

/** The product that the simulator gives an instance unless told otherwise. */
export const GPU_4090 = 'geforce_rtx_4090_16u100m_105';

/** An account of a test, with tokens that no other account has. */
export function account(
  provider: SimProvider,
  instances: readonly SimInstanceSeed[],
  extra: Partial<SimAccount> = {},
): SimAccount {
  const name = extra.name ?? { huixingyun: 'hxy', chenyu: 'cy', 'chenyu-v1': 'cy1' }[provider];
  return { name, provider, token: `${name}-token-of-test`, balanceFen: 1_000_000, instances, ...extra };
}

/** A machine that has been up and idle for hours. */
export function idle(id: string, extra: SimInstanceSeed = {}): SimInstanceSeed {
  const at = NOON - 3 * HOUR;
  return { id, name: `dev-${id}`, createdAt: NOON - DAY, startedAt: at, workload: alwaysIdle(at), ...extra };
}

/** A machine at work since the day before. */
export function busy(id: string, extra: SimInstanceSeed = {}): SimInstanceSeed {
  return idle(id, { workload: alwaysBusy(NOON - DAY), ...extra });
}

/** Paid by the day and about to expire. */
export function daily(id: string, hoursLeft: number, extra: SimInstanceSeed = {}): SimInstanceSeed {
  return busy(id, { name: `prod-${id}`, billing: 'daily', expiresAt: NOON + hoursLeft * HOUR, ...extra });
}
