/** A request's arguments, from its query or its JSON body, still unchecked. */
export type Args = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A non-empty text, or null. */
export function textArg(args: Args, key: string): string | null {
  const value = args[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** An integer, given as a number or, as in huixingyun's own samples and in every query, as digits; null otherwise. */
export function intArg(args: Args, key: string): number | null {
  const value = args[key];
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null;
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number.parseInt(value, 10) : null;
}

/** A JSON boolean, or null. */
export function boolArg(args: Args, key: string): boolean | null {
  const value = args[key];
  return typeof value === 'boolean' ? value : null;
}

/** Comma-joined ids, as huixingyun takes them. */
export function idsArg(args: Args, key: string): string[] {
  const text = textArg(args, key);
  return text === null ? [] : text.split(',').map((id) => id.trim());
}

/** One page of a list by `page` (from 1) and `page_size` (default 10, cut down to `limit`); null for senseless values. */
export function pageOf<T>(args: Args, limit: number, all: readonly T[]): readonly T[] | null {
  const page = args.page === undefined ? 1 : intArg(args, 'page');
  const size = args.page_size === undefined ? 10 : intArg(args, 'page_size');
  if (page === null || size === null || page < 1 || size < 1) return null;
  const used = Math.min(size, limit);
  return all.slice((page - 1) * used, page * used);
}
