import type { Account } from '../fleet/account.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { unknownName } from '../fleet/unknown-name.ts';
import type { Subject } from './findings.ts';
import { globTest } from './glob.ts';
import type { MatchClauses, MatchText } from './match-grammar.ts';

/** `provider` `null`: it is not known, because something is wrong with it. */
interface Named {
  readonly name: string;
  readonly provider: Account['provider'] | null;
}

/**
 * Finds names in the `match` of a map that fit no account: misspelt, they would match nothing, or under `not`
 * everything. Says whether all are good.
 */
export function checkMatchNames(subject: Subject, match: MatchText | undefined, accounts: readonly Named[]): boolean {
  return matchMaps(subject, match)
    .map(([path, map]) => checkClauses(subject, path, map, accounts))
    .every(Boolean);
}

/** The map of a match and those under its `not`, each with its path. */
export function matchMaps(
  subject: Subject,
  match: MatchText | undefined,
): readonly (readonly [PropertyKey[], MatchClauses])[] {
  if (match === undefined || match === 'all') return [];
  const single = !Array.isArray(subject.document.data([...subject.path, 'match', 'not']));
  const inside = (match.not ?? []).map((map, index): [PropertyKey[], MatchClauses] => [
    single ? ['match', 'not'] : ['match', 'not', index],
    map,
  ]);
  return [[['match'], match], ...inside];
}

function checkClauses(subject: Subject, path: PropertyKey[], map: MatchClauses, accounts: readonly Named[]): boolean {
  const names = accounts.map((account) => account.name);
  const providers = accounts.flatMap(({ provider }) => provider ?? []);
  let good = true;
  const wrong = (key: 'account' | 'provider', index: number, message: string) => {
    const listed = Array.isArray(subject.document.data([...subject.path, ...path, key]));
    subject.error(listed ? [...path, key, index] : [...path, key], message);
    good = false;
  };
  for (const [index, pattern] of (map.account ?? []).entries()) {
    if (!names.some(globTest(pattern))) wrong('account', index, unknownName('account', pattern, names));
  }
  const isComplete = providers.length === accounts.length;
  for (const [index, pattern] of (isComplete ? (map.provider ?? []) : []).entries()) {
    if (providers.some(globTest(pattern))) continue;
    const kinds = PROVIDER_KINDS.filter(globTest(pattern)).join(', ');
    const there = [...new Set(providers)].join(', ');
    wrong('provider', index, `no account at ${kinds} is configured; there are accounts at ${there}`);
  }
  return good;
}
