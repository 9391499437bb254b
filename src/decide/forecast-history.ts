import type { InstanceKey } from '../fleet/instance.ts';
import { type Notice, noticeId } from '../fleet/notice.ts';
import type { Obligation, ObligationDraft } from '../fleet/obligation.ts';
import { REFUSALS_PER_DAY, RETRY_AFTER_REFUSAL_MS } from '../fleet/refused.ts';
import type { History, StepState } from './world.ts';

/** What is under way now is taken to have ended by then; nobody can tell how. */
export const OPEN_ENDS_MS = 10 * 60_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

type NoticeKey = Pick<Notice, 'policy' | 'instance' | 'occurrence'>;

/** What one policy has done to one target since. */
interface Acts {
  /** When, and for which occurrence, it last did anything. */
  at: number;
  occurrence: string;
  /** By occurrence, then by place: when it was done, or when the cloud refused it. */
  readonly steps: Map<string, { readonly doneAt: number | null; readonly refusedAt: readonly number[] }[]>;
}

/** What was done before, and what a forecast has made happen since. The real history is read and never written. */
export class ForecastHistory implements History {
  readonly #base: History;
  readonly #from: number;
  #now: number;
  /** By target, then by policy. */
  readonly #acts = new Map<string, Map<string, Acts>>();
  readonly #openUntil = new Map<InstanceKey, number>();
  readonly #actedOn = new Map<string, number[]>();
  readonly #renewed = new Map<InstanceKey, number>();
  readonly #notices = new Waiting<NoticeKey, Notice>(
    (one, other) => one.policy === other.policy && one.occurrence === other.occurrence,
  );
  readonly #droppedNotices = new Set<string>();
  readonly #obligations = new Waiting<ObligationDraft, Obligation>(
    (one, other) => one.policy === other.policy && one.incarnation === other.incarnation && one.dueAt === other.dueAt,
  );
  readonly #low = new Map<string, string | null>();

  /** @param accounts whose notices and obligations are taken over */
  constructor(base: History, accounts: readonly string[], from: number) {
    this.#base = base;
    this.#from = from;
    this.#now = from;
    for (const account of accounts) {
      for (const notice of base.notices(account)) this.#notices.put(notice);
      for (const obligation of base.obligations(account)) this.#obligations.put(obligation);
    }
  }

  moveTo(now: number): void {
    this.#now = now;
  }

  /** @param doneAt when it has been carried out; `null`: the cloud has refused it */
  acted(done: {
    readonly policy: string;
    readonly target: string;
    readonly account: string;
    readonly occurrence: string;
    readonly step: number;
    readonly doneAt: number | null;
  }): void {
    const { policy, target, account, occurrence, step, doneAt } = done;
    const acts = this.#actsOf(policy, target);
    acts.at = this.#now;
    acts.occurrence = occurrence;
    const steps = acts.steps.get(occurrence) ?? [];
    acts.steps.set(occurrence, steps);
    const before = steps[step];
    if (doneAt !== null) steps[step] = { doneAt, refusedAt: [] };
    else steps[step] = { doneAt: before?.doneAt ?? null, refusedAt: [...(before?.refusedAt ?? []), this.#now] };
    const key = keyOf(policy, account);
    const times = this.#actedOn.get(key);
    // Nobody asks for more than the last hour.
    if (times === undefined) this.#actedOn.set(key, [this.#now]);
    else this.#actedOn.set(key, [...times.filter((at) => at > this.#now - HOUR_MS), this.#now]);
  }

  /** An operation on the instance is under way until then. */
  underWay(instance: InstanceKey, until: number): void {
    this.#openUntil.set(instance, until);
  }

  /** Until when an operation on it is under way; 0: none is. */
  underWayUntil(instance: InstanceKey): number {
    return this.#openUntil.get(instance) ?? 0;
  }

  renewed(instance: InstanceKey): void {
    this.#renewed.set(instance, this.#now);
  }

  putNotice(notice: Notice): void {
    this.#notices.put(notice);
  }

  dropNotice(notice: NoticeKey): void {
    this.#notices.drop(notice);
    this.#droppedNotices.add(noticeId(notice));
  }

  putObligation(obligation: Obligation): void {
    this.#obligations.put(obligation);
  }

  dropObligation(obligation: Obligation): void {
    this.#obligations.drop(obligation);
  }

  /** What waits for one instance: an announcement's deadline, a start that is owed. */
  waitingFor(instance: InstanceKey): {
    readonly notices: readonly Notice[];
    readonly obligations: readonly Obligation[];
  } {
    return { notices: this.#notices.of(instance), obligations: this.#obligations.of(instance) };
  }

  setLow(policy: string, account: string, occurrence: string | null): void {
    this.#low.set(keyOf(policy, account), occurrence);
  }

  step(policy: string, target: string, occurrence: string, step: number): StepState {
    const act = this.#acts.get(target)?.get(policy)?.steps.get(occurrence)?.[step];
    if (act === undefined) return this.#base.step(policy, target, occurrence, step);
    const { doneAt, refusedAt } = act;
    if (doneAt !== null) return doneAt <= this.#now ? 'done' : 'open';
    const waited = this.#now - (refusedAt.at(-1) ?? 0) >= RETRY_AFTER_REFUSAL_MS;
    return waited && refusedAt.filter((at) => at > this.#now - DAY_MS).length < REFUSALS_PER_DAY ? 'none' : 'failed';
  }

  latestOccurrence(policy: string, target: string): string | null {
    return this.#acts.get(target)?.get(policy)?.occurrence ?? this.#base.latestOccurrence?.(policy, target) ?? null;
  }

  lastActedAt(policy: string, target: string): number | null {
    return this.#acts.get(target)?.get(policy)?.at ?? this.#base.lastActedAt(policy, target);
  }

  actedAt(policy: string, account: string): readonly number[] {
    const since = this.#actedOn.get(keyOf(policy, account));
    const before = this.#base.actedAt(policy, account);
    return since === undefined ? before : [...before, ...since];
  }

  open(instance: InstanceKey): 'none' | 'any' | 'paid' {
    if (this.#now < (this.#openUntil.get(instance) ?? this.#now)) return 'any';
    const open = this.#base.open(instance);
    return open === 'any' && this.#now >= this.#from + OPEN_ENDS_MS ? 'none' : open;
  }

  lastRenewedAt(instance: InstanceKey): number | null {
    return this.#renewed.get(instance) ?? this.#base.lastRenewedAt(instance);
  }

  notice(policy: string, instance: InstanceKey, occurrence: string): Notice | null {
    const own = this.#notices.find({ policy, instance, occurrence });
    if (own !== undefined) return own;
    const before = this.#base.notice(policy, instance, occurrence);
    return before === null || this.#droppedNotices.has(noticeId(before)) ? null : before;
  }

  notices(account: string): readonly Notice[] {
    return this.#notices.onAccount(account);
  }

  noticesOf(instance: InstanceKey): readonly Notice[] {
    return this.#notices.of(instance);
  }

  obligations(account: string): readonly Obligation[] {
    return this.#obligations.onAccount(account);
  }

  obligationsOf(instance: InstanceKey): readonly Obligation[] {
    return this.#obligations.of(instance);
  }

  policySince(policy: string): number | null {
    return this.#base.policySince(policy) ?? this.#from;
  }

  lowBalance(policy: string, account: string): string | null {
    const own = this.#low.get(keyOf(policy, account));
    return own === undefined ? this.#base.lowBalance(policy, account) : own;
  }

  policyEditedAt(policy: string): number | null {
    return this.#base.policyEditedAt?.(policy) ?? null;
  }

  heldUntil(instance: InstanceKey): number | null {
    return this.#base.heldUntil?.(instance) ?? null;
  }

  restarts(instance: InstanceKey): { readonly count: number; readonly lastAt: number } | null {
    return this.#base.restarts?.(instance) ?? null;
  }

  #actsOf(policy: string, target: string): Acts {
    const here = this.#acts.get(target) ?? new Map<string, Acts>();
    this.#acts.set(target, here);
    const acts = here.get(policy) ?? { at: this.#now, occurrence: '', steps: new Map() };
    here.set(policy, acts);
    return acts;
  }
}

const NONE = [] as const;

/** Things that wait for instances: of a large fleet one for each perhaps, and seldom two for one. Lists are not changed once made. */
class Waiting<K extends { readonly instance: InstanceKey }, T extends K> {
  readonly #byInstance = new Map<InstanceKey, readonly T[]>();
  readonly #isSame: (one: K, other: K) => boolean;

  /** @param isSame of two that wait for the same instance */
  constructor(isSame: (one: K, other: K) => boolean) {
    this.#isSame = isSame;
  }

  put(item: T): void {
    const here = this.of(item.instance);
    const place = here.findIndex((each) => this.#isSame(each, item));
    this.#byInstance.set(item.instance, place < 0 ? [...here, item] : here.with(place, item));
  }

  drop(key: K): void {
    const left = this.of(key.instance).filter((each) => !this.#isSame(each, key));
    if (left.length === 0) this.#byInstance.delete(key.instance);
    else this.#byInstance.set(key.instance, left);
  }

  find(key: K): T | undefined {
    return this.#byInstance.get(key.instance)?.find((each) => this.#isSame(each, key));
  }

  of(instance: InstanceKey): readonly T[] {
    return this.#byInstance.get(instance) ?? NONE;
  }

  onAccount(account: string): readonly T[] {
    const found: T[] = [];
    for (const [instance, items] of this.#byInstance) if (instance.startsWith(`${account}/`)) found.push(...items);
    return found;
  }
}

function keyOf(policy: string, account: string): string {
  return `${policy}\u0000${account}`;
}
