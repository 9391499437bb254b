import { catalogueDefaults } from './catalogue.ts';
import type { Random } from './random.ts';
import type { SavedAccount, SimAccount } from './sim-account.ts';
import { makeInstance } from './sim-instance.ts';

/** A new account's saved form, so that seeds and restored states take one road. */
export function seedToSaved(seed: SimAccount, context: { now: number; random: Random }): SavedAccount {
  const defaults = catalogueDefaults(seed.provider);
  return {
    name: seed.name,
    provider: seed.provider,
    username: seed.username ?? seed.name,
    password: seed.password ?? '',
    pageLimit: seed.pageLimit ?? 100,
    topUp: seed.topUp ?? null,
    balanceFen: seed.balanceFen,
    accruedFenMs: 0,
    accruedAt: context.now,
    tokens: [{ name: 'default', token: seed.token, createdAt: context.now }],
    instances: seed.instances.map((instance) => makeInstance(seed.provider, instance, defaults, context)),
    images: [],
    bills: [],
    recharges: [],
    deferred: [],
    outOfStock: [],
  };
}
