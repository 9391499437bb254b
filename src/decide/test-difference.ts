import { formatDuration } from '../calendar/duration.ts';
import type { Zone } from '../calendar/zone.ts';
import type { Policy } from '../policy/policy.ts';
import { type ExpectationText, kindOf, type NeverText, type PolicyTestText } from '../policy/test-grammar.ts';
import { clockText } from './clause-stands.ts';
import { argumentsOf, argumentsText, differentArguments } from './decided-arguments.ts';
import type { ComingDecision } from './forecast.ts';
import { type GivenFleet, givenKey } from './given-fleet.ts';

const MINUTE_MS = 60_000;

/** An expectation with the instant that it names; `null`: any. */
export interface Expected {
  readonly index: number;
  readonly wanted: ExpectationText;
  readonly at: number | null;
}

/** What a test says held against what was decided. */
export interface Difference {
  /** Expected and not come, with the decision that may have been meant. */
  readonly missing: readonly (Expected & { readonly instead: ComingDecision | null })[];
  /** Come although it must never; `index` under `never`. */
  readonly forbidden: readonly { readonly index: number; readonly decision: ComingDecision }[];
  /** Acts that nobody expected. */
  readonly unexpected: readonly ComingDecision[];
}

/** What decisions are held against. */
type Ground = GivenFleet & { readonly policies: readonly Policy[] };

/** Each decision fulfils one expectation at most. */
export function differenceOf(
  test: PolicyTestText,
  expected: readonly Expected[],
  coming: readonly ComingDecision[],
  given: Ground,
): Difference {
  const { taken, unmet } = pairUp(expected, coming, given);
  const missing = unmet.map((each) => {
    const instead = insteadOf(
      each,
      coming.filter((decision) => !taken.has(decision)),
      given,
    );
    if (instead !== null) taken.add(instead);
    return { ...each, instead };
  });
  const forbidden = (test.never ?? []).flatMap((unwanted, index) => {
    const decision = coming.find((each) => fitsNever(each, unwanted, given));
    return decision === undefined ? [] : [{ index, decision }];
  });
  const told = new Set(forbidden.map(({ decision }) => decision));
  const unexpected =
    test.others === 'allowed'
      ? []
      : coming.filter((each) => each.kind === 'act' && !taken.has(each) && !told.has(each));
  return { missing, forbidden, unexpected };
}

/**
 * As many expectations as possible, each with a decision of its own: what a loose one has taken is given to a stricter one
 * where the loose one finds another.
 */
function pairUp(expected: readonly Expected[], coming: readonly ComingDecision[], given: Ground) {
  const takenBy = new Map<ComingDecision, Expected>();
  const findFor = (each: Expected, tried: Set<ComingDecision>): boolean => {
    for (const decision of coming) {
      if (tried.has(decision) || !fits(decision, each, given)) continue;
      tried.add(decision);
      const owner = takenBy.get(decision);
      if (owner !== undefined && !findFor(owner, tried)) continue;
      takenBy.set(decision, each);
      return true;
    }
    return false;
  };
  const unmet = expected.filter((each) => !findFor(each, new Set()));
  return { taken: new Set(takenBy.keys()), unmet };
}

function fits(decision: ComingDecision, { wanted, at }: Expected, given: Ground): boolean {
  return (
    fitsNever(decision, wanted, given) &&
    (wanted.reason === undefined || decision.reason === wanted.reason) &&
    (wanted.with === undefined ||
      differentArguments(wanted.with, argumentsOf(decision, given.policies, given)).length === 0) &&
    // Decisions are made each minute.
    (at === null || Math.floor(decision.at / MINUTE_MS) === Math.floor(at / MINUTE_MS))
  );
}

function fitsNever(decision: ComingDecision, wanted: NeverText, given: GivenFleet): boolean {
  return (
    decision.kind === kindOf(wanted) &&
    (wanted.do === undefined || decision.action === wanted.do) &&
    (wanted.policy === undefined || decision.policy === wanted.policy) &&
    (wanted.instance === undefined || decision.instance === givenKey(given, wanted.instance))
  );
}

/** Of the decisions that nothing expects the one that is most like it: the same machine, then as much as possible, then soonest. */
function insteadOf(
  { wanted, at }: Expected,
  coming: readonly ComingDecision[],
  given: GivenFleet,
): ComingDecision | null {
  const key = wanted.instance === undefined ? null : givenKey(given, wanted.instance);
  const likeness = (decision: ComingDecision) =>
    (decision.action === wanted.do ? 4 : 0) +
    (decision.kind === kindOf(wanted) ? 2 : 0) +
    (wanted.policy === undefined || decision.policy === wanted.policy ? 1 : 0);
  const away = (decision: ComingDecision) => (at === null ? 0 : Math.abs(decision.at - at));
  const alike = coming
    .filter(({ instance, action }) => (key === null ? action === wanted.do : instance === key))
    .sort((a, b) => likeness(b) - likeness(a) || away(a) - away(b));
  return alike[0] ?? null;
}

/** `stop of dev-1 at 2026-11-24 22:30 (night, due)` */
export function expectedText({ wanted, at }: Expected, zone: Zone): string {
  const { do: action, instance, policy, reason } = wanted;
  const kind = kindOf(wanted);
  const what = kind === 'act' || kind === action ? action : `${kind} ${action}`;
  const told = [policy, reason, ...argumentsText(wanted.with ?? {})].filter((each) => each !== undefined).join(', ');
  const whom = instance === undefined ? '' : ` of ${instance}`;
  const when = at === null ? '' : ` at ${clockText(at, zone)}`;
  return `${what}${whom}${when}${told === '' ? '' : ` (${told})`}`;
}

/** `2026-11-24 23:00 stop hxy/dev-1 (night, due)` */
export function decidedText(decision: ComingDecision, zone: Zone): string {
  const { at, kind, action, instance, account, policy, reason } = decision;
  const word = kind === 'act' || kind === action ? action : `${kind} ${action}`;
  return `${clockText(at, zone)} ${word} ${instance ?? account} (${policy}, ${reason})`;
}

/** In what a decision differs from what was expected: `30m later`, `by policy b`. */
export function differsIn({ wanted, at }: Expected, decision: ComingDecision, given: Ground): string {
  const words: string[] = [];
  const shift = at === null ? 0 : Math.floor(decision.at / MINUTE_MS) - Math.floor(at / MINUTE_MS);
  if (shift !== 0) words.push(`${formatDuration(Math.abs(shift) * MINUTE_MS)} ${shift > 0 ? 'later' : 'earlier'}`);
  if (decision.action !== wanted.do) words.push(`${decision.action} and not ${wanted.do}`);
  const kind = kindOf(wanted);
  if (decision.kind !== kind) words.push(`${KINDS[decision.kind]} and not ${KINDS[kind]}`);
  if (wanted.policy !== undefined && decision.policy !== wanted.policy) words.push(`by ${decision.policy}`);
  if (wanted.reason !== undefined && decision.reason !== wanted.reason)
    words.push(`${decision.reason} and not ${wanted.reason}`);
  if (wanted.with !== undefined && decision.action === wanted.do)
    words.push(...differentArguments(wanted.with, argumentsOf(decision, given.policies, given)));
  return words.join(', ');
}

const KINDS: Readonly<Record<ComingDecision['kind'], string>> = {
  act: 'done',
  notify: 'told',
  announce: 'announced',
  observe: 'only observed',
  kept: 'kept from being done',
};
