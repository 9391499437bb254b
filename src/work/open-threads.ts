import type { Notice } from '../fleet/notice.ts';

/** What people are told of and what goes on: names of threads begin with the kind of it. */
export const THREAD_KINDS = [
  'operation',
  'notice',
  'balance',
  'account',
  'token',
  'listing',
  'breaker',
  'frozen',
  'policies',
] as const;

export const operationThread = (id: string) => `operation/${id}`;
export const noticeThread = (notice: Pick<Notice, 'policy' | 'instance' | 'occurrence'>) =>
  `notice/${notice.policy}|${notice.instance}|${notice.occurrence}`;
export const balanceThread = (policy: string, account: string) => `balance/${policy}|${account}`;
export const accountThread = (account: string) => `account/${account}`;
export const tokenThread = (account: string) => `token/${account}`;
export const listingThread = (account: string) => `listing/${account}`;
export const breakerThread = (account: string) => `breaker/${account}`;
export const freezeThread = (key: string) => `frozen/${key}`;
export const POLICIES_THREAD = 'policies/invalid';
