import type { ActivityObserver } from '../../activity/observer.ts';
import type { ProbeReading, UnknownActivityReason } from '../../fleet/activity.ts';
import { english } from '../../fleet/detail/english.ts';
import { type Instance, instanceKey } from '../../fleet/instance.ts';
import type { Labels } from '../../fleet/label.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { isUp } from '../../fleet/status.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning } = findingsOf('probes');

/** Enough to see whether a rule works; a fleet of hundreds is the daemon's to look at. */
const MOST = 20;
/** Beyond the probes' own time limits. */
const LIMIT_MS = 30_000;

/** Goes to machines that are up, once, by the probes that their rule names. */
export async function checkProbes(
  observer: ActivityObserver,
  instances: readonly Instance[],
  labels: (instance: Instance) => Labels,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const up = instances.filter(({ status }) => isUp(status));
  const watched = up.filter((instance) => observer.everyMsOf(instance, labels(instance)) !== null);
  if (watched.length === 0)
    return [
      ok(
        'probes',
        up.length === 0
          ? 'no machine is up to be asked'
          : 'no machine that is up has a probe: `activity` in the configuration',
      ),
    ];
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  const reporting: Instance[] = [];
  const findings: Finding[] = [];
  let asked = 0;
  for (const group of chunks(watched)) {
    if (asked >= MOST) break;
    const seen = await Promise.all(
      group.map(async (instance) => ({
        instance,
        readings: await observer.ask(instance, labels(instance), limit).catch(() => null),
      })),
    );
    signal.throwIfAborted();
    for (const { instance, readings } of seen) {
      if (readings?.length === 0) reporting.push(instance);
      else {
        asked += 1;
        findings.push(...about(instance, readings));
      }
    }
  }
  if (reporting.length > 0)
    findings.push(ok('push', `${reporting.length} of the machines report by themselves; nobody goes there`));
  const rest = watched.length - asked - reporting.length;
  return rest > 0 ? [...findings, ok('others', `${rest} more were not asked`)] : findings;
}

/** So many at once; those that report by themselves cost nothing and do not count. */
function chunks(instances: readonly Instance[]): readonly (readonly Instance[])[] {
  const groups: Instance[][] = [];
  for (let at = 0; at < instances.length; at += MOST) groups.push(instances.slice(at, at + MOST));
  return groups;
}

function about(instance: Instance, readings: readonly ProbeReading[] | null): readonly Finding[] {
  const key = instanceKey(instance);
  const subject = instance.name === '' ? key : `${key} (${instance.name})`;
  if (readings === null) return [warning(subject, 'did not answer in time', UNREACHABLE)];
  return readings.map((reading) => {
    const mend = reading.verdict === 'unknown' && reading.reason !== null ? MENDS[reading.reason] : undefined;
    if (mend === undefined)
      return ok(subject, `${reading.probe}: ${reading.verdict === 'unknown' ? 'answers' : reading.verdict}`);
    return warning(subject, `${reading.probe}: ${english(reading.evidence, rfc3339)}`, mend);
  });
}

const UNREACHABLE = 'does it run there, on that port, and does a firewall let this machine in?';

/** What keeps a probe from reading at all; the other reasons end with its second look. */
const MENDS: Readonly<Partial<Record<UnknownActivityReason, string>>> = {
  'no-reading':
    'give the probe a url or host of its own, say `optional: true` where a machine may lack the service, or match fewer machines',
  unreachable: UNREACHABLE,
  unauthorised: 'give the probe a token, password or key that is right: docs/probes.md',
  'bad-answer': 'is that the service which the probe is for? docs/probes.md',
  'address-refused': 'a listing names a private address; allow it under network.allow if it is one of yours',
  'no-credentials': 'the cloud lists no way in; give the probe one of its own: docs/ssh.md',
  'host-key-changed': 'if it was made anew: `lamplighter host-key --forget`; if not, find out who answers there',
};
