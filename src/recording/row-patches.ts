import { isJsonList, isJsonMap, type Json } from './json.ts';
import { isReplacement, type Patch, PatchMisfit } from './patch.ts';

/**
 * What became of many rows at once. Most change in the same fields (the time of a reading, how long it has been watched), so
 * rows are told by the shape of their change, with the values of each field beside each other: that is small when
 * compressed, and smaller by far than row by row.
 */
export type RowPatches = readonly (readonly [shape: Json, rows: readonly number[], ...columns: (readonly Json[])[]])[];

/** @param patches by the row's place in a list that reader and writer share; `null`: the row is gone */
export function packed(patches: ReadonlyMap<number, Patch>): RowPatches {
  const groups = new Map<string, { readonly shape: Json; readonly rows: number[]; readonly columns: Json[][] }>();
  for (const [row, patch] of patches) {
    const values: Json[] = [];
    const shape = shapeOf(patch, values);
    const key = JSON.stringify(shape);
    const group = groups.get(key) ?? { shape, rows: [], columns: values.map(() => []) };
    groups.set(key, group);
    group.rows.push(row);
    for (const [place, value] of values.entries()) group.columns[place]?.push(value);
  }
  return [...groups.values()].map(({ shape, rows, columns }) => [shape, steps(rows), ...columns] as const);
}

/** @throws PatchMisfit */
export function unpacked(groups: RowPatches): ReadonlyMap<number, Patch> {
  const patches = new Map<number, Patch>();
  for (const [shape, rows, ...columns] of groups) {
    let row = 0;
    for (const [index, step] of rows.entries()) {
      row += step;
      let place = 0;
      const next = (): Json => {
        const value = columns[place]?.[index];
        place += 1;
        if (value === undefined) throw new PatchMisfit('a column is too short');
        return value;
      };
      patches.set(row, filled(shape, next));
    }
  }
  return patches;
}

/** The patch with its values taken out: a number stands for each that is added, an empty list for each that replaces. */
function shapeOf(patch: Patch, values: Json[]): Json {
  if (patch === null) return null;
  if (typeof patch === 'number') {
    values.push(patch);
    return 0;
  }
  if (isReplacement(patch)) {
    values.push(patch);
    return [];
  }
  return Object.fromEntries(Object.entries(patch).map(([key, change]) => [key, shapeOf(change, values)]));
}

function filled(shape: Json, next: () => Json): Patch {
  if (shape === null) return null;
  if (isJsonMap(shape))
    return Object.fromEntries(Object.entries(shape).map(([key, part]) => [key, filled(part, next)]));
  const value = next();
  if (isJsonList(shape) && isJsonList(value)) return value;
  if (typeof shape === 'number' && typeof value === 'number') return value;
  throw new PatchMisfit('a column holds something else');
}

/** Each but the first as the distance from the one before. */
function steps(rows: readonly number[]): readonly number[] {
  return rows.map((row, index) => row - (rows[index - 1] ?? 0));
}
