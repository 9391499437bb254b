import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { BILLINGS, STATUSES } from '../fleet/status.ts';
import type { Outline } from './draft.ts';
import { globTest } from './glob.ts';
import type { MatchClauses } from './match-grammar.ts';
import { matchMaps } from './match-names.ts';

/** Finds maps under `match.not` that leave out every instance there could be. */
export function checkNegations(draft: Outline): void {
  for (const [path, clauses] of matchMaps(draft.subject, draft.text.match)) {
    if (path.length === 1 || draft.subject.lost.at(path) || !fitsEverything(clauses)) continue;
    draft.subject.error(path, 'leaves out every instance there could be, so nothing ever matches', { part: 'key' });
  }
}

/** Would any instance fit, whatever it is? */
function fitsEverything({ provider, status, billing, labels, ...patterns }: MatchClauses): boolean {
  return (
    labels === undefined &&
    (provider === undefined || PROVIDER_KINDS.every((kind) => provider.some((each) => globTest(each)(kind)))) &&
    (status === undefined || STATUSES.every((each) => status.includes(each))) &&
    (billing === undefined || BILLINGS.every((each) => billing.includes(each))) &&
    Object.values(patterns).every((each) => each === undefined || each.some((pattern) => /^\*+$/.test(pattern)))
  );
}
