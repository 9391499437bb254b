import { USEFUL_IN } from '../policy/cannot-be.ts';
import type { Clause } from '../policy/clauses.ts';
import type { Policy } from '../policy/policy.ts';
import { type ClauseStand, clauseStands, fits, type Target, takesAlong } from './clause-stands.ts';
import type { Evaluation } from './decision.ts';
import type { AccountView, World } from './world.ts';

/** What no test has shown of a clause. */
export type Gap =
  /** The policy was never due, so that nothing of it was seen at work. */
  | 'never-due'
  /** Nothing was kept from the policy by this clause alone: without it every test would come out the same. */
  | 'never-refused'
  /** No target had this value when the policy was due. */
  | 'value-unused'
  /** No decision got to this step. */
  | 'step-not-reached'
  /** The setting made no difference to any decision. */
  | 'not-at-work';

export interface ClauseCoverage {
  readonly clause: Clause;
  /** `null`: covered. */
  readonly gap: Gap | null;
}

/** In how many clauses of how many nothing is missing. */
export interface Covered {
  readonly covered: number;
  readonly all: number;
  /** Rounded down: 100 is said of nothing less. No clauses at all are covered. */
  readonly percent: number;
}

export interface PolicyCoverage extends Covered {
  readonly policy: string;
  readonly place: Policy['place'];
  readonly clauses: readonly ClauseCoverage[];
}

/** Of enabled policies, in the order of the files. */
export interface Coverage extends Covered {
  readonly policies: readonly PolicyCoverage[];
}

function count(clauses: readonly ClauseCoverage[]): Covered {
  const covered = clauses.filter(({ gap }) => gap === null).length;
  return {
    covered,
    all: clauses.length,
    percent: clauses.length === 0 ? 100 : Math.floor((100 * covered) / clauses.length),
  };
}

/** What tests have seen of the clauses of policies so far. */
export class CoverageBook {
  readonly #clauses: ReadonlyMap<string, readonly Clause[]>;
  readonly #due = new Set<string>();
  readonly #seen = new Set<Clause>();

  constructor(clauses: ReadonlyMap<string, readonly Clause[]>) {
    this.#clauses = clauses;
  }

  /** One look of a test, at the world as it was then. */
  saw(policies: readonly Policy[], world: World, evaluation: Evaluation): void {
    for (const policy of policies) {
      const clauses = this.#clauses.get(policy.name);
      if (clauses === undefined) continue;
      for (const account of world.accounts)
        for (const target of targetsOf(policy, account)) this.#judge(policy, clauses, world, target);
      this.#takeDecisions(policy, clauses, evaluation);
    }
  }

  /** Policies in the order given. */
  of(policies: readonly Policy[]): Coverage {
    const each = policies.flatMap((policy): PolicyCoverage[] => {
      const clauses = this.#clauses.get(policy.name)?.map((clause) => ({ clause, gap: this.#gapOf(clause) }));
      return clauses === undefined ? [] : [{ policy: policy.name, place: policy.place, clauses, ...count(clauses) }];
    });
    return { policies: each, ...count(each.flatMap(({ clauses }) => clauses)) };
  }

  #judge(policy: Policy, clauses: readonly Clause[], world: World, target: Target): void {
    const stands = clauseStands(clauses, policy, world, target);
    const failing = stands.filter(({ verdict }) => verdict !== 'holds');
    if (failing.length === 0) {
      this.#due.add(policy.name);
      for (const clause of clauses)
        if (clause.says.kind === 'value' && fits(clause.says.alone, target)) this.#seen.add(clause);
    }
    const canAct = isWithin(policy, target);
    for (const stand of failing)
      if (isAlone(stand, failing) && (canAct || isAboutStatus(stand.clause))) this.#seen.add(stand.clause);
  }

  #takeDecisions({ name }: Policy, clauses: readonly Clause[], evaluation: Evaluation): void {
    const acts = evaluation.acts.filter(({ policy }) => policy === name);
    const refusals = evaluation.refusals.filter(({ policy }) => policy === name);
    const isAnnounced = evaluation.announcements.some(({ policy }) => policy === name);
    const isRefused = (reason: string) => refusals.some((refusal) => refusal.reason === reason);
    for (const clause of clauses) {
      const { says } = clause;
      const isSeen = () => {
        if (says.kind === 'step')
          return (
            acts.some(({ step, reason }) => step === says.index && reason !== 'afterwards') ||
            refusals.some(({ step, reason }) => step === says.index && reason === 'observe')
          );
        if (says.kind !== 'setting') return false;
        switch (says.setting) {
          case 'notice':
            return isAnnounced;
          case 'afterwards':
            return acts.some(({ reason }) => reason === 'afterwards');
          case 'minimumUptime':
            return isRefused('minimum-uptime');
          case 'cooldown':
            return isRefused('cooldown');
          case 'perPass':
            return isRefused('limit-per-pass');
          case 'perHour':
            return isRefused('limit-per-hour');
          case 'percent':
            return isRefused('limit-percent');
        }
      };
      if (isSeen()) this.#seen.add(clause);
    }
  }

  #gapOf(clause: Clause): Gap | null {
    if (!this.#due.has(clause.policy)) return 'never-due';
    if (this.#seen.has(clause)) return null;
    switch (clause.says.kind) {
      case 'match':
      case 'condition':
        return 'never-refused';
      case 'value':
        return 'value-unused';
      case 'step':
        return 'step-not-reached';
      case 'setting':
        return 'not-at-work';
    }
  }
}

function targetsOf(policy: Policy, account: AccountView): readonly Target[] {
  return policy.scope === 'account' ? [{ account, view: null }] : account.instances.map((view) => ({ account, view }));
}

/** Could the first step do anything to it? Of a machine that is down a stop is not kept away by any clause. */
function isWithin({ steps }: Policy, { view }: Target): boolean {
  const useful = steps[0] === undefined ? undefined : USEFUL_IN[steps[0].kind];
  return view === null || useful?.includes(view.tracked.instance.status) !== false;
}

/** What status an instance has is for this clause to say, also where it follows from the action. */
function isAboutStatus({ says }: Clause): boolean {
  if (says.kind !== 'match') return false;
  const { given } = says.alone;
  const left = given === undefined || given === 'all' ? [] : (given.not ?? []);
  return says.about === 'status' || left.some(({ status }) => status !== undefined);
}

/** Would the policy be due but for this clause? What it takes along says nothing by itself. */
function isAlone({ clause }: ClauseStand, failing: readonly ClauseStand[]): boolean {
  return failing.every((other) => other.clause === clause || takesAlong(clause, other));
}
