import { nearestWord } from '../fleet/nearest-word.ts';

/** Keys whose value is a secret when it stands in the file itself. Their `…File` relatives hold a path and may be shown. */
const SECRET_KEYS = ['token', 'secret', 'password', 'apiKey'] as const;
const HARMLESS_KEYS = ['tokenFile', 'secretFile', 'urlFile', 'file', 'timezone', 'notice'] as const;
const KEY = /(?<![\p{L}\p{N}_-])[\p{L}\p{N}_-]{1,64}(?=["']?[ \t]*:)/gu;

/** The values of such keys: a variable, a text in quotes, a block, or what stands up to the next comma or line. */
const VALUE = String.raw`["']?[ \t]*:\s*)((?:\$\{[^}\n]*\})|(?:"(?:[^"\\]|\\.)*"?)|(?:'[^']*'?)|(?:[|>][^\n]*(?:\n(?:[ \t]+[^\n]*)?)*)|[^\s,}\]#][^\n,}\]]*)`;

/** An address whose beginning was forgotten: nobody can say where in it the secret begins. */
const ALMOST_ADDRESS = /(\burl["']?[ \t]*:\s*(?:[[{-]\s*)*["']?)(?![a-z][a-z0-9+.-]*:\/\/|\$\{)([^\s"',}\]]+)/gi;

/**
 * The user part and everything after the host of an address: webhook addresses are secrets by themselves. The user part
 * goes up to the last `@`, since passwords are written with whatever is in them. Bounded, so that no text takes long.
 */
const IN_ADDRESS = /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}:\/\/)([^\s"']{0,300}@)?([^\s"'/,}\]]*)(\/[^\s"',}\]]*)?/gi;

/**
 * The text of a configuration file as it may be shown in an error: every secret character is a `*`, and everything else
 * stands where it stood, so that lines and columns stay true. A `${VARIABLE}` is a name and not a secret.
 */
export function maskSecrets(text: string): string {
  return text
    .replaceAll(secretValues(text), (_, key: string, value: string) => key + (isVariable(value) ? value : stars(value)))
    .replaceAll(ALMOST_ADDRESS, (_, key: string, value: string) => key + stars(value))
    .replaceAll(
      IN_ADDRESS,
      (_, scheme: string, user: string | undefined, host: string, path: string | undefined) =>
        `${scheme}${user === undefined ? '' : stars(user)}${host}${path === undefined ? '' : stars(path)}`,
    );
}

/** Finds them under the keys of this text that are meant for secrets, those with a slip of the pen included. */
function secretValues(text: string): RegExp {
  const keys = new Set<string>(SECRET_KEYS);
  for (const [key] of text.matchAll(KEY)) if (isForSecrets(key)) keys.add(key);
  // Made of letters, digits, "_" and "-" alone, so nothing in them means anything to a pattern.
  return new RegExp(`((?<![\\p{L}\\p{N}_-])(?:${[...keys].join('|')})${VALUE}`, 'giu');
}

function isForSecrets(key: string): boolean {
  if (/file$/i.test(key)) return false;
  if (/token|secret|passw|passphrase|api_?key|credential/i.test(key)) return true;
  const meant = nearestWord(key, [...SECRET_KEYS, ...HARMLESS_KEYS]);
  return SECRET_KEYS.some((secret) => secret === meant);
}

function isVariable(value: string): boolean {
  return /^["']?\$\{[A-Za-z_][A-Za-z0-9_]*\}["']?\s*$/.test(value);
}

function stars(text: string): string {
  return text.replaceAll(/[^\s"']/g, '*');
}
