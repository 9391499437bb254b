import { formatDuration } from '../calendar/duration.ts';
import { unseenBetween } from '../decide/unseen.ts';
import type { World } from '../decide/world.ts';
import type { AccountRuntime, Standing, Work } from './ports.ts';

/**
 * Puts on record, once, what the policies would have been asked while nobody decided on the account: the daemon was down,
 * Redis was away, or the clock was set ahead. To be called by each pass, which then counts as the last.
 */
export async function recordUnseen(
  work: Work,
  standing: Standing,
  runtime: AccountRuntime,
  world: World,
): Promise<void> {
  const hasCalendar = standing.policies.some(({ conditions }) =>
    conditions.some(({ kind }) => kind === 'cron' || kind === 'during'),
  );
  if (!hasCalendar) return;
  const { account } = runtime;
  const to = world.now;
  const from = await work.store.passedAt(account.name);
  if (from !== null && from < to) {
    const since = (policy: string) => world.history.policySince(policy);
    for (const unseen of unseenBetween(standing.policies, account, { from, to, since })) {
      const { policy, occurrences, count } = unseen;
      if (!(await work.store.sayOnce(`unseen|${policy}|${account.name}|${occurrences.at(-1) ?? ''}`, to))) continue;
      const action = standing.policies.find(({ name }) => name === policy)?.steps[0]?.kind;
      if (action !== undefined) work.metrics.decisions.inc({ policy, action, reason: 'missed' }, count);
      const gap = formatDuration(Math.round((to - from) / 1000) * 1000);
      const named = `${count > occurrences.length ? `the latest of ${count}: ` : ''}${occurrences.join(' ')}`;
      const text = `policy ${policy} missed ${named} on account ${account.name}: nobody decided there for ${gap}`;
      work.log.warn({ policy, account: account.name, count, gap }, 'a policy missed its time while nobody decided');
      await work.store.audit({
        at: to,
        kind: 'missed',
        account: account.name,
        instance: null,
        policy,
        reason: 'missed',
        text,
        data: { occurrence: occurrences.at(-1) ?? '', count, occurrences: occurrences.join(' ') },
      });
      work.onEvent(text);
    }
  }
  // After it was recorded: who dies in between records it once more, which `sayOnce` drops.
  if (from === null || to > from) await work.store.savePassedAt(account.name, to);
}
