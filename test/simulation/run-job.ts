import type { Notification } from '../../src/fleet/event.ts';
import { compose } from '../../src/notify/compose.ts';
import { act } from '../../src/work/act.ts';
import { delivered } from '../../src/work/deliver.ts';
import { pass } from '../../src/work/pass.ts';
import { poll } from '../../src/work/poll.ts';
import type { Work } from '../../src/work/ports.ts';
import { tick } from '../../src/work/tick.ts';
import { check, look } from '../../src/work/verify.ts';
import type { Job } from './virtual-queue.ts';

const NEVER = new AbortController().signal;

/** Gives a job to its processor, as src/app/engine.ts does, but as many at once as there are. */
export async function carryOut(work: Work, job: Job): Promise<void> {
  switch (job.kind) {
    case 'poll':
      return await poll(work, job.account, NEVER);
    case 'evaluate':
      await pass(work, job.account, NEVER);
      return;
    case 'look':
      return await look(work, job.account, NEVER);
    case 'observe': {
      const snapshot = await work.store.loadSnapshot(job.account);
      const { observer, labels } = work.standing();
      if (snapshot !== null) await observer.observe(snapshot, labels, NEVER);
      return;
    }
    case 'act':
      return await act(work, job.operationId, NEVER);
    case 'verify':
      return await check(work, job.operationId, NEVER);
    case 'notify':
      return await hand(work, job.notifier, job.notification);
    case 'tick':
      return await tick(work);
  }
}

/** The receiver did not take it and may later. */
export class NotDelivered extends Error {}

/** As the dispatcher does with a program, without its outbox: the virtual queue keeps what is not taken. */
async function hand(work: Work, name: string, notification: Notification): Promise<void> {
  const notifier = work.standing().notifiers.get(name);
  if (notifier === undefined) return;
  const said = { kind: 'policy-notice', own: notification.text } as const;
  const now = work.clock.now();
  const parcel = notifier.parcel({ said, notification, links: null, now, opens: null, closes: null });
  const delivery = await notifier.channel.send(compose('one', [parcel], notifier), NEVER);
  if (delivery.kind !== 'delivered') throw new NotDelivered(delivery.detail);
  await delivered(work, notification);
}
