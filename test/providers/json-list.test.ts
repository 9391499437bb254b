import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutList, type JsonList } from '../../src/providers/http/json-list.ts';

function cut(text: string, seed = 1): JsonList | null {
  return cutList(Buffer.from(text), 'items', seed);
}

/** What the parts say together; a part that is no JSON throws. */
function whole(list: JsonList): unknown {
  return { ...Object(list.rest), items: list.rows.map((row) => row.parse()) };
}

const blanks = fc.stringMatching(/^[ \n\r\t]{0,3}$/);
const value = fc.jsonValue({ maxDepth: 3 });
const row = fc.dictionary(fc.string(), value, { maxKeys: 5 });

describe('a list that is cut out', () => {
  it('says what parsing the whole says', () => {
    const object = fc.tuple(fc.dictionary(fc.string(), value, { maxKeys: 3 }), fc.array(row), fc.nat(3), blanks);
    fc.assert(
      fc.property(object, ([rest, items, indent, blank]) => {
        const text = `${blank}${JSON.stringify({ ...rest, items }, null, indent)}${blank}`;
        const list = cut(text);
        if (list === null) {
          // Only an escaped key keeps a plain object from being cut.
          expect(Object.keys(rest).some((key) => JSON.stringify(key).includes('\\'))).toBe(true);
          return;
        }
        expect(whole(list)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('is left to the parser, or says what the parser says, whatever is broken', () => {
    const text = JSON.stringify({ total: '2', items: [{ a: 'x"}', b: [1, { c: '\\' }] }, { a: null }], more: [{}] });
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.constantFrom('', '"', '\\', ',', '{', '}', '[', ']', ':', ' ', '0'),
        fc.boolean(),
        (at, put, cutOff) => {
          const broken = cutOff ? text.slice(0, at) : text.slice(0, at) + put + text.slice(at + 1);
          const list = cut(broken);
          if (list === null) return;
          let parsed: unknown = 'not JSON';
          try {
            parsed = JSON.parse(broken);
          } catch {}
          if (parsed === 'not JSON') expect(() => whole(list)).toThrow(SyntaxError);
          else expect(whole(list)).toEqual(parsed);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['no object', '[]'],
    ['no list there', '{"total":"0"}'],
    ['another value there', '{"items":null}'],
    ['a text there', '{"items":"[{}]"}'],
    ['rows that are no objects', '{"items":[1]}'],
    ['a row missing', '{"items":[{},,{}]}'],
    ['a comma too many', '{"items":[{},]}'],
    ['the key twice', '{"items":[{}],"items":[]}'],
    ['an escaped key', '{"it\\u0065ms":[{}]}'],
    ['the key further down only', '{"data":{"items":[{}]}}'],
    ['something behind it', '{"items":[{}]} x'],
    ['the rest is no JSON', '{"items":[{}],"a":nope}'],
    ['nothing', ''],
  ])('is left to the parser: %s', (_, text) => {
    expect(cut(text)).toBeNull();
  });

  it('may be empty', () => {
    expect(cut('{"items":[ ],"total":"0"}')).toMatchObject({ rest: { total: '0', items: [] }, rows: [] });
  });
});

describe('the digest of a row', () => {
  const digestOf = (text: string, seed?: number) => cut(`{"items":[${text}]}`, seed)?.rows[0]?.digest;

  it('is the same for the same bytes, wherever they stand', () => {
    const rows = cut('{"items":[{"a":1},{"b":2}, {"a":1}]}')?.rows.map(({ digest }) => digest);
    expect(rows?.[0]).toBe(rows?.[2]);
    expect(rows?.[0]).not.toBe(rows?.[1]);
    expect(digestOf('{"a":1}')).toBe(rows?.[0]);
    expect(Number.isSafeInteger(rows?.[0])).toBe(true);
  });

  it('differs with every byte', () => {
    fc.assert(
      fc.property(row, fc.nat(), fc.nat(), (object, where, how) => {
        const text = JSON.stringify(object);
        const at = 1 + (where % Math.max(1, text.length - 2));
        const letter = String.fromCharCode(0x61 + (how % 26));
        const changed = `${text.slice(0, at)}${letter}${text.slice(at + 1)}`;
        fc.pre(changed !== text && digestOf(changed) !== undefined && text.length > 2);
        expect(digestOf(changed)).not.toBe(digestOf(text));
      }),
    );
  });

  it('differs among a hundred thousand rows that look alike, and with the seed', () => {
    const texts = Array.from({ length: 100_000 }, (_, index) => `{"gid":"gpu-${index}","status":"Running"}`);
    const list = cut(`{"items":[${texts.join(',')}]}`);
    expect(new Set(list?.rows.map(({ digest }) => digest)).size).toBe(100_000);
    expect(digestOf('{"a":1}', 1)).not.toBe(digestOf('{"a":1}', 2));
  });
});
