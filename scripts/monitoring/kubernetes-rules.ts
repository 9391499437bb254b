import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { LINKS, type LinkBases, withLinks } from './links.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULES = join(ROOT, 'deploy', 'prometheus', 'rules');
export const MADE = join(ROOT, 'deploy', 'kubernetes', 'monitoring', 'prometheus-rule.yaml');

/** What others refer to comes first. */
const FILES = ['recording.yml', 'daemon.yml', 'accounts.yml', 'money.yml', 'operations.yml', 'policies.yml'];

const HEAD = `# Made of deploy/prometheus/rules: change those, and run \`node scripts/monitoring/kubernetes-rules.ts\`. In a cluster nobody serves
# the runbooks and dashboards where these links lead; yours go in by \`--runbooks https://… --runbooks-zh https://… --dashboards https://…/d\`.
`;

const file = z.looseObject({ groups: z.array(z.looseObject({ name: z.string() })) });

/** The rules of Prometheus as the Prometheus Operator takes them. */
export function prometheusRule(links: LinkBases): string {
  const groups = FILES.flatMap(
    (name) => file.parse(parse(withLinks(readFileSync(join(RULES, name), 'utf8'), links))).groups,
  );
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'lamplighter', labels: { 'app.kubernetes.io/name': 'lamplighter' } },
    spec: { groups },
  };
  return `${HEAD}${stringify(rule, { lineWidth: 0 })}`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { runbooks: { type: 'string' }, 'runbooks-zh': { type: 'string' }, dashboards: { type: 'string' } },
  });
  const { runbooks = LINKS.runbooks, 'runbooks-zh': runbooksZh = LINKS.runbooksZh } = values;
  const { dashboards = LINKS.dashboards } = values;
  writeFileSync(MADE, prometheusRule({ runbooks, runbooksZh, dashboards }));
}
