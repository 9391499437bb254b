import type { InstanceKey } from '../fleet/instance.ts';
import { queueAct } from './arm.ts';
import type { Work } from './ports.ts';

/**
 * An instance has reported by itself: what waits to be done there for want of a fresh report is looked at again at once.
 * Such a machine cannot be gone to and asked, so that its report is the only look right before an act.
 */
export async function heardFrom(work: Work, instance: InstanceKey): Promise<void> {
  for (const operation of await work.store.ledger.unfinished()) {
    if (operation.instance === instance && operation.state === 'armed') await queueAct(work, operation, 0);
  }
}
