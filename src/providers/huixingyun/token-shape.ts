/**
 * Checks a configured token. The header holds the bare token (慧星云 API doc, 鉴权示例: the prose shows quotes around it,
 * every sample goes without), so what looks like a quoted or a Bearer token is a slip of the pen.
 * @throws Error that says what is wrong, never what the token is.
 */
export function checkToken(account: string, token: string): void {
  const wrong = complaint(token);
  if (wrong !== null) {
    throw new Error(
      `${account}: the token ${wrong}; expected the bare token as the console shows it, without quotes and without "Bearer"`,
    );
  }
}

function complaint(token: string): string | null {
  if (token === '') return 'is empty';
  if (/^bearer/i.test(token)) return 'starts with "Bearer"';
  if (/["'`]/.test(token)) return 'contains a quote';
  if (/\s/.test(token)) return 'contains white space';
  if (!/^[\x21-\x7e]+$/.test(token)) return 'contains a character that a header cannot hold';
  return null;
}
