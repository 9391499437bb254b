import type { Store } from '../store/store.ts';
import type { Readiness } from '../web/source.ts';
import type { Work } from '../work/ports.ts';

/**
 * Ready means: Redis answers, policies are in force, and every account has been tried once. An account that fails is
 * named and does not make the daemon unready: the others still need it.
 */
export async function readiness(work: Work, store: Store, policiesAreOld: boolean): Promise<Readiness> {
  const standing = work.standing();
  const redisUp = store.state.kind === 'ready';
  const off = work.paidWorkOff();
  const policies = {
    ok: standing.policies.length > 0,
    detail: policiesAreOld
      ? `${standing.policies.length}, the last good ones: those in the folder are not valid`
      : `${standing.policies.length}`,
  };
  if (!redisUp) {
    return { ready: false, checks: { redis: { ok: false, detail: 'not reachable' }, policies }, accounts: [] };
  }
  try {
    const accounts = await Promise.all(
      [...standing.accounts.keys()].map(async (account) => {
        const health = await store.health(account);
        return {
          account,
          tried: health.triedAt !== null,
          ok: health.failures === 0 && health.okAt !== null,
          detail: health.triedAt === null ? 'not tried yet' : health.detail,
        };
      }),
    );
    const tried = accounts.every((account) => account.tried);
    const frozen = (await store.ledger.frozen()) ?? off;
    return {
      ready: policies.ok && tried,
      checks: {
        redis: { ok: true, detail: 'reachable' },
        policies,
        accounts: { ok: tried, detail: tried ? 'all tried' : 'not all tried yet' },
        paidWork: { ok: frozen === null, detail: frozen ?? 'open' },
      },
      accounts: accounts.map(({ account, ok, detail }) => ({ account, ok, detail })),
    };
  } catch {
    return { ready: false, checks: { redis: { ok: false, detail: 'does not answer' }, policies }, accounts: [] };
  }
}
