import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const SHEET = readFileSync(new URL('../../src/web/console/assets/console.css', import.meta.url), 'utf8');

/** Everything that is read on the ground that it is read on; the page is measured as it is drawn in test/system/console.test.ts. */
const GROUNDS = ['paper', 'card', 'raised', 'hover'];
const PAIRS: readonly (readonly [text: string, ground: string])[] = [
  ...['ink', 'dim', 'faint', 'good', 'warn', 'bad', 'busy'].flatMap((text) => GROUNDS.map((on) => [text, on] as const)),
  ['ink', 'line-soft'],
  ['dim', 'line-soft'],
  ['good', 'good-bg'],
  ['warn', 'warn-bg'],
  ['ink', 'warn-bg'],
  ['dim', 'warn-bg'],
  ['bad', 'bad-bg'],
  ['ink', 'bad-bg'],
  ['busy', 'busy-bg'],
  ['night-ink', 'night'],
];

/** The colours of the block that begins with such a selector. */
function theme(selector: string): ReadonlyMap<string, string> {
  const from = SHEET.indexOf(`${selector} {`);
  const block = SHEET.slice(from, SHEET.indexOf('}', from));
  return new Map([...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [name, hex]));
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG 2: 1 to 21. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

test('the measure itself is right', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

describe.each([
  ['light', ':root'],
  ['dark, by the system', ':root[data-theme="auto"]'],
  ['dark, by choice', ':root[data-theme="dark"]'],
])('%s', (_name, selector) => {
  const colours = theme(selector);
  test.each(PAIRS)('%s is read on %s', (text, ground) => {
    const [ink, paper] = [colours.get(text), colours.get(ground)];
    if (ink === undefined || paper === undefined) throw new Error(`no colour ${text} or ${ground}`);
    expect(contrast(ink, paper)).toBeGreaterThanOrEqual(4.5);
  });
});

test('both ways to the dark theme are the same', () => {
  expect(theme(':root[data-theme="auto"]')).toEqual(theme(':root[data-theme="dark"]'));
});
