import { z } from 'zod';
import { onePage } from '../chenyu/chenyu-reads.ts';
import { readOperation } from '../chenyu/read-operation.ts';
import { page } from '../chenyu/requests.ts';
import type { Provider, ReadOperation } from '../port.ts';
import { billRow, podRow, rechargeRow } from './catalogue.ts';
import type { CenterAiApi } from './center-ai-api.ts';
import type { FleetWalk } from './fleet-walk.ts';
import { instanceRequest, pageRequest } from './requests.ts';

const nothing = z.strictObject({});

const paged = pageRequest.extend({ page: page.default(1), page_size: pageRequest.shape.page_size.default(20) });

/** What `lamplighter call` can ask chenyu v1. */
export function centerAiReads(
  api: CenterAiApi,
  walk: FleetWalk,
  provider: Pick<Provider, 'list' | 'read' | 'balance'>,
): ReadOperation[] {
  return [
    readOperation('instances', 'all instances that are not destroyed', nothing, (_, signal) => provider.list(signal)),
    readOperation('destroyed-instances', 'instances that were destroyed', nothing, (_, signal) =>
      walk.destroyed({ signal }),
    ),
    readOperation('instance', 'one instance: { instance_uuid }', instanceRequest, ({ instance_uuid }, signal) =>
      provider.read(instance_uuid, signal),
    ),
    readOperation('balance', 'cash and what is left on cards', nothing, (_, signal) => provider.balance(signal)),
    readOperation('cards', 'compute cards, the newest hundred', nothing, async (_, signal) => ({
      items: (await api.financesBalance({ signal })).cards,
    })),
    readOperation('bills', 'bills: { page, page_size, kw }', paged, async (request, signal) =>
      onePage(await api.financesBill(request, { signal }), billRow),
    ),
    readOperation('recharges', 'recharges: { page, page_size, kw }', paged, async (request, signal) =>
      onePage(await api.financesRecharge(request, { signal }), rechargeRow),
    ),
    readOperation('pods', 'pods: { page, page_size, kw }', paged, async (request, signal) =>
      onePage(await api.podList(request, { signal }), podRow),
    ),
    readOperation('gpus', 'GPU models and prices', nothing, (_, signal) => api.gpuModels({ signal })),
  ];
}
