import { actionClass } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Operation } from '../fleet/operation.ts';
import { queueAct } from './arm.ts';
import { countUnclear, tellBreakers } from './breaker.ts';
import { tellFreezes } from './freezes.ts';
import type { Work } from './ports.ts';
import { CALL_MS, SEND_WINDOW_MS } from './send.ts';
import { tellOpen } from './tell-open.ts';
import { tellUntold } from './tell-outcome.ts';
import { move } from './transition.ts';
import { queueVerify } from './verify.ts';

/** An armed operation gets its job at once; one that still waits after this lost it. */
const LOST_JOB_MS = 60_000;

/**
 * Begins a round by tidying the last: jobs are doorbells and may be lost, so whatever in the ledger waits for one gets
 * it again, and a SENDING whose sender is gone becomes uncertain.
 */
export async function tick(work: Work): Promise<void> {
  const operations = await work.store.ledger.unfinished();
  for (const operation of operations) await wake(work, operation);
  await tellUntold(work);
  await tellFreezes(work);
  await tellBreakers(work);
  await tellOpen(work);
}

async function wake(work: Work, operation: Operation): Promise<void> {
  const now = work.clock.now();
  switch (operation.state) {
    case 'armed':
      // One that waits for its next try is left to wait.
      if (now - Math.max(operation.updatedAt, operation.nextCheckAt ?? 0) > LOST_JOB_MS)
        await queueAct(work, operation, 0);
      return;
    case 'sending':
      if (operation.sendingAt !== null && now - operation.sendingAt > SEND_WINDOW_MS + CALL_MS) {
        const result = await move(work, operation, {
          to: 'uncertain',
          reason: 'orphan',
          detail: { kind: 'sender-gone' },
          patch: { nextCheckAt: now },
        });
        if (actionClass(operation.action) === 'paid') await countUnclear(work, operation.account);
        if (result.kind === 'moved') await queueVerify(work, result.operation, 0);
      }
      return;
    case 'accepted':
    case 'uncertain':
    case 'verifying':
      if (operation.nextCheckAt !== null && now > operation.nextCheckAt + LOST_JOB_MS)
        await queueVerify(work, operation, 0);
      return;
    case 'escalated':
    case 'confirmed':
    case 'rejected':
    case 'superseded':
    case 'cancelled':
      return;
    default:
      assertNever(operation.state);
  }
}
