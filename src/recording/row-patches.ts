import { isJsonList, isJsonMap, type Json } from './json.ts';
import { isReplacement, type Patch, PatchMisfit } from './patch.ts';

/**
 * What became of many rows at once. Most change in the same fields (the time of a reading, how long it has been watched), so
 * rows are told by the shape of their change, with the values of each field beside each other: that is small when
 * compressed, and smaller by far than row by row.
 */
export type RowPatches = readonly (readonly [shape: Json, rows: readonly number[], ...columns: (readonly Json[])[]])[];

/** Puts the changes of rows together by their shapes, row by row. */
export class RowPacker {
  readonly #groups = new Map<string, { readonly rows: number[]; readonly columns: Json[][] }>();

  /** @param row its place in a list that reader and writer share; a later one than before */
  add(row: number, patch: Patch): void {
    const values: Json[] = [];
    const shape = shapeOf(patch, values);
    let group = this.#groups.get(shape);
    if (group === undefined) {
      group = { rows: [], columns: values.map(() => []) };
      this.#groups.set(shape, group);
    }
    group.rows.push(row);
    for (let place = 0; place < values.length; place += 1) group.columns[place]?.push(values[place] ?? null);
  }

  /** `null`: nothing has changed. */
  packed(): RowPatches | null {
    if (this.#groups.size === 0) return null;
    return [...this.#groups].map(([text, { rows, columns }]) => {
      const shape: Json = JSON.parse(text);
      return [shape, steps(rows), ...columns] as const;
    });
  }
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

/**
 * The patch with its values taken out, as JSON: a number stands for each that is added, an empty list for each that
 * replaces. Written at once, since there is one for each row of each pass.
 */
function shapeOf(patch: Patch, values: Json[]): string {
  if (patch === null) return 'null';
  if (typeof patch === 'number') {
    values.push(patch);
    return '0';
  }
  if (isReplacement(patch)) {
    values.push(patch);
    return '[]';
  }
  let text = '';
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (change !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${shapeOf(change, values)}`;
  }
  return `{${text}}`;
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
