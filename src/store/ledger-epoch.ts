import { z } from 'zod';
import { FREEZE_REASONS, type FreezeReason } from '../fleet/freeze.ts';
import type { LedgerClient } from './ledger-client.ts';
import { OPEN_LEDGER, RECONCILE } from './lua/open-ledger.lua.ts';
import { StoreCorrupt } from './store-error.ts';
import type { SentMark, WatermarkFile } from './watermark.ts';

/** Classes of action that can be frozen: those that are never sent twice without a person. */
export const FREEZABLE = ['paid', 'destructive'] as const;
export type Freezable = (typeof FREEZABLE)[number];

/** Why a class is frozen, and since when (epoch ms). `detail` is for people, and empty where the reason says it all. */
export interface Freeze {
  readonly reason: FreezeReason;
  readonly detail: string;
  readonly at: number;
}

/**
 * How the ledger was found: `first-start` nothing anywhere · `adopted` a ledger that this machine had no file of ·
 * `continued` as remembered · `amnesia` older than remembered, or another one: paid and destructive work is frozen.
 */
export type LedgerFound = 'first-start' | 'adopted' | 'continued' | 'amnesia';

const opened = z.tuple([z.enum(['first-start', 'adopted', 'continued', 'amnesia']), z.string(), z.number()]);
const reconciled = z.tuple([z.string(), z.number()]);
const freezeSchema = z.object({ reason: z.enum(FREEZE_REASONS), detail: z.string().default(''), at: z.number() });

/** Reads a stored freeze; one that cannot be read still freezes. */
export function parseFreeze(text: string): Freeze {
  try {
    return freezeSchema.parse(JSON.parse(text));
  } catch {
    return { reason: 'unreadable', detail: '', at: 0 };
  }
}

/** A sending older than this is not asked for any more: the ledger keeps its paid operations for 400 days, and not longer. */
const REMEMBER_SENT_MS = 300 * 86_400_000;

/** Watches over the ledger's identity and that it never goes back. */
export class LedgerEpoch {
  readonly #client: LedgerClient;
  readonly #file: WatermarkFile;
  readonly #newId: () => string;
  #epoch = '';
  /** The highest sequence number that Redis has told us: it may only grow. */
  #floor = 0;
  /** What this machine knew when it first looked; kept so that a person's reconciling can name it. */
  #remembered = '';
  /** The last paid or destructive sending that this machine saw written. */
  #sent: SentMark | null = null;
  /** Is the file ours to write? Only a daemon's; a command is a guest, who follows the ledger as it is. */
  #keepsFile = false;

  constructor(client: LedgerClient, file: WatermarkFile, newId: () => string) {
    this.#client = client;
    this.#file = file;
    this.#newId = newId;
  }

  get epoch(): string {
    return this.#epoch;
  }
  get floor(): number {
    return this.#floor;
  }

  /** Looks for the first time, with the watermark file. */
  async open(now: number): Promise<LedgerFound> {
    const mark = await this.#file.load();
    this.#keepsFile = true;
    this.#remembered = mark?.epoch ?? '';
    this.#epoch = this.#remembered;
    this.#floor = mark?.seq ?? 0;
    this.#sent = mark?.sent ?? null;
    return await this.look(now);
  }

  /**
   * Takes the ledger as it is, for a command: it reads no file, writes none, makes no ledger and freezes nothing. A ledger
   * that a daemon has frozen stays frozen, since that stands in Redis.
   */
  async follow(): Promise<LedgerFound> {
    const { keys } = this.#client;
    const [epoch, seq] = await this.#client.ask((redis) => redis.mget(keys.epoch, keys.seq), 'looking at the ledger');
    if (!epoch) return 'amnesia';
    this.#epoch = epoch;
    this.#floor = Number(seq ?? '0');
    return 'adopted';
  }

  /**
   * Looks again: after a reconnect, when a script said that the ledger is not the one we know, and before anything paid or
   * destructive leaves.
   */
  async look(now: number): Promise<LedgerFound> {
    if (!this.#keepsFile) return await this.follow();
    await this.#readFile();
    const freeze: Freeze = { reason: 'amnesia', detail: '', at: now };
    const sent = this.#sent !== null && now - this.#sent.at < REMEMBER_SENT_MS ? this.#sent : null;
    const answer = await this.#client.write(
      OPEN_LEDGER,
      [this.#epoch, this.#floor, this.#newId(), JSON.stringify(freeze), sent?.id ?? '', sent?.version ?? 0],
      'opening the ledger',
    );
    const parsed = opened.safeParse(answer);
    if (!parsed.success) throw new StoreCorrupt('the ledger', parsed.error);
    const [found, epoch, seq] = parsed.data;
    if (found === 'amnesia') {
      // What is remembered stays remembered, in the file too, until a person has reconciled the two.
      this.#remembered = this.#epoch;
      return found;
    }
    this.#floor = epoch === this.#epoch ? Math.max(this.#floor, seq) : seq;
    if (epoch !== this.#epoch) this.#sent = null;
    this.#epoch = epoch;
    await this.mark();
    return found;
  }

  /** Other daemons of this machine mark the same file: what one of them knew counts for all, also when it is dead. */
  async #readFile(): Promise<void> {
    const mark = await this.#file.load();
    if (mark === null || mark.epoch !== this.#epoch || mark.seq <= this.#floor) return;
    this.#floor = mark.seq;
    this.#sent = mark.sent ?? this.#sent;
  }

  /** Notes an acknowledged sequence number. */
  saw(seq: number): void {
    this.#floor = Math.max(this.#floor, seq);
  }

  /** Notes a paid or destructive sending: a ledger that does not know it any more has lost something, however far it is. */
  sent(mark: SentMark): void {
    this.#sent = mark;
  }

  /** Makes what is known durable on this machine. */
  mark(): Promise<void> {
    if (this.#epoch === '' || !this.#keepsFile) return Promise.resolve();
    return this.#file.save({ epoch: this.#epoch, seq: this.#floor, ...(this.#sent !== null && { sent: this.#sent }) });
  }

  /** A person accepts the ledger as it is: every freeze ends and a new epoch begins. */
  async reconcile(by: string, now: number): Promise<void> {
    const note = { at: now, by, reason: 'approved', text: 'the ledger was accepted as it is; every freeze ended' };
    const answer = await this.#client.write(
      RECONCILE,
      [this.#remembered, this.#newId(), JSON.stringify(note)],
      'reconciling the ledger',
    );
    const [epoch, seq] = reconciled.parse(answer);
    this.#epoch = epoch;
    this.#floor = seq;
    this.#sent = null;
    this.#remembered = epoch;
    await this.mark();
  }
}
