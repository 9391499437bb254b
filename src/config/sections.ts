import { SERVICE_KINDS } from '../fleet/service-kind.ts';
import type { Subject } from '../policy/findings.ts';
import type { Path } from '../yaml/yaml-document.ts';
import { httpProblem } from './addresses.ts';
import type { NotifierConfig, ProbeConfig } from './config.ts';
import type { ActivityParts, NotifierParts } from './config-grammar.ts';
import { probesProblems, prometheusName } from './probe-grammar.ts';
import { parseQueryTemplate } from './query-template.ts';
import type { SecretTaker } from './secret-taker.ts';
import { toSsh } from './to-ssh.ts';

/** The Standard Webhooks specification asks for 24 to 64 bytes. */
const SHORTEST_KEY_BYTES = 24;

/** Older samples than this are of an exporter that is gone; three rounds of a usual Prometheus fit in. */
const SAMPLES_BELIEVED_MS = 180_000;

/** The probes of a rule; `subject` is the rule's own map. */
export async function toProbes(text: ActivityParts, subject: Subject, secrets: SecretTaker): Promise<ProbeConfig[]> {
  const probes: ProbeConfig[] = [];
  const all = text.probes ?? [];
  for (const { index, message } of probesProblems(all, text.every ?? 0)) subject.error(['probes', index], message);
  for (const [index, probe] of all.entries()) {
    if ('push' in probe) {
      probes.push({ kind: 'push', staleAfterMs: probe.push?.staleAfter ?? null });
      continue;
    }
    if ('ssh' in probe) {
      probes.push(await toSsh(probe.ssh ?? {}, ['probes', index, 'ssh'], subject, secrets));
      continue;
    }
    if (probe.prometheus !== undefined) {
      const { url, query, threshold, judges, name, staleAfter, ...token } = probe.prometheus;
      const { parts, isPlainSelector } = parseQueryTemplate(query);
      probes.push({
        kind: 'prometheus',
        name: prometheusName(name),
        url,
        query: parts,
        threshold,
        judges,
        staleAfterMs: staleAfter ?? (isPlainSelector ? SAMPLES_BELIEVED_MS : null),
        token: await takeToken(['probes', index, 'prometheus'], token),
      });
      continue;
    }
    for (const service of ['jupyter', ...SERVICE_KINDS] as const) {
      if (!(service in probe)) continue;
      const { url = null, optional = false, ...token } = probe[service] ?? {};
      probes.push({
        kind: 'service',
        service,
        url,
        optional,
        token: await takeToken(['probes', index, service], token),
      });
    }
  }
  return probes;

  function takeToken(path: Path, { token, tokenFile }: { token?: string | undefined; tokenFile?: string | undefined }) {
    return secrets.take(subject, path, 'token', { inline: token, file: tokenFile });
  }
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
