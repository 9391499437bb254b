import type { Account } from '../fleet/account.ts';
import { type Action, actionClass, hasBalance, hasExpiry, offers } from '../fleet/action.ts';
import { unknownWord } from '../yaml/check-shape.ts';
import { conditionOf, type Draft, stepPath } from './draft.ts';
import { checkMatchNames } from './match-names.ts';
import type { Condition } from './policy.ts';

/** Holds a policy against the accounts and notifiers that are configured. Finds errors. */
export function checkReach(
  draft: Draft,
  accounts: readonly Account[] | null,
  notifiers: readonly string[] | null,
): void {
  if (notifiers !== null) checkNotifiers(draft, notifiers);
  if (accounts === null || draft.reach === null) return;
  if (!checkMatchNames(draft.subject, draft.text.match, accounts)) return;
  if (draft.reach.length === 0) {
    draft.subject.error(['match'], 'no account fits both match.account and match.provider, so nothing ever matches', {
      part: 'key',
    });
    return;
  }
  const telling = checkConditions(draft, draft.reach);
  if (telling.length === 0) return;
  for (const [index, step] of draft.steps.entries()) {
    const path = stepPath(draft, index);
    const written = draft.subject.document.data([...draft.subject.path, ...path]);
    checkAction(draft, telling, step.kind, typeof written === 'string' ? path : [...path, step.kind]);
  }
}

/** Finds conditions that no account can tell; gives the accounts that can tell all of them. */
function checkConditions(draft: Draft, reach: readonly Account[]): readonly Account[] {
  let telling = reach;
  const need = (kind: Condition['kind'], what: string, can: (provider: Account['provider']) => boolean) => {
    if (conditionOf(draft, kind) === undefined) return;
    const able = telling.filter(({ provider }) => can(provider));
    if (able.length === 0) {
      draft.subject.error(['when', kind], `no account in reach tells ${what}; ${reached(telling)}`, { part: 'key' });
    }
    telling = able;
  };
  need('balanceBelow', 'its balance', hasBalance);
  need('runwayBelow', 'its balance', hasBalance);
  need('expiresWithin', 'when an instance expires', hasExpiry);
  return telling;
}

function reached(accounts: readonly Account[]): string {
  return `reached: ${accounts.map(({ name, provider }) => `${name} (${provider})`).join(', ')}`;
}

/** @param telling the accounts in reach that tell what the conditions ask */
function checkAction(draft: Draft, telling: readonly Account[], action: Action, path: PropertyKey[]): void {
  if (action === 'notify') return;
  const wrong = (message: string) => draft.subject.error(path, message, { part: 'key' });
  const able = telling.filter(({ provider }) => offers(provider, action));
  const keys = (key: 'actions' | 'spendLimit', accounts: readonly Account[]) =>
    `${accounts.map(({ name }) => `accounts.${name}.${key}`).join(' or ')} in lamplighter.yaml`;
  if (able.length === 0) {
    const which = telling.length < (draft.reach?.length ?? 0) ? ' that tells what when asks for' : '';
    wrong(`no account in reach${which} can ${action}; ${reached(telling)}`);
    return;
  }
  const allowing = able.filter(({ actions }) => actions.includes(action));
  if (allowing.length === 0) {
    wrong(`no account in reach allows ${action}; add it to ${keys('actions', able)}`);
    return;
  }
  if (actionClass(action) === 'paid' && !allowing.some(({ spendLimit }) => spendLimit !== null)) {
    wrong(`${action} costs money and needs a limit; set ${keys('spendLimit', allowing)}`);
  }
}

function checkNotifiers(draft: Draft, notifiers: readonly string[]): void {
  for (const [index, step] of draft.steps.entries()) {
    if (step.kind !== 'notify') continue;
    const path = [...stepPath(draft, index), 'notify', 'to'];
    const listed = Array.isArray(draft.subject.document.data([...draft.subject.path, ...path]));
    for (const [at, name] of (step.to ?? []).entries()) {
      if (notifiers.includes(name)) continue;
      draft.subject.error(listed ? [...path, at] : path, `no notifier: ${unknownWord(name, notifiers)}`);
    }
  }
}
