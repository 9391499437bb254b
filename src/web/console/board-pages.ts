import type { WebSource } from '../source.ts';
import { accountPage } from './account.ts';
import { accountsPage } from './accounts.ts';
import type { Action } from './action.ts';
import type { BoardSource } from './board-source.ts';
import { operationActions, operationPage } from './operation.ts';
import { operationsPage } from './operations.ts';
import { policiesPage, reloadActions } from './policies.ts';
import { policyPage } from './policy.ts';
import { queuesPage } from './queues.ts';
import type { Page } from './visit.ts';

/** The pages of operations, policies, accounts and queues, in the order of the bar. */
export function boardPages(source: BoardSource): readonly Page[] {
  return [
    operationsPage(source),
    operationPage(source),
    policiesPage(source),
    policyPage(source),
    accountsPage(source),
    accountPage(source),
    queuesPage(source),
  ];
}

/** What can be asked for on them. */
export function boardActions(web: WebSource): readonly Action[] {
  return [...operationActions(web), ...reloadActions(web)];
}
