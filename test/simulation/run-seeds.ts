import { simulate } from './simulation.ts';

/** Seeds from `from` on, every `step`th, `count` of them. */
export interface Seeds {
  readonly from: number;
  readonly count: number;
  readonly step: number;
}

/** What many runs came to. */
export interface Sum {
  seeds: number;
  steps: number;
  kills: number;
  pauses: number;
  rollbacks: number;
  operations: number;
  sends: number;
  commits: number;
  confirmed: number;
  rejected: number;
  escalated: number;
  doubles: number;
  lost: number;
}

export interface Failure {
  readonly seed: number;
  readonly message: string;
}

/** The first so many failures are told; the rest are counted by them. */
const MOST_FAILURES = 20;

export interface Result {
  readonly sum: Sum;
  readonly failures: readonly Failure[];
}

export function nothing(): Sum {
  return {
    seeds: 0,
    steps: 0,
    kills: 0,
    pauses: 0,
    rollbacks: 0,
    operations: 0,
    sends: 0,
    commits: 0,
    confirmed: 0,
    rejected: 0,
    escalated: 0,
    doubles: 0,
    lost: 0,
  };
}

export function add(sum: Sum, more: Omit<Sum, 'seeds'> & { readonly seeds?: number }): void {
  sum.seeds += more.seeds ?? 1;
  sum.steps += more.steps;
  sum.kills += more.kills;
  sum.pauses += more.pauses;
  sum.rollbacks += more.rollbacks;
  sum.operations += more.operations;
  sum.sends += more.sends;
  sum.commits += more.commits;
  sum.confirmed += more.confirmed;
  sum.rejected += more.rejected;
  sum.escalated += more.escalated;
  sum.doubles += more.doubles;
  sum.lost += more.lost;
}

/** Runs them one after the other. */
export async function runSeeds(seeds: Seeds): Promise<Result> {
  const sum = nothing();
  const failures: Failure[] = [];
  for (let index = 0; index < seeds.count; index += 1) {
    const outcome = await simulate(seeds.from + index * seeds.step);
    add(sum, outcome);
    if (outcome.breach !== null && failures.length < MOST_FAILURES) {
      failures.push({ seed: outcome.seed, message: outcome.breach.message });
    }
  }
  return { sum, failures };
}
