/** Where a piece of the source begins and ends: UTF-16 offsets, the end excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface YamlEntry {
  readonly key: Span;
  readonly value: YamlNode;
}

/** A document as read: plain values, each with its place. */
export type YamlNode =
  | { readonly kind: 'map'; readonly span: Span; readonly entries: ReadonlyMap<string, YamlEntry> }
  | { readonly kind: 'list'; readonly span: Span; readonly items: readonly YamlNode[] }
  | {
      readonly kind: 'scalar';
      readonly span: Span;
      readonly value: string | number | boolean | null;
      /** Where the value's text stands letter by letter in the source; `null` where quotes or folding changed it. */
      readonly verbatimAt: number | null;
    };

/** What has been made of maps and lists before: a schema's frame, its pieces and whoever counts them ask for the same. */
const made = new WeakMap<YamlNode, unknown>();

/**
 * The bare data, for a schema. Maps have no prototype, so no key can be taken for something inherited. The same for the
 * same node each time, so it is only read.
 */
export function plainData(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value;
  const known = made.get(node);
  if (known !== undefined) return known;
  const data = node.kind === 'list' ? node.items.map(plainData) : plainMap(node.entries);
  made.set(node, data);
  return data;
}

function plainMap(entries: ReadonlyMap<string, YamlEntry>): Record<string, unknown> {
  const data: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of entries) data[key] = plainData(entry.value);
  return data;
}

type Steps = readonly PropertyKey[];

/** The same without what stands at `paths`; spans stay true. `null`: nothing is left. A path that leads nowhere counts for nothing. */
export function pruned(node: YamlNode, paths: readonly Steps[]): YamlNode | null {
  if (paths.length === 0) return node;
  if (paths.some((path) => path.length === 0)) return null;
  switch (node.kind) {
    case 'scalar':
      return node;
    case 'list':
      return {
        ...node,
        items: node.items.flatMap((item, index) => pruned(item, below(paths, index)) ?? []),
      };
    case 'map': {
      const entries = new Map<string, YamlEntry>();
      for (const [key, entry] of node.entries) {
        const value = pruned(entry.value, below(paths, key));
        if (value !== null) entries.set(key, { key: entry.key, value });
      }
      return { ...node, entries };
    }
  }
}

/** The same for plain data that was made from such nodes; `undefined`: nothing is left. */
export function prunedData(data: unknown, paths: readonly Steps[]): unknown {
  if (paths.length === 0) return data;
  if (paths.some((path) => path.length === 0)) return undefined;
  if (Array.isArray(data)) {
    return data.map((item, index) => prunedData(item, below(paths, index))).filter((item) => item !== undefined);
  }
  if (typeof data !== 'object' || data === null) return data;
  const kept: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(data)) {
    const value = prunedData(item, below(paths, key));
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}

function below(paths: readonly Steps[], step: PropertyKey): Steps[] {
  return paths.filter(([first]) => String(first) === String(step)).map((path) => path.slice(1));
}

/** The way to the innermost value that an offset of the source belongs to. */
export function pathTo(node: YamlNode, offset: number): PropertyKey[] {
  switch (node.kind) {
    case 'scalar':
      return [];
    case 'list': {
      const index = node.items.findIndex(({ span }) => span.end >= offset);
      const item = node.items[index];
      return item === undefined ? [] : [index, ...pathTo(item, offset)];
    }
    case 'map': {
      const found = [...node.entries].findLast(([, { key }]) => key.start <= offset);
      return found === undefined ? [] : [found[0], ...pathTo(found[1].value, offset)];
    }
  }
}
