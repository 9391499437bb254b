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
};
