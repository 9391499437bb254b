/** One import of a source file. */
export interface Import {
  /** As written. */
  readonly from: string;
  /** `import type`: gone when the program runs. `import { type X }` is not, it still loads the file. */
  readonly typeOnly: boolean;
}

const STATIC = /^(?:import|export)\s+(type\s+)?[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const BARE = /^import\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*(?:['"]([^'"]+)['"]\s*[,)])?/g;

/** What a file imports. The formatter puts every import at the start of a line, so patterns are enough. */
export function importsOf(text: string): readonly Import[] {
  const found: Import[] = [];
  for (const [, type, from = ''] of text.matchAll(STATIC)) found.push({ from, typeOnly: type !== undefined });
  for (const [, from = ''] of text.matchAll(BARE)) found.push({ from, typeOnly: false });
  for (const [, from] of codeOf(text, 'keep strings').matchAll(DYNAMIC)) {
    found.push({ from: from ?? '(not a fixed name)', typeOnly: false });
  }
  return found;
}

const COMMENT = String.raw`\/\*[\s\S]*?\*\/|\/\/[^\n]*`;
const STRING = String.raw`'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"`;
const TEMPLATE = '`(?:[^`\\\\]|\\\\[\\s\\S])*`';
// A slash begins a pattern where a value may begin: behind a bracket, an operator, a comma or `return`.
const PATTERN = String.raw`(?<=(?:[(=,:[!&|?{};>]|\breturn)\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/`;
const TOKENS = new RegExp(
  `(?<comment>${COMMENT})|(?<text>${STRING})|(?<template>${TEMPLATE})|(?<pattern>${PATTERN})`,
  'g',
);

/** The source without comments and without what stands in strings; what a template computes stays. */
export function codeOf(text: string, strings: 'drop strings' | 'keep strings' = 'drop strings'): string {
  return text.replace(TOKENS, (token: string, ...rest: unknown[]) => {
    const groups = rest.at(-1);
    const is = (name: string): boolean =>
      typeof groups === 'object' && groups !== null && Reflect.get(groups, name) !== undefined;
    if (is('comment')) return ' ';
    if (strings === 'keep strings') return token;
    if (is('template')) return [...token.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => ` ${code} `).join(';');
    return "''";
  });
}
