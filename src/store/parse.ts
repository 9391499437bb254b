import type { z } from 'zod';
import { StoreCorrupt } from './store-error.ts';

/** Reads a stored JSON value. @throws StoreCorrupt naming where it is stored */
export function parseStored<S extends z.ZodType>(schema: S, text: string, where: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new StoreCorrupt(where, error);
  }
}

/** Reads a stored whole number. @throws StoreCorrupt */
export function parseInteger(text: string | null | undefined, where: string): number {
  const value = Number(text ?? Number.NaN);
  if (!Number.isSafeInteger(value)) throw new StoreCorrupt(where, new Error(`"${text}" is not a whole number`));
  return value;
}
