import type { Account } from '../fleet/account.ts';
import { POLICY_ACTIONS, type PolicyAction } from '../fleet/action.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { DocumentMemo } from '../yaml/document-memo.ts';
import type { Subject } from './findings.ts';
import type { Condition, Match, Mode, Step } from './policy.ts';
import type { PolicyParts, PolicyText } from './policy-grammar.ts';

/** An account with its instances and their labels. */
export interface KnownAccount {
  readonly name: string;
  readonly provider: Account['provider'];
  readonly instances: readonly { readonly instance: Instance; readonly labels: Labels }[];
}

/** Labels that lamplighter.yaml gives to what a match fits. */
export interface LabelGiver {
  readonly match: Match;
  readonly set: Labels;
}

/** What the configuration says around the policies. */
export interface CompileOptions {
  /** `null`: not known, and nothing that depends on accounts is checked. */
  readonly accounts: readonly Account[] | null;
  /** Names of the notifiers; `null`: not known. */
  readonly notifiers: readonly string[] | null;
  /** Labels that lamplighter.yaml can give, with their values; left out: not known. */
  readonly labels?: ReadonlyMap<string, readonly string[]>;
  /** Whose activity is judged by a probe that sees work; left out: not known. */
  readonly judged?: readonly Match[];
  /** What gives the labels; goes with `judged`. */
  readonly labelRules?: readonly LabelGiver[];
  readonly timezone: string;
  readonly mode: Mode;
  /** What each account has, as last seen; left out: not known. */
  readonly fleet?: readonly KnownAccount[];
  /** What has been read before; left out: nothing has. */
  readonly documents?: DocumentMemo;
  /** For warnings about windows that are over and calendars that end. Epoch ms. */
  readonly now: number;
}

/** A policy as far as it could be read; something may be wrong with it. */
export interface Outline {
  readonly text: PolicyParts;
  readonly conditions: readonly Condition[];
  readonly steps: readonly Step[];
  readonly named: NamedActions;
  /** Accounts that it may touch, and perhaps more where its match could not be read; `null`: not known. */
  readonly reach: readonly Account[] | null;
  readonly subject: Subject;
}

/** A policy whose pieces are compiled and whose sense is yet to be checked. */
export interface Draft extends Outline {
  readonly text: PolicyText;
  readonly match: Match;
}

/** The actions that stand in `do`, whatever is wrong with their arguments. */
export interface NamedActions {
  readonly all: readonly { readonly action: PolicyAction; readonly path: PropertyKey[] }[];
  /** Nothing else stands there. */
  readonly complete: boolean;
}

/** @param written what stands under `do`: a word, a map or a list of these */
export function namedActions(written: unknown): NamedActions {
  const items = Array.isArray(written) ? [...written.entries()] : [[null, written] as const];
  const all: { action: PolicyAction; path: PropertyKey[] }[] = [];
  let complete = written !== undefined;
  for (const [index, item] of items) {
    const path = index === null ? ['do'] : ['do', index];
    const isMap = typeof item === 'object' && item !== null && !Array.isArray(item);
    const words = isMap ? Object.keys(item) : [item];
    complete &&= words.length > 0;
    for (const word of words) {
      const action = POLICY_ACTIONS.find((known) => known === word);
      if (action === undefined) complete = false;
      else all.push({ action, path: isMap ? [...path, action] : path });
    }
  }
  return { all, complete: complete && all.length > 0 };
}

/** The condition of a kind, where there is one. */
export function conditionOf<K extends Condition['kind']>(
  draft: Pick<Outline, 'conditions'>,
  kind: K,
): Extract<Condition, { kind: K }> | undefined {
  return draft.conditions.find((condition): condition is Extract<Condition, { kind: K }> => condition.kind === kind);
}

/** Where step `index` stands in what is right of the policy. */
export function stepPath(draft: Outline, index: number): PropertyKey[] {
  const written = draft.subject.document.data([...draft.subject.path, 'do']);
  return Array.isArray(written) ? ['do', index] : ['do'];
}
