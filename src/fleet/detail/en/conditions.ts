import type { CONDITIONS } from '../conditions.ts';
import type { Detail } from '../detail.ts';
import type { Say, Wording } from '../spec.ts';

/** Since what idleness is counted, where it is not the activity itself. */
const CAUSES: Readonly<Record<string, string>> = {
  boot: ', counted since it was started',
  watch: ', counted since it has been watched without a hole',
  'policy-edit': ', counted since the policy or what it is judged by was changed',
  'daemon-start': ', counted since the daemon was started',
  hold: ', counted since a hold on it ended',
};

const both = (facts: readonly Detail[], { detail }: Say) => facts.map(detail).join(' and ');

export const EN_CONDITIONS: Wording<typeof CONDITIONS> = {
  'due-instance': ({ name, instance, facts }, say) =>
    `${name === '' ? instance : `${name} (${instance})`}${facts.some(({ kind }) => kind === 'list-done') ? ':' : ''} ${both(facts, say)}.`,
  'due-account': ({ account, facts }, say) => `Account ${account} ${both(facts, say)}.`,
  'in-window': ({ window }) => `is in the window ${window}`,
  'by-schedule': ({ cron, at }, { time }) => `is due by the schedule ${cron} at ${time(at)}`,
  'idle-since': ({ since }, { time }) => `has been idle since ${time(since)}`,
  'expires-within': ({ expiresAt, withinMs }, { time, span }) =>
    `expires at ${time(expiresAt)}, within ${span(withinMs)}`,
  'up-longer': ({ since, thanMs }, { time, span }) => `has been up since ${time(since)}, longer than ${span(thanMs)}`,
  'stopped-longer': ({ since, thanMs }, { time, span }) =>
    `has been stopped since ${time(since)}, longer than ${span(thanMs)}`,
  'status-longer': ({ status, since, thanMs }, { time, span }) =>
    `has been ${status} since ${time(since)}, longer than ${span(thanMs)}`,
  'balance-below': ({ fen, belowFen }, { yuan }) => `has ${yuan(fen)} yuan left, less than ${yuan(belowFen)}`,
  'runway-below': ({ runwayMs, belowMs, fen }, { span, yuan }) =>
    `has money for ${span(runwayMs)}, less than ${span(belowMs)} (${yuan(fen)} yuan left)`,
  'matches-policy': ({ policy }) => `matches policy ${policy}`,
  'list-done': ({ policy, actions }) => `policy ${policy} has done: ${actions.join(', ')}`,

  'outside-window': () => 'outside the window',
  'no-tick': () => 'the schedule has not ticked since the policy was first seen',
  'tick-late': () => 'the last tick is longer ago than catchUp allows',
  'conditions-fail': ({ facts }, { all }) => `not all conditions hold: ${all(facts)}`,
  'expired-at': ({ at }, { time }) => `expired at ${time(at)}: nothing is renewed after that`,
  'not-ready': ({ status, billing }) => `it is ${status} (${billing})`,
  'under-way': () => 'it is being done for this occurrence',
  'failed-once': () => 'it failed for this occurrence',
  'done-once': () => 'it was done for this occurrence',
  'person-started': ({ at }, { time }) => `somebody started it at ${time(at)}, inside the window`,
  'changed-since-tick': () => 'it came to be as it is after the tick',
  'not-up': ({ status, wantedMs }, { span }) => `${status}, not up for ${span(wantedMs)}`,
  'up-for': ({ ms, wantedMs }, { span }) => `up for ${span(ms)} of ${span(wantedMs)}`,
  'no-expiry': ({ withinMs }, { span }) => `no expiry, so not within ${span(withinMs)}`,
  'expires-later': ({ expiresAt, withinMs }, { time, span }) =>
    `expires ${time(expiresAt)}, not within ${span(withinMs)}`,
  'balance-wanted': ({ belowFen }, { yuan }) => `balance wanted below ${yuan(belowFen)} yuan`,
  'runway-wanted': ({ belowMs }, { span }) => `runway wanted below ${span(belowMs)}`,
  'not-idle': ({ activity, wantedMs }, { span }) => `activity ${activity}, not idle for ${span(wantedMs)}`,
  'people-protect': ({ until, wantedMs }, { time, span }) =>
    `somebody is there, which protects it until ${time(until)}; not idle for ${span(wantedMs)}`,
  'lease-protects': ({ until, wantedMs }, { time, span }) =>
    `it is kept by a lease, which protects it until ${time(until)}; not idle for ${span(wantedMs)}`,
  'not-idle-status': ({ status, wantedMs }, { span }) => `${status}, not idle for ${span(wantedMs)}`,
  'idle-for': ({ ms, wantedMs, since }, { span }) => `idle for ${span(ms)} of ${span(wantedMs)}${CAUSES[since] ?? ''}`,
  'other-status': ({ status, wanted, wantedMs }, { span }) =>
    `${status}, not ${wanted.join(' or ')} for ${span(wantedMs)}`,
  'status-for': ({ status, ms, wantedMs }, { span }) => `${status} for ${span(ms)} of ${span(wantedMs)}`,
};
