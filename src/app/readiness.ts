import { type RedisHealth, takesWrites } from '../store/health.ts';
import type { Store } from '../store/store.ts';
import type { Readiness } from '../web/source.ts';
import type { Work } from '../work/ports.ts';
import { allFrozen, frozenAll, frozenDetail, frozenSentence } from './frozen-no.ts';
import type { LastReload } from './reload.ts';
import { notifierTrouble } from './telling.ts';

/**
 * Ready means: Redis answers and takes writes, policies are in force, and every account has been tried once. An account that fails is
 * named and does not make the daemon unready: the others still need it. So it is with a reload that failed or is held: what
 * was in force goes on, and the detail says why.
 */
export async function readiness(
  work: Work,
  store: Store,
  reloads: { readonly fromLastGood: boolean; readonly last: LastReload },
): Promise<Readiness> {
  const standing = work.standing();
  const redisUp = store.state.kind === 'ready';
  const off = work.paidWorkOff();
  // Whatever is in force was valid when it was taken; a set may be empty.
  const inForce = `${standing.policies.length}${reloads.fromLastGood ? ', the last good ones' : ''}`;
  const policies = { ok: true, detail: reloads.last.ok ? inForce : `${inForce}; ${reloads.last.detail}` };
  if (!redisUp) {
    return {
      ready: false,
      checks: { redis: { ok: false, detail: 'not reachable', told: { kind: 'redis-unreachable' } }, policies },
      accounts: [],
    };
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
    const freezes = await store.freezes();
    const [everywhere] = freezes.filter(({ account }) => account === null);
    const frozen = everywhere === undefined ? off : frozenSentence(everywhere);
    const redis = await store.askHealth();
    const isOpen = takesWrites(redis);
    const unheard = await notifierTrouble(standing.notifiers, store.outbox);
    const ofAccounts = freezes.filter(({ account }) => account !== null);
    const accountsFrozen = frozenAll(ofAccounts);
    const told = allFrozen(ofAccounts);
    return {
      ready: tried && isOpen,
      checks: {
        redis: { ok: isOpen, detail: isOpen ? 'reachable' : `takes no writes: ${whyNot(redis)}` },
        policies,
        accounts: {
          ok: tried,
          detail: tried ? 'all tried' : 'not all tried yet',
          ...(!tried && { told: { kind: 'accounts-untried' } }),
        },
        paidWork: {
          ok: frozen === null,
          detail: frozen ?? 'open',
          ...(everywhere !== undefined && { told: frozenDetail(everywhere) }),
        },
        ...(unheard !== null && { notifiers: { ok: false, detail: unheard } }),
        ...(accountsFrozen !== null && {
          reversibleWork: { ok: false, detail: accountsFrozen, ...(told !== null && { told }) },
        }),
      },
      accounts: accounts.map(({ account, ok, detail }) => ({ account, ok, detail })),
    };
  } catch {
    return {
      ready: false,
      checks: { redis: { ok: false, detail: 'does not answer', told: { kind: 'redis-silent' } }, policies },
      accounts: [],
    };
  }
}

function whyNot({ lastWriteOk, usedBytes, limitBytes }: RedisHealth): string {
  const MB = 1024 * 1024;
  return lastWriteOk === false
    ? 'its last write to disk failed'
    : `it uses ${Math.ceil((usedBytes ?? 0) / MB)} of ${Math.floor((limitBytes ?? 0) / MB)} MB (maxmemory)`;
}
