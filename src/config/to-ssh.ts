import type { Subject } from '../policy/findings.ts';
import type { Path } from '../yaml/yaml-document.ts';
import type { SshConfig } from './config.ts';
import type { SecretTaker } from './secret-taker.ts';
import type { SshText } from './ssh-grammar.ts';

/** The `ssh` probe at `path`, with its secrets read. */
export async function toSsh(text: SshText, path: Path, subject: Subject, secrets: SecretTaker): Promise<SshConfig> {
  const { terminal, ...thresholds } = text.thresholds ?? {};
  const given = { ...thresholds, ...(terminal === undefined ? {} : { terminalMs: terminal }) };
  return {
    kind: 'ssh',
    host: text.host ?? null,
    port: text.port ?? null,
    user: text.user ?? null,
    proof: await proofOf(text, path, subject, secrets),
    keepAliveFile: text.keepAliveFile ?? null,
    optional: text.optional ?? [],
    thresholds: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    timeoutMs: text.timeout ?? null,
  };
}

async function proofOf(text: SshText, path: Path, subject: Subject, secrets: SecretTaker): Promise<SshConfig['proof']> {
  if (text.privateKeyFile === undefined) {
    const given = { inline: text.password, file: text.passwordFile, problem: passwordProblem };
    const password = await secrets.take(subject, path, 'password', given);
    return password === null ? null : { kind: 'password', password };
  }
  const file = { inline: undefined, file: text.privateKeyFile, problem: keyProblem };
  const privateKey = await secrets.take(subject, path, 'privateKey', file);
  const given = { inline: text.passphrase, file: text.passphraseFile, problem: passwordProblem };
  const passphrase = await secrets.take(subject, path, 'passphrase', given);
  return privateKey === null ? null : { kind: 'key', privateKey, passphrase };
}

/** Passwords hold what tokens do not: spaces and quotation marks. */
export function passwordProblem(text: string): string | null {
  if (text === '') return 'is empty';
  return /\p{Cc}/u.test(text) ? 'has more than one line, or control characters' : null;
}

function keyProblem(text: string): string | null {
  return /^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\r?\n/.test(text) ? null : 'is no private key in OpenSSH or PEM form';
}
