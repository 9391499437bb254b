import { nearestWord } from './nearest-word.ts';

/** Longer names are cut in messages. */
const LONGEST_SHOWN = 64;

/** Says that nothing bears a name, and which one was probably meant, or which there are. `name` may be a pattern. */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const quoted = JSON.stringify(name.length > LONGEST_SHOWN ? `${name.slice(0, LONGEST_SHOWN)}…` : name);
  const near = nearestWord(name, known);
  if (near !== null) return `no ${what} is called ${quoted}; did you mean "${near}"?`;
  const none = /[*?]/.test(name) ? `no ${what} fits ${quoted}` : `no ${what} is called ${quoted}`;
  if (known.length === 0) return `${none}; there is none`;
  return `${none}; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`;
}
