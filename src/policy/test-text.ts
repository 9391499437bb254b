import type { PolicyTestInput } from './test-grammar.ts';

/** Words that are texts without quotes; all others are quoted, which is never wrong. */
const PLAIN = /^[\p{L}_][\p{L}\p{N}_./-]*(?: [\p{L}\p{N}][\p{L}\p{N}_./-]*)*$/u;
/** Plain words that a YAML reader could take for something else. */
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/**
 * One test as a file: keys on lines of their own, and what stands below them in a line each.
 * @param notes comments above it, without line ends
 */
export function testFileText(test: PolicyTestInput, notes: readonly string[]): string {
  const { name, now, for: length, policies, accounts, fleet, timeline, expect } = test;
  const lines = [...notes.map((note) => `# ${note}`), 'tests:', `  - name: ${scalar(name)}`, `    now: ${scalar(now)}`];
  lines.push(`    for: ${scalar(length)}`);
  if (policies !== undefined) lines.push(`    policies: ${flow(policies)}`);
  if (accounts !== undefined) lines.push('    accounts:', ...map(accounts));
  lines.push('    fleet:', ...map(fleet));
  for (const [key, items] of Object.entries({ timeline, expect })) {
    if (items !== undefined) lines.push(`    ${key}:`, ...items.map((item) => `      - ${flow(item)}`));
  }
  return `${lines.join('\n')}\n`;
}

function map(entries: object): string[] {
  return Object.entries(entries).map(([key, value]) => `      ${scalar(key)}: ${flow(value)}`);
}

/** On one line. What is not said is left out. */
function flow(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(flow).join(', ')}]`;
  if (typeof data !== 'object' || data === null) return scalar(data);
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  return entries.length === 0
    ? '{}'
    : `{ ${entries.map(([key, value]) => `${scalar(key)}: ${flow(value)}`).join(', ')} }`;
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null';
  // Durations such as 30m are texts as well.
  const isDuration = /^(?:\d+(?:ms|[dhms]))+$/.test(value);
  return isDuration || (PLAIN.test(value) && !WORDS.test(value)) ? value : JSON.stringify(value);
}
