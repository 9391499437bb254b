import type { Account } from '../../fleet/account.ts';
import type { Listing } from '../../fleet/snapshot.ts';
import type { ReadOptions } from '../http/http-client.ts';
import type { SshVault } from '../ssh-vault.ts';
import type { ChenyuApi } from './chenyu-api.ts';
import { decodeInstance, instanceIdOf } from './instance-row.ts';
import type { ListAnswer } from './list-answer.ts';
import { decodeRows } from './listing.ts';
import { PAGE_SIZE } from './requests.ts';
import { sshAccessOf } from './ssh-access.ts';
import { walkPages } from './walk-pages.ts';

/**
 * Lists the whole account, page after page (chenyu v2 "instance/list").
 * @param vault where the ways in over SSH go; `null`: they are dropped
 * @throws ProviderError when not even the first page could be read.
 */
export async function listInstances(
  api: ChenyuApi,
  account: Account,
  options: ReadOptions,
  vault: SshVault | null = null,
): Promise<Listing> {
  const pages: ListAnswer[] = [];
  const walked = await walkPages({
    fetchPage: async (page) => {
      // Only the first page's start counts: from then on the listing may miss what happens.
      const pageOptions = page === 1 ? options : { signal: options.signal };
      const answer = await api.instanceList({ page, page_size: PAGE_SIZE }, pageOptions);
      pages.push(answer);
      return answer;
    },
    idOf: instanceIdOf,
    totalPromised: true,
    signal: options.signal,
  });
  const { instances, incomplete } = decodeRows(walked, account, (row) => {
    const instance = decodeInstance(row, account);
    if (instance !== null) vault?.note(instance, sshAccessOf(row));
    return instance;
  });
  return { ...timesOf(pages), instances, incomplete };
}

/** When the pages of one listing were read. At least one page is there, or the walk had thrown. */
export function timesOf(pages: readonly ListAnswer[]): Pick<Listing, 'startedAt' | 'finishedAt' | 'serverTimeAt'> {
  const [first] = pages;
  const last = pages.at(-1);
  if (first === undefined || last === undefined) throw new Error('a listing without a single page');
  return {
    startedAt: first.startedAt,
    finishedAt: last.finishedAt,
    serverTimeAt: last.serverTimeAt,
  };
}
