import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../src/recording/json.ts';
import { applied, diff, PatchMisfit } from '../../src/recording/patch.ts';
import { RowPacker, unpacked } from '../../src/recording/row-patches.ts';

/** As it comes out of a file: there is no -0 in JSON. */
function written(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value));
  return json;
}

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(null, true, 'a', 'b', '', 0, 1, 60_000, 1_764_561_600_000, 0.1, 0.3, -5),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom('a', 'b', '0', '1', 'at', '__proto__', 'constructor'), tie('value'), { maxKeys: 5 }),
  ),
})).value;

test('what became of a value makes the new one of the old one, whatever both are', () => {
  fc.assert(
    fc.property(value, value, (one, other) => {
      const [before, after] = [written(one), written(other)];
      const patch = diff(before, after);
      if (patch === undefined) expect(before).toEqual(after);
      else expect(JSON.stringify(sorted(applied(before, patch)))).toBe(JSON.stringify(sorted(after)));
    }),
    { numRuns: 500 },
  );
});

test.each<[string, Json, Json, unknown]>([
  ['a time goes on', { at: 1000, kind: 'idle' }, { at: 61_000, kind: 'idle' }, { at: 60_000 }],
  ['a sum that is not exact is written whole', 0.1, 0.3, [0.3]],
  ['a field comes and one goes', { a: 1 }, { b: 2 }, { b: [2], a: null }],
  ['one of a list changes', [1, 2, 3], [1, 5, 3], { 1: 3 }],
  ['a list slides', ['a', 'b', 'c'], ['b', 'c', 'd', 'e'], [0, 3, 'b', 'c', 'd', 'e']],
  ['a list gets longer', ['a', 'b'], ['a', 'b', 'c'], [2, 0, 'c']],
  ['a list loses one in the middle', ['a', 'b', 'c'], ['a', 'c'], [1, 1]],
])('%s', (_, before, after, patch) => {
  expect(diff(before, after)).toEqual(patch);
});

test('a change of something else is refused', () => {
  expect(() => applied('text', 5)).toThrow(PatchMisfit);
  expect(() => applied({}, [0, 1, 'a'])).toThrow(PatchMisfit);
});

test('changes of many rows come back row by row, and those of one shape stand together', () => {
  const patches = new Map([
    [0, { at: 60_001, reading: { at: 60_001, evidence: ['busy'] } }],
    [3, { at: 59_990, reading: { at: 59_990, evidence: ['idle'] } }],
    [4, { gone: null }],
    [9, { at: 60_000, reading: { at: 60_000, evidence: ['idle'] } }],
  ]);
  const packer = new RowPacker();
  expect(packer.packed()).toBeNull();
  for (const [row, patch] of patches) packer.add(row, patch);
  const rows = packer.packed();
  expect(rows).toHaveLength(2);
  expect([...unpacked(rows ?? [])].sort(([a], [b]) => a - b)).toEqual([...patches]);
});

/** Maps have no order. */
function sorted(value: Json): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => [key, sorted(each)]);
}
