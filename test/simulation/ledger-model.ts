import { actionClass, interrupts } from '../../src/fleet/action.ts';
import { type FreezeReason, type FrozenClass, freezeField, type Invariant } from '../../src/fleet/freeze.ts';
import type { InstanceKey } from '../../src/fleet/instance.ts';
import { type Obligation, obligationId } from '../../src/fleet/obligation.ts';
import {
  isTerminal,
  OPERATION_EDGES,
  type Operation,
  type OperationDraft,
  type OperationPatch,
} from '../../src/fleet/operation.ts';
import { type ArmCap, type StepOutcome, stepOutcome, type TransitionRequest } from '../../src/store/ledger.ts';
import type { Freeze, LedgerFound } from '../../src/store/ledger-epoch.ts';
import type { SentMark } from '../../src/store/watermark.ts';
import { ActedBook } from './acted-book.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Entry {
  readonly operation: Operation;
  readonly caps: readonly string[];
  /** Of the last sending. */
  readonly spent: { readonly day: string; readonly fen: number } | null;
  /** Requests of a paid or destructive operation that may have left. */
  readonly sends: number;
  readonly txids: ReadonlyMap<string, number>;
}

/** An id as operations have them: a key of 32 hexadecimal digits and the number of the attempt. */
const ATTEMPT_ID = /^([\da-f]{32})-(\d+)$/i;
/** lua/transition.lua.ts looks at so many attempts at most. */
const MOST_ATTEMPTS_LOOKED_AT = 100;

/** What a process knows of the ledger and gives with each script. */
export interface Knowledge {
  readonly epoch: string;
  readonly floor: number;
}

export type ArmAnswer =
  | { readonly kind: 'armed'; readonly operation: Operation; readonly seq: number }
  | { readonly kind: 'duplicate'; readonly operation: Operation }
  | { readonly kind: 'open'; readonly operationId: string }
  | { readonly kind: 'capped'; readonly reason: ArmCap['reason'] }
  | { readonly kind: 'frozen'; readonly freeze: Freeze }
  | { readonly kind: 'amnesia' };

export type TransitionAnswer =
  | { readonly kind: 'moved'; readonly operation: Operation; readonly seq: number; readonly replayed: boolean }
  | { readonly kind: 'stale'; readonly operation: Operation }
  | { readonly kind: 'spend-limit'; readonly limit: 'calls' | 'fen' | 'price' }
  | { readonly kind: 'frozen'; readonly freeze: Freeze }
  | { readonly kind: 'busy'; readonly operationId: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'amnesia' }
  | { readonly kind: 'breach'; readonly invariant: Invariant; readonly detail: string }
  | { readonly kind: 'illegal' };

/** One change of the ledger, for whoever watches. `before` is `null` when it was armed. */
export interface Change {
  readonly before: Operation | null;
  readonly after: Operation;
  readonly seq: number;
}

/**
 * The ledger as Redis keeps it: the scripts of src/store/lua in memory, one method per script and nothing else. A
 * differential test holds it to the real ones. Copies stand for what is on disk.
 */
export class LedgerModel {
  epoch: string | null = null;
  seq: number | null = null;
  onChange: (change: Change) => void = () => {};
  /** A person accepted it as it is, which has a number of its own. */
  onReconcile: (seq: number) => void = () => {};
  #entries = new Map<string, Entry>();
  /** Ids, in the order of arming. */
  #unfinished = new Set<string>();
  #open = new Map<string, string>();
  #openPaid = new Map<string, string>();
  #destroying = new Map<string, string>();
  #caps = new Map<string, Map<string, number>>();
  #spend = new Map<string, { readonly calls: number; readonly fen: number }>();
  #untold = new Map<string, number>();
  #unclear = new Map<string, Map<string, number>>();
  #renewed = new Map<string, number>();
  #obligations = new Map<string, Obligation>();
  #recent: readonly { readonly at: number; readonly policy: string; readonly id: string; readonly cuts: boolean }[] =
    [];
  #frozen = new Map<string, Freeze>();
  #reconciled: ReadonlySet<string> = new Set();
  #missed: ReadonlySet<string> = new Set();
  acted = new ActedBook();

  /** As it would come back from a disk of now. */
  copy(): LedgerModel {
    const copy = new LedgerModel();
    copy.epoch = this.epoch;
    copy.seq = this.seq;
    copy.#entries = new Map(this.#entries);
    copy.#unfinished = new Set(this.#unfinished);
    copy.#open = new Map(this.#open);
    copy.#openPaid = new Map(this.#openPaid);
    copy.#destroying = new Map(this.#destroying);
    copy.#caps = new Map([...this.#caps].map(([key, members]) => [key, new Map(members)]));
    copy.#spend = new Map(this.#spend);
    copy.#untold = new Map(this.#untold);
    copy.#unclear = new Map([...this.#unclear].map(([key, members]) => [key, new Map(members)]));
    copy.#renewed = new Map(this.#renewed);
    copy.#obligations = new Map(this.#obligations);
    copy.#recent = this.#recent;
    copy.#frozen = new Map(this.#frozen);
    copy.#reconciled = this.#reconciled;
    copy.#missed = this.#missed;
    copy.acted = this.acted.copy();
    copy.onChange = this.onChange;
    copy.onReconcile = this.onReconcile;
    return copy;
  }

  /** lua/open-ledger.lua.ts */
  look(
    known: Knowledge & { readonly sent: SentMark | null },
    fresh: string,
    now: number,
  ): { readonly found: LedgerFound; epoch: string; seq: number } {
    const seq = this.seq ?? 0;
    const isKnown = this.seq !== null || this.#frozen.size > 0 || this.#reconciled.size > 0;
    if (this.epoch === null && !isKnown && known.epoch === '') {
      this.epoch = fresh;
      this.seq = 0;
      return { found: 'first-start', epoch: fresh, seq: 0 };
    }
    if (this.epoch !== null) {
      if (known.epoch === '') return { found: 'adopted', epoch: this.epoch, seq };
      const lost = known.sent !== null && (this.get(known.sent.id)?.version ?? 0) < known.sent.version;
      if (known.epoch === this.epoch && seq >= known.floor && !lost)
        return { found: 'continued', epoch: this.epoch, seq };
      if (known.epoch !== this.epoch && this.#reconciled.has(known.epoch)) {
        return { found: 'adopted', epoch: this.epoch, seq };
      }
    }
    this.freeze('paid', null, 'amnesia', '', now);
    this.freeze('destructive', null, 'amnesia', '', now);
    if (known.epoch !== '') this.#missed = new Set([...this.#missed, known.epoch]);
    return { found: 'amnesia', epoch: this.epoch ?? '', seq };
  }

  reconcile(remembered: string, fresh: string): { readonly epoch: string; readonly seq: number } {
    const old = [this.epoch ?? '', remembered].filter((epoch) => epoch !== '');
    this.#reconciled = new Set([...this.#reconciled, ...old, ...this.#missed]);
    this.#missed = new Set();
    this.epoch = fresh;
    this.#frozen.clear();
    const seq = this.#nextSeq();
    this.onReconcile(seq);
    return { epoch: fresh, seq };
  }

  /** The first reason stays. */
  freeze(cls: FrozenClass, account: string | null, reason: FreezeReason, detail: string, now: number): void {
    const field = freezeField(cls, account);
    if (!this.#frozen.has(field)) this.#frozen.set(field, { reason, detail, at: now });
  }

  frozen(cls: FrozenClass, account: string | null): Freeze | null {
    return this.#frozen.get(freezeField(cls, account)) ?? null;
  }

  /** lua/arm.lua.ts */
  arm(draft: OperationDraft, now: number, caps: readonly ArmCap[], known: Knowledge): ArmAnswer {
    const stored = this.#entries.get(draft.id);
    if (stored !== undefined) return { kind: 'duplicate', operation: stored.operation };
    const cls = actionClass(draft.action);
    const guarded = cls === 'paid' || cls === 'destructive';
    const freeze = guarded ? this.frozen(cls, null) : this.frozen('reversible', draft.account);
    if (freeze !== null) return { kind: 'frozen', freeze };
    if (guarded && this.#isForgetful(known)) return { kind: 'amnesia' };
    const open = this.#open.get(draft.instance) ?? (guarded ? this.#openPaid.get(draft.instance) : undefined);
    if (open !== undefined) return { kind: 'open', operationId: open };
    if (draft.action === 'create') {
      const order = [...this.#openPaid].find(([instance]) => instance.startsWith(`${draft.account}/slot:`));
      if (order !== undefined) return { kind: 'open', operationId: order[1] };
    }
    const keys = caps.map((cap) => `${cap.windowMs}:${cap.key}`);
    for (const [index, cap] of caps.entries()) {
      const members = this.#cap(keys[index] ?? '');
      for (const [id, at] of members) if (at <= now - cap.windowMs) members.delete(id);
      if (members.size >= cap.max) return { kind: 'capped', reason: cap.reason };
    }
    for (const key of keys) this.#cap(key).set(draft.id, now);

    const seq = this.#nextSeq();
    const { reason, detail, by, policy, occurrence, step, instance } = draft;
    const operation: Operation = {
      ...draft,
      state: 'armed',
      version: 1,
      createdAt: now,
      updatedAt: now,
      sendingAt: null,
      deadlineAt: null,
      effectiveAt: null,
      nextCheckAt: null,
      checks: 0,
      tries: 0,
      orderId: null,
      listedBefore: null,
      transitions: [{ seq, at: now, from: null, to: 'armed', reason, detail, by }],
    };
    this.#entries.set(draft.id, { operation, caps: keys, spent: null, sends: 0, txids: new Map() });
    this.#unfinished.add(draft.id);
    this.#open.set(instance, draft.id);
    if (guarded) this.#openPaid.set(instance, draft.id);
    const cuts = interrupts(draft.action, draft.provider);
    this.#recent = [
      ...this.#recent.filter(({ at }) => at > now - HOUR_MS),
      { at: now, policy: policy ?? '', id: draft.id, cuts },
    ];
    if (policy !== null && policy !== '') {
      this.acted.change({ policy, target: instance, occurrence, step }, true, (entry) => {
        entry.s = 'open';
        entry.at = now;
        entry.a += 1;
        return true;
      });
    }
    this.onChange({ before: null, after: operation, seq });
    return { kind: 'armed', operation, seq };
  }

  /** lua/transition.lua.ts */
  transition(id: string, request: TransitionRequest, known: Knowledge): TransitionAnswer {
    const entry = this.#entries.get(id);
    if (entry === undefined) return { kind: 'absent' };
    const before = entry.operation;
    const { from, to, now, txid } = request;
    if (entry.txids.has(txid)) {
      return { kind: 'moved', operation: before, seq: before.transitions.at(-1)?.seq ?? 0, replayed: true };
    }
    if (before.state !== from.state || before.version !== from.version) return { kind: 'stale', operation: before };
    if (!OPERATION_EDGES[from.state].includes(to)) return { kind: 'illegal' };
    const cls = actionClass(before.action);
    const guarded = cls === 'paid' || cls === 'destructive';
    let { spent } = entry;
    if (to === 'sending') {
      const freeze = guarded ? this.frozen(cls, null) : this.frozen('reversible', before.account);
      if (freeze !== null) return { kind: 'frozen', freeze };
      if (guarded) {
        const breach = this.#breachOf(entry);
        if (breach !== null) {
          this.freeze(cls, null, 'invariant', `${breach.invariant}: ${breach.detail}`, now);
          return { kind: 'breach', ...breach };
        }
        if (this.#isForgetful(known)) return { kind: 'amnesia' };
        const other = before.action === 'destroy' ? this.#destroying.get(before.account) : undefined;
        if (other !== undefined && other !== id) return { kind: 'busy', operationId: other };
      }
      const { spend } = request;
      if (spend !== undefined) {
        const so = this.spent(before.account, spend.dayKey);
        if (spend.callsPerDay !== null && so.calls + 1 > spend.callsPerDay)
          return { kind: 'spend-limit', limit: 'calls' };
        if (spend.perDayFen !== null) {
          if (spend.costFen === null) return { kind: 'spend-limit', limit: 'price' };
          if (so.fen + spend.costFen > spend.perDayFen) return { kind: 'spend-limit', limit: 'fen' };
        }
        spent = { day: spend.dayKey, fen: spend.costFen ?? 0 };
        this.#addSpent(before.account, spent, 1);
      }
    } else if (from.state === 'sending' && to === 'armed' && spent !== null) {
      this.#addSpent(before.account, spent, -1);
      spent = null;
    }

    const seq = this.#nextSeq();
    const after = moved(before, request, seq);
    const txids = new Map(entry.txids).set(txid, after.version);
    let { sends } = entry;
    if (guarded && to === 'sending') sends += 1;
    if (guarded && from.state === 'sending' && to === 'armed') sends = 0;
    this.#entries.set(id, { ...entry, operation: after, spent, sends, txids });
    this.#settle(after, request);
    this.onChange({ before, after, seq });
    return { kind: 'moved', operation: after, seq, replayed: false };
  }

  get(id: string): Operation | null {
    return this.#entries.get(id)?.operation ?? null;
  }

  unfinished(): readonly Operation[] {
    return [...this.#unfinished].flatMap((id) => this.get(id) ?? []);
  }

  all(): readonly Operation[] {
    return [...this.#entries.values()].map(({ operation }) => operation);
  }

  recent(account: string, limit: number): readonly Operation[] {
    return this.all()
      .filter((operation) => operation.account === account)
      .toReversed()
      .slice(0, limit);
  }

  lastOf(instances: readonly string[], count: number): readonly Operation[] {
    const all = this.all().toReversed();
    return instances.flatMap((key) => all.filter(({ instance }) => instance === key).slice(0, count));
  }

  spent(account: string, day: string): { readonly calls: number; readonly fen: number } {
    return this.#spend.get(`${account}:${day}`) ?? { calls: 0, fen: 0 };
  }

  untold(before: number): readonly string[] {
    return [...this.#untold].filter(([, at]) => at <= before).map(([id]) => id);
  }

  markTold(id: string): void {
    this.#untold.delete(id);
  }

  unclear(account: string, now: number): number {
    return [...(this.#unclear.get(account)?.values() ?? [])].filter((at) => at >= now - HOUR_MS).length;
  }

  open(instance: InstanceKey): 'none' | 'any' | 'paid' {
    if (this.#open.has(instance)) return 'any';
    return this.#openPaid.has(instance) ? 'paid' : 'none';
  }

  renewedAt(instance: InstanceKey): number | null {
    return this.#renewed.get(instance) ?? null;
  }

  obligations(account: string): readonly Obligation[] {
    return [...this.#obligations.values()].filter(({ instance }) => instance.startsWith(`${account}/`));
  }

  dropObligation(obligation: Obligation): void {
    this.#obligations.delete(obligationId(obligation));
  }

  postponeObligation(obligation: Obligation, attempts: number, nextTryAt: number): void {
    const id = obligationId(obligation);
    if (this.#obligations.has(id)) this.#obligations.set(id, { ...obligation, attempts, nextTryAt });
  }

  actedAt(policy: string, now: number): readonly number[] {
    return this.#recent.filter((one) => one.policy === policy && one.at > now - HOUR_MS).map(({ at }) => at);
  }

  interruptedAt(account: string, since: number): readonly number[] {
    return this.#recent
      .filter(({ id, cuts, at }) => cuts && at >= since && this.get(id)?.account === account)
      .map(({ at }) => at);
  }

  /** What follows from a transition for everything that hangs on an operation. */
  #settle(after: Operation, request: TransitionRequest): void {
    const { id, state: to, instance, account, policy } = after;
    const { now } = request;
    const cls = actionClass(after.action);
    const guarded = cls === 'paid' || cls === 'destructive';
    if (to === 'confirmed' || to === 'rejected' || to === 'escalated' || to === 'superseded') this.#untold.set(id, now);
    const release = (open: Map<string, string>) => {
      if (open.get(instance) === id) open.delete(instance);
    };
    if (after.action === 'destroy') {
      if (to === 'sending') this.#destroying.set(account, id);
      else if ((to === 'armed' || to === 'escalated' || isTerminal(to)) && this.#destroying.get(account) === id) {
        this.#destroying.delete(account);
      }
    }
    if (isTerminal(to)) {
      this.#unfinished.delete(id);
      release(this.#open);
      if (guarded) release(this.#openPaid);
    } else if (to === 'escalated') release(this.#open);

    const unclear = this.#unclear.get(account) ?? new Map<string, number>();
    this.#unclear.set(account, unclear);
    if (guarded && to === 'uncertain') {
      unclear.set(id, now);
      for (const [each, at] of unclear) if (at <= now - DAY_MS) unclear.delete(each);
    } else if (guarded && to === 'confirmed') unclear.delete(id);

    if (to === 'confirmed' && after.action === 'renew') this.#renewed.set(instance, lastSending(after) ?? now);
    if (to === 'accepted' || to === 'uncertain' || to === 'confirmed') {
      const stopMode = after.action === 'cardless-stop' ? 'cardless' : 'normal';
      for (const owed of after.obligations) {
        const key = obligationId(owed);
        if (this.#obligations.has(key)) continue;
        this.#obligations.set(key, { ...owed, stopMode, attempts: 0, nextTryAt: owed.dueAt, stoppedAt: now });
      }
    }
    const outcome: StepOutcome | null = request.outcome ?? stepOutcome(request.from.state, to, request.reason);
    if (outcome === null) return;
    if (outcome === 'none') {
      for (const key of this.#entries.get(id)?.caps ?? []) this.#cap(key).delete(id);
      this.#recent = this.#recent.filter((one) => one.id !== id);
    }
    if (policy === null || policy === '') return;
    this.acted.change({ policy, target: instance, occurrence: after.occurrence, step: after.step }, false, (entry) => {
      entry.s = outcome;
      if (outcome === 'rejected') entry.r = [...entry.r, now].slice(-3);
      return true;
    });
  }

  /** What the script asserts before a paid or destructive request: one per attempt, one at a time per machine. */
  #breachOf({ operation, sends }: Entry): { readonly invariant: Invariant; readonly detail: string } | null {
    const { id, instance } = operation;
    if (sends > 0) return { invariant: 'I1', detail: `a request of ${id} may have left before` };
    const [, key, attempt] = ATTEMPT_ID.exec(id) ?? [];
    for (let before = 1; before < Math.min(Number(attempt ?? 1), MOST_ATTEMPTS_LOOKED_AT); before += 1) {
      const was = this.#entries.get(`${key}-${before}`);
      if (was === undefined) continue;
      const { state } = was.operation;
      if (state === 'rejected' || state === 'superseded' || (state === 'cancelled' && was.sends === 0)) continue;
      return { invariant: 'I1', detail: `attempt ${before} of ${id} is ${state}` };
    }
    const held = this.#openPaid.get(instance);
    return held === id ? null : { invariant: 'I4', detail: `${held ?? 'nothing'} holds ${instance}, not ${id}` };
  }

  #isForgetful(known: Knowledge): boolean {
    return this.epoch !== known.epoch || (this.seq ?? 0) < known.floor;
  }

  #nextSeq(): number {
    this.seq = (this.seq ?? 0) + 1;
    return this.seq;
  }

  #cap(key: string): Map<string, number> {
    const known = this.#caps.get(key);
    if (known !== undefined) return known;
    const fresh = new Map<string, number>();
    this.#caps.set(key, fresh);
    return fresh;
  }

  #addSpent(account: string, spent: NonNullable<Entry['spent']>, sign: 1 | -1): void {
    const { calls, fen } = this.spent(account, spent.day);
    this.#spend.set(`${account}:${spent.day}`, { calls: calls + sign, fen: fen + sign * spent.fen });
  }
}

/** The hash keeps when it was last sending, also where the operation itself has forgotten it. */
function lastSending(operation: Operation): number | null {
  return operation.sendingAt ?? operation.transitions.findLast(({ to }) => to === 'sending')?.at ?? null;
}

function moved(before: Operation, request: TransitionRequest, seq: number): Operation {
  const { from, to, now, reason, detail, by } = request;
  const fields = given(request.patch ?? {});
  return {
    ...before,
    ...fields,
    state: to,
    reason,
    detail,
    version: before.version + 1,
    updatedAt: now,
    transitions: [...before.transitions, { seq, at: now, from: from.state, to, reason, detail, by }],
  };
}

function given(patch: OperationPatch): OperationPatch {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
