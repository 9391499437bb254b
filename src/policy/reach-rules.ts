import type { Account } from '../fleet/account.ts';
import { type Action, actionClass, hasBalance, hasExpiry, offers } from '../fleet/action.ts';
import { unknownWord } from '../yaml/check-shape.ts';
import { conditionOf, type Draft, stepPath } from './draft.ts';
import { checkMatchNames } from './match-names.ts';

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
  checkConditions(draft, draft.reach);
  for (const [index, step] of draft.steps.entries()) {
    const path = stepPath(draft, index);
    const written = draft.subject.document.data([...draft.subject.path, ...path]);
    checkAction(draft, draft.reach, step.kind, typeof written === 'string' ? path : [...path, step.kind]);
  }
}

function checkConditions(draft: Draft, reach: readonly Account[]): void {
  const where = `reached: ${reach.map(({ name, provider }) => `${name} (${provider})`).join(', ')}`;
  for (const kind of ['balanceBelow', 'runwayBelow'] as const) {
    if (conditionOf(draft, kind) === undefined || reach.some(({ provider }) => hasBalance(provider))) continue;
    draft.subject.error(['when', kind], `no account in reach tells its balance; ${where}`, { part: 'key' });
  }
  if (conditionOf(draft, 'expiresWithin') !== undefined && !reach.some(({ provider }) => hasExpiry(provider))) {
    draft.subject.error(['when', 'expiresWithin'], `no account in reach tells when an instance expires; ${where}`, {
      part: 'key',
    });
  }
}

function checkAction(draft: Draft, reach: readonly Account[], action: Action, path: PropertyKey[]): void {
  if (action === 'notify') return;
  const wrong = (message: string) => draft.subject.error(path, message, { part: 'key' });
  const able = reach.filter(({ provider }) => offers(provider, action));
  if (able.length === 0) {
    wrong(
      `no account in reach can ${action}; reached: ${reach.map(({ name, provider }) => `${name} (${provider})`).join(', ')}`,
    );
    return;
  }
  const allowing = able.filter(({ actions }) => actions.includes(action));
  if (allowing.length === 0) {
    wrong(
      `no account in reach allows ${action}; add it to ${able.map(({ name }) => `accounts.${name}.actions`).join(' or ')} in lamplighter.yaml`,
    );
    return;
  }
  if (actionClass(action) === 'paid' && !allowing.some(({ spendLimit }) => spendLimit !== null)) {
    wrong(
      `${action} costs money and needs a limit; set ${allowing.map(({ name }) => `accounts.${name}.spendLimit`).join(' or ')} in lamplighter.yaml`,
    );
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
