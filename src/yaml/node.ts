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

/** The bare data, for a schema. Maps have no prototype, so no key can be taken for something inherited. */
export function plainData(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(plainData);
    case 'map': {
      const data: Record<string, unknown> = Object.create(null);
      for (const [key, entry] of node.entries) data[key] = plainData(entry.value);
      return data;
    }
  }
}
