import type { Zone } from '../calendar/zone.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Clause } from '../policy/clauses.ts';
import type { Policy } from '../policy/policy.ts';
import { type ClauseStand, clauseStands, clockText, seenText, type Target } from './clause-stands.ts';
import { evaluate } from './evaluate.ts';
import { inEnglish } from './in-english.ts';
import type { World } from './world.ts';

/** What was hoped for and did not come. */
export interface Hope {
  readonly action: string;
  /** `null`: any. */
  readonly policy: string | null;
  readonly instance: InstanceKey | null;
}

/** The policy and the target that came closest to what was hoped for, at one instant, with what was in the way. */
interface Miss {
  readonly at: number;
  readonly policy: Policy;
  readonly target: Target;
  readonly failing: readonly ClauseStand[];
  /** Of the clauses alone: fewer is nearer. */
  readonly distance: number;
  readonly lines: readonly string[];
}

/** Follows one hope through the looks of a test, and remembers where it came closest to being fulfilled. */
export class NearMiss {
  readonly #hope: Hope;
  readonly #clauses: ReadonlyMap<string, readonly Clause[]>;
  readonly #zone: Zone;
  #nearest: Miss | null = null;

  constructor(hope: Hope, clauses: ReadonlyMap<string, readonly Clause[]>, zone: Zone) {
    this.#hope = hope;
    this.#clauses = clauses;
    this.#zone = zone;
  }

  look(policies: readonly Policy[], world: World): void {
    for (const policy of this.#asked(policies)) {
      for (const target of targetsOf(policy, world, this.#hope.instance)) this.#judge(policies, policy, world, target);
    }
  }

  /** What stood in the way where it came closest, for people. */
  lines(policies: readonly Policy[]): readonly string[] {
    if (this.#asked(policies).length === 0) {
      const { policy, action } = this.#hope;
      return [policy === null ? `no policy of this test does a ${action}` : `${policy} does no ${action}`];
    }
    const nearest = this.#nearest;
    // What was decided then was something else than what was hoped for, and that is told as what came instead.
    if (nearest === null || nearest.lines.length === 0) return [];
    const { policy, target, at, lines } = nearest;
    const whom = target.view?.tracked.instance.id ?? target.account.name;
    return [
      `at ${clockText(at, this.#zone)} ${policy.name} came closest on ${whom}, where it was kept back by`,
      ...lines,
    ];
  }

  #asked(policies: readonly Policy[]): readonly Policy[] {
    const { policy, action } = this.#hope;
    return policies.filter(
      ({ name, enabled, steps, afterwards }) =>
        enabled &&
        (policy === null || policy === name) &&
        (steps.some(({ kind }) => kind === action) || afterwards === action),
    );
  }

  #judge(policies: readonly Policy[], policy: Policy, world: World, target: Target): void {
    const stands = clauseStands(this.#clauses.get(policy.name) ?? [], policy, world, target);
    const failing = stands.filter(({ verdict }) => verdict !== 'holds');
    if (this.#nearest !== null && this.#nearest.distance <= failing.length) return;
    const lines = failing.map(({ clause }) => `  ${clauseLine(clause, seenText(clause, world, target, this.#zone))}`);
    this.#nearest = {
      at: world.now,
      policy,
      target,
      failing,
      distance: failing.length,
      lines: lines.length > 0 ? lines : refusalLines(policies, policy, world, target, this.#zone.name),
    };
  }
}

/** `when.idleFor 30m: idle for 12m  policies/idle.yaml:9:7` */
function clauseLine({ path, text, place }: Clause, seen: string): string {
  return `${path} ${text}: ${seen}  ${place.file}:${place.line}:${place.column}`;
}

/** Everything held, and yet: a guard, a limit, or that it had been done before. */
function refusalLines(
  policies: readonly Policy[],
  policy: Policy,
  world: World,
  { account, view }: Target,
  timezone: string,
): readonly string[] {
  const evaluation = evaluate(policies, world, {
    explain: true,
    evidenceMaxAgeMs: Number.POSITIVE_INFINITY,
    only: { account: account.name },
  });
  const refusals = evaluation.refusals.filter(
    (refusal) => refusal.policy === policy.name && refusal.instance === (view?.key ?? null),
  );
  const isAnnounced = evaluation.announcements.some(
    (announcement) => announcement.policy === policy.name && announcement.view.key === view?.key,
  );
  if (isAnnounced) return ['  notice: it was announced then, and is done when that is over'];
  return refusals.map(({ reason, detail }) => `  ${reason}: ${inEnglish(detail, timezone)}`);
}

function targetsOf(policy: Policy, world: World, wanted: InstanceKey | null): readonly Target[] {
  return world.accounts.flatMap((account): readonly Target[] => {
    if (policy.scope === 'account') return [{ account, view: null }];
    return account.instances.filter(({ key }) => wanted === null || key === wanted).map((view) => ({ account, view }));
  });
}
