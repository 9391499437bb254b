import { expect as bare } from 'vitest';
import { inEnglish } from '../../src/decide/in-english.ts';
import type { Detail } from '../../src/fleet/detail/detail.ts';
import { isDetail } from '../../src/fleet/detail/stored.ts';

/** A detail as English readers have it, with times in Shanghai. */
export function words(detail: Detail | undefined): string {
  return detail === undefined ? '' : inEnglish(detail, 'Asia/Shanghai');
}

const KNOWN = new WeakMap<object, unknown>();

/** A value as it is, every detail in it in English. The very same where it holds none, and for the same always the same. */
export function inWords(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = KNOWN.has(value) ? KNOWN.get(value) : worded(value);
  KNOWN.set(value, known);
  return known;
}

function worded(value: object): unknown {
  if (isDetail(value)) return words(value);
  if (value instanceof Promise) return value.then(inWords);
  if (Array.isArray(value)) {
    const parts = value.map(inWords);
    return parts.every((part, place) => part === value[place]) ? value : parts;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, field, inWords(field)] as const);
  if (fields.every(([, before, after]) => before === after)) return value;
  return Object.fromEntries(fields.map(([name, , after]) => [name, after]));
}

/** Vitest's own, to which every detail is its English sentence: of what is looked at and of what is wanted. */
export const expect = Object.assign(
  (value: unknown, message?: string) => talking(bare(inWords(value), message)),
  { any: bare.any, anything: bare.anything, arrayContaining: bare.arrayContaining, closeTo: bare.closeTo },
  { objectContaining: bare.objectContaining, stringContaining: bare.stringContaining },
  { stringMatching: bare.stringMatching },
);

function talking<T extends object>(assertion: T): T {
  return new Proxy(assertion, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name, target);
      if (typeof found === 'function') return (...given: unknown[]) => Reflect.apply(found, target, given.map(inWords));
      return typeof found === 'object' && found !== null ? talking(found) : found;
    },
  });
}
