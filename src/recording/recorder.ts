import { type Entry, FORMAT, type LookEntry, lineOf, piecesOf, type RecordedRules } from './entries.ts';
import { PassWriter, type PlainPass } from './pass-codec.ts';
import { type LineFile, SegmentFile } from './segment-file.ts';
import { freeIn, isThere, makeFolder, prune, segmentPath } from './segments.ts';

/** A new segment begins with everything whole: after this, so that little is lost with one, and old ones go piece by piece. */
export const SEGMENT_MS = 4 * 3_600_000;
const SEGMENT_BYTES = 8 * 1024 * 1024;
/** Of all that is kept one segment is no more than this part, so that there is always something left to take away. */
const SEGMENT_SHARE = 8;
/** What waits for the disk is in memory: so many passes, or so many rows of them, and no more. */
const MOST_WAITING = 60;
const MOST_ROWS_WAITING = 20_000;
/** Left free on the disk, whatever is allowed: the ledger's watermark is on it, without which paid work stands still. */
const RESERVE_BYTES = 32e6;
/** Less room than that holds hardly the beginning of anything. */
const LEAST_BYTES = 1e6;
/** After the disk has refused once it is not asked again for a while. */
const PAUSE_MS = 60_000;

export interface RecorderOptions {
  readonly dir: string;
  readonly keepMs: number;
  readonly maxBytes: number;
  /** Epoch ms. */
  readonly clock: () => number;
  /** Twelve hexadecimal digits that nobody else has. */
  readonly newStream: () => string;
  readonly version: string;
  /** Told of each pass that is kept, and of each that is not. */
  readonly onKept: () => void;
  readonly onDropped: (why: DropReason) => void;
  /** How much there is now, bytes. */
  readonly onSize: (bytes: number) => void;
  /** Told once until it works again. */
  readonly onTrouble: (error: unknown) => void;
  /** Makes a new file; one on the disk where it is left out. @throws Error where it cannot be had */
  readonly opened?: (path: string) => Promise<LineFile>;
  /** How much is free on the disk of a folder, bytes; asked of the system where it is left out. */
  readonly freeBytes?: (dir: string) => Promise<number>;
}

export type DropReason = 'slow' | 'failed';

export interface PassNote {
  readonly kind: 'pass';
  /** Epoch ms. */
  readonly at: number;
  readonly account: string;
  readonly rules: RecordedRules;
  readonly rowCount: number;
  /** Asked for once, and not before there is time. */
  readonly plain: () => PlainPass;
}

/** Of what a pass has decided. */
export interface LookNote {
  readonly kind: 'look';
  readonly at: number;
  readonly rowCount: 1;
  readonly plain: () => Omit<LookEntry, 'kind' | 's' | 'at'>;
}

type Note = PassNote | LookNote;

interface Open {
  readonly file: LineFile;
  readonly path: string;
  readonly stream: string;
  readonly startAt: number;
  /** Ids of the rules that it holds. */
  readonly rules: Set<string>;
  readonly accounts: Map<string, PassWriter>;
}

interface Hole {
  readonly at: number;
  readonly until: number;
  readonly passes: number;
  readonly why: DropReason;
}

/**
 * Keeps passes on the disk, in a bounded space. Whoever hands one over never waits and is never told of trouble: what cannot
 * be kept in time is left out, and that is kept instead, as a hole.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #waiting: Note[] = [];
  #rowsWaiting = 0;
  #running: Promise<void> | null = null;
  #open: Open | null = null;
  #hole: Hole | null = null;
  /** How much room there is for all of it, as of the last look. */
  #room = 0;
  /** Of the segments that are done. */
  #doneBytes = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #isTroubled = false;
  #isStopped = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  note(note: Note): void {
    if (this.#isStopped) return;
    const isFull = this.#waiting.length >= MOST_WAITING || this.#rowsWaiting + note.rowCount > MOST_ROWS_WAITING;
    if (isFull && this.#waiting.length > 0) {
      this.#drop(note, 'slow');
      return;
    }
    this.#waiting.push(note);
    this.#rowsWaiting += note.rowCount;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Everything that was handed over so far is kept, or was left out. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    const open = this.#open;
    this.#open = null;
    // What is on the disk by then can be read without its end.
    await open?.file.end().catch((error: unknown) => this.#options.onTrouble(error));
  }

  async #run(): Promise<void> {
    // In the next turn: a pass has other things to do first.
    await Promise.resolve();
    for (;;) {
      const note = this.#waiting.shift();
      if (note === undefined) return;
      this.#rowsWaiting -= note.rowCount;
      const pauseMs = this.#pausedUntil - this.#options.clock();
      // A longer one is of a clock that has been set back since.
      if (pauseMs > 0 && pauseMs <= PAUSE_MS) {
        this.#drop(note, 'failed');
        continue;
      }
      const hole = this.#hole;
      this.#hole = null;
      try {
        await this.#keep(note, hole);
        this.#isTroubled = false;
        if (note.kind === 'pass') this.#options.onKept();
      } catch (error) {
        this.#widen(hole);
        this.#drop(note, 'failed');
        await this.#giveUp(error);
      }
    }
  }

  async #keep(note: Note, hole: Hole | null): Promise<void> {
    const open = await this.#segment();
    const { stream: s, file } = open;
    const entries: Entry[] = hole === null ? [] : [{ kind: 'hole', s, ...hole }];
    entries.push(...(await entriesOf(note, open)));
    await file.put(...entries.flatMap(piecesOf));
    if (note.kind === 'pass') open.rules.add(note.rules.id);
    this.#options.onSize(this.#doneBytes + file.bytes);
  }

  /** The one to write to. */
  async #segment(): Promise<Open> {
    const {
      dir,
      clock,
      keepMs,
      maxBytes,
      newStream,
      version,
      opened = (path) => SegmentFile.create(path),
      freeBytes = freeIn,
    } = this.#options;
    const now = clock();
    const open = this.#open;
    if (open !== null) {
      const isFull = open.file.bytes >= Math.min(SEGMENT_BYTES, this.#room / SEGMENT_SHARE);
      const isOver = now - open.startAt >= SEGMENT_MS || now < open.startAt;
      // Somebody made room, or another daemon did where several share a folder: what is written to it nobody would find.
      if (!isFull && !isOver && (await isThere(open.path))) return open;
      this.#open = null;
      await open.file.end();
    }
    await makeFolder(dir);
    const before = now - keepMs - SEGMENT_MS;
    const own = await prune(dir, { before, maxBytes, writing: null });
    const there = own + (await freeBytes(dir)) - RESERVE_BYTES;
    this.#room = Math.min(maxBytes, there);
    if (there < LEAST_BYTES) throw new Error(`the disk of ${dir} is nearly full`);
    this.#doneBytes = await prune(dir, { before, maxBytes: this.#room - this.#room / SEGMENT_SHARE, writing: null });
    const stream = newStream();
    const path = segmentPath(dir, now, stream);
    const file = await opened(path);
    this.#open = { file, path, stream, startAt: now, rules: new Set(), accounts: new Map() };
    await file.put(lineOf({ kind: 'head', s: stream, format: FORMAT, version, at: now }));
    return this.#open;
  }

  async #giveUp(error: unknown): Promise<void> {
    const open = this.#open;
    this.#open = null;
    this.#pausedUntil = this.#options.clock() + PAUSE_MS;
    if (!this.#isTroubled) this.#options.onTrouble(error);
    this.#isTroubled = true;
    // What it holds so far can be read.
    await open?.file.abandon().catch(() => {});
  }

  /** A look more or less makes no pass incomplete. */
  #drop({ kind, at }: Note, why: DropReason): void {
    if (kind === 'look') return;
    this.#widen({ at, until: at, passes: 1, why });
    this.#options.onDropped(why);
  }

  /** Until it is kept there is one hole. */
  #widen(by: Hole | null): void {
    if (by === null) return;
    const hole = this.#hole;
    this.#hole = {
      at: Math.min(by.at, hole?.at ?? by.at),
      until: Math.max(by.until, hole?.until ?? by.until),
      passes: by.passes + (hole?.passes ?? 0),
      why: by.why,
    };
  }
}

async function entriesOf(note: Note, { stream: s, rules: known, accounts }: Open): Promise<readonly Entry[]> {
  const { at } = note;
  if (note.kind === 'look') return [{ kind: 'look', s, at, ...note.plain() }];
  const { account, rules } = note;
  const writer = accounts.get(account) ?? new PassWriter();
  accounts.set(account, writer);
  const plain = note.plain();
  const changes = await writer.changes(plain);
  const pass: Entry = { kind: 'pass', s, at, account, rules: rules.id, words: plain.words, ...changes };
  return known.has(rules.id) ? [pass] : [{ kind: 'rules', s, rules }, pass];
}
