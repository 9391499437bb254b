import { resolve } from 'node:path';
import { readPolicyFolder } from '../../config/policy-folder.ts';
import type { Evaluation } from '../../decide/decision.ts';
import { evaluate } from '../../decide/evaluate.ts';
import { inEnglish } from '../../decide/in-english.ts';
import type { World } from '../../decide/world.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { compile } from '../../policy/compile.ts';
import type { Policy } from '../../policy/policy.ts';
import type { RecordedRules } from '../../recording/entries.ts';
import { diff } from '../../recording/patch.ts';
import { worldOf } from '../../work/facts.ts';
import { InvalidInput } from '../load.ts';
import { type Difference, differences, plainDecisions, wordsOf } from './decisions.ts';
import type { Recorded, RecordedLook, RecordedPass } from './read-recording.ts';

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
  /** Last looks at what was decided, right before it was sent. */
  readonly looks: number;
  /** Of those that ended it. */
  readonly calledOff: readonly CalledOff[];
  /** Of those who recorded it. */
  readonly timezone: string;
}

/** Something that was decided and, by the last look at it, not sent. */
export interface CalledOff extends RecordedLook {
  readonly no: NonNullable<RecordedLook['no']>;
  /** The same as a sentence, with times of the zone in which it was recorded. */
  readonly why: string;
}

/** What is listed of what came out otherwise: a change that decides everything otherwise shows in the first ones. */
const MOST_LISTED = 200;

/**
 * Decides every pass of a recording once more, by the evaluator that decides now, on what the pass knew and by the policies
 * that were in force, and holds it against what was decided then.
 * @throws InvalidInput where this version refuses the policies that were in force
 */
export async function replay(recording: AsyncIterable<Recorded>): Promise<Replay> {
  const check = new ReplayCheck();
  for await (const each of recording) {
    check.note(each);
    if (each.kind === 'pass') check.decide(each, worldOf(each.facts, check.policiesOf(each.rules)));
  }
  return check.result();
}

/** The same pass by pass, for whoever has another use for what is decided. */
export class ReplayCheck {
  readonly #policies = new PolicyShelf();
  readonly #otherwise: OtherwiseDecided[] = [];
  #otherwisePasses = 0;
  #passes = 0;
  #acts = 0;
  #reworded = 0;
  #holes = 0;
  #looks = 0;
  #timezone = 'UTC';
  readonly #calledOff: CalledOff[] = [];
  #from: number | null = null;
  #until: number | null = null;

  /** Answers what it called off, if it is a look that did. */
  note(each: Recorded): CalledOff | null {
    if (each.kind === 'hole') this.#holes += each.passes;
    if (each.kind !== 'look') return null;
    this.#looks += 1;
    const { no } = each;
    if (no === null || no.later) return null;
    const calledOff = { ...each, no, why: inEnglish(no.detail, this.#timezone) };
    this.#calledOff.push(calledOff);
    return calledOff;
  }

  /** @throws InvalidInput where this version refuses them */
  policiesOf(rules: RecordedRules): readonly Policy[] {
    return this.#policies.of(rules);
  }

  /** @param world made of what the pass knew, by the policies that were in force */
  decide(pass: RecordedPass, world: World): Evaluation {
    this.#passes += 1;
    this.#timezone = pass.rules.timezone;
    this.#from ??= pass.at;
    this.#until = Math.max(this.#until ?? pass.at, pass.at);
    const evaluation = evaluate(this.policiesOf(pass.rules), world);
    this.#acts += evaluation.acts.length + evaluation.announcements.length;
    const decided = plainDecisions(evaluation);
    if (diff(pass.decided, decided) !== undefined) {
      this.#otherwisePasses += 1;
      const { at, account } = pass;
      if (this.#otherwise.length < MOST_LISTED)
        this.#otherwise.push({ at, account, differences: differences(pass.decided, decided) });
    } else if (wordsOf(evaluation) !== pass.words) this.#reworded += 1;
    return evaluation;
  }

  result(): Replay {
    return {
      passes: this.#passes,
      acts: this.#acts,
      from: this.#from,
      until: this.#until,
      otherwise: this.#otherwise,
      otherwisePasses: this.#otherwisePasses,
      reworded: this.#reworded,
      holes: this.#holes,
      looks: this.#looks,
      calledOff: this.#calledOff,
      timezone: this.#timezone,
    };
  }
}

/**
 * The policies of a folder, as they are meant where something was recorded: in its time zone, in its mode and on its accounts.
 * @throws InvalidInput where there is a mistake in them
 */
export async function policiesIn(folder: string, cwd: string): Promise<(rules: RecordedRules) => readonly Policy[]> {
  const read = await readPolicyFolder(resolve(cwd, folder), cwd);
  if (!read.ok) throw new InvalidInput(`the policies of ${folder} are not valid`, read.errors);
  const shelf = new PolicyShelf(`the policies of ${folder} are not valid`);
  // In another zone or mode the same files mean something else.
  return (rules) => shelf.of({ ...rules, id: `${rules.timezone} ${rules.mode}`, files: read.files });
}

/** Policies by the texts that they are made of, each made once. */
export class PolicyShelf {
  readonly #known = new Map<string, readonly Policy[]>();
  readonly #refusal: string | null;

  /** @param refusal what is said where they are refused; left out: that they were in force, and when */
  constructor(refusal: string | null = null) {
    this.#refusal = refusal;
  }

  /** @throws InvalidInput where this version refuses them */
  of(rules: RecordedRules): readonly Policy[] {
    const known = this.#known.get(rules.id);
    if (known !== undefined) return known;
    const { files, timezone, mode, at: now } = rules;
    // They were in force, so what they are about is known to be there.
    const compiled = compile(files, { accounts: null, notifiers: null, timezone, mode, now });
    if (!compiled.ok) {
      const inForce = `this version refuses policies that were in force on ${rfc3339(now)}, so it cannot decide by them; the version that recorded it can`;
      throw new InvalidInput(this.#refusal ?? inForce, compiled.errors);
    }
    this.#known.set(rules.id, compiled.set.policies);
    return compiled.set.policies;
  }
}
