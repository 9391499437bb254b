import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { WatermarkUnusable } from './store-error.ts';

/** A paid or destructive operation at a version at which its request could leave. `at` is epoch ms. */
export interface SentMark {
  readonly id: string;
  readonly version: number;
  readonly at: number;
}

/** How far the ledger had come, as this machine knows it. */
export interface Watermark {
  readonly epoch: string;
  readonly seq: number;
  /**
   * The last paid or destructive sending: a ledger that went back and was then moved on by others may be ahead in number,
   * and still does not know it.
   */
  readonly sent?: SentMark | undefined;
}

const schema = z.object({
  epoch: z.string().min(1),
  seq: z.number().int().nonnegative(),
  sent: z.object({ id: z.string(), version: z.number(), at: z.number() }).optional(),
});

/**
 * A small file beside Redis, on a disk of our own: a Redis that comes back older than it was cannot know that, this file can.
 * Writes are durable (fsync of file and directory) and atomic (rename), one after the other, and never go back within an epoch.
 */
export class WatermarkFile {
  readonly path: string;
  readonly #beside: string;
  #written: Watermark | null = null;
  #queue: Promise<void> = Promise.resolve();

  /** @param writer a name that no other process has which shares the directory; in containers all have the same pid */
  constructor(stateDir: string, writer: string = `${process.pid}`) {
    this.path = join(stateDir, 'ledger-watermark.json');
    this.#beside = `${this.path}.${writer}.new`;
  }

  /** `null`: there is no file. @throws WatermarkUnusable when there is one that cannot be read or understood */
  async load(): Promise<Watermark | null> {
    this.#written = await this.#read();
    return this.#written;
  }

  async #read(): Promise<Watermark | null> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw new WatermarkUnusable(
        `${this.path}: the ledger's watermark cannot be read: ${error instanceof Error ? error.message : 'no reason given'}`,
        error,
      );
    }
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw new WatermarkUnusable(
        `${this.path}: not a watermark of the ledger, which is {"epoch": text, "seq": number}; ` +
          'if it was damaged, remove it and compare the ledger with the cloud before paid work goes on',
        error,
      );
    }
  }

  /** Resolves when this mark, or a later one of the same epoch, is on disk. */
  save(mark: Watermark): Promise<void> {
    const next = this.#queue.then(() => this.#write(mark));
    // A failed write is the caller's to know; the next one is tried all the same.
    this.#queue = next.catch(() => {});
    return next;
  }

  async #write(mark: Watermark): Promise<void> {
    const written = this.#written;
    if (covers(written, mark)) return;
    // A command line may share the directory with the daemon: its later mark stays, and its half-written file is its own.
    const there = await this.#read();
    if (covers(there, mark)) {
      this.#written = there;
      return;
    }
    const file = await open(this.#beside, 'w', 0o600);
    try {
      await file.writeFile(
        `${JSON.stringify({ epoch: mark.epoch, seq: mark.seq, ...(mark.sent && { sent: mark.sent }) })}\n`,
      );
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(this.#beside, this.path);
    const directory = await open(dirname(this.path), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    this.#written = mark;
  }
}

/** Does what stands there say as much as the new mark? A later number stands for the sending before it. */
function covers(there: Watermark | null, mark: Watermark): boolean {
  if (there === null || there.epoch !== mark.epoch || there.seq < mark.seq) return false;
  const { sent } = mark;
  if (sent === undefined || there.seq > mark.seq) return true;
  return there.sent?.id === sent.id && there.sent.version >= sent.version;
}
