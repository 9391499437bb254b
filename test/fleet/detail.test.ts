import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { inEnglish } from '../../src/decide/in-english.ts';
import { chineseSpan } from '../../src/fleet/chinese-span.ts';
import { chinese } from '../../src/fleet/detail/chinese.ts';
import { asTold, type Detail, isSame, NO_DETAIL, says, verbatim } from '../../src/fleet/detail/detail.ts';
import { english } from '../../src/fleet/detail/english.ts';
import { DETAIL_KINDS } from '../../src/fleet/detail/kinds.ts';
import type { ArgumentSpec } from '../../src/fleet/detail/spec.ts';
import { isDetail, readDetail, storedDetail } from '../../src/fleet/detail/stored.ts';
import { formatDuration } from '../../src/fleet/duration-text.ts';
import { formatYuan } from '../../src/fleet/money.ts';
import { wallTime } from '../../src/fleet/wall-time.ts';

const NOON = Date.UTC(2026, 9, 8, 4);
const time = (at: number) => wallTime(at, 'Asia/Shanghai');
const LANGUAGES = [
  ['English', (detail: Detail) => english(detail, time)],
  ['中文', (detail: Detail) => chinese(detail, time)],
] as const;

/** Words that stand in Chinese sentences as they are: names of things that have no other. */
const NAMES =
  /\b(?:GPU|CPU|MIG|GiB|SSH|API|URL|Redis|Jupyter|Prometheus|lamplighter|reconcile|nvidia-smi|network\.allow|catchUp|actions|url|host|shell|query|--api|api\/v1\/query)\b/g;

/** Arguments of one kind, told apart: each text and number stands in one place only. */
function argumentsOf(spec: Readonly<Record<string, ArgumentSpec>>): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return fc.record(
    Object.fromEntries(
      Object.entries(spec).map(([name, kind], place) => [
        name,
        name === 'counter' ? fc.constantFrom('cpu', 'disk', 'network') : argument(kind, `名${place}号`, place),
      ]),
    ),
  );
}

function argument(spec: ArgumentSpec, name: string, place: number): fc.Arbitrary<unknown> {
  if (spec.endsWith('?')) return fc.option(plain(spec.slice(0, -1), name, place), { nil: null });
  return plain(spec, name, place);
}

function plain(kind: string, name: string, place: number): fc.Arbitrary<unknown> {
  const number = fc.integer({ min: 2, max: 9 }).map((digit) => 1_000 * (place + 1) + 111 * digit);
  switch (kind) {
    case 'text':
      return fc.constant(name);
    case 'texts':
      return fc.constant([`${name}甲`, `${name}乙`]);
    case 'word':
      return fc.constantFrom('stop', 'running', 'hourly', 'daily', 'unreachable', 'idle');
    case 'words':
      return fc.constant(['stop', 'renew']);
    case 'number':
    case 'fen':
      return number;
    case 'at':
      return number.map((minutes) => NOON + minutes * 60_000);
    case 'ms':
      return number.map((seconds) => seconds * 60_000);
    case 'flag':
      return fc.boolean();
    case 'detail':
      return fc.constant(verbatim(name));
    case 'details':
      return fc.constant([verbatim(`${name}甲`), asTold(`${name}乙`)]);
    default:
      throw new Error(`no argument for ${kind}`);
  }
}

/** The texts of which one has to stand in a sentence for each argument. */
function shownAs(spec: string, value: unknown): readonly (readonly string[])[] {
  const kind = spec.replace('?', '');
  if (value === null || kind === 'word' || kind === 'words' || kind === 'flag') return [];
  if (kind === 'at' && typeof value === 'number') return [[time(value)]];
  if (kind === 'fen' && typeof value === 'number') return [[formatYuan(value)]];
  if (kind === 'ms' && typeof value === 'number') {
    const span = formatDuration(value);
    return [[span, chineseSpan(span), `${value / 1000}`]];
  }
  if (kind === 'detail' && isDetail(value)) return [[english(value, time)]];
  if (kind === 'details' && Array.isArray(value))
    return value.map((each: unknown) => (isDetail(each) ? [english(each, time)] : []));
  if (Array.isArray(value)) return value.map((each: unknown) => [String(each)]);
  return typeof value === 'string' || typeof value === 'number' ? [[String(value)]] : [];
}

/** What only tells where a table of the catalogue is looked into. */
const LOOKED_UP = new Set(['aftermath']);
/** Whole hours; and a peak that is not said where something better is. */
const ROUNDED = new Set(['kernel-hangs', 'cards-idle']);

const KINDS = Object.entries(DETAIL_KINDS).map(([kind, spec]): [string, Readonly<Record<string, ArgumentSpec>>] => [
  kind,
  spec,
]);

describe.each(KINDS)('%s', (kind, spec) => {
  const anyOfIt = argumentsOf(spec).map((given): Detail => {
    const detail = { kind, ...given };
    if (!isDetail(detail)) throw new Error(`${JSON.stringify(detail)} is no detail`);
    return detail;
  });

  test.each(LANGUAGES)('in %s every argument shows, and nothing that is none', (_, said) => {
    fc.assert(
      fc.property(anyOfIt, (detail) => {
        const sentence = said(detail);
        expect(sentence).not.toMatch(/undefined|\[object|NaN|\bnull\b/);
        expect(sentence.trim()).not.toBe('');
        if (LOOKED_UP.has(kind) || ROUNDED.has(kind)) return;
        for (const [name, argumentKind] of Object.entries(spec)) {
          const value: unknown = Reflect.get(detail, name);
          for (const anyOf of shownAs(argumentKind, value))
            expect(
              anyOf.some((text) => sentence.includes(text)),
              `${name} in: ${sentence}`,
            ).toBe(true);
        }
      }),
      { numRuns: 3 },
    );
  });

  test('in Chinese no English word but names', () => {
    fc.assert(
      fc.property(anyOfIt, (detail) => {
        const bare = chinese(detail, time).replace(NAMES, '');
        expect(bare).not.toMatch(/[a-z]{4,}/i);
        expect(chinese(detail, time)).not.toMatch(/[一-龥] [，。；：（）、]|[，。；：（）、] /);
      }),
      { numRuns: 3 },
    );
  });

  test('is read back as it was stored', () => {
    fc.assert(
      fc.property(anyOfIt, (detail) => {
        expect(readDetail(storedDetail(detail))).toEqual(detail);
        expect(isSame(readDetail(storedDetail(detail)), detail)).toBe(true);
      }),
      { numRuns: 3 },
    );
  });
});

describe('what is stored', () => {
  it('is plain text where it is text, so that an older program reads it', () => {
    expect(storedDetail(verbatim('answered 502'))).toBe('answered 502');
    expect(storedDetail(NO_DETAIL)).toBe('');
  });

  it('by an older program is text, whatever it says', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readDetail(storedDetail(verbatim(text)))).toEqual(verbatim(text));
      }),
    );
    const odd = '{"kind":"text"} is what it said';
    expect(readDetail(storedDetail(verbatim(odd)))).toEqual(verbatim(odd));
  });

  it.each([
    ['of a kind that is not known', '{"kind":"of-tomorrow","at":1}'],
    ['with an argument too few', '{"kind":"held","owner":"wang","until":null}'],
    ['with an argument too many', '{"kind":"all-paused","by":"wang"}'],
    ['with an argument of another type', '{"kind":"expired-at","at":"soon"}'],
    ['that is cut off', '{"kind":"expired-at","at":1'],
    ['in one that is none', '{"kind":"is-optional","what":{"kind":"of-tomorrow"}}'],
  ])('is shown as it is where it is no detail: %s', (_, stored) => {
    expect(readDetail(stored)).toEqual(verbatim(stored));
  });

  it('is no detail where sentences lie in each other without end', () => {
    const nested = Array.from({ length: 20 }).reduce<Detail>((what) => ({ kind: 'is-optional', what }), {
      kind: 'not-told',
    });
    expect(isDetail(nested)).toBe(false);
  });
});

test('nothing to be said says nothing', () => {
  expect([says(NO_DETAIL), says(verbatim('x')), says({ kind: 'all-paused' })]).toEqual([false, true, true]);
});

test('the times are those of the reader', () => {
  const held: Detail = { kind: 'held', owner: '王工', until: NOON, why: '训练中' };
  expect(inEnglish(held, 'Asia/Shanghai')).toBe('held by 王工 until 2026-10-08T12:00:00+08:00: 训练中');
  expect(chinese(held, (at) => wallTime(at, 'Europe/Berlin'))).toBe('王工要求保留到 2026-10-08 06:00：训练中');
});

test('Chinese as it is read', () => {
  const said = (detail: Detail) => chinese(detail, time);
  expect(said({ kind: 'status-is', status: 'stopped' })).toBe('已关机');
  expect(said({ kind: 'idle-for', ms: 1_200_000, wantedMs: 1_800_000, since: 'boot' })).toBe(
    '已空闲 20 分钟，需满 30 分钟，从开机算起',
  );
  expect(
    said({
      kind: 'would',
      action: 'stop',
      announced: true,
      costFen: null,
      because: {
        kind: 'due-instance',
        name: 'dev-1',
        instance: 'hxy/gpu-1',
        facts: [{ kind: 'idle-since', since: NOON }],
      },
    }),
  ).toBe('若执行会预告关机：dev-1（hxy/gpu-1）自 2026-10-08 12:00 起空闲。');
  expect(said({ kind: 'unseen', what: { kind: 'expiry-unmoved' }, waitedMs: 930_000, accepted: true })).toBe(
    '请求发出 15 分 30 秒后：到期时间没有变化，尽管平台答复过已接受',
  );
});
