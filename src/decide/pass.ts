import { interrupts, type PolicyAction } from '../fleet/action.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Notice } from '../fleet/notice.ts';
import type { InactionReason } from '../fleet/reason.ts';
import type { Verdict } from './conditions.ts';
import { PolicyCounts } from './counts.ts';
import type { Announcement, CloudAct, NotifyAct, Refusal, Tidy } from './decision.ts';
import type { Direction } from './readiness.ts';
import type { Standing } from './standing.ts';
import type { AccountView, InstanceView, World } from './world.ts';

/** What an evaluation is limited to, and how much it tells. */
export interface EvaluateOptions {
  /** List every `not-due` as well. */
  readonly explain?: boolean;
  /** Only these pairs. Limits, conflicts and housekeeping then see only these as well. */
  readonly only?: {
    readonly account?: string;
    readonly instance?: InstanceKey;
    readonly policy?: string;
    /**
     * By account, the places of the instances in its view that there is something new about; of an account without an entry
     * none. Nothing is decided for accounts as such, and what waits for these instances is seen to as in a whole pass.
     */
    readonly places?: ReadonlyMap<string, readonly number[]>;
  };
  /**
   * How old a reading of activity may be, ms; default {@link PASS_EVIDENCE_MAX_AGE_MS}. Infinity: of any age, also from
   * after `now`, which is for plans of another time and never for acting.
   */
  readonly evidenceMaxAgeMs?: number;
}

/** How a pair came out that a waiting notice is about: tells whether the notice still stands. */
export interface Watched {
  readonly occurrence: string | null;
  /** `consumed`: this occurrence has had its act. */
  readonly reason: InactionReason | 'acted' | 'consumed';
}

/** A pair that an announcement stands for. */
interface Noticed {
  readonly policy: string;
  /** `null`: it has not come up so far. */
  cameOut: Watched | null;
}

/** Everything one pass gathers. Lives as long as the pass. */
export class Pass {
  readonly world: World;
  readonly now: number;
  readonly standings: readonly Standing[];
  readonly explain: boolean;
  readonly evidenceMaxAgeMs: number;
  readonly acts: (CloudAct | NotifyAct)[] = [];
  readonly announcements: Announcement[] = [];
  readonly refusals: Refusal[] = [];
  readonly tidy: Tidy[] = [];
  evaluated = 0;
  /** Acts of each policy in this pass, over all accounts. */
  readonly actsOf = new Map<string, number>();
  /** Acts of each policy before this pass, as far as limits have asked. */
  readonly past = new Map<string, number>();
  readonly #others = new Map<string, PolicyCounts>();

  constructor(world: World, standings: readonly Standing[], explain: boolean, evidenceMaxAgeMs: number) {
    this.world = world;
    this.now = world.now;
    this.standings = standings;
    this.explain = explain;
    this.evidenceMaxAgeMs = evidenceMaxAgeMs;
  }

  /** Where the decisions of a policy are counted; also of one that has gone and left an obligation. */
  countsOf(policy: string): PolicyCounts {
    const standing = this.standings.find((each) => each.policy.name === policy);
    if (standing !== undefined) return standing.counts;
    const counts = this.#others.get(policy) ?? new PolicyCounts(policy);
    this.#others.set(policy, counts);
    return counts;
  }

  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const standing of this.standings) standing.counts.addInto(counts);
    for (const other of this.#others.values()) other.addInto(counts);
    return counts;
  }

  /** The zone in which a policy's times are told; UTC when the policy has gone. */
  zoneOf(policy: string): string {
    return this.standings.find((each) => each.policy.name === policy)?.policy.timezone ?? 'UTC';
  }
}

/** What one pass knows and changes of one account. */
export class AccountPass {
  readonly view: AccountView;
  /** The places of the instances that this pass looks at; `null`: all. */
  readonly looked: readonly number[] | null;
  /** Instances that an operation of this pass goes to: one at a time. */
  readonly taken = new Set<InstanceKey>();
  /** Interrupting acts in the last 60 s and in this pass. */
  interrupted: number;
  /** Paid acts of this pass and what they cost. */
  paidCalls = 0;
  paidFen = 0;
  /** Does an announcement of this policy stand for the instance? */
  hasNotice(policy: string, instance: InstanceKey): boolean {
    return this.#noticedBy(policy, instance) !== undefined;
  }
  /** Remembers how a pair came out, where a notice waits for it. */
  watch(policy: string, instance: InstanceKey, reason: Watched['reason'], occurrence: string | null): void {
    const noticed = this.#noticedBy(policy, instance);
    if (noticed !== undefined) noticed.cameOut = { reason, occurrence };
  }
  /** How the pair came out; `null`: it did not come up. */
  watchedOf(policy: string, instance: InstanceKey): Watched | null {
    return this.#noticedBy(policy, instance)?.cameOut ?? null;
  }

  /** By place of the instance: 0 nothing, else 1 + 2 × the policy's index, + 1 for `up`. */
  #wants: Wants | null = null;
  /** The pairs that an announcement stands for; most instances have none, and the others one. */
  readonly #noticed = new Map<InstanceKey, Noticed[]>();
  #places: Map<InstanceKey, number> | null = null;
  #size: number | null = null;

  constructor(view: AccountView, now: number, notices: readonly Notice[], looked: readonly number[] | null = null) {
    this.view = view;
    this.looked = looked;
    for (const { policy, instance } of notices) {
      const here = this.#noticed.get(instance);
      if (here === undefined) this.#noticed.set(instance, [{ policy, cameOut: null }]);
      else if (!here.some((each) => each.policy === policy)) here.push({ policy, cameOut: null });
    }
    // Also what a replica with a fast clock did in our future.
    this.interrupted = view.interruptedAt.filter((at) => !(at <= now - ROLLING_MS)).length;
  }

  /** Where an instance that is looked at stands in the view; `undefined`: it is not there, or not looked at. */
  placeOf(key: InstanceKey): number | undefined {
    if (this.#places === null) {
      this.#places = new Map();
      const { instances } = this.view;
      const count = this.looked?.length ?? instances.length;
      for (let index = 0; index < count; index += 1) {
        const place = this.looked?.[index] ?? index;
        const each = instances[place];
        if (each !== undefined) this.#places.set(each.key, place);
      }
    }
    return this.#places.get(key);
  }

  /** How many rows are counted for percentages. */
  get size(): number {
    this.#size ??= this.view.instances.filter((each) => each.tracked.instance.status !== 'destroyed').length;
    return this.#size;
  }

  want(place: number, standing: Standing, direction: Direction): void {
    this.#wants ??= this.looked === null ? new WantsOfAll(this.view.instances.length) : new Map<number, number>();
    if ((this.#wants.get(place) ?? 0) === 0)
      this.#wants.set(place, 1 + 2 * standing.index + (direction === 'up' ? 1 : 0));
  }

  /** The index of the earliest policy that wants the opposite, or `null`. */
  opposed(place: number, direction: Direction): number | null {
    const want = this.#wants?.get(place) ?? 0;
    if (want === 0) return null;
    const wanted = (want - 1) % 2 === 1 ? 'up' : 'down';
    return wanted === direction ? null : (want - 1) >>> 1;
  }

  #noticedBy(policy: string, instance: InstanceKey): Noticed | undefined {
    if (this.#noticed.size === 0) return undefined;
    return this.#noticed.get(instance)?.find((each) => each.policy === policy);
  }
}

/** What policies want of instances, by place. */
interface Wants {
  get(place: number): number | undefined;
  set(place: number, want: number): unknown;
}

/** Of a whole fleet in one piece; a look at a few keeps a map instead. */
class WantsOfAll implements Wants {
  readonly #cells: Int32Array;

  constructor(size: number) {
    this.#cells = new Int32Array(size);
  }

  get(place: number): number | undefined {
    return this.#cells[place];
  }

  set(place: number, want: number): void {
    this.#cells[place] = want;
  }
}

/** One policy on one account: what holds for each of its pairs. */
export interface Pair {
  readonly pass: Pass;
  readonly account: AccountPass;
  readonly standing: Standing;
  readonly accountVerdict: Verdict;
}

/** The span in which interruptions of an account are counted together. */
export const ROLLING_MS = 60_000;

export function actsOfPolicy(pass: Pass, policy: string): number {
  return pass.actsOf.get(policy) ?? 0;
}

/** Books an act, so that what is decided later in the pass sees it. */
export function bookAct(
  pass: Pass,
  account: AccountPass,
  policy: string,
  view: InstanceView,
  action: PolicyAction,
  paidFen: number | null,
): void {
  account.taken.add(view.key);
  pass.actsOf.set(policy, actsOfPolicy(pass, policy) + 1);
  if (interrupts(action, account.view.provider)) account.interrupted += 1;
  if (paidFen !== null) {
    account.paidCalls += 1;
    account.paidFen += paidFen;
  }
}
