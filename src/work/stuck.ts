import { isJudged } from '../decide/blind.ts';
import { hourlyFenOf } from '../decide/evidence.ts';
import { inEnglish } from '../decide/in-english.ts';
import { busyButDoingNothing } from '../decide/stuck-kernel.ts';
import type { World } from '../decide/world.ts';
import { formatYuan } from '../fleet/money.ts';
import type { Standing, Work } from './ports.ts';
import { tell } from './tell.ts';

const DAY_MS = 86_400_000;
/** Of which people were told by this process, and on which day: Redis is not asked for each again at every pass. */
const TOLD = new WeakMap<Work, Map<string, number>>();

/**
 * Machines on which a kernel reads "busy" for hours while nothing computes: they are never stopped for being idle, so a
 * person hears of each, once a day.
 */
export async function tellStuck(work: Work, standing: Standing, world: World): Promise<void> {
  const [account] = world.accounts;
  if (account === undefined) return;
  const told = TOLD.get(work) ?? new Map<string, number>();
  TOLD.set(work, told);
  const day = Math.floor(world.now / DAY_MS);
  for (const view of account.instances) {
    const { activity, tracked } = view;
    if (activity?.kind !== 'active' || told.get(view.key) === day) continue;
    const why = busyButDoingNothing(activity.readings, world.now);
    if (why === null || !isJudged(standing.policies, account, view)) continue;
    const key = `stuck|${view.key}|${day}`;
    if (!(await work.store.wasSaid(key))) {
      const fen = hourlyFenOf(tracked.instance, account);
      const costPerHour = fen === null ? null : formatYuan(fen);
      const isTold = await tell(work, {
        event: 'policy.notice',
        severity: 'warning',
        account: account.name,
        instance: tracked.instance,
        policy: null,
        action: 'notify',
        occurrence: null,
        reason: 'activity',
        text: `${tracked.instance.name} (${view.key}): ${inEnglish(why, standing.zone.name)}`,
        said: { kind: 'busy-for-nothing', detail: why, yuanPerHour: costPerHour },
        details: { costPerHour },
        to: null,
        identity: key,
      });
      if (!isTold) continue;
      await work.store.sayOnce(key, world.now);
    }
    told.set(view.key, day);
  }
}
