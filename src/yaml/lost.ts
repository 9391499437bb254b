import type { Path } from './yaml-document.ts';

/** Something that was left out of a document because it is wrong. */
export interface Loss {
  readonly path: Path;
  /** Of a key that is not known: the known one that it was probably meant to be; `null`: none is near. */
  readonly meant?: string | null;
}

/**
 * What was left out of a document. An error that comes from such a gap would be noise beside the one that explains it, so
 * whoever misses something asks here first.
 */
export class Lost {
  readonly #all: readonly Loss[];

  constructor(all: readonly Loss[]) {
    this.#all = all;
  }

  /** Was anything left out at `path`, around it or below it? */
  at(path: Path): boolean {
    return this.#all.some((loss) => isWithin(loss.path, path) || isWithin(path, loss.path));
  }

  /** What was left out inside `path`, counted from there. */
  inside(path: Path): Loss[] {
    return this.#all
      .filter((loss) => loss.path.length > path.length && isWithin(loss.path, path))
      .map((loss) => ({ ...loss, path: loss.path.slice(path.length) }));
  }

  /** Is the key at `path` perhaps there after all: left out, or misspelt beside where it belongs? */
  perhaps(path: Path): boolean {
    return this.at(path) || this.#all.some((loss) => mayMean(loss, path));
  }
}

export const NOTHING_LOST = new Lost([]);

/** A key like none may be meant for any. */
function mayMean({ path, meant }: Loss, key: Path): boolean {
  if (meant === undefined || path.length > key.length || !isWithin(key.slice(0, path.length - 1), path.slice(0, -1))) {
    return false;
  }
  return meant === null || meant === String(key[path.length - 1]);
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((step, index) => index < path.length && String(path[index]) === String(step));
}
