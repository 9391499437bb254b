import type { Account } from '../fleet/account.ts';
import { type Action, actionClass, hasBalance, hasExpiry, offers } from '../fleet/action.ts';
import { unknownName } from '../fleet/unknown-name.ts';
import { compileMatch } from './compile-match.ts';
import { type Outline, stepPath } from './draft.ts';
import type { MatchText } from './match-grammar.ts';
import { checkMatchNames } from './match-names.ts';
import type { Condition } from './policy.ts';

/** Holds a policy against the accounts and notifiers that are configured. Finds errors. */
export function checkReach(
  draft: Outline,
  accounts: readonly Account[] | null,
  notifiers: readonly string[] | null,
): void {
  if (notifiers !== null) checkNotifiers(draft, notifiers);
  if (accounts === null || draft.reach === null) return;
  // With a name that fits nothing any account could be meant, and what none of them can is still wrong.
  const reach = checkMatchNames(draft.subject, draft.text.match, accounts) ? draft.reach : accounts;
  if (reach.length === 0) {
    draft.subject.error(['match'], nothingReached(draft.text.match, accounts), { part: 'key' });
    return;
  }
  const able = checkConditions(draft, reach);
  // Where no account tells what is asked, what none of them can do is still wrong by itself.
  const telling = able.length === 0 ? reach : able;
  for (const { action, path } of draft.named.all) checkAction(draft, { reach, telling }, action, path);
  if (draft.text.afterwards !== undefined)
    checkAction(draft, { reach, telling }, draft.text.afterwards, ['afterwards']);
}

/** Each name fits some account, and yet together they fit none. */
function nothingReached(match: MatchText | undefined, accounts: readonly Account[]): string {
  const there = accounts.map(({ name, provider }) => `${name} (${provider})`).join(', ');
  if (match === undefined || match === 'all') return 'no account is configured, so nothing ever matches';
  const { not: _, ...wanted } = match;
  const compiled = compileMatch(wanted);
  const fitting = accounts.filter((account) => compiled.account(account));
  if (fitting.length === 0) {
    return `no account fits both match.account and match.provider, so nothing ever matches; there are ${there}`;
  }
  const names = fitting.map(({ name }) => name).join(', ');
  return `match.not leaves out every account that the rest of match names (${names}), so nothing ever matches`;
}

/** Finds conditions that no account can tell; gives the accounts that can tell all of them. */
function checkConditions({ subject }: Outline, reach: readonly Account[]): readonly Account[] {
  let telling = reach;
  const need = (kind: Condition['kind'], what: string, can: (provider: Account['provider']) => boolean) => {
    if (!subject.isWritten(['when', kind])) return;
    const able = telling.filter(({ provider }) => can(provider));
    if (able.length === 0) {
      const message = `no account in reach tells ${what}; ${reached(telling)}`;
      subject.errorAsWritten(['when', kind], message, { part: 'key' });
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

/** Accounts that a policy may touch, and of these the ones that tell what its conditions ask. */
interface Reach {
  readonly reach: readonly Account[];
  readonly telling: readonly Account[];
}

function checkAction(draft: Outline, { reach, telling }: Reach, action: Action, path: PropertyKey[]): void {
  if (action === 'notify') return;
  const wrong = (message: string) => draft.subject.errorAsWritten(path, message, { part: 'key' });
  const able = telling.filter(({ provider }) => offers(provider, action));
  const keys = (key: 'actions' | 'spendLimit', accounts: readonly Account[]) =>
    `${accounts.map(({ name }) => `accounts.${name}.${key}`).join(' or ')} in lamplighter.yaml`;
  if (able.length === 0) {
    const which = telling.length < reach.length ? ' that tells what when asks for' : '';
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

function checkNotifiers(draft: Outline, notifiers: readonly string[]): void {
  for (const [index, step] of draft.steps.entries()) {
    if (step.kind !== 'notify') continue;
    const path = [...stepPath(draft, index), 'notify', 'to'];
    const listed = Array.isArray(draft.subject.document.data([...draft.subject.path, ...path]));
    for (const [at, name] of (step.to ?? []).entries()) {
      if (notifiers.includes(name)) continue;
      draft.subject.error(listed ? [...path, at] : path, unknownName('notifier', name, notifiers));
    }
  }
}
