import type { InstanceView, World } from '../decide/world.ts';
import type { Policy } from '../policy/policy.ts';
import type { Standing, Work } from './ports.ts';
import { tell } from './tell.ts';

/** So long nobody may have been able to tell what a machine does before a person hears of it. */
const BLIND_AFTER_MS = 30 * 60_000;
/** When this process began to decide: what nobody reported before then may have been reported to nobody. */
const BEGAN_AT = new WeakMap<Work, number>();
/** More names than these are a number. */
const MOST_NAMED = 5;

/**
 * Machines that a policy would stop when idle, and of which nobody can tell: once for each until it can be read again, and
 * one message for all that have become so, since many at once are mostly one thing.
 */
export async function tellBlind(work: Work, standing: Standing, world: World): Promise<void> {
  const [account] = world.accounts;
  if (account === undefined || account.trust === 'stale-snapshot') return;
  const policies = standing.policies.filter(
    ({ enabled, conditions }) => enabled && conditions.some(({ kind }) => kind === 'idleFor'),
  );
  const beganAt = BEGAN_AT.get(work) ?? world.now;
  BEGAN_AT.set(work, beganAt);
  const fresh: { readonly view: InstanceView; readonly why: string }[] = [];
  for (const view of account.instances) {
    const key = `blind|${view.key}`;
    const why = blindness(view, beganAt, world.now);
    if (why === null) {
      if (isReadable(view) && (await work.store.wasSaid(key))) await work.store.unsay(key);
      continue;
    }
    if (!policies.some((policy) => judges(policy, account, view)) || (await work.store.wasSaid(key))) continue;
    fresh.push({ view, why });
  }
  const [first] = fresh;
  if (first === undefined) return;
  const named = fresh
    .slice(0, MOST_NAMED)
    .map(({ view, why }) => `${view.tracked.instance.name} (${view.key}): ${why}`);
  const more = fresh.length > MOST_NAMED ? `; and ${fresh.length - MOST_NAMED} more` : '';
  const count = fresh.length === 1 ? 'an instance does' : `${fresh.length} instances of ${account.name} do`;
  const told = await tell(work, {
    event: 'policy.notice',
    severity: 'warning',
    account: account.name,
    instance: fresh.length === 1 ? first.view.tracked.instance : null,
    policy: null,
    action: 'notify',
    occurrence: null,
    reason: 'unknown-activity',
    text: `nobody could tell for 30 min what ${count}, so nothing is stopped for being idle there: ${named.join('; ')}${more}`,
    details: { instances: fresh.length },
    to: null,
    identity: `blind|${fresh.map(({ view }) => view.key).join(',')}|${Math.floor(world.now / BLIND_AFTER_MS)}`,
  });
  if (!told) return;
  for (const { view } of fresh) await work.store.sayOnce(`blind|${view.key}`, world.now);
}

/** Why nobody can tell, where that has been so for long; `null`: somebody can, or could lately, or need not. */
function blindness({ tracked, activity }: InstanceView, beganAt: number, now: number): string | null {
  const { status } = tracked.instance;
  if (status !== 'running' || tracked.upSince === null) return null;
  const couldAt = activity?.kind === 'unknown' ? (activity.watched?.to ?? 0) : 0;
  if (now - Math.max(couldAt, tracked.upSince, tracked.firstSeenAt) < BLIND_AFTER_MS) return null;
  if (activity === null) return 'no probe is set up for it';
  if (activity.kind !== 'unknown') return null;
  const isSilence = activity.reason === 'stale' || activity.reason === 'no-reading';
  if (isSilence && now - beganAt < BLIND_AFTER_MS) return null;
  return activity.detail === undefined ? activity.reason : `${activity.reason} (${activity.detail})`;
}

function isReadable({ activity }: InstanceView): boolean {
  return activity !== null && (activity.kind === 'idle' || activity.kind === 'active');
}

function judges(policy: Policy, account: World['accounts'][number], view: InstanceView): boolean {
  return policy.match.account(account) && policy.match.instance(view.tracked.instance, view.labels);
}
