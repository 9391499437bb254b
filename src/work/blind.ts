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
  const said = saidBy(work);
  for (const view of account.instances) {
    const why = blindness(view, beganAt, world.now);
    if (why === null || !policies.some((policy) => judges(policy, account, view))) continue;
    const key = keyOf(view);
    if (said.has(key)) continue;
    if (await work.store.wasSaid(key)) said.add(key);
    else fresh.push({ view, why });
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
  for (const { view } of fresh) {
    await work.store.sayOnce(keyOf(view), world.now);
    said.add(keyOf(view));
  }
}

/** What this process knows to have been told: a fleet that is blind for days is not asked about one by one at each pass. */
const SAID = new WeakMap<Work, Set<string>>();

function saidBy(work: Work): Set<string> {
  const said = SAID.get(work) ?? new Set<string>();
  SAID.set(work, said);
  return said;
}

/** Of this one time of blindness: the next begins at another moment. */
function keyOf(view: InstanceView): string {
  return `blind|${view.key}|${blindSince(view)}`;
}

/** When somebody could last tell, or it was started. */
function blindSince({ tracked, activity }: InstanceView): number {
  const couldAt = activity?.kind === 'unknown' ? (activity.watched?.to ?? 0) : 0;
  return Math.max(couldAt, tracked.upSince ?? 0, tracked.firstSeenAt);
}

/** Why nobody can tell, where that has been so for long; `null`: somebody can, or could lately, or need not. */
function blindness(view: InstanceView, beganAt: number, now: number): string | null {
  const { tracked, activity } = view;
  const { status } = tracked.instance;
  if (status !== 'running' || tracked.upSince === null) return null;
  if (now - blindSince(view) < BLIND_AFTER_MS) return null;
  if (activity === null) return 'no probe is set up for it';
  if (activity.kind !== 'unknown') return null;
  const isSilence = activity.reason === 'stale' || activity.reason === 'no-reading';
  if (isSilence && now - beganAt < BLIND_AFTER_MS) return null;
  return activity.detail === undefined ? activity.reason : `${activity.reason} (${activity.detail})`;
}

function judges(policy: Policy, account: World['accounts'][number], view: InstanceView): boolean {
  return policy.match.account(account) && policy.match.instance(view.tracked.instance, view.labels);
}
