import type { Draft, LabelGiver } from './draft.ts';
import { conditionOf } from './draft.ts';
import { anyGlobTest } from './glob.ts';
import type { MatchText } from './match-grammar.ts';
import { mayMeet } from './overlap.ts';
import type { Match } from './policy.ts';

/**
 * Idleness that nobody can prove stops nothing. Told for each account of which it is certain that no probe sees the work of
 * any instance that the policy is about.
 * @param judged what each rule under `activity` is about that has such a probe
 */
export function warnOfUnjudged(draft: Draft, judged: readonly Match[], labels: readonly LabelGiver[]): void {
  if (conditionOf(draft, 'idleFor') === undefined || draft.reach === null) return;
  const able = judged.filter(({ given }) => given === undefined || mayFit(draft.text.match, given, labels));
  const without = draft.reach.filter((account) => !able.some((match) => match.account(account)));
  if (without.length === 0) return;
  const names = without.map(({ name }) => name).join(', ');
  const isAll = without.length === draft.reach.length;
  const which = judged.length > able.length ? 'what it matches on' : 'the instances of';
  const message = `no probe under activity in lamplighter.yaml judges ${which} ${names}`;
  const end = isAll ? 'so this policy never acts' : 'so there it never acts';
  draft.subject.warn(['when', 'idleFor'], `${message}, ${end}`, { part: 'key' });
}

/** May one instance fit both? A label that one of them asks for is on what its rules give it to, and on nothing else. */
export function mayFit(
  one: MatchText | undefined,
  other: MatchText | undefined,
  givers: readonly LabelGiver[],
): boolean {
  if (!mayMeet(one, other)) return false;
  const [ofOne, ofOther] = [giversFor(one, givers), giversFor(other, givers)];
  const isGiven = (by: readonly LabelGiver[], match: MatchText | undefined) =>
    by.some((giver) => mayMeet(giver.match.given, match));
  return (
    ofOne.every(
      (by) => isGiven(by, other) && ofOther.every((those) => those.some((each) => isGiven(by, each.match.given))),
    ) && ofOther.every((by) => isGiven(by, one))
  );
}

/** May what `match` is about bear the labels that it asks for? */
export function mayBeLabelled(match: MatchText | undefined, givers: readonly LabelGiver[]): boolean {
  return giversFor(match, givers).every((by) => by.some((giver) => mayMeet(giver.match.given, match)));
}

/** For each label that is asked for the rules that give it a value that fits. */
function giversFor(match: MatchText | undefined, givers: readonly LabelGiver[]): readonly (readonly LabelGiver[])[] {
  if (match === undefined || match === 'all') return [];
  return Object.entries(match.labels ?? {}).map(([label, patterns]) => {
    const fits = anyGlobTest(patterns);
    return givers.filter(({ set }) => {
      const value = set[label];
      return value !== undefined && fits(value);
    });
  });
}
