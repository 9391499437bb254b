import { localDay } from '../../calendar/zone.ts';
import type { Snapshot } from '../../fleet/snapshot.ts';
import { isUp } from '../../fleet/status.ts';
import { BREAKER_KINDS } from '../../store/breakers.ts';
import type { Store } from '../../store/store.ts';
import type { AccountBoard } from '../../web/console/board-source.ts';
import type { AccountRuntime, Work } from '../../work/ports.ts';
import { moneyOf } from '../web-source.ts';

/** The accounts with their money, their limits, and what keeps them from acting. */
export class AccountBoards {
  readonly #work: Work;
  readonly #store: Store;

  constructor(work: Work, store: Store) {
    this.#work = work;
    this.#store = store;
  }

  async list(): Promise<readonly AccountBoard[]> {
    return await Promise.all([...this.#work.standing().accounts.values()].map((runtime) => this.#board(runtime)));
  }

  async one(name: string): Promise<AccountBoard | null> {
    const runtime = this.#work.standing().accounts.get(name);
    return runtime === undefined ? null : await this.#board(runtime);
  }

  async #board({ account }: AccountRuntime): Promise<AccountBoard> {
    const work = this.#work;
    const store = this.#store;
    const { name } = account;
    const now = work.clock.now();
    const [snapshot, health, money, spent, breakers, unclear, freezes, open] = await Promise.all([
      store.loadSnapshot(name),
      store.health(name),
      moneyOf(work, name),
      store.spentToday(name, localDay(now, work.standing().zone)),
      store.breakers.open(name, now),
      store.breakers.unclear(name, now),
      this.#freezes(name),
      store.ledger.unfinished(),
    ]);
    return {
      name,
      provider: account.provider,
      ok: health.failures === 0 && health.okAt !== null,
      detail: health.detail,
      failures: health.failures,
      triedAt: health.triedAt,
      okAt: health.okAt,
      pollEveryMs: account.pollEveryMs,
      instances: snapshot?.instances.length ?? null,
      running: snapshot?.instances.filter(({ instance }) => isUp(instance.status)).length ?? null,
      listing: listingOf(snapshot),
      balanceFen: snapshot?.balance?.cashFen ?? null,
      cardsFen: snapshot?.balance?.cardsFen ?? null,
      ...money,
      spend: {
        calls: spent.calls,
        callsLimit: account.spendLimit?.callsPerDay ?? null,
        fen: spent.fen,
        fenLimit: account.spendLimit?.perDayFen ?? null,
      },
      actions: account.actions,
      breakers: BREAKER_KINDS.flatMap((kind) => {
        const breaker = breakers[kind];
        return breaker === null ? [] : [{ kind, until: breaker.until, why: breaker.why }];
      }),
      unclear,
      freezes,
      escalated: open.filter((operation) => operation.account === name && operation.state === 'escalated').length,
    };
  }

  /** What is frozen on the account, there alone or everywhere: by the ledger, and by what ends by itself. */
  async #freezes(account: string): Promise<AccountBoard['freezes']> {
    const stored = (await this.#store.freezes()).filter((each) => each.account === null || each.account === account);
    const off = this.#work.paidWorkOff();
    const by = this.#work.paidWorkOffBy?.() ?? null;
    const listed = stored.map(({ class: cls, reason, detail, at, account: where }) => ({
      class: cls,
      reason,
      detail,
      here: where !== null,
      at,
    }));
    if (off === null) return listed;
    const reason = by ?? 'redis';
    const passing = (['paid', 'destructive'] as const).map((cls) => ({
      class: cls,
      reason,
      detail: off,
      here: false,
      at: null,
    }));
    return [...listed, ...passing];
  }
}

function listingOf(snapshot: Snapshot | null): AccountBoard['listing'] {
  if (snapshot === null) return null;
  if (snapshot.shrunken) return 'shrunken';
  return snapshot.complete ? 'whole' : 'incomplete';
}
