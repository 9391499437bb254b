import { assertNever } from '../../fleet/assert-never.ts';
import { english } from '../../fleet/detail/english.ts';
import type { FreezeReason } from '../../fleet/freeze.ts';
import type { Said } from '../../fleet/said.ts';
import { wallTime } from '../../fleet/wall-time.ts';
import type { Catalogue, Frame, LanguageWords } from './draft.ts';

const frame = {
  instance: 'Instance',
  account: 'Account',
  policy: 'Policy',
  evidence: 'Why',
  cost: 'Cost',
  next: 'Next',
  todo: 'To do',
  stop: 'To stop it',
  after: 'After it',
  detail: 'Detail',
  holdLink: 'Hold it',
  holdMany: 'Hold some or all',
  console: 'Console',
  named: (name, key) => `${name} (${key})`,
  reason: '...',
  more: (count) => `and ${count} more`,
  digest: (count, critical) => `${count} notifications${critical === 0 ? '' : `, ${critical} of them critical`}`,
  repeat: (title) => `Still open: ${title}`,
  since: 'Open since',
  zone: 'Times in',
  perHour: (yuan) => `¥${yuan} an hour`,
  time: (at, zone) => `${wallTime(at, zone)} (${zone})`,
} satisfies Frame;

const WHY_FROZEN: Readonly<Record<FreezeReason, string>> = {
  amnesia: 'the ledger in Redis is not the one that was known, or is older, so a renewal may be forgotten',
  excess: 'a machine was paid for by more than was asked for',
  invariant: 'something happened that must never happen, which is a bug',
  redis: 'Redis is not set up to keep a ledger of paid calls',
  settling: 'Redis was started anew, and what was paid shortly before may not show yet',
  clock: 'the clock cannot be trusted',
  unreadable: 'why it is frozen cannot be read in Redis',
};

const UNFREEZE: Readonly<Record<FreezeReason, string>> = {
  amnesia: 'look in the clouds’ consoles for renewals and orders of the last hours, then: lamplighter reconcile --yes',
  excess: 'look at the bill and at what else renews, then: lamplighter reconcile --yes',
  invariant: 'keep the log, look at lamplighter operations, then: lamplighter reconcile --yes',
  redis: 'set Redis right (lamplighter validate --redis says how); it goes on by itself then',
  settling: 'nothing: it goes on by itself',
  clock: 'set the clock right; it goes on by itself when the clouds tell the same time',
  unreadable: 'look in the clouds’ consoles, then: lamplighter reconcile --yes',
};

type Outcome = Extract<Said, { kind: 'outcome' }>['outcome'];

function ended(outcome: Outcome): string {
  switch (outcome) {
    case 'confirmed':
      return 'is done';
    case 'rejected':
      return 'was refused by the cloud';
    case 'escalated':
      return 'needs a person';
    case 'superseded':
      return 'was not needed any more';
    default:
      return assertNever(outcome);
  }
}

const settle = (operation: string) =>
  `lamplighter approve ${operation} --reason "..." sends it once more, lamplighter close ${operation} --reason "..." settles it by other means`;
const why = (reason: string, detail: string) => (detail === '' ? reason : `${reason}: ${detail}`);

const catalogue = {
  announced: (
    { action, deadlineAt, idleSinceAt, probes, yuanPerHour, aftermath },
    { subject, policy, time, clock },
  ) => ({
    title: `${subject}: ${action} at ${time(deadlineAt)}`,
    item: `${subject}, at ${clock(deadlineAt)}${yuanPerHour === null ? '' : `, ¥${yuanPerHour} an hour`}`,
    many: `{n} machines: ${action} by policy ${policy}`,
    evidence: idleSinceAt === null ? '' : `idle since ${time(idleSinceAt)}${probes === null ? '' : ` (${probes})`}`,
    cost: yuanPerHour === null ? 'what an hour of it costs is not known' : `¥${yuanPerHour} an hour`,
    next: `policy ${policy} will ${action} it at ${time(deadlineAt)}; activity cancels it`,
    manyNext: `policy ${policy} will ${action} each at its time; activity on a machine cancels it for that machine`,
    after: aftermath,
    holdable: true,
  }),
  'notice-off': ({ action, why: reason, detail }, { subject, policy }) => ({
    title: `Off: the announced ${action ?? 'act'} of ${subject}`,
    item: `${subject}: ${reason}`,
    many: `{n} announced acts of policy ${policy} are off`,
    evidence: reason,
    next: 'nothing happens to it for now',
    detail,
  }),
  'balance-low': ({ own, yuan, belowYuan, runway, runwayBelow }, { account }) => {
    const money = [
      ...(yuan === null ? [] : [`¥${yuan} left${belowYuan === null ? '' : `, less than ¥${belowYuan}`}`]),
      ...(runway === null ? [] : [`lasts ${runway}${runwayBelow === null ? '' : `, less than ${runwayBelow}`}`]),
    ].join('; ');
    return {
      title: own ?? `The balance of ${account} is low${money === '' ? '' : `: ${money}`}`,
      item: `${account}: ${money === '' ? 'low' : money}`,
      many: '{n} balances are low',
      evidence: money,
      next: 'what runs goes on until the cloud stops it for want of money',
      todo: 'top the account up in the cloud’s console',
    };
  },
  'balance-recovered': (_said, { account, policy }) => ({
    title: `The balance of ${account} is above the limit again`,
    item: `${account}: above the limit of ${policy} again`,
    many: '{n} balances are above their limits again',
  }),
  'expiry-soon': ({ own, expiresAt }, { subject, time, clock }) => ({
    title:
      own ?? (expiresAt === null ? `${subject} expires soon` : `${subject}: its paid time ends at ${time(expiresAt)}`),
    item: `${subject}${expiresAt === null ? '' : `, until ${clock(expiresAt)}`}`,
    many: 'The paid time of {n} machines ends soon',
    next: 'the cloud stops it when its paid time ends, unless somebody or a policy renews it',
    todo: 'renew it, or save what is on it',
  }),
  stuck: ({ own, status, sinceAt }, { subject, time, clock }) => ({
    title: own ?? `${subject} is stuck${status === null ? '' : ` in ${status}`}`,
    item: `${subject}${status === null ? '' : `: ${status}`}${sinceAt === null ? '' : ` since ${clock(sinceAt)}`}`,
    many: '{n} machines are stuck',
    evidence: `${status ?? 'this status'}${sinceAt === null ? '' : ` since ${time(sinceAt)}`}`,
    todo: 'look at it in the cloud’s console',
  }),
  'policy-notice': ({ own }, { subject, policy }) => ({
    title: own,
    item: subject === '' || own.includes(subject) ? own : `${subject}: ${own}`,
    many: `{n} messages of policy ${policy}`,
  }),
  lapsed: ({ detail }, { subject, policy }) => ({
    title: `${subject} has expired, and policy ${policy} should have renewed it`,
    item: `${subject}: ${detail}`,
    many: '{n} machines have expired that should have been renewed',
    evidence: detail,
    next: 'past its end nothing is renewed by itself; the cloud may delete it soon',
    todo: 'renew it in the cloud’s console now, or save what is on it',
  }),
  unpaid: ({ detail }, { subject, account }) => ({
    title: `${subject} is not renewed: the limit of the day is reached`,
    item: `${subject}: ${detail}`,
    many: `{n} machines are not renewed: the limit of the day is reached on ${account}`,
    evidence: detail,
    next: 'no other renewal there leaves until tomorrow, or until the limit is raised',
    todo: `raise spendLimit of ${account} in lamplighter.yaml, or renew by hand`,
  }),
  'restarted-soon': ({ restarts, stoppedAt, startedAt, aloneFor }, { subject, policy, time, clock }) => ({
    title: `${subject} was started again soon after policy ${policy} had stopped it`,
    item: `${subject}, started at ${clock(startedAt)}`,
    many: `{n} machines were started again soon after policy ${policy} had stopped them`,
    evidence: `stopped at ${time(stoppedAt)}, started by somebody at ${time(startedAt)}${restarts === 1 ? '' : `; ${restarts} times in a row`}`,
    next: `the policy leaves it alone for ${aloneFor}`,
    todo: 'the policy may be wrong about it: look at its probes and at idleFor',
    holdable: true,
  }),
  'unclear-payment': ({ action, expiresAt }, { subject, time, clock }) => ({
    title: `${action} of ${subject} had no clear answer, and its paid time ends at ${time(expiresAt)}`,
    item: `${subject}, until ${clock(expiresAt)}`,
    many: '{n} payments had no clear answer, and little time is left',
    next: 'it is not sent again by itself; every listing is looked at for its effect',
    todo: 'look in the cloud’s console whether it went through, and renew by hand if not',
  }),
  blind: ({ count, named, yuanPerHour }, { account }) => ({
    title: `Nobody can tell what ${count === 1 ? 'a machine' : `${count} machines`} of ${account} ${count === 1 ? 'does' : 'do'}`,
    item: named.join('; '),
    many: '{n} reports of machines that nobody can tell anything of',
    evidence: named.join('; '),
    ...(yuanPerHour !== null && { cost: `¥${yuanPerHour} an hour` }),
    next: 'nothing is stopped there for being idle until a probe can tell',
    todo: 'look at the probes: lamplighter why ACCOUNT/ID',
  }),
  'busy-for-nothing': ({ detail, yuanPerHour }, { subject }) => ({
    title: `${subject} says that it is busy, and computes nothing`,
    item: `${subject}: ${detail}`,
    many: '{n} machines say that they are busy, and compute nothing',
    evidence: detail,
    ...(yuanPerHour !== null && { cost: `¥${yuanPerHour} an hour` }),
    next: 'it is not stopped for being idle, and goes on costing',
    todo: 'look whether its kernel hangs; interrupt or stop it by hand',
  }),
  frozen: ({ classes, reason, detail }, { account }) => ({
    title: `${capital(classes.join(' and '))} work${account === '' ? '' : ` on ${account}`} is frozen (${reason})`,
    item: `${classes.join(', ')}${account === '' ? '' : ` on ${account}`}: ${reason}`,
    many: '{n} kinds of work are frozen',
    evidence: WHY_FROZEN[reason],
    next: `nothing ${classes.join(' or ')} is sent until it ends`,
    todo: UNFREEZE[reason],
    detail,
  }),
  unfrozen: ({ classes }, { account }) => ({
    title: `${capital(classes.join(' and '))} work${account === '' ? '' : ` on ${account}`} goes on`,
    item: `${classes.join(', ')}${account === '' ? '' : ` on ${account}`}`,
    many: '{n} freezes have ended',
  }),
  breaker: ({ limit }, { account }) => ({
    title: `Nothing is paid on ${account} for an hour`,
    item: `${account}: no clear answers`,
    many: 'Nothing is paid on {n} accounts for an hour',
    evidence: `more than ${limit} paid requests within an hour had no clear answer`,
    next: 'paid work there goes on an hour after the last of them',
    todo: 'look in its console whether they went through',
  }),
  'breaker-closed': (_said, { account }) => ({
    title: `Paid work on ${account} goes on`,
    item: account,
    many: 'Paid work on {n} accounts goes on',
  }),
  'foreign-listing': ({ known, listed }, { account }) => ({
    title: `The token of ${account} seems to be another account’s`,
    item: account,
    many: 'The tokens of {n} accounts seem to be others’',
    evidence: `none of the ${known} instances that were known is in its listing of ${listed}`,
    next: 'nothing is done there until the old token is back',
    todo: `put the right token back; if it is right: lamplighter reconcile --listing ${account}`,
  }),
  'shrunken-listing': ({ before, now }, { account }) => ({
    title: `The listing of ${account} shrank from ${before} to ${now} instances at once`,
    item: `${account}: ${before} → ${now}`,
    many: 'The listings of {n} accounts shrank at once',
    next: 'nothing is stopped, destroyed or created there until it is believed',
    todo: `look in the cloud’s console; if it is right: lamplighter reconcile --listing ${account}`,
  }),
  'listing-recovered': ({ listed }, { account }) => ({
    title: `The listing of ${account} is believed again: ${listed} instances`,
    item: `${account}: ${listed} instances`,
    many: 'The listings of {n} accounts are believed again',
  }),
  unreachable: ({ detail }, { account, notification }) => ({
    title: `Account ${account} cannot be read (${notification.reason ?? ''})`,
    item: `${account}: ${notification.reason ?? ''}`,
    many: '{n} accounts cannot be read',
    next: 'nothing is done there until it can',
    todo:
      notification.reason === 'unauthorised'
        ? 'put a good token into its token file'
        : 'look at the network and the cloud',
    detail,
  }),
  reachable: (_said, { account }) => ({
    title: `Account ${account} can be read again`,
    item: account,
    many: '{n} accounts can be read again',
  }),
  outcome: ({ outcome, action, reason, detail, by, operation }, { subject, policy }) => {
    const isPersons = by.startsWith('person ') && policy !== '';
    const asked = `asked by ${isPersons ? `${by}, for policy ${policy}` : policy === '' ? by : `policy ${policy}`}`;
    return {
      title: `${action} of ${subject} ${ended(outcome)}`,
      item: `${subject} (${why(reason, detail)})${outcome === 'escalated' ? `, operation ${operation}` : ''}`,
      many: `{n} machines: ${action} ${ended(outcome)}`,
      evidence: why(reason, detail),
      detail: `${asked}; operation ${operation}`,
      ...(outcome === 'escalated' && {
        next: 'it is not sent again by itself',
        todo: `look in the cloud’s console what became of it, then: ${settle(operation)}`,
        manyTodo: `look in the cloud’s console what became of each, then: ${settle('OPERATION')}`,
      }),
    };
  },
  'operation-closed': ({ action, operation, detail }, { subject }) => ({
    title: `Closed by a person: ${action} of ${subject}`,
    item: `${subject}: ${action}`,
    many: '{n} operations were closed by people',
    detail: `${operation}${detail === '' ? '' : `: ${detail}`}`,
  }),
  'reload-held': ({ things, example, acknowledge }) => ({
    title: `A change of the rules is held: it would newly allow ${things} ${things === 1 ? 'thing' : 'things'}`,
    item: example,
    many: '{n} changes of the rules are held',
    evidence: `it would newly allow such as: ${example}`,
    next: 'the rules before it stay in force',
    todo: `to take it: POST /-/reload with {"acknowledge":"${acknowledge}"}, or SIGHUP`,
  }),
  'reach-widened': ({ things, before, example }) => ({
    title: `A change of the rules reaches further: ${things} ${things === 1 ? 'thing is' : 'things are'} newly allowed, besides ${before}`,
    item: example,
    many: '{n} changes of the rules reach further',
    evidence: `newly allowed is such as: ${example}`,
    todo: 'if that was not meant, put the rules back; with reload: careful such a change waits for a person',
  }),
  invalid: ({ errors, first }) => ({
    title: 'Policies or configuration cannot be used',
    item: first,
    many: 'Policies or configuration could not be used, {n} times',
    next: 'the last good ones stay in force',
    todo: 'lamplighter validate says what is wrong, and where',
    detail: `${first}${errors > 1 ? `; and ${errors - 1} more` : ''}`,
  }),
  valid: ({ policies }) => ({
    title: `Policies can be read again: ${policies} are in force`,
    item: `${policies} are in force`,
    many: 'Policies can be read again',
  }),
} satisfies Catalogue;

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

export const en: LanguageWords = { frame, catalogue, detail: english };
