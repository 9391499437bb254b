import { z } from 'zod';
import type { Provider, ReadOperation } from '../port.ts';
import { billRow, cardRow, gpuRow, marketImageRow, podRow, privateImageRow, rechargeRow } from './catalogue.ts';
import type { ChenyuApi } from './chenyu-api.ts';
import { rowsOf } from './lenient.ts';
import type { ListAnswer } from './list-answer.ts';
import { readOperation } from './read-operation.ts';
import { billRequest, instanceRequest, marketRequest, page, pageRequest, pageSize } from './requests.ts';
import { walkList } from './walk-list.ts';

const nothing = z.strictObject({});

/** People look at one page; a hundred bills at once would not fit a screen. */
const paging = { page: page.default(1), page_size: pageSize.default(20) };

/** What `lamplighter call` can ask chenyu v2. */
export function chenyuReads(api: ChenyuApi, provider: Pick<Provider, 'list' | 'read' | 'balance'>): ReadOperation[] {
  return [
    readOperation('instances', 'all instances', nothing, (_, signal) => provider.list(signal)),
    readOperation('instance', 'one instance: { instance_uuid }', instanceRequest, ({ instance_uuid }, signal) =>
      provider.read(instance_uuid, signal),
    ),
    readOperation('balance', 'cash and what is left on cards', nothing, (_, signal) => provider.balance(signal)),
    readOperation(
      'bills',
      'bills: { page, page_size, charge_channel: 1 balance | 2 card, order_number }',
      billRequest.extend(paging),
      async (request, signal) => onePage(await api.billList(request, { signal }), billRow),
    ),
    readOperation('recharges', 'recharges: { page, page_size }', pageRequest.extend(paging), async (request, signal) =>
      onePage(await api.rechargeList(request, { signal }), rechargeRow),
    ),
    readOperation('cards', 'compute cards', nothing, (_, signal) =>
      walkList((request, options) => api.cardList(request, options), cardRow, signal),
    ),
    readOperation('gpus', 'GPU models and prices', nothing, (_, signal) =>
      walkList((request, options) => api.gpuList(request, options), gpuRow, signal),
    ),
    readOperation(
      'pods',
      'pods of the application market: { page, page_size }',
      pageRequest.extend(paging),
      async (request, signal) => onePage(await api.podList(request, { signal }), podRow),
    ),
    readOperation(
      'market-images',
      'public images: { page, page_size, cuda_version, python_version }',
      marketRequest.extend(paging),
      async (request, signal) => onePage(await api.imageMarketList(request, { signal }), marketImageRow),
    ),
    readOperation('private-images', 'saved images', nothing, (_, signal) =>
      walkList((request, options) => api.imagePrivateList(request, options), privateImageRow, signal),
    ),
  ];
}

/** One page as asked for, and how many rows there are in all. */
export function onePage<Row>(answer: ListAnswer, row: z.ZodType<Row>): { items: readonly Row[]; total: number | null } {
  return { items: rowsOf(answer.rows, row), total: answer.total };
}
