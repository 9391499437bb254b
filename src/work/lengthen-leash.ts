import { formatDuration } from '../calendar/duration.ts';
import { LEASH_LASTS_MS, leashMs, type SoonRestart, soonRestarts } from '../decide/leash.ts';
import { instanceKey } from '../fleet/instance.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import type { Work } from './ports.ts';
import { tell } from './tell.ts';

/**
 * Whom people have started soon after a stop for idleness is left alone for longer, twice as long each time, and people
 * hear that the policy may be wrong.
 */
export async function lengthenLeashes(work: Work, previous: Snapshot | null, snapshot: Snapshot): Promise<void> {
  for (const restart of soonRestarts(previous, snapshot)) await lengthen(work, restart);
}

async function lengthen(work: Work, { tracked, policy: name, stoppedAt, startedAt }: SoonRestart): Promise<void> {
  const policy = work.standing().policies.find((each) => each.name === name);
  const idle = policy?.conditions.find((condition) => condition.kind === 'idleFor');
  if (policy === undefined || idle?.kind !== 'idleFor') return;
  const { instance } = tracked;
  const key = instanceKey(instance);
  const restarts = (await work.leashes?.add(key, startedAt, LEASH_LASTS_MS)) ?? 0;
  if (restarts === 0) return;
  const aloneFor = formatDuration(leashMs(policy.minimumUptimeMs, idle.ms, restarts));
  const after = formatDuration(Math.max(0, Math.round((startedAt - stoppedAt) / 1000)) * 1000);
  const often = restarts === 1 ? '' : `, for the ${restarts}th time in a row`;
  const text = `somebody started ${instance.name} (${key}) ${after} after policy ${name} had stopped it for being idle${often}; the policy may be wrong about it, and leaves it alone for ${aloneFor} now`;
  await tell(work, {
    event: 'policy.notice',
    severity: 'warning',
    account: instance.account,
    instance,
    policy: name,
    action: 'notify',
    occurrence: null,
    reason: 'minimum-uptime',
    text,
    said: { kind: 'restarted-soon', restarts, stoppedAt, startedAt, aloneFor },
    details: { restarts, stoppedAt: rfc3339(stoppedAt), startedAt: rfc3339(startedAt), aloneFor },
    to: null,
    identity: `leash|${key}|${startedAt}`,
  });
  await work.store.audit({
    at: work.clock.now(),
    kind: 'notification',
    account: instance.account,
    instance: key,
    policy: name,
    reason: 'minimum-uptime',
    text,
    data: { restarts },
  });
}
