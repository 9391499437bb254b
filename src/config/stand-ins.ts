import type { StandInFor } from './expand-variables.ts';

/** Keys whose value is a secret, or an address that may be one. */
const KEYS: readonly unknown[] = ['token', 'viewerToken', 'secret', 'password', 'passphrase', 'url'];

/** Good for a token, a password and an address; `.invalid` is nobody's (RFC 2606). Different names, different secrets. */
export function standIn(name: string): string {
  return `https://stand-in.invalid/${name}`;
}

/**
 * For commands that speak to nobody: tokens, passwords and addresses are in variables where the daemon runs, and neither on
 * a laptop nor in CI.
 */
export const standInForSecrets: StandInFor = (path, { name, isWhole }) => {
  if (path[0] === 'redis') return isWhole ? 'redis://stand-in.invalid' : 'stand-in';
  if (!KEYS.includes(path.at(-1))) return undefined;
  return isWhole ? standIn(name) : 'stand-in';
};
