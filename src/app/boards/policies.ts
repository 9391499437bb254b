import { shadowSaving } from '../../decide/shadow.ts';
import type { Snapshot } from '../../fleet/snapshot.ts';
import type { Policy } from '../../policy/policy.ts';
import type { ShadowTotal } from '../../store/shadows.ts';
import type { Store } from '../../store/store.ts';
import type {
  FileMistake,
  ObservedTally,
  PolicyBoard,
  PolicyList,
  PolicyRow,
  ReloadState,
} from '../../web/console/board-source.ts';
import type { Work } from '../../work/ports.ts';
import { caretLines, type Located } from '../../yaml/located.ts';
import { lastSeen } from '../last-seen.ts';
import { type WatchedShadow, watchedShadows } from '../open-shadows.ts';
import type { Reader } from '../reader.ts';
import type { Reloader } from '../reload.ts';
import { policyFacts } from './policy-facts.ts';

/** Of a policy that is about everything the first so many are listed; the fleet's page has them all. */
const STANDS_SHOWN = 200;
const RECENT_SHOWN = 15;
const SHADOWS_SHOWN = 15;
/** The log of observed stops is one for all policies; the last weeks of it are looked through. */
const SHADOW_LOG_MS = 35 * 86_400_000;
const SHADOW_LOG_LENGTH = 2_000;

export interface PolicyBoardParts {
  readonly work: Work;
  readonly store: Store;
  readonly reader: Reader;
  readonly reloader: Pick<Reloader, 'last' | 'held'>;
  readonly fromLastGood: () => boolean;
  readonly signal: AbortSignal;
}

/** The policies in force, with what they are about now and what they did. */
export class PolicyBoards {
  readonly #parts: PolicyBoardParts;

  constructor(parts: PolicyBoardParts) {
    this.#parts = parts;
  }

  async list(): Promise<PolicyList> {
    return { rows: await this.#rows(this.#parts.work.standing().policies), reload: this.#reload() };
  }

  async one(name: string): Promise<PolicyBoard | null> {
    const { work, store, reader, signal } = this.#parts;
    const policy = work.standing().policies.find((each) => each.name === name);
    if (policy === undefined) return null;
    const [[row], plan, recent, shadows] = await Promise.all([
      this.#rows([policy]),
      reader.plan({ at: null, explain: true, signal }),
      store.ledger.list({ policy: name, limit: RECENT_SHOWN }),
      this.#shadows(name),
    ]);
    if (row === undefined) return null;
    const stands = plan
      .filter((each) => each.policy === name && each.decision !== 'tidy')
      .slice(0, STANDS_SHOWN)
      .map(({ instance, account, name: called, decision, action, reason, told }) => ({
        target: instance ?? account,
        name: called ?? '',
        decision,
        action,
        reason,
        told,
      }));
    return { ...row, stands, recent: recent.items, shadows };
  }

  async #rows(policies: readonly Policy[]): Promise<readonly PolicyRow[]> {
    const { work, store } = this.#parts;
    const now = work.clock.now();
    const [snapshots, lately, savings, totals, open] = await Promise.all([
      lastSeen(work),
      store.tallies.lately(now),
      store.savings.list(),
      store.shadows.totals(),
      this.#open(now),
    ]);
    return policies.map((policy): PolicyRow => {
      const saved = savings.find((each) => each.policy === policy.name);
      return {
        facts: policyFacts(policy, now),
        matches: policy.enabled ? this.#matches(policy, snapshots) : null,
        ...lately(policy.name),
        saved: { gpuSeconds: saved?.gpuSeconds ?? 0, fen: saved?.fen ?? 0 },
        stops: { count: saved?.stops ?? 0, wrong: saved?.wrong ?? 0 },
        observed: observed(totals, open, policy.name, now),
      };
    });
  }

  #matches(policy: Policy, snapshots: readonly Snapshot[]): number {
    const { labels } = this.#parts.work.standing();
    const mine = snapshots.filter(({ account, provider }) => policy.match.account({ name: account, provider }));
    if (policy.scope === 'account') return mine.length;
    return mine
      .flatMap(({ instances }) => instances)
      .filter(({ instance }) => policy.match.instance(instance, labels(instance))).length;
  }

  async #open(now: number): Promise<readonly WatchedShadow[]> {
    const { work, store } = this.#parts;
    const accounts = [...work.standing().accounts.keys()];
    return (await Promise.all(accounts.map((account) => watchedShadows(store, account, now)))).flat();
  }

  /** What it would have stopped, the latest first: what goes on, and what has ended. */
  async #shadows(policy: string): Promise<PolicyBoard['shadows']> {
    const { work, store } = this.#parts;
    const now = work.clock.now();
    const [open, log] = await Promise.all([this.#open(now), store.shadows.log(now - SHADOW_LOG_MS, SHADOW_LOG_LENGTH)]);
    const key = ({ stop: { instance, at } }: WatchedShadow) => `${instance} ${at}`;
    const over = log.map((stop) => ({ stop, watchedTo: now }));
    const all = new Map(
      [...over, ...open].filter(({ stop }) => stop.policy === policy).map((each) => [key(each), each]),
    );
    return [...all.values()]
      .sort((a, b) => b.stop.at - a.stop.at)
      .slice(0, SHADOWS_SHOWN)
      .map(({ stop, watchedTo }) => ({
        instance: stop.instance,
        name: stop.name,
        action: stop.action,
        at: stop.at,
        outcome: stop.outcome ?? 'open',
        endedAt: stop.endedAt,
        savedFen: stop.hourlyFen === null ? null : shadowSaving(stop, watchedTo).fen,
      }));
  }

  #reload(): ReloadState {
    const { reloader, fromLastGood } = this.#parts;
    const { ok, at, detail, mistakes } = reloader.last;
    return {
      ok,
      at,
      detail,
      fromLastGood: fromLastGood(),
      mistakes: mistakes.map(mistake),
      held: reloader.held,
    };
  }
}

function mistake(located: Located): FileMistake {
  const { file, line, column, message, hint } = located;
  return { file, line, column, message, hint, excerpt: caretLines(located) };
}

/** Since the beginning, with what has not ended yet. */
function observed(
  totals: readonly ShadowTotal[],
  open: readonly WatchedShadow[],
  policy: string,
  now: number,
): ObservedTally {
  const total = totals.find((each) => each.policy === policy);
  const mine = open.filter(({ stop }) => stop.policy === policy);
  const going = mine
    .filter(({ stop }) => stop.endedAt === null)
    .map(({ stop, watchedTo }) => shadowSaving(stop, watchedTo));
  const undecided = mine.filter(({ stop }) => stop.outcome === null && stop.at <= now).length;
  const { right = 0, wrong = 0, unknown = 0, gpuSeconds = 0, fen = 0 } = total ?? {};
  return {
    stops: right + wrong + unknown + undecided,
    right,
    wrong,
    unknown,
    open: undecided,
    savedGpuSeconds: going.reduce((sum, each) => sum + each.gpuSeconds, gpuSeconds),
    savedFen: going.reduce((sum, each) => sum + each.fen, fen),
  };
}
