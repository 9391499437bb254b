import { globTest, isGlob } from './glob.ts';
import type { MatchClauses, MatchText } from './match-grammar.ts';

/** The clauses that are about one text of an instance each, as plain lists of patterns. */
const TEXT_KEYS = ['account', 'provider', 'id', 'name', 'status', 'billing', 'room'] as const;

/**
 * May an instance fit both? `false` only where that is certain: some text would have to fit patterns that have nothing in
 * common, or what one asks for is what the other leaves out. What differs in time (status) tells nothing.
 */
export function mayMeet(one: MatchText | undefined, other: MatchText | undefined): boolean {
  const [a, b] = [clausesOf(one), clausesOf(other)];
  // A card fits by its label or by its key, so that two patterns may both fit the same card.
  for (const key of TEXT_KEYS) if (key !== 'status' && areApart(a[key], b[key])) return false;
  if (Object.entries(a.labels ?? {}).some(([label, values]) => areApart(values, b.labels?.[label]))) return false;
  return !leavesOut(one, b) && !leavesOut(other, a);
}

/** Does a map under `not` of the one fit everything that the clauses ask for? */
function leavesOut(match: MatchText | undefined, clauses: MatchClauses): boolean {
  return match !== undefined && match !== 'all' && (match.not ?? []).some((map) => covers(map, clauses));
}

/** Do all instances that fit `inner` fit `outer` as well? `true` only where that is certain. */
export function covers(outer: MatchClauses, inner: MatchClauses): boolean {
  const { labels = {}, gpu } = outer;
  const asked = TEXT_KEYS.every((key) => outer[key] === undefined || allCovered(outer[key], inner[key]));
  // A card that fits by its key need not fit by its label, so only the same patterns are certain.
  const cards = gpu === undefined || (inner.gpu ?? ['']).every((pattern) => gpu.includes(pattern));
  return asked && cards && Object.entries(labels).every(([label, values]) => allCovered(values, inner.labels?.[label]));
}

function allCovered(outer: readonly string[], inner: readonly string[] | undefined): boolean {
  return inner?.every((each) => outer.some((pattern) => patternCovers(pattern, each))) === true;
}

/** Does whatever fits `inner`, a word or a pattern, fit `outer`? A star of the one is taken up by a star of the other only. */
function patternCovers(outer: string, inner: string): boolean {
  return (!inner.includes('*') || !outer.includes('?')) && globTest(outer)(inner);
}

/** Is there nothing that fits a pattern of each list? */
function areApart(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return !one.some((a) => other.some((b) => patternsMeet(a, b)));
}

/** Is there a text that fits both? */
export function patternsMeet(a: string, b: string): boolean {
  if (!isGlob(a)) return globTest(b)(a);
  if (!isGlob(b)) return globTest(a)(b);
  const [left, right] = [Array.from(a), Array.from(b)];
  // From the ends to the beginnings: may the rests meet?
  let below: boolean[] = [];
  for (let i = left.length; i >= 0; i -= 1) {
    const row: boolean[] = [];
    for (let j = right.length; j >= 0; j -= 1) row[j] = restsMeet(left, right, i, j, row, below);
    below = row;
  }
  return below[0] === true;
}

function restsMeet(
  left: readonly string[],
  right: readonly string[],
  i: number,
  j: number,
  row: readonly boolean[],
  below: readonly boolean[],
): boolean {
  const [a, b] = [left[i], right[j]];
  if (a === undefined && b === undefined) return true;
  // A star ends there, or takes up one more of the other side.
  if (a === '*' || b === '*') return (a !== undefined && below[j] === true) || (b !== undefined && row[j + 1] === true);
  if (a === undefined || b === undefined) return false;
  return (a === b || a === '?' || b === '?') && below[j + 1] === true;
}

function clausesOf(match: MatchText | undefined): MatchClauses {
  return match === undefined || match === 'all' ? {} : match;
}
