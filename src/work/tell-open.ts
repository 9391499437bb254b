import { assertNever } from '../fleet/assert-never.ts';
import { FROZEN_CLASSES } from '../fleet/freeze.ts';
import type { OpenThread } from '../fleet/parcel.ts';
import { isFrozen, tellUnfrozen } from './freezes.ts';
import { freezeThread, THREAD_KINDS } from './open-threads.ts';
import type { Work } from './ports.ts';
import { LOOK_AGAIN_MS } from './tell.ts';

const FROZEN = freezeThread('');
/** Longer than this nobody is told again of a freeze: a clock that one process doubted has nobody left to believe it. */
const LONGEST_FREEZE_MS = 14 * 86_400_000;
/** So many of a notifier are looked at in one round; the rest in the next. */
const LOOKED_AT = 50;

/**
 * Tells again what is still open, where a notifier wants that, and forgets what is over without anybody having said so:
 * an account that is not configured any more, a policy that is gone. To be called at each tick.
 */
export async function tellOpen(work: Work): Promise<void> {
  const { threads } = work;
  if (threads === undefined) return;
  for (const [name, notifier] of work.standing().notifiers) {
    const now = work.clock.now();
    for (const open of await threads.dueThreads(name, now, LOOKED_AT)) {
      if (!(await isOpen(work, open, now))) {
        if (open.thread.startsWith(FROZEN)) await tellThawed(work, open);
        await threads.close(name, open.thread);
        continue;
      }
      const every = notifier.repeatEveryMs;
      if (every === null) {
        await threads.lookLater(name, open, now + LOOK_AGAIN_MS, null);
        continue;
      }
      // Under a name of its own for each time: whoever dies in between tells it no second time.
      const parcel = notifier.again(open);
      await work.queue.notify(name, parcel, { waitMs: notifier.waitMs(parcel), lookMs: every });
      await threads.lookLater(name, open, now + every, open.repeats + 1);
    }
  }
}

/** Whoever froze it, and told of it, may have died before it was over. */
async function tellThawed(work: Work, { thread, parcel }: OpenThread): Promise<void> {
  const { account, details } = parcel.notification;
  const words = String(details.classes ?? '').split(' ');
  const classes = FROZEN_CLASSES.filter((each) => words.includes(each));
  await tellUnfrozen(work, thread.slice(FROZEN.length), { classes, account });
}

/** Does it go on? By what is stored, and not by what was told. */
async function isOpen(work: Work, { thread, since }: OpenThread, now: number): Promise<boolean> {
  const slash = thread.indexOf('/');
  const kind = THREAD_KINDS.find((each) => each === thread.slice(0, slash));
  const rest = thread.slice(slash + 1);
  const { accounts, policies } = work.standing();
  switch (kind) {
    case undefined:
      return false;
    case 'operation': {
      const operation = await work.store.ledger.get(rest);
      return operation !== null && ['uncertain', 'verifying', 'escalated'].includes(operation.state);
    }
    case 'notice':
      // It is looked at long after its time.
      return false;
    case 'balance': {
      const [policy = '', account = ''] = rest.split('|');
      if (!accounts.has(account) || policies.every(({ name }) => name !== policy)) return false;
      const history = await work.store.history(account, work.clock.now(), { hourly: false });
      return history.lowBalance(policy, account) !== null;
    }
    case 'account':
      return accounts.has(rest) && (await work.store.wasSaid(`unreachable|${rest}`));
    case 'token':
      return accounts.has(rest) && (await work.store.wasSaid(`foreign|${rest}`));
    case 'listing':
      return accounts.has(rest) && (await work.store.wasSaid(`quarantine|${rest}`));
    case 'breaker':
      return accounts.has(rest) && (await work.store.wasSaid(`breaker|${rest}`));
    case 'frozen':
      return now - since < LONGEST_FREEZE_MS && (await isFrozen(work, rest));
    case 'policies':
      return await work.store.wasSaid('policy.invalid');
    default:
      return assertNever(kind);
  }
}
