import { actionClass } from '../../src/fleet/action.ts';
import type { FreezeReason } from '../../src/fleet/freeze.ts';
import type { InstanceKey } from '../../src/fleet/instance.ts';
import type { Operation, OperationDraft } from '../../src/fleet/operation.ts';
import {
  type ArmCap,
  type ArmResult,
  freezeText,
  IllegalTransition,
  InvariantBroken,
  type TransitionRequest,
  type TransitionResult,
} from '../../src/store/ledger.ts';
import type { Freezable, LedgerFound } from '../../src/store/ledger-epoch.ts';
import type { SentMark, Watermark } from '../../src/store/watermark.ts';
import type { LedgerPort } from '../../src/work/ports.ts';
import type { LedgerModel } from './ledger-model.ts';

/** How a process reaches the ledger. Whatever happens on the way happens in here. */
export interface LedgerLink {
  ask<T>(what: string, command: (ledger: LedgerModel) => T): Promise<T>;
}

/** The watermark file of a machine. */
export interface WatermarkDisk {
  load(): Promise<Watermark | null>;
  save(mark: Watermark): Promise<void>;
}

/** What the comparison of the ledger with the watermark is called on the wire. */
export const COMPARE = 'open the ledger';

/** What one process knows of the ledger; src/store/ledger-epoch.ts in memory. */
export class ReplicaEpoch {
  epoch = '';
  floor = 0;
  readonly #disk: WatermarkDisk;
  readonly #newId: () => string;
  #remembered = '';
  #sent: SentMark | null = null;

  constructor(disk: WatermarkDisk, newId: () => string) {
    this.#disk = disk;
    this.#newId = newId;
  }

  async open(link: LedgerLink, now: number): Promise<LedgerFound> {
    const mark = await this.#disk.load();
    this.#remembered = mark?.epoch ?? '';
    this.epoch = this.#remembered;
    this.floor = mark?.seq ?? 0;
    this.#sent = mark?.sent ?? null;
    return await this.look(link, now);
  }

  async look(link: LedgerLink, now: number): Promise<LedgerFound> {
    const mark = await this.#disk.load();
    if (mark !== null && mark.epoch === this.epoch && mark.seq > this.floor) {
      this.floor = mark.seq;
      this.#sent = mark.sent ?? this.#sent;
    }
    const known = { epoch: this.epoch, floor: this.floor, sent: this.#sent };
    const fresh = this.#newId();
    const { found, epoch, seq } = await link.ask(COMPARE, (ledger) => ledger.look(known, fresh, now));
    if (found === 'amnesia') {
      this.#remembered = this.epoch;
      return found;
    }
    this.floor = epoch === this.epoch ? Math.max(this.floor, seq) : seq;
    if (epoch !== this.epoch) this.#sent = null;
    this.epoch = epoch;
    await this.mark();
    return found;
  }

  saw(seq: number): void {
    this.floor = Math.max(this.floor, seq);
  }

  sent(mark: SentMark): void {
    this.#sent = mark;
  }

  async mark(): Promise<void> {
    if (this.epoch === '') return;
    await this.#disk.save({ epoch: this.epoch, seq: this.floor, ...(this.#sent !== null && { sent: this.#sent }) });
  }

  async reconcile(link: LedgerLink): Promise<void> {
    const fresh = this.#newId();
    const { epoch, seq } = await link.ask('reconcile', (ledger) => ledger.reconcile(this.#remembered, fresh));
    this.epoch = epoch;
    this.floor = seq;
    this.#sent = null;
    this.#remembered = epoch;
    await this.mark();
  }
}

/** The ledger as a process sees it; src/store/ledger.ts over the model. */
export class ReplicaLedger implements LedgerPort {
  readonly #link: LedgerLink;
  readonly #epoch: ReplicaEpoch;

  constructor(link: LedgerLink, epoch: ReplicaEpoch) {
    this.#link = link;
    this.#epoch = epoch;
  }

  async arm(
    draft: OperationDraft,
    options: { readonly now: number; readonly caps: readonly ArmCap[] },
  ): Promise<ArmResult> {
    const { now, caps } = options;
    const answer = await this.#write(now, () => {
      const { epoch, floor } = this.#epoch;
      return this.#link.ask('arm', (ledger) => ledger.arm(draft, now, caps, { epoch, floor }));
    });
    if (answer.kind === 'amnesia') return { kind: 'frozen', freeze: { reason: 'amnesia', detail: '', at: now } };
    if (answer.kind === 'armed') {
      return { kind: 'armed', operation: answer.operation };
    }
    return answer;
  }

  async transition(id: string, request: TransitionRequest): Promise<TransitionResult> {
    const { now, to } = request;
    const answer = await this.#write(now, () => {
      const { epoch, floor } = this.#epoch;
      return this.#link.ask(to, (ledger) => ledger.transition(id, request, { epoch, floor }));
    });
    switch (answer.kind) {
      case 'amnesia':
        return { kind: 'frozen', freeze: { reason: 'amnesia', detail: '', at: now } };
      case 'breach':
        throw new InvariantBroken(answer.invariant, answer.detail);
      case 'illegal':
        throw new IllegalTransition(id, request.from.state, to);
      case 'moved': {
        const { operation, replayed } = answer;
        if (to === 'sending' && actionClass(operation.action) !== 'reversible') {
          this.#epoch.sent({ id: operation.id, version: operation.version, at: operation.updatedAt });
          await this.#epoch.mark();
        }
        return { kind: 'moved', operation, replayed };
      }
      case 'stale':
      case 'spend-limit':
      case 'frozen':
      case 'busy':
      case 'absent':
        return answer;
    }
  }

  get(id: string): Promise<Operation | null> {
    return this.#link.ask('get', (ledger) => ledger.get(id));
  }

  unfinished(): Promise<readonly Operation[]> {
    return this.#link.ask('unfinished', (ledger) => ledger.unfinished());
  }

  recent(account: string, limit: number): Promise<readonly Operation[]> {
    return this.#link.ask('recent', (ledger) => ledger.recent(account, limit));
  }

  lastOf(instances: readonly InstanceKey[], count: number): Promise<readonly Operation[]> {
    return this.#link.ask('last', (ledger) => ledger.lastOf(instances, count));
  }

  lookAgain(now: number): Promise<LedgerFound> {
    return this.#epoch.look(this.#link, now);
  }

  frozen(): Promise<string | null> {
    return this.#link.ask('frozen', (ledger) => {
      const freeze = ledger.frozen('paid', null) ?? ledger.frozen('destructive', null);
      return freeze === null ? null : freezeText(freeze);
    });
  }

  freeze(cls: Freezable, reason: FreezeReason, now: number, detail = ''): Promise<void> {
    return this.#link.ask('freeze', (ledger) => ledger.freeze(cls, null, reason, detail, now));
  }

  async #write<A extends WriteAnswer>(now: number, run: () => Promise<A>): Promise<A> {
    const { epoch, floor } = this.#epoch;
    const answer = await run();
    if (answer.kind !== 'amnesia') return await this.#saw(answer, epoch, floor, now);
    if ((await this.#epoch.look(this.#link, now)) === 'amnesia') return answer;
    const known = { epoch: this.#epoch.epoch, floor: this.#epoch.floor };
    return await this.#saw(await run(), known.epoch, known.floor, now);
  }

  /** A number below one that was known before the question shows that the ledger went back. */
  async #saw<A extends WriteAnswer>(answer: A, epoch: string, floor: number, now: number): Promise<A> {
    const { kind, seq } = answer;
    if ((kind !== 'armed' && kind !== 'moved') || seq === undefined) return answer;
    if (answer.replayed === true) {
      this.#epoch.saw(seq);
      return answer;
    }
    if (seq <= floor && this.#epoch.epoch === epoch) await this.#epoch.look(this.#link, now);
    else this.#epoch.saw(seq);
    return answer;
  }
}

interface WriteAnswer {
  readonly kind: string;
  readonly seq?: number;
  readonly replayed?: boolean;
}
