import type { Clock } from '../fleet/clock.ts';
import type { Queues } from '../queue/queue.ts';
import type { QueuePort } from '../work/ports.ts';

/** The queues as the work room asks for them: waits are given in ms of our clock and kept by the queue in real ones. */
export function queuePort(queues: Queues, clock: Clock): QueuePort {
  return {
    poll: (account) => queues.enqueue('poll', { account }, { latest: account }),
    evaluate: (account, cause) => queues.enqueue('evaluate', { account, cause }, { latest: account }),
    act: (queue, operationId, jobId, delayMs) =>
      queues.enqueue(queue, { operationId }, { jobId, delayMs: clock.toReal(delayMs) }),
    verify: (operationId, jobId, delayMs) =>
      queues.enqueue('verify', { operationId }, { jobId, delayMs: clock.toReal(delayMs) }),
    notify: (notifier, notification) =>
      queues.enqueue('notify', { notifier, notification }, { jobId: `${notifier}.${notification.id}` }),
  };
}
