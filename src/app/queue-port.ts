import type { Clock } from '../fleet/clock.ts';
import { MOST_OPERATIONS } from '../queue/payloads.ts';
import type { Queues } from '../queue/queue.ts';
import type { Outbox } from '../store/outbox.ts';
import type { QueuePort } from '../work/ports.ts';
import { ActBells } from './act-bells.ts';
import { NotifyBells } from './notify-bells.ts';

/** The queues as the work room asks for them: waits are given in ms of our clock and kept by the queue in real ones. */
export function queuePort(queues: Queues, clock: Clock, outbox: Pick<Outbox, 'put'>): QueuePort {
  const bells = new NotifyBells(queues);
  // The last bell of each account that was rung by this process, so that hundreds of operations do not ask for it again.
  const rung = new Map<string, number>();
  const actBells = new ActBells(
    {
      one: (operationId, jobId) => queues.enqueue('act-reversible', { operationId }, { jobId }),
      // Without an id of its own: one that is taken would silence the others.
      several: (operationIds) => queues.enqueue('act-reversible', { operationIds: [...operationIds] }),
    },
    MOST_OPERATIONS,
  );
  return {
    poll: (account) => queues.enqueue('poll', { account }, { latest: account }),
    evaluate: (account, cause) => queues.enqueue('evaluate', { account, cause }, { latest: account }),
    act: (queue, operationId, jobId, delayMs) =>
      queue === 'act-reversible' && delayMs === 0
        ? actBells.ring(operationId, jobId)
        : queues.enqueue(queue, { operationId }, { jobId, delayMs: clock.toReal(delayMs) }),
    verify: (operationId, jobId, delayMs) =>
      queues.enqueue('verify', { operationId }, { jobId, delayMs: clock.toReal(delayMs) }),
    look: async (account, delayMs) => {
      const now = clock.now();
      const second = Math.ceil((now + delayMs) / 1000);
      if (rung.get(account) === second) return;
      const wait = clock.toReal(second * 1000 - now);
      await queues.enqueue('verify', { account }, { jobId: `look.${account}.${second}`, delayMs: wait });
      rung.set(account, second);
    },
    notify: async (notifier, parcel, { waitMs, lookMs }) => {
      // Receivers live in real time, whatever clock the rest goes by.
      const now = Date.now();
      const openedAt = clock.now();
      const times = { now, dueAt: now + waitMs, openedAt, lookAt: openedAt + lookMs };
      const put = await outbox.put(notifier, parcel, times);
      if (put === 'full') throw new Error(`too much waits for ${notifier} already`);
      if (put === 'taken') await bells.ring(notifier, waitMs);
    },
  };
}
