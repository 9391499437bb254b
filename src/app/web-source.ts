import { ActivityTokens, readingOf } from '../activity/push-probe.ts';
import { type InstanceKey, instanceKey, parseInstanceKey } from '../fleet/instance.ts';
import { OPERATION_STATES, type OperationState } from '../fleet/operation.ts';
import type { Store } from '../store/store.ts';
import { instanceFilter } from '../web/list-query.ts';
import type { Done, ListQuery, Page, Readiness, WebSource } from '../web/source.ts';
import { heardFrom } from '../work/heard.ts';
import type { Work } from '../work/ports.ts';
import { type AccountMoney, accountMoney, NO_MONEY } from '../work/runway.ts';
import type { Control } from './control.ts';
import { pageAt, pageBehind, planKey } from './pages.ts';
import type { Reader } from './reader.ts';
import { readSavings, savings, savingsView } from './savings.ts';
import { accountView, holdView, operationView, policyView } from './views.ts';

/** What the web room asks, answered from the store and the policies in force. */
export interface WebSourceParts {
  readonly work: Work;
  readonly store: Store;
  readonly control: Control;
  readonly reader: Reader;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
  /** Asked anew each time: a reload may bring another control token. */
  readonly tokens: () => ActivityTokens | null;
  /** How often the token of "account/id" was replaced. */
  readonly tokenGeneration: (instance: string) => Promise<number>;
  readonly alive: () => { readonly ok: boolean; readonly detail: string };
  readonly ready: () => Promise<Readiness>;
  readonly metrics: () => AsyncIterable<string | Uint8Array>;
  readonly reload: (acknowledge: string | null) => Promise<Done>;
  readonly recording: WebSource['recording'];
  readonly operations: (query: {
    readonly account?: string;
    readonly instance?: InstanceKey;
    readonly policy?: string;
    readonly states?: readonly OperationState[];
    readonly cursor?: string;
    readonly limit: number;
  }) => Promise<{ readonly items: readonly Parameters<typeof operationView>[0][]; readonly next: string | null }>;
}

export function makeWebSource(parts: WebSourceParts): WebSource {
  const { work, control } = parts;

  async function instances(query: ListQuery): Promise<Page> {
    const { account, status } = query.filters;
    const rows = await parts.reader.instances({
      ...(account === undefined ? {} : { account }),
      ...(status === undefined ? {} : { status }),
    });
    return pageBehind(
      rows,
      query,
      (row) => row.key,
      (row) => row,
    );
  }

  async function operations(query: ListQuery): Promise<Page> {
    const { account, instance, policy, state } = query.filters;
    const states = OPERATION_STATES.filter((known) => known === state);
    const key = instance === undefined ? null : instanceFilter(instance);
    const page = await parts.operations({
      ...(account === undefined ? {} : { account }),
      ...(key === null ? {} : { instance: key }),
      ...(policy === undefined ? {} : { policy }),
      ...(state === undefined ? {} : { states }),
      ...(query.cursor === null ? {} : { cursor: query.cursor }),
      limit: query.limit,
    });
    return {
      items: page.items.map((operation) => operationView(operation, work.standing().zone.name)),
      next: page.next,
    };
  }

  async function plan(query: ListQuery): Promise<Page> {
    const rows = await parts.reader.plan({ at: null, explain: query.filters.explain === 'true', signal: parts.signal });
    return pageBehind(rows, query, planKey, ({ sign: _sign, ...row }) => row);
  }

  return {
    alive: parts.alive,
    accountNames: () => [...work.standing().accounts.keys()],
    ready: parts.ready,
    metrics: parts.metrics,
    instances,
    operations,
    plan,
    operation: (id) => parts.reader.operation(id),
    instance: async (key) => {
      const answer = await parts.reader.why(key);
      return answer.kind === 'done' ? answer.value : null;
    },
    policies: async (query) => {
      const observed = await parts.reader.shadowTotals();
      return pageAt(work.standing().policies, query, (policy) => ({
        ...policyView(policy),
        observed: observed(policy.name),
      }));
    },
    holds: async (query) =>
      pageBehind(await work.store.holds(work.clock.now()), query, ({ instance, id }) => `${instance}\n${id}`, holdView),
    accounts: async (query) => {
      const rows = await Promise.all(
        [...work.standing().accounts.values()].map(async ({ account }) => {
          const [snapshot, health, money] = await Promise.all([
            work.store.loadSnapshot(account.name),
            work.store.health(account.name),
            moneyOf(work, account.name),
          ]);
          return accountView(account, snapshot, health, money);
        }),
      );
      return pageBehind(
        rows,
        query,
        (row) => row.account,
        (row) => row,
      );
    },
    recording: parts.recording,
    savings: async (asked) => {
      const read = readSavings(asked, work.clock.now(), work.standing().zone);
      if (!read.ok) return { kind: 'invalid', message: read.message };
      return { kind: 'done', value: savingsView(await savings(work, parts.store, read.question)) };
    },
    hold: (input) => control.hold(input),
    release: (id, by) => control.releaseHold(id, by),
    pause: (by, reason) => control.setPaused(true, by, reason),
    resume: (by) => control.setPaused(false, by, ''),
    approve: (id, by, reason) => control.approve(id, by, reason),
    close: (id, by, reason) => control.close(id, by, reason),
    reload: parts.reload,
    activity: async (report, token): Promise<Done> => {
      // What is no such token at all must not make us ask Redis.
      const generation = ActivityTokens.isLike(token) ? await parts.tokenGeneration(report.instance) : 0;
      if (parts.tokens()?.accepts(report.instance, token, generation) !== true) {
        return { kind: 'refused', message: 'this token is not that of the instance' };
      }
      const key = parseInstanceKey(report.instance);
      if (key === null || !work.standing().accounts.has(key.account)) {
        return { kind: 'not-found', message: `there is no account of instance ${report.instance}` };
      }
      const standing = work.standing();
      const snapshot = await work.store.loadSnapshot(key.account);
      const tracked = snapshot?.instances.find(({ instance }) => instance.id === key.id);
      if (tracked === undefined) {
        return { kind: 'not-found', message: `the last listing of ${key.account} has no instance ${key.id}` };
      }
      const { instance } = tracked;
      const isTaken = await standing.observer.report(instance, standing.labels(instance), (previous) =>
        readingOf(report, work.clock.now(), instance.gpuCount, previous?.marks),
      );
      if (!isTaken) {
        const message = `no push probe judges ${report.instance}: name one in a rule under activity that covers it`;
        return { kind: 'not-found', message };
      }
      await heardFrom(work, instanceKey(instance));
      return { kind: 'done', value: {} };
    },
  };
}

/** Burn and runway of one account by its name. */
export async function moneyOf(work: Work, name: string): Promise<AccountMoney> {
  const runtime = work.standing().accounts.get(name);
  const snapshot = await work.store.loadSnapshot(name);
  return runtime === undefined || snapshot === null ? NO_MONEY : await accountMoney(work, runtime, snapshot);
}
