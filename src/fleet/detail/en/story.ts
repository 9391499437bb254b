import type { Wording } from '../spec.ts';
import type { STORY } from '../story.ts';

export const EN_STORY: Wording<typeof STORY> = {
  'operation-moved': ({ action, from, to, why }, { detail }) =>
    `${action}: ${from === null ? '' : `${from} → `}${to}${why === null ? '' : `: ${detail(why)}`}`,
  'not-done': ({ action, whom, why }, { detail }) => `${action} of ${whom} is not done: ${detail(why)}`,
  'now-due': ({ action, name, instance }) => `${action} of ${name} (${instance}) is due`,
  'will-be-done': ({ policy, action, name, instance, at }, { time }) =>
    `policy ${policy} will ${action} ${name} (${instance}) at ${time(at)}`,
  'announcement-off': ({ policy, instance, why }) =>
    `the announced stop of ${instance} by policy ${policy} is off: ${why}`,
  'start-not-owed': ({ policy, instance, why }) => `${instance} needs no start any more for policy ${policy}: ${why}`,
  'time-missed': ({ policy, target, why }, { detail }) =>
    `policy ${policy} missed its time for ${target}: ${detail(why)}`,
  'asked-elsewhere': ({ action, instance, other, operation }) =>
    `${action} of ${instance} is not asked for: the machine of that id has it under ${other}, in operation ${operation}; does one account of the cloud stand in the configuration twice?`,
  'hold-released': ({ by, owner, instance }) => `${by} released the hold of ${owner} on ${instance}`,
  'acting-paused': ({ by, why }) => `${by} paused all acting${why === null ? '' : `: ${why}`}`,
  'acting-resumed': ({ by }) => `${by} resumed acting`,
  'hold-placed': ({ owner, instance, until, why }, { time }) =>
    `${owner} holds ${instance} until ${time(until)}: ${why}`,

  'work-frozen': ({ account, reason, why }, { detail }) => {
    const what = account === null ? 'paid and destructive work' : `reversible work on account ${account}`;
    const said = detail(why);
    const because =
      reason === 'amnesia'
        ? 'the ledger in Redis is not the one that was known, or is older than it was'
        : `${reason}${said === '' ? '' : `: ${said}`}`;
    return `${what} is frozen: ${because}`;
  },
  'ends-by-reconcile': ({ what }, { detail }) => `${detail(what)}; lamplighter reconcile ends that`,
  'redis-unreachable': () => 'not reachable',
  'redis-silent': () => 'does not answer',
  'accounts-untried': () => 'not all tried yet',
};
