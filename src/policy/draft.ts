import type { Account } from '../fleet/account.ts';
import type { Subject } from './findings.ts';
import type { Condition, Match, Mode, Step } from './policy.ts';
import type { PolicyText } from './policy-grammar.ts';

/** What the configuration says around the policies. */
export interface CompileOptions {
  /** `null`: not known, and nothing that depends on accounts is checked. */
  readonly accounts: readonly Account[] | null;
  /** Names of the notifiers; `null`: not known. */
  readonly notifiers: readonly string[] | null;
  /** Labels that lamplighter.yaml can give, with their values; left out: not known. */
  readonly labels?: ReadonlyMap<string, readonly string[]>;
  readonly timezone: string;
  readonly mode: Mode;
  /** For warnings about windows that are over and calendars that end. Epoch ms. */
  readonly now: number;
}

/** A policy whose pieces are compiled and whose sense is yet to be checked. */
export interface Draft {
  readonly text: PolicyText;
  readonly match: Match;
  readonly conditions: readonly Condition[];
  readonly steps: readonly Step[];
  /** Accounts that it may touch; `null`: not known. */
  readonly reach: readonly Account[] | null;
  readonly subject: Subject;
}

/** The condition of a kind, where there is one. */
export function conditionOf<K extends Condition['kind']>(
  draft: Pick<Draft, 'conditions'>,
  kind: K,
): Extract<Condition, { kind: K }> | undefined {
  return draft.conditions.find((condition): condition is Extract<Condition, { kind: K }> => condition.kind === kind);
}

/** Where step `index` stands in the file: `do` may be a word, a map or a list of these. */
export function stepPath(draft: Draft, index: number): PropertyKey[] {
  const written = draft.subject.document.data([...draft.subject.path, 'do']);
  return Array.isArray(written) ? ['do', index] : ['do'];
}
