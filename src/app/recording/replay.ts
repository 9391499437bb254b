import { resolve } from 'node:path';
import { readPolicyFolder } from '../../config/policy-folder.ts';
import { evaluate } from '../../decide/evaluate.ts';
import { compile } from '../../policy/compile.ts';
import type { Policy } from '../../policy/policy.ts';
import type { RecordedRules } from '../../recording/entries.ts';
import { diff } from '../../recording/patch.ts';
import { worldOf } from '../../work/facts.ts';
import { InvalidInput } from '../load.ts';
import { type Difference, differences, plainDecisions, wordsOf } from './decisions.ts';
import type { Recorded, RecordedPass } from './read-recording.ts';

/** A pass that came out otherwise. */
export interface OtherwiseDecided {
  readonly at: number;
  readonly account: string;
  readonly differences: readonly Difference[];
}

/** What came of deciding everything in a recording once more. */
export interface Replay {
  readonly passes: number;
  /** Acts, announcements and messages that were decided on. */
  readonly acts: number;
  readonly from: number | null;
  readonly until: number | null;
  readonly otherwise: readonly OtherwiseDecided[];
  /** How many passes came out otherwise; only the first of them are listed. */
  readonly otherwisePasses: number;
  /** Passes with the same decisions, told in other words: by another version. */
  readonly reworded: number;
  readonly holes: number;
}

/** What is listed of what came out otherwise: a change that decides everything otherwise shows in the first ones. */
const MOST_LISTED = 200;

/**
 * Decides every pass of a recording once more, by the evaluator that decides now, on what the pass knew and by the policies
 * that were in force, and holds it against what was decided then.
 * @throws InvalidInput where this version refuses the policies that were in force
 */
export async function replay(recording: AsyncIterable<Recorded>): Promise<Replay> {
  const policies = new PolicyShelf();
  const otherwise: OtherwiseDecided[] = [];
  let otherwisePasses = 0;
  let passes = 0;
  let acts = 0;
  let reworded = 0;
  let holes = 0;
  let from: number | null = null;
  let until: number | null = null;
  for await (const each of recording) {
    if (each.kind === 'hole') holes += each.passes;
    if (each.kind !== 'pass') continue;
    passes += 1;
    from ??= each.at;
    until = Math.max(until ?? each.at, each.at);
    const evaluation = evaluate(policies.of(each.rules), worldOf(each.facts, policies.of(each.rules)));
    acts += evaluation.acts.length + evaluation.announcements.length;
    const decided = plainDecisions(evaluation);
    if (diff(each.decided, decided) !== undefined) {
      otherwisePasses += 1;
      if (otherwise.length < MOST_LISTED) otherwise.push(otherwiseOf(each, differences(each.decided, decided)));
    } else if (wordsOf(evaluation) !== each.words) reworded += 1;
  }
  return { passes, acts, from, until, otherwise, otherwisePasses, reworded, holes };
}

function otherwiseOf({ at, account }: RecordedPass, found: readonly Difference[]): OtherwiseDecided {
  return { at, account, differences: found };
}

/**
 * The policies of a folder, as they are meant where something was recorded: in its time zone, in its mode and on its accounts.
 * @throws InvalidInput where there is a mistake in them
 */
export async function policiesIn(folder: string, cwd: string): Promise<(rules: RecordedRules) => readonly Policy[]> {
  const read = await readPolicyFolder(resolve(cwd, folder), cwd);
  if (!read.ok) throw new InvalidInput(`the policies of ${folder} are not valid`, read.errors);
  const shelf = new PolicyShelf();
  return (rules) => shelf.of({ ...rules, id: folder, files: read.files });
}

/** Policies by the texts that they are made of, each made once. */
export class PolicyShelf {
  readonly #known = new Map<string, readonly Policy[]>();

  /** @throws InvalidInput where this version refuses them */
  of(rules: RecordedRules): readonly Policy[] {
    const known = this.#known.get(rules.id);
    if (known !== undefined) return known;
    const { files, timezone, mode, at: now } = rules;
    // They were in force, so what they are about is known to be there.
    const compiled = compile(files, { accounts: null, notifiers: null, timezone, mode, now });
    if (!compiled.ok) throw new InvalidInput('the policies are not valid', compiled.errors);
    this.#known.set(rules.id, compiled.set.policies);
    return compiled.set.policies;
  }
}
