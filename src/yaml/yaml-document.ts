import type { Located } from './located.ts';
import { plainData, pruned, type Span, type YamlNode } from './node.ts';
import type { SourceText } from './source-text.ts';

/** Map keys and list indices from the root. */
export type Path = readonly PropertyKey[];

/** Which part of a map entry is meant, and for texts which letters of it. */
export interface Part {
  readonly part?: 'key' | 'value';
  readonly offset?: number;
  readonly length?: number;
  readonly hint?: string | null;
}

/** A document that was read: its data, and where each piece of it stands. */
export class YamlDocument {
  readonly file: string;
  readonly root: YamlNode;
  readonly #source: SourceText;

  constructor(source: SourceText, root: YamlNode) {
    this.file = source.file;
    this.root = root;
    this.#source = source;
  }

  /** The same document without what stands at `paths`; places stay true. Without anything left: an empty one. */
  without(paths: readonly Path[]): YamlDocument {
    if (paths.length === 0) return this;
    const root = pruned(this.root, paths) ?? { kind: 'scalar', span: this.root.span, value: null, verbatimAt: null };
    return new YamlDocument(this.#source, root);
  }

  /** Does anything stand at `path`? */
  has(path: Path): boolean {
    return this.#walk(path).rest === 0;
  }

  /** The plain data at a path; `undefined` where there is nothing. */
  data(path: Path = []): unknown {
    const found = this.#walk(path);
    return found.rest === 0 ? plainData(found.node) : undefined;
  }

  place(path: Path, part: 'key' | 'value' = 'key'): { readonly line: number; readonly column: number } {
    return this.#source.place(this.#span(path, { part }).start);
  }

  /** Something to say about what stands at `path`; where nothing does, about the nearest thing around it. */
  located(path: Path, message: string, part: Part = {}): Located {
    return this.#source.located(this.#span(path, part), message, part.hint ?? null);
  }

  #span(path: Path, part: Part): Span {
    const { node, key, rest } = this.#walk(path);
    if (rest > 0) return headOf(node, key);
    if (part.part === 'key') return key ?? headOf(node, null);
    if (node.kind !== 'scalar') return headOf(node, key);
    if (node.value === null && key !== null) return key;
    if (part.offset !== undefined && node.verbatimAt !== null) {
      const start = node.verbatimAt + part.offset;
      return { start, end: start + (part.length ?? 1) };
    }
    return node.span;
  }

  /** Follows the path as far as it goes. `rest`: how many steps were left; `key`: the key of the entry reached, if any. */
  #walk(path: Path): { readonly node: YamlNode; readonly key: Span | null; readonly rest: number } {
    let node = this.root;
    let key: Span | null = null;
    for (const [index, step] of path.entries()) {
      const rest = path.length - index;
      if (node.kind === 'map') {
        const entry = node.entries.get(String(step));
        if (entry === undefined) return { node, key, rest };
        node = entry.value;
        key = entry.key;
      } else if (node.kind === 'list') {
        const item = node.items[Number(step)];
        if (item === undefined) return { node, key, rest };
        node = item;
        key = null;
      } else {
        return { node, key, rest };
      }
    }
    return { node, key, rest: 0 };
  }
}

/** What to point at when a whole collection is meant: its key, else its first key, else where it begins. */
function headOf(node: YamlNode, key: Span | null): Span {
  if (key !== null) return key;
  if (node.kind === 'map') {
    const first = node.entries.values().next().value;
    if (first !== undefined) return first.key;
  }
  return node.kind === 'scalar' ? node.span : { start: node.span.start, end: node.span.start + 1 };
}
