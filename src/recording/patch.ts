import { isJsonList, isJsonMap, type Json, type JsonMap } from './json.ts';

/**
 * What became of a value: a number that is added to a whole number · `[value]`, which takes its place · `[from, count,
 * ...items]`, by which a list loses and gains items at one place · a map of what became of its fields, or of the places of a
 * list that is as long as before · `null`, by which a field is gone.
 */
export type Patch = number | null | readonly Json[] | { readonly [key: string]: Patch };

/** What became of `before`; `undefined`: nothing. */
export function diff(before: Json | undefined, after: Json): Patch | undefined {
  if (before === after) return undefined;
  if (typeof before === 'number' && typeof after === 'number') {
    const added = after - before;
    // Of other numbers a sum is not exact.
    const isExact = Number.isSafeInteger(before) && Number.isSafeInteger(after) && Number.isSafeInteger(added);
    return isExact ? added : [after];
  }
  if (isJsonList(before) && isJsonList(after)) return listDiff(before, after);
  if (isJsonMap(before) && isJsonMap(after)) return mapDiff(before, after);
  return [after];
}

function mapDiff(before: JsonMap, after: JsonMap): Patch | undefined {
  const changes: [string, Patch][] = [];
  for (const key of Object.keys(after)) {
    const value = after[key];
    if (value === undefined) continue;
    const change = diff(Object.hasOwn(before, key) ? before[key] : undefined, value);
    if (change !== undefined) changes.push([key, change]);
  }
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) changes.push([key, null]);
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}

function listDiff(before: readonly Json[], after: readonly Json[]): Patch | undefined {
  if (before.length === after.length) {
    const changes: [string, Patch][] = [];
    for (const [place, value] of after.entries()) {
      const change = diff(before[place], value);
      if (change !== undefined) changes.push([`${place}`, change]);
    }
    return changes.length === 0 ? undefined : Object.fromEntries(changes);
  }
  const shorter = Math.min(before.length, after.length);
  const isSame = (one: Json | undefined, other: Json | undefined) =>
    other !== undefined && diff(one, other) === undefined;
  let from = 0;
  while (from < shorter && isSame(before[from], after[from])) from += 1;
  let tail = 0;
  while (tail < shorter - from && isSame(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  return [from, before.length - from - tail, ...after.slice(from, after.length - tail)];
}

/** A patch that is not of this value: the recording is damaged, or another's. */
export class PatchMisfit extends Error {
  constructor(what: string) {
    super(`a change does not fit what it is about: ${what}`);
    this.name = 'PatchMisfit';
  }
}

/** The value that `diff` saw after. @throws PatchMisfit */
export function applied(before: Json | undefined, patch: Patch): Json {
  if (patch === null) throw new PatchMisfit('nothing is left');
  if (typeof patch === 'number') {
    if (typeof before !== 'number') throw new PatchMisfit(`${patch} is added to what is no number`);
    return before + patch;
  }
  if (isReplacement(patch)) return replaced(before, patch);
  if (isJsonList(before)) {
    const next = [...before];
    for (const [place, change] of Object.entries(patch)) next[Number(place)] = applied(before[Number(place)], change);
    return next;
  }
  const next = new Map(isJsonMap(before) ? Object.entries(before) : []);
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) next.delete(key);
    else next.set(key, applied(next.get(key), change));
  }
  return Object.fromEntries(next);
}

function replaced(before: Json | undefined, patch: readonly Json[]): Json {
  const [first, count, ...items] = patch;
  if (first === undefined) throw new PatchMisfit('it is empty');
  if (count === undefined) return first;
  if (!isJsonList(before) || typeof first !== 'number' || typeof count !== 'number')
    throw new PatchMisfit('items of what is no list');
  return before.toSpliced(first, count, ...items);
}

/** Narrows what `Array.isArray` does not: lists that are only read. */
export function isReplacement(patch: Patch): patch is readonly Json[] {
  return Array.isArray(patch);
}
