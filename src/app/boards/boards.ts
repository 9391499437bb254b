import type { Queues } from '../../queue/queue.ts';
import type { BoardSource } from '../../web/console/board-source.ts';
import type { Control } from '../control.ts';
import { AccountBoards } from './accounts.ts';
import { OperationBoards } from './operations.ts';
import { type PolicyBoardParts, PolicyBoards } from './policies.ts';
import { SavingsBoards } from './savings.ts';

export interface BoardParts extends PolicyBoardParts {
  readonly control: Control;
  readonly queues: Queues;
  /** The last net: what a job failed of may quote what it was given. */
  readonly scrub: (text: string) => string;
}

/** What the console's pages of operations, policies, accounts and queues ask, answered from the store and what is in force. */
export function makeBoards(parts: BoardParts): BoardSource {
  const { work, store, control, queues, scrub } = parts;
  const policies = new PolicyBoards(parts);
  const accounts = new AccountBoards(work, store);
  const operations = new OperationBoards(store, control);
  const lately = new SavingsBoards(work, store);
  return {
    names: () => {
      const standing = work.standing();
      return { accounts: [...standing.accounts.keys()], policies: standing.policies.map(({ name }) => name) };
    },
    operations: (query) => operations.list(query),
    operation: (id) => operations.one(id),
    policies: () => policies.list(),
    policy: (name) => policies.one(name),
    accounts: () => accounts.list(),
    account: (name) => accounts.one(name),
    money: (account, range) => store.moneyHistory.list(account, range, work.clock.now()),
    savings: (account) => lately.report(account),
    queues: async () => {
      const stands = await queues.stands();
      // The queues keep the operating system's time, which the daemon's own may differ from.
      const now = Date.now();
      return stands.map((stand) => ({
        ...stand,
        failures: stand.failures.map(({ at, reason, ...failure }) => ({
          ...failure,
          agoMs: at === null ? null : Math.max(0, now - at),
          reason: scrub(reason),
        })),
      }));
    },
  };
}
