/** Names are at most a few hundred characters; a longer pattern is a mistake or an attack. */
export const MAX_PATTERN = 256;

export type TextTest = (text: string) => boolean;

export function isGlob(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('?');
}

/**
 * A test for one pattern: `*` stands for any characters, also none, `?` for exactly one; everything else for itself,
 * case included. Nothing can be escaped. Never backtracks further than to the last star, so the time is bounded by
 * length of pattern times length of text, whatever either holds.
 */
export function globTest(pattern: string): TextTest {
  const shortened = pattern.replaceAll(/\*+/g, '*');
  if (shortened === '*') return () => true;
  if (!isGlob(shortened)) return (text) => text === shortened;
  const inner = shortened.slice(1, -1);
  if (!isGlob(inner)) {
    const middle = shortened.replaceAll('*', '');
    const open = shortened.startsWith('*');
    const end = shortened.endsWith('*');
    if (!isGlob(middle)) {
      if (open && end) return (text) => text.includes(middle);
      if (open) return (text) => text.endsWith(middle);
      return (text) => text.startsWith(middle);
    }
  }
  return (text) => matches(shortened, text);
}

function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p;
      resume = t;
      p += 1;
    } else if (p < pattern.length && pattern[p] === '?') {
      t += isPair(text, t) ? 2 : 1;
      p += 1;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      t += 1;
      p += 1;
    } else if (star >= 0) {
      // What followed the last star did not fit: let that star take one more.
      resume += 1;
      t = resume;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** Characters outside the basic plane, such as emoji, are two units and one character to whoever writes `?`. */
function isPair(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff && at + 1 < text.length;
}

/** A test for "one of these patterns". */
export function anyGlobTest(patterns: readonly string[]): TextTest {
  const [only, ...more] = patterns;
  if (only === undefined) return () => false;
  if (more.length === 0) return globTest(only);
  const exact = new Set(patterns.filter((pattern) => !isGlob(pattern)));
  const tests = patterns.filter(isGlob).map(globTest);
  if (tests.length === 0) return (text) => exact.has(text);
  return (text) => {
    if (exact.has(text)) return true;
    for (const test of tests) if (test(text)) return true;
    return false;
  };
}
