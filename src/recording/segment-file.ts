import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { constants, createZstdCompress, createZstdDecompress, type ZstdCompress } from 'node:zlib';

/**
 * On lines that tell what changed, column by column, levels 2 to 5 leave a sixth more than the first one and take twice the
 * time. What repeats is near: of a window of 256 KB no more is left than of 2 MB, which with its tables would be 3 MB in the
 * memory of the daemon as long as a segment is open.
 */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 18 } };

/** Where lines go. */
export interface LineFile {
  /** As it is on the disk. */
  readonly bytes: number;
  /** @param pieces of lines, that end with whole ones */
  put(...pieces: readonly string[]): Promise<void>;
  end(): Promise<void>;
  /** Gives it up, with what was put there in whole. */
  abandon(): Promise<void>;
}

/** A compressed file that lines are put to the end of. What was put is there when `put` comes back, whatever happens then. */
export class SegmentFile implements LineFile {
  readonly #zstd: ZstdCompress;
  readonly #file: FileHandle;
  readonly #waiting: Buffer[] = [];
  #failed: Error | null = null;
  #bytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
    this.#zstd = createZstdCompress(LEVEL);
    this.#zstd.on('data', (chunk: Buffer) => this.#waiting.push(chunk));
    this.#zstd.on('error', (error) => {
      this.#failed = error;
    });
  }

  /** @throws Error where there is one of that name, or none can be made */
  static async create(path: string): Promise<SegmentFile> {
    return new SegmentFile(await open(path, 'wx', 0o600));
  }

  get bytes(): number {
    return this.#bytes;
  }

  async put(...pieces: readonly string[]): Promise<void> {
    for (const piece of pieces)
      if (piece !== '') await new Promise<void>((resolve) => this.#zstd.write(piece, () => resolve()));
    await new Promise<void>((resolve) => this.#zstd.flush(constants.ZSTD_e_flush, resolve));
    await this.#write();
  }

  async end(): Promise<void> {
    try {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#zstd.once('end', resolve);
      this.#zstd.once('error', resolve);
      this.#zstd.end();
      await promise;
      await this.#write();
    } finally {
      await this.#file.close();
    }
  }

  async abandon(): Promise<void> {
    this.#zstd.destroy();
    try {
      await this.#file.truncate(this.#bytes);
    } finally {
      await this.#file.close();
    }
  }

  async #write(): Promise<void> {
    if (this.#failed !== null) throw this.#failed;
    const chunk = Buffer.concat(this.#waiting.splice(0));
    // In one piece: a part of it would make the rest unreadable.
    for (let at = 0; at < chunk.length; ) at += (await this.#file.write(chunk, at)).bytesWritten;
    this.#bytes += chunk.length;
  }
}

/**
 * How reading a file came to its end: `torn`, its writer was cut off in the middle, as by a kill; `damaged`, what follows is not as it was
 * written; `foreign`, it is none of ours.
 */
export type ReadEnd = 'whole' | 'torn' | 'damaged' | 'foreign';

/** The lines of a file, as far as it can be read; answers how it ended. @throws Error where it cannot be opened */
export async function* readLines(path: string): AsyncGenerator<string, ReadEnd> {
  const input = createReadStream(path);
  const zstd = createZstdDecompress();
  // An error of the file is one of reading it.
  input.once('error', (error) => zstd.destroy(error));
  input.pipe(zstd);
  zstd.setEncoding('utf8');
  // A line may be much longer than what comes at once: it is put together when its end is there.
  let begun: string[] = [];
  try {
    for await (const chunk of zstd) {
      const [first = '', ...lines] = String(chunk).split('\n');
      begun.push(first);
      const next = lines.pop();
      if (next === undefined) continue;
      yield begun.join('');
      yield* lines;
      begun = [next];
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ZSTD_error_prefix_unknown') return 'foreign';
    if (code === 'Z_BUF_ERROR') return 'torn';
    if (code.startsWith('ZSTD_error')) return 'damaged';
    throw error;
  } finally {
    input.destroy();
    zstd.destroy();
  }
  return begun.join('') === '' ? 'whole' : 'torn';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
