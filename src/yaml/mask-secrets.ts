/** Keys whose value is a secret when it stands in the file itself. Their `…File` relatives hold a path and may be shown. */
const SECRET_VALUE =
  /(\b(?:token|secret|password|apiKey)["']?[ \t]*:\s*)((?:\$\{[^}\n]*\})|(?:"(?:[^"\\]|\\.)*"?)|(?:'[^']*'?)|(?:[|>][^\n]*(?:\n(?:[ \t]+[^\n]*)?)*)|[^\s,}\]#][^\n,}\]]*)/gi;

/** An address whose beginning was forgotten: nobody can say where in it the secret begins. */
const ALMOST_ADDRESS = /(\burl["']?[ \t]*:[ \t]*["']?)(?![a-z][a-z0-9+.-]*:\/\/|\$\{)([^\s"',}\]]+)/gi;

/**
 * The user part and everything after the host of an address: webhook addresses are secrets by themselves. The user part
 * goes up to the last `@`, since passwords are written with whatever is in them.
 */
const IN_ADDRESS = /(\b[a-z][a-z0-9+.-]*:\/\/)([^\s"']*@)?([^\s"'/,}\]]*)(\/[^\s"',}\]]*)?/gi;

/**
 * The text of a configuration file as it may be shown in an error: every secret character is a `*`, and everything else
 * stands where it stood, so that lines and columns stay true. A `${VARIABLE}` is a name and not a secret.
 */
export function maskSecrets(text: string): string {
  return text
    .replaceAll(SECRET_VALUE, (_, key: string, value: string) => key + (isVariable(value) ? value : stars(value)))
    .replaceAll(ALMOST_ADDRESS, (_, key: string, value: string) => key + stars(value))
    .replaceAll(
      IN_ADDRESS,
      (_, scheme: string, user: string | undefined, host: string, path: string | undefined) =>
        `${scheme}${user === undefined ? '' : stars(user)}${host}${path === undefined ? '' : stars(path)}`,
    );
}

function isVariable(value: string): boolean {
  return /^["']?\$\{[A-Za-z_][A-Za-z0-9_]*\}["']?\s*$/.test(value);
}

function stars(text: string): string {
  return text.replaceAll(/[^\s"']/g, '*');
}
