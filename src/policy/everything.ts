import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { BILLINGS, STATUSES } from '../fleet/status.ts';
import type { Outline } from './draft.ts';
import { globTest } from './glob.ts';
import type { MatchClauses } from './match-grammar.ts';
import { matchMaps } from './match-names.ts';
import { covers } from './overlap.ts';

/** Finds maps under `match.not` that leave out every instance there could be, or every one that the rest of the match asks for. */
export function checkNegations(draft: Outline): void {
  let found = false;
  for (const [path, clauses] of matchMaps(draft.subject, draft.text.match)) {
    if (path.length === 1 || draft.subject.lost.at(path)) continue;
    if (fitsEverything(clauses)) {
      draft.subject.error(path, 'leaves out every instance there could be, so nothing ever matches', { part: 'key' });
      found = true;
    } else if (isAllAskedFor(draft, clauses)) {
      const message = 'leaves out everything that the rest of match asks for, so nothing ever matches';
      draft.subject.error(path, message, { part: 'key' });
      found = true;
    }
  }
  if (!found) checkTogether(draft);
}

/** Finds a status or billing of which each that is asked for is left out by one of the maps under `not`. */
function checkTogether({ text: { match }, subject }: Outline): void {
  if (match === undefined || match === 'all' || match.not === undefined || subject.lost.perhaps(['match'])) return;
  const { not, ...asked } = match;
  for (const [key, words] of [
    ['status', STATUSES],
    ['billing', BILLINGS],
  ] as const) {
    const leaving = not.filter((map) => map[key] !== undefined && covers({ ...map, [key]: undefined }, asked));
    // Of what is left out an unknown one could be, and so it is left alone as well.
    const left = new Set<string>(leaving.length === 0 ? [] : ['unknown', ...leaving.flatMap((map) => map[key] ?? [])]);
    if (!(asked[key] ?? words).every((word) => left.has(word))) continue;
    const named = asked[key] === undefined ? `every ${key}` : `${asked[key].join(' and ')}`;
    const message = `leaves out ${named} (where ${key} is unknown, it might be one of these), so nothing ever matches`;
    subject.error(['match', 'not'], message, { part: 'key' });
    return;
  }
}

/** Would anything that the rest of the match asks for fit? */
function isAllAskedFor({ text: { match }, reach, subject }: Outline, clauses: MatchClauses): boolean {
  // A clause that a mistake has left out might have asked for something else; that no account is left is told elsewhere.
  if (match === undefined || match === 'all' || subject.lost.perhaps(['match']) || reach?.length === 0) return false;
  const { not: _, ...asked } = match;
  return covers(clauses, asked);
}

/** Would any instance fit, whatever it is? */
export function fitsEverything({ provider, status, billing, labels, ...patterns }: MatchClauses): boolean {
  return (
    labels === undefined &&
    (provider === undefined || PROVIDER_KINDS.every((kind) => provider.some((each) => globTest(each)(kind)))) &&
    (status === undefined || STATUSES.every((each) => status.includes(each))) &&
    (billing === undefined || BILLINGS.every((each) => billing.includes(each))) &&
    Object.values(patterns).every((each) => each === undefined || each.some((pattern) => /^\*+$/.test(pattern)))
  );
}
