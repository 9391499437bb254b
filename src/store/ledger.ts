import { actionClass, interrupts } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import {
  FROZEN_CLASSES,
  type FreezeReason,
  type FrozenClass,
  freezeField,
  INVARIANTS,
  type StandingFreeze,
} from '../fleet/freeze.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import { IllegalTransition, InvariantBroken } from '../fleet/ledger-error.ts';
import type { Fen } from '../fleet/money.ts';
import type { Operation, OperationDraft, OperationPatch, OperationState } from '../fleet/operation.ts';
import type { OperationReason } from '../fleet/reason.ts';
import { Coalesced, Gathered } from './coalesced.ts';
import type { LedgerClient } from './ledger-client.ts';
import {
  FREEZABLE,
  type Freezable,
  type Freeze,
  type LedgerEpoch,
  type LedgerFound,
  parseFreeze,
} from './ledger-epoch.ts';
import {
  countUnfinished,
  type ListQuery,
  lastOperations,
  listOperations,
  operationsById,
  unfinishedOperations,
} from './ledger-list.ts';
import { ARM } from './lua/arm.lua.ts';
import { TRANSITION } from './lua/transition.lua.ts';
import {
  armedOperation,
  decodeOperation,
  encodeBody,
  encodeDraft,
  encodeHead,
  encodeOwed,
  movedOperation,
} from './operation-record.ts';
import type { Script } from './script.ts';
import { StoreCorrupt } from './store-error.ts';
import { trimLedger } from './trim.ts';

/** At most `max` within any `windowMs` under one key, counted when arming. */
export interface ArmCap {
  readonly key: string;
  readonly reason: 'limit-per-pass' | 'limit-per-hour' | 'limit-percent';
  readonly windowMs: number;
  readonly max: number;
}

export type ArmResult =
  | { readonly kind: 'armed'; readonly operation: Operation }
  /** An operation of that id exists, in whatever state. */
  | { readonly kind: 'duplicate'; readonly operation: Operation }
  /** Another operation of the instance is unfinished. */
  | { readonly kind: 'open'; readonly operationId: string }
  | { readonly kind: 'capped'; readonly reason: ArmCap['reason'] }
  | { readonly kind: 'frozen'; readonly freeze: Freeze };

/** What a sending may cost, and may have cost on that day; the day is a local date, "2026-10-01". */
export interface SpendCheck {
  readonly dayKey: string;
  readonly costFen: Fen | null;
  readonly callsPerDay: number | null;
  readonly perDayFen: Fen | null;
}

/** How a policy's step stands after a transition. `none`: nothing was sent, so the occurrence is free again. */
export type StepOutcome = 'open' | 'done' | 'rejected' | 'closed' | 'none';

export interface TransitionRequest {
  readonly from: { readonly state: OperationState; readonly version: number };
  readonly to: OperationState;
  /** Names this very change: the same again changes nothing and is told what became of it. */
  readonly txid: string;
  readonly reason: OperationReason;
  readonly detail: Detail;
  readonly by: string;
  readonly now: number;
  readonly patch?: OperationPatch;
  /** Only with `to: 'sending'`. */
  readonly spend?: SpendCheck;
  /** Where the rule of {@link stepOutcome} does not fit. */
  readonly outcome?: StepOutcome;
}

export type TransitionResult =
  /** `replayed`: this transaction had been carried out before; `operation` is as it is now. */
  | { readonly kind: 'moved'; readonly operation: Operation; readonly replayed: boolean }
  /** It is no longer as `from` says. */
  | { readonly kind: 'stale'; readonly operation: Operation }
  | { readonly kind: 'spend-limit'; readonly limit: 'calls' | 'fen' | 'price' }
  | { readonly kind: 'frozen'; readonly freeze: Freeze }
  /** Another destruction of the account is under way. */
  | { readonly kind: 'busy'; readonly operationId: string }
  | { readonly kind: 'absent' };

export { IllegalTransition, InvariantBroken };

/** What a step of a policy is after its operation moved, unless the caller knows better; `null`: as before. */
export function stepOutcome(from: OperationState, to: OperationState, reason: OperationReason): StepOutcome | null {
  switch (to) {
    case 'confirmed':
      return 'done';
    case 'rejected':
      return 'rejected';
    case 'superseded':
      if (reason === 'already-so') return 'done';
      return from === 'escalated' ? null : 'none';
    case 'cancelled':
      return from === 'escalated' ? 'closed' : 'none';
    case 'armed':
    case 'sending':
    case 'accepted':
    case 'uncertain':
    case 'verifying':
    case 'escalated':
      return null;
    default:
      return assertNever(to);
  }
}

/** How much of the reversible work may be missing from the watermark; paid and destructive work marks at once. */
const MARK_EVERY_MS = 10_000;

/** The ledger of operations: one compare-and-set per transition, in Redis. All times epoch ms. See src/fleet/operation.ts for the map. */
export class Ledger {
  readonly #client: LedgerClient;
  readonly #epoch: LedgerEpoch;
  readonly #asked = new Gathered((ids: readonly string[]) => operationsById(this.#client, [...new Set(ids)]));
  readonly #freezes = new Coalesced<'all', readonly StandingFreeze[]>(() => this.#readFreezes());
  #marking: NodeJS.Timeout | null = null;
  #waitAof = false;

  constructor(client: LedgerClient, epoch: LedgerEpoch) {
    this.#client = client;
    this.#epoch = epoch;
  }

  /**
   * Compares the ledger with the watermark file; must come before any arming. `waitAof`: Redis is 7.2 or newer, so that it
   * can be asked whether a write is on disk.
   */
  async start(now: number, options: { readonly waitAof?: boolean } = {}): Promise<LedgerFound> {
    this.#waitAof = options.waitAof ?? false;
    const found = await this.#epoch.open(now);
    this.#marking ??= setInterval(() => {
      // A mark that fails now is written by the next round, and before anything paid leaves in any case.
      this.#epoch.mark().catch(() => {});
    }, MARK_EVERY_MS).unref();
    return found;
  }

  /**
   * To be called after every reconnect, and before anything paid or destructive leaves: Redis may have come back older than
   * it was, and another daemon of this machine may have known more of it than this one.
   */
  async lookAgain(now: number, options: { readonly waitAof?: boolean } = {}): Promise<LedgerFound> {
    this.#waitAof = options.waitAof ?? this.#waitAof;
    return await this.#epoch.look(now);
  }

  /** Writes down a decision to act, or says why not. @throws StoreDown, LedgerUnclear (arming the same id again is safe) */
  async arm(
    draft: OperationDraft,
    options: { readonly now: number; readonly caps: readonly ArmCap[] },
  ): Promise<ArmResult> {
    const { now, caps } = options;
    const cls = actionClass(draft.action);
    const body = encodeBody({
      at: now,
      from: null,
      to: 'armed',
      reason: draft.reason,
      detail: draft.detail,
      by: draft.by,
    });
    const args = () => [
      draft.id,
      draft.account,
      draft.instance,
      cls,
      draft.action,
      draft.policy ?? '',
      draft.occurrence,
      draft.step,
      now,
      encodeDraft(draft),
      encodeHead(draft),
      body,
      encodeOwed(draft),
      this.#epoch.epoch,
      this.#epoch.floor,
      interrupts(draft.action, draft.provider) ? 'i' : '-',
      caps.length,
      ...caps.flatMap((cap) => [cap.key, cap.max, cap.windowMs, cap.reason]),
    ];
    const [word, value] = await this.#write(ARM, args, `arming ${draft.id}`, now);
    switch (word) {
      case 'armed': {
        const operation = armedOperation(draft, seqOf(value), now);
        // It is new, so whatever was known under the id is of a ledger that is gone.
        this.#client.known.remove(draft.id);
        this.#client.known.put(operation);
        return { kind: 'armed', operation };
      }
      case 'duplicate':
        return { kind: 'duplicate', operation: decodeOperation(list(value)) };
      case 'open':
        return { kind: 'open', operationId: String(value) };
      case 'capped': {
        const cap = caps.find((one) => one.reason === value);
        return { kind: 'capped', reason: cap?.reason ?? 'limit-per-pass' };
      }
      case 'frozen':
        return { kind: 'frozen', freeze: parseFreeze(String(value)) };
      default:
        throw new StoreCorrupt(`the answer to arming ${draft.id}`, word);
    }
  }

  /**
   * Moves an operation along the map. When it resolves with `moved` to `sending` of a paid or destructive operation, that is
   * on Redis' disk as far as Redis can tell, and the local watermark is on ours: only then may a request leave.
   * @throws StoreDown (nothing was written), LedgerUnclear (ask again with the same txid), IllegalTransition, InvariantBroken
   */
  async transition(id: string, request: TransitionRequest): Promise<TransitionResult> {
    const { from, to, now, reason, detail, by, patch, spend } = request;
    const transition = { at: now, from: from.state, to, reason, detail, by, set: patch };
    const body = encodeBody(transition);
    const before = this.#client.known.at(id, from.version);
    const check = patch?.nextCheckAt === undefined ? '' : (patch.nextCheckAt ?? '+inf');
    const outcome = request.outcome ?? stepOutcome(from.state, to, reason) ?? '';
    const args = () => [
      id,
      from.state,
      from.version,
      to,
      request.txid,
      now,
      body,
      check,
      outcome,
      this.#epoch.epoch,
      this.#epoch.floor,
      to === 'sending' ? (patch?.sendingAt ?? now) : '',
      spend?.dayKey ?? '',
      spend?.costFen ?? '',
      spend?.callsPerDay ?? '',
      spend?.perDayFen ?? '',
      before === null ? '' : 'brief',
    ];
    const what = `operation ${id} ${from.state} → ${to}`;
    const [word, value, third] = await this.#write(TRANSITION, args, what, now);
    switch (word) {
      case 'moved': {
        const seq = seqOf(value);
        const operation = before === null ? decodeOperation(list(third)) : movedOperation(before, transition, seq);
        this.#client.known.put(operation);
        await this.#settleSending(operation, to);
        return { kind: 'moved', operation, replayed: false };
      }
      case 'replayed': {
        const operation = decodeOperation(list(value));
        // Whoever hears of it only now must have it in the watermark too before a request leaves.
        this.#epoch.saw(operation.transitions.at(-1)?.seq ?? 0);
        await this.#settleSending(operation, to);
        return { kind: 'moved', operation, replayed: true };
      }
      case 'stale':
        return { kind: 'stale', operation: decodeOperation(list(value)) };
      case 'spend-limit':
        return { kind: 'spend-limit', limit: value === 'calls' || value === 'price' ? value : 'fen' };
      case 'frozen':
        return { kind: 'frozen', freeze: parseFreeze(String(value)) };
      case 'busy':
        return { kind: 'busy', operationId: String(value) };
      case 'absent':
        return { kind: 'absent' };
      case 'breach':
        throw new InvariantBroken(INVARIANTS.find((one) => one === value) ?? 'I1', String(third));
      case 'illegal':
        throw new IllegalTransition(id, from.state, to);
      default:
        throw new StoreCorrupt(`the answer to ${what}`, word);
    }
  }

  /** `null`: there is none of that id. */
  async get(id: string): Promise<Operation | null> {
    let together: readonly Operation[];
    try {
      together = await this.#asked.add(id);
    } catch {
      // One that cannot be read is no reason for not reading the others.
      together = await operationsById(this.#client, [id]);
    }
    return together.find((operation) => operation.id === id) ?? null;
  }

  /** Newest first. `next` continues where this page ended; `null`: there is no more. */
  async list(query: ListQuery): Promise<{ readonly items: readonly Operation[]; readonly next: string | null }> {
    return await listOperations(this.#client, query);
  }

  /** Every operation that has not ended, escalated ones too. Oldest first. */
  async unfinished(): Promise<readonly Operation[]> {
    return await unfinishedOperations(this.#client, '+inf');
  }

  /** Operations of the account that were made last, newest first. */
  async recent(account: string, limit: number): Promise<readonly Operation[]> {
    return (await listOperations(this.#client, { account, limit })).items;
  }

  /** So many operations of each of these instances that were made last, newest first of each. */
  async lastOf(instances: readonly InstanceKey[], count: number): Promise<readonly Operation[]> {
    return await lastOperations(this.#client, instances, count);
  }

  /** Unfinished operations whose `nextCheckAt` has come. */
  async dueChecks(now: number): Promise<readonly Operation[]> {
    return await unfinishedOperations(this.#client, String(now));
  }

  /** How many operations are unfinished, by state. Cheap enough for a metric. */
  async openCounts(): Promise<ReadonlyMap<OperationState, number>> {
    return await countUnfinished(this.#client);
  }

  /** Keeps paid or destructive work from being armed or sent, until {@link reconcile}. The first reason stays. */
  async freeze(cls: Freezable, reason: FreezeReason, now: number, detail = ''): Promise<void> {
    await this.freezeClass(cls, null, reason, detail, now);
  }

  /** Likewise for any class; `reversible` needs the account, and leaves the others alone. */
  async freezeClass(
    cls: FrozenClass,
    account: string | null,
    reason: FreezeReason,
    detail: string,
    now: number,
  ): Promise<void> {
    const freeze: Freeze = { reason, detail, at: now };
    await this.#client.ask(
      (redis) => redis.hsetnx(this.#client.keys.frozen, freezeField(cls, account), JSON.stringify(freeze)),
      `freezing ${cls} work`,
    );
  }

  /** Why paid or destructive work is frozen; `null`: it is not. */
  async frozen(): Promise<string | null> {
    const { paid, destructive } = await this.freezes();
    const freeze = paid ?? destructive;
    return freeze === null ? null : freezeText(freeze);
  }

  /** Paid and destructive work that is frozen now, and why. */
  async freezes(): Promise<Readonly<Record<Freezable, Freeze | null>>> {
    const [paid, destructive] = await this.#client.ask(
      (redis) => redis.hmget(this.#client.keys.frozen, ...FREEZABLE),
      'reading what is frozen',
    );
    return { paid: paid ? parseFreeze(paid) : null, destructive: destructive ? parseFreeze(destructive) : null };
  }

  /** Everything that is frozen now. */
  async standingFreezes(): Promise<readonly StandingFreeze[]> {
    return await this.#freezes.get('all');
  }

  /** A person accepts the ledger as it is now: every freeze ends, under a new epoch. */
  async reconcile(by: string, now: number): Promise<void> {
    await this.#epoch.reconcile(by, now);
  }

  /** Removes what has been kept long enough; a bounded piece of work, `more` says that there is some left. */
  async trim(now: number): Promise<{ readonly removed: number; readonly more: boolean }> {
    return await trimLedger(this.#client, now);
  }

  /** Ends the marking; what is known is made durable once more. */
  async stop(): Promise<void> {
    if (this.#marking) clearInterval(this.#marking);
    this.#marking = null;
    await this.#epoch.mark();
  }

  /** Runs a script. Where the ledger is not the one we know, looks who is right, and tries again only if we are to follow it. */
  async #write(
    script: Script,
    args: () => readonly (string | number)[],
    what: string,
    now: number,
  ): Promise<readonly unknown[]> {
    for (const last of [false, true]) {
      const { epoch, floor } = this.#epoch;
      const answer = list(await this.#client.write(script, args(), what));
      if (answer[0] !== 'amnesia') {
        await this.#saw(answer, epoch, floor, now);
        return answer;
      }
      if ((await this.#epoch.look(now)) === 'amnesia' || last) break;
    }
    return ['frozen', JSON.stringify({ reason: 'amnesia', detail: '', at: now })];
  }

  /**
   * Notes how far the ledger is. Reversible work goes on whatever the ledger lost, so it is here that a number below one
   * that was known before the question shows that it went back; whoever looks then freezes what costs or destroys.
   */
  async #saw(answer: readonly unknown[], epoch: string, floor: number, now: number): Promise<void> {
    const [word, seq] = answer;
    if ((word !== 'armed' && word !== 'moved') || typeof seq !== 'number') return;
    if (seq <= floor && this.#epoch.epoch === epoch) await this.#epoch.look(now);
    else this.#epoch.saw(seq);
  }

  async #readFreezes(): Promise<readonly StandingFreeze[]> {
    const stored = await this.#client.ask((redis) => redis.hgetall(this.#client.keys.frozen), 'reading what is frozen');
    return Object.entries(stored).flatMap(([field, text]): StandingFreeze[] => {
      const colon = field.indexOf(':');
      const word = colon === -1 ? field : field.slice(0, colon);
      const cls = FROZEN_CLASSES.find((one) => one === word);
      if (cls === undefined) return [];
      return [{ class: cls, account: colon === -1 ? null : field.slice(colon + 1), ...parseFreeze(text) }];
    });
  }

  async #settleSending(operation: Operation, to: OperationState): Promise<void> {
    if (to !== 'sending' || actionClass(operation.action) === 'reversible') return;
    if (this.#waitAof) await this.#client.confirmDurable(`operation ${operation.id} → sending`);
    this.#epoch.sent({ id: operation.id, version: operation.version, at: operation.updatedAt });
    await this.#epoch.mark();
  }
}

/** A freeze in a few words. */
export function freezeText({ reason, detail }: Pick<Freeze, 'reason' | 'detail'>): string {
  return detail === '' ? reason : `${reason}: ${detail}`;
}

function seqOf(value: unknown): number {
  if (typeof value !== 'number') throw new StoreCorrupt('the sequence number of the ledger', value);
  return value;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new StoreCorrupt('the answer of a ledger script', value);
  return value;
}
