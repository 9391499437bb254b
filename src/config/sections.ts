import { SERVICE_KINDS } from '../fleet/service-kind.ts';
import type { Subject } from '../policy/findings.ts';
import type { Path } from '../yaml/yaml-document.ts';
import type { ProbeConfig } from './config.ts';
import type { ActivityParts } from './config-grammar.ts';
import { probesProblems, prometheusName } from './probe-grammar.ts';
import { parseQueryTemplate } from './query-template.ts';
import type { SecretTaker } from './secret-taker.ts';
import { toSsh } from './to-ssh.ts';

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
