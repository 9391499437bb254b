/** A mail address with the name of whoever has it. */
export interface Mailbox {
  /** May be empty. */
  readonly name: string;
  readonly address: string;
}

export const MAIL_HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|[\da-fA-F:]{2,45})$/;
export const MAIL_HOST_FORM = 'must be a name or an address, without a port';

/** What is wrong with the name of a mail server; `null`: nothing. */
export function mailHostProblem(text: string): string | null {
  return MAIL_HOST.test(text.trim()) ? null : MAIL_HOST_FORM;
}

/** ASCII alone: an address in other letters needs servers that can SMTPUTF8, and few can. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;

/** Reads `ops@example.com` or `Ops <ops@example.com>`; `null`: it is neither, or could end a header. */
export function parseMailbox(text: string): Mailbox | null {
  const [, quoted = '', inside] = /^([^<>]*)<([^<>]*)>$/.exec(text.trim()) ?? [];
  const address = (inside ?? text).trim();
  const name = quoted.trim().replace(/^"(.*)"$/, '$1');
  return ADDRESS.test(address) && !/[\p{Cc}"\\]/u.test(name) && name.length <= 128 ? { name, address } : null;
}
