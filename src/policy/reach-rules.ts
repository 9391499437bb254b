import type { Account } from '../fleet/account.ts';
import { type Action, actionClass, hasBalance, hasExpiry, offers } from '../fleet/action.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { unknownWord } from '../yaml/check-shape.ts';
import { conditionOf, type Draft, stepPath } from './draft.ts';
import { globTest } from './glob.ts';
import type { MatchClauses } from './match-grammar.ts';

/** Holds a policy against the accounts and notifiers that are configured. Finds errors. */
export function checkReach(
  draft: Draft,
  accounts: readonly Account[] | null,
  notifiers: readonly string[] | null,
): void {
  if (notifiers !== null) checkNotifiers(draft, notifiers);
  if (accounts === null || draft.reach === null) return;
  if (!checkNames(draft, accounts)) return;
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

/** Names in `match` that fit no account: misspelt, they would match nothing, or under `not` everything. */
function checkNames(draft: Draft, accounts: readonly Account[]): boolean {
  const { match } = draft.text;
  if (match === undefined || match === 'all') return true;
  const single = !Array.isArray(draft.subject.document.data([...draft.subject.path, 'match', 'not']));
  const maps: [PropertyKey[], MatchClauses][] = [[['match'], match]];
  for (const [index, map] of (match.not ?? []).entries()) {
    maps.push([single ? ['match', 'not'] : ['match', 'not', index], map]);
  }
  return maps.map(([path, map]) => checkClauses(draft, path, map, accounts)).every(Boolean);
}

function checkClauses(draft: Draft, path: PropertyKey[], map: MatchClauses, accounts: readonly Account[]): boolean {
  const names = accounts.map((account) => account.name);
  const providers = accounts.map((account) => account.provider);
  let good = true;
  const wrong = (key: 'account' | 'provider', index: number, message: string) => {
    const listed = Array.isArray(draft.subject.document.data([...draft.subject.path, ...path, key]));
    draft.subject.error(listed ? [...path, key, index] : [...path, key], message);
    good = false;
  };
  for (const [index, pattern] of (map.account ?? []).entries()) {
    if (!names.some(globTest(pattern))) wrong('account', index, `no account: ${unknownWord(pattern, names)}`);
  }
  for (const [index, pattern] of (map.provider ?? []).entries()) {
    if (providers.some(globTest(pattern))) continue;
    const kinds = PROVIDER_KINDS.filter(globTest(pattern)).join(', ');
    wrong(
      'provider',
      index,
      `no account at ${kinds} is configured; there are accounts at ${[...new Set(providers)].join(', ')}`,
    );
  }
  return good;
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
