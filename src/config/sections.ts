import type { Subject } from '../policy/findings.ts';
import { httpProblem } from './addresses.ts';
import type { NotifierConfig, ProbeConfig } from './config.ts';
import type { ActivityParts, NotifierParts } from './config-grammar.ts';
import type { SecretTaker } from './secret-taker.ts';

/** The Standard Webhooks specification asks for 24 to 64 bytes. */
const SHORTEST_KEY_BYTES = 24;

/** The probes of a rule; `subject` is the rule's own map. */
export async function toProbes(text: ActivityParts, subject: Subject, secrets: SecretTaker): Promise<ProbeConfig[]> {
  const probes: ProbeConfig[] = [];
  for (const [index, probe] of (text.probes ?? []).entries()) {
    if ('push' in probe) {
      probes.push({ kind: 'push', staleAfterMs: probe.push?.staleAfter ?? null });
      continue;
    }
    const { url = null, ...token } = probe.jupyter ?? {};
    const path = ['probes', index, 'jupyter'];
    const taken = await secrets.take(subject, path, 'token', { inline: token.token, file: token.tokenFile });
    probes.push({ kind: 'jupyter', url, token: taken });
  }
  return probes;
}

/** `subject` is the notifier's own map. `null`: refused, with an error. */
export async function toNotifier(
  name: string,
  text: NotifierParts,
  subject: Subject,
  secrets: SecretTaker,
): Promise<NotifierConfig | null> {
  const url = await secrets.take(subject, [], 'url', { inline: text.url, file: text.urlFile, needed: true });
  const secret = await secrets.take(subject, [], 'secret', { inline: text.secret, file: text.secretFile });
  if (url === null) return null;
  const problem = httpProblem(url.reveal());
  if (problem !== null) subject.error([text.url === undefined ? 'urlFile' : 'url'], `the address ${problem}`);
  const unsigned = secret === null ? null : signingProblem(secret.reveal());
  if (unsigned !== null) subject.error([text.secret === undefined ? 'secretFile' : 'secret'], `the secret ${unsigned}`);
  const { type = 'webhook', severity = 'info', events = null } = text;
  return { name, type, url, secret, events, severity };
}

/** What is wrong with a signing secret; `null`: nothing. Base64 that is none would sign with an empty key, which anybody has. */
function signingProblem(secret: string): string | null {
  if (!secret.startsWith('whsec_')) return null;
  const rest = secret.slice('whsec_'.length);
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(rest) && rest.length % 4 === 0;
  const isLong = Buffer.from(rest, 'base64').length >= SHORTEST_KEY_BYTES;
  return isBase64 && isLong ? null : `must be base64 of at least ${SHORTEST_KEY_BYTES} bytes behind whsec_`;
}
