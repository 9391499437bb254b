import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { watch } from 'chokidar';
import type { PolicyFile } from '../policy/compile.ts';

/** Editors write in several steps: what came last counts. */
const SETTLE_MS = 500;
/** Where the file system tells nothing (a network mount, a Docker Desktop bind mount) the content is compared. */
const COMPARE_EVERY_MS = 30_000;

/** What policies say, in one short text. */
export function contentHash(files: readonly PolicyFile[]): string {
  const hash = createHash('sha256');
  for (const { file, text } of files) hash.update(`${file}\u0000${text}\u0000`);
  return hash.digest('hex');
}

/**
 * Says when the policy folder may have changed. A hint only: the hearer reads the folder anew and compares. The folder
 * is watched, not its files, since a mounted ConfigMap and an editor's rename both replace them.
 */
export class PolicyWatch {
  readonly #dir: string;
  readonly #onHint: () => void;
  #watcher: ReturnType<typeof watch> | null = null;
  #settle: NodeJS.Timeout | null = null;
  #compare: NodeJS.Timeout | null = null;

  constructor(dir: string, onHint: () => void) {
    this.#dir = dir;
    this.#onHint = onHint;
  }

  start(): void {
    const watcher = watch(this.#dir, {
      depth: 0,
      ignoreInitial: true,
      ignored: (path) => basename(path).startsWith('..'),
    });
    watcher.on('all', () => this.#hint());
    // A folder that cannot be watched is still compared.
    watcher.on('error', () => {});
    this.#watcher = watcher;
    this.#compare = setInterval(this.#onHint, COMPARE_EVERY_MS);
  }

  async stop(): Promise<void> {
    if (this.#settle !== null) clearTimeout(this.#settle);
    if (this.#compare !== null) clearInterval(this.#compare);
    await this.#watcher?.close();
    this.#watcher = null;
  }

  #hint(): void {
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#settle = setTimeout(this.#onHint, SETTLE_MS);
  }
}
