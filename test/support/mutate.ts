import fc from 'fast-check';

/** Values that decoders of other people's answers have stumbled over. */
const ODD: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  '0',
  '-1',
  '1e309',
  'NaN',
  '__proto__',
  '\u0000',
  '\u202e\ud800',
  'x'.repeat(10_000),
  0,
  -0,
  -1,
  0.1,
  1e21,
  Number.MAX_SAFE_INTEGER + 2,
  1e308,
  '9999-99-99T99:99:99Z',
  '+275760-09-13T00:00:00.001Z',
  [],
  {},
  [[[[]]]],
  { toString: null, valueOf: 1, length: -1, constructor: { prototype: { polluted: true } } },
];

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  'items',
  'total',
  'code',
  'data',
  'password',
];

export const anyJson = fc.oneof(fc.constantFrom(...ODD), fc.jsonValue({ maxDepth: 4 }));

/** One change of a JSON value: where (numbers that are taken round and round), what, and with what. */
const change = fc.record({
  path: fc.array(fc.nat(30), { minLength: 1, maxLength: 7 }),
  how: fc.constantFrom('replace', 'remove', 'double', 'rename', 'wrap', 'empty'),
  value: anyJson,
  key: fc.constantFrom(...KEYS),
});

/** Bytes that are changed: at which place of a thousand, what. */
const damage = fc.record({
  at: fc.nat(999),
  how: fc.constantFrom('cut', 'flip', 'insert', 'repeat'),
  text: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('{', '[', '"', '\\u', '}', ']', ',', '1e999'),
  ),
});

/** How a true body is spoilt: some changes of its structure, then, seldom, of its bytes. */
export const spoiling = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 4 }),
  damages: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(damage, { minLength: 1, maxLength: 3 })),
});
export type Spoiling = typeof spoiling extends fc.Arbitrary<infer T> ? T : never;

/** A JSON text, spoilt. */
export function spoilt(text: string, { changes, damages }: Spoiling): string {
  let data: unknown = JSON.parse(text);
  for (const each of changes) data = changed(data, each.path, each);
  let result = JSON.stringify(data) ?? 'undefined';
  for (const { at, how, text: inserted } of damages) {
    const place = Math.floor((at * result.length) / 1000);
    const [before, after] = [result.slice(0, place), result.slice(place)];
    if (how === 'cut') result = before;
    else if (how === 'flip') result = before + inserted + after.slice(1);
    else if (how === 'insert') result = before + inserted + after;
    else result = before + after.slice(0, 200) + after;
  }
  return result;
}

type Change = Spoiling['changes'][number];

function changed(data: unknown, path: readonly number[], with_: Change): unknown {
  const [step = 0, ...rest] = path;
  if (Array.isArray(data) && data.length > 0) {
    const items: unknown[] = data;
    const index = step % items.length;
    if (rest.length > 0) return items.with(index, changed(items[index], rest, with_));
    if (with_.how === 'remove') return items.toSpliced(index, 1);
    if (with_.how === 'double') return items.toSpliced(index, 0, items[index]);
    return items.with(index, instead(items[index], with_));
  }
  if (typeof data === 'object' && data !== null) {
    const entries: [string, unknown][] = Object.entries(data);
    const index = entries.length === 0 ? 0 : step % entries.length;
    const entry = entries[index];
    if (entry === undefined) return instead(data, with_);
    const [key, value] = entry;
    if (rest.length > 0) return fromEntries(entries.with(index, [key, changed(value, rest, with_)]));
    if (with_.how === 'remove') return fromEntries(entries.toSpliced(index, 1));
    if (with_.how === 'double') return fromEntries([...entries, [with_.key, value]]);
    if (with_.how === 'rename') return fromEntries(entries.with(index, [with_.key, value]));
    return fromEntries(entries.with(index, [key, instead(value, with_)]));
  }
  return instead(data, with_);
}

/** With `__proto__` as a key like any other, as JSON has it. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [key, value] of entries) {
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

function instead(old: unknown, { how, value }: Change): unknown {
  if (how === 'wrap') return [old];
  if (how === 'empty') return Array.isArray(old) ? [] : {};
  return value;
}

/** What every object inherits, to be the same afterwards. */
export function inherited(): string {
  return [Object.prototype, Array.prototype, Function.prototype]
    .map((prototype) => Reflect.ownKeys(prototype).map(String).join())
    .join(';');
}
