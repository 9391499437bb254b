import type { Aftermath } from '../../aftermath.ts';
import type { DECIDING } from '../deciding.ts';
import type { Wording } from '../spec.ts';
import { EN_AFTERMATHS } from './aftermaths.ts';

function aftermathOf(provider: string, action: string): Aftermath | undefined {
  const ofCloud = Object.entries(EN_AFTERMATHS).find(([name]) => name === provider)?.[1];
  return Object.entries(ofCloud ?? {}).find(([name]) => name === action)?.[1];
}

export const EN_DECIDING: Wording<typeof DECIDING> = {
  'all-paused': () => 'all acting is paused',
  'no-such-action': ({ provider, action }) => `${provider} has no ${action}`,
  'cannot-destroy': ({ billing }) => `a ${billing} instance cannot be destroyed`,
  'expiry-untold': ({ provider }) => `${provider} does not say when an instance expires`,
  'balance-untold': ({ provider }) => `${provider} does not tell the balance`,
  untold: ({ provider }) => `${provider} does not tell`,
  'action-unlisted': ({ account, action }) => `account ${account} does not list ${action} under actions`,
  'foreign-token': ({ account }) =>
    `account ${account} lists none of the instances that were known: its token seems to be another account’s`,
  'new-token': ({ account }) =>
    `the token of account ${account} was changed, and no listing has shown yet that it is the same account’s`,
  'balance-unknown': ({ account }) => `the balance of account ${account} is not known`,
  'listing-untrusted': ({ account, trust, takenAt }, { time }) =>
    `the listing of account ${account} is ${trust.replace('-snapshot', '')} (${takenAt === null ? 'never taken' : `of ${time(takenAt)}`})`,
  'listing-doubtful': ({ account }) => `the listing of account ${account} cannot be trusted`,
  missing: () => 'it is missing from the last listing',
  'row-unreadable': ({ problems }) => `its row could not be read: ${problems.join(', ')}`,
  'status-unknown': ({ raw }) => `its status ${JSON.stringify(raw)} is not known`,
  'end-untold': () => 'it is paid ahead, but the cloud does not say until when',
  'billing-unknown': ({ raw }) => `its billing ${JSON.stringify(raw)} is not known`,
  'facts-unknown': () => 'the facts are not known',
  protected: () => 'it is labelled protect',
  held: ({ owner, until, why }, { time }) => `held by ${owner}${until === null ? '' : ` until ${time(until)}`}: ${why}`,
  'saving-image': () => 'an image of it is being saved',
  'reversible-off': ({ why }, { detail }) => `reversible work there is ${detail(why)}`,
  'paid-off': ({ account, why }, { detail }) =>
    `paid and destructive work on account ${account} is off: ${detail(why)}`,
  'paid-off-unclear': ({ account }) =>
    `paid and destructive work on account ${account} is off after too many unclear answers`,
  'paid-off-ledger': ({ account }) =>
    `paid and destructive work on account ${account} is off until the ledger is reconciled`,
  'until-reconciled': ({ reason, why }, { detail }) => `frozen (${reason}: ${detail(why)}) until lamplighter reconcile`,
  'credentials-refused': ({ account }) => `account ${account} refuses our credentials`,
  'up-since-unknown': () => 'since when it has been up is not known',
  'up-too-short': ({ upSince, leastMs, restarts }, { time, span }) =>
    `up since ${time(upSince)}, which is less than ${span(leastMs)}${restarts === 0 ? '' : `, and it was started soon after a stop ${restarts} times`}`,
  'no-probe': () => 'no probe is set up for it',
  'activity-unknown': ({ reason, why }, { detail }) =>
    `its activity cannot be told: ${reason}${why === null ? '' : ` (${detail(why)})`}`,
  'blind-by': ({ reason, why }, { detail }) => (why === null ? reason : `${reason} (${detail(why)})`),
  'not-judged': () => 'no probe could judge it',
  'too-many-holes': ({ holes, withinMs }, { span }) =>
    `it was not looked at often enough to prove it idle: ${holes} holes in the last ${span(withinMs)}`,
  'read-ago': ({ agoMs }, { span }) => `its activity was last read ${span(agoMs)} ago`,
  'read-unknown': () => 'when its activity was read is not known',
  'taken-in-pass': () => 'another operation goes to it in this pass',
  'operation-open': () => 'an operation on it is not finished',
  'another-open': () => 'another operation on it is not finished',
  'renewed-half-unit': ({ at }, { time }) => `renewed at ${time(at)}, less than half a unit ago`,
  'renewed-lately': ({ at, withinMs }, { time, span }) => `renewed at ${time(at)}, less than ${span(withinMs)} ago`,
  'acted-lately': ({ at, withinMs }, { time, span }) => `acted at ${time(at)}, less than ${span(withinMs)} ago`,
  opposed: ({ policy, action }) =>
    `${policy === null ? 'another policy' : `policy ${policy}`}, which comes first, wants the opposite of ${action}`,
  'wants-down': ({ policy }) => `policy ${policy}, which comes first, wants it down`,
  'percent-unknown': ({ percent, account, trust }) => `${percent}% of account ${account} is not known: ${trust}`,
  'full-minute': ({ used, most, account }) => `${used} of ${most} acts on account ${account} in the last minute`,
  'full-pass': ({ used, most }) => `${used} of ${most} acts in this pass`,
  'full-hour': ({ used, most }) => `${used} of ${most} acts in the last hour`,
  'no-spend-limit': ({ account }) => `account ${account} has no spend limit, and without one nothing is paid`,
  'calls-spent': ({ account, calls, most }) => `account ${account} has made ${calls} of ${most} paid calls today`,
  'price-unknown': () => 'no price is configured for this instance, so the money limit cannot be held',
  'money-spent': ({ costFen, spentFen, mostFen }, { yuan }) =>
    `${yuan(costFen)} yuan more than the ${yuan(spentFen)} spent today is over ${yuan(mostFen)}`,
  'announced-for': ({ at }, { time }) => `announced; it will be done at ${time(at)}`,
  'announced-untaken': () => 'announced, but no notifier has taken the announcement',
  'hourly-cannot-renew': () => 'an hourly instance cannot be renewed',
  'billing-not-renewed': ({ billing }) => `this policy does not renew ${billing} instances`,
  'cannot-lengthen': ({ to }) => `a monthly instance cannot be changed to ${to}`,
  'tick-missed': ({ occurrence }) => `the tick of ${occurrence} was not taken up in time`,
  'start-is': ({ state }) => `this start is ${state}`,
  'next-try': ({ at }, { time }) => `the next try is at ${time(at)}`,
  'status-is': ({ status }) => `it is ${status}`,
  'not-low': () => 'the balance or runway is not low',
  'not-the-time': () => 'not the time',
  'told-already': () => 'it was told for this occurrence',
  'being-told': () => 'it is being told for this occurrence',
  'needs-instance': ({ action }) => `${action} needs an instance`,
  would: ({ action, announced, costFen, because }, { yuan, detail }) =>
    `would ${announced ? `announce a ${action}` : action}${costFen === null ? '' : ` for ${yuan(costFen)} yuan`}: ${detail(because)}`,
  'would-tell': ({ what }, { detail }) => `would notify: ${detail(what)}`,
  'would-start': () => 'would start it: its policy now only observes',
  'will-do': ({ action, name, costFen }, { yuan }) =>
    `${action} ${name}${costFen === null ? '' : ` for ${yuan(costFen)} yuan`}`,
  'will-announce': ({ action, name, at }, { time }) => `announce a ${action} of ${name} at ${time(at)}`,
  'called-off': ({ why }) => `the announced stop is called off: ${why}`,
  'no-start-owed': ({ why }) => `no start is owed any more: ${why}`,
  'balance-enough': ({ account }) => `the balance of account ${account} is high enough again`,
  'policy-off': () => 'the policy is switched off',
  'no-match': ({ match }) => `it does not match ${match}`,
  'nothing-due': () => 'nothing is due',
  'at-work': () => 'it is at work',
  'somebody-there': () => 'somebody is there',
  'kept-by-lease': () => 'somebody on it asks that it be kept',
  'idle-too-short': () => 'it has not been idle for so long',
  'started-lately': ({ restarts }) =>
    `it was started too short a time ago${restarts === 0 ? '' : `, and was started soon after a stop ${restarts} times`}`,
  aftermath: ({ provider, action }) => {
    const aftermath = aftermathOf(provider, action);
    if (aftermath === undefined) return 'what is lost by it is not documented';
    return `lost: ${aftermath.loses}; kept: ${aftermath.keeps}; not documented: ${aftermath.notDocumented}`;
  },
  'kernel-hangs': ({ silentMs }) =>
    `a Jupyter kernel is busy but doing nothing: no word from it for ${Math.floor(silentMs / 3_600_000)} h, and GPU and CPU are idle; restart or stop it by hand`,
};
