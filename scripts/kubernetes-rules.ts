import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

/**
 * Makes deploy/kubernetes/monitoring/prometheus-rule.yaml of deploy/prometheus/rules. `--check` writes nothing and ends with 1
 * where the committed file is another.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RULES = join(ROOT, 'deploy', 'prometheus', 'rules');
const MADE = join(ROOT, 'deploy', 'kubernetes', 'monitoring', 'prometheus-rule.yaml');

const HEAD = `# Made of deploy/prometheus/rules by scripts/kubernetes-rules.ts: change those, and run \`node scripts/kubernetes-rules.ts\`.
# Many a Prometheus takes only what carries its label, such as \`release: kube-prometheus-stack\`: add it by a kustomization of your own.
`;

const file = z.looseObject({ groups: z.array(z.looseObject({ name: z.string() })) });

export function prometheusRule(folder: string): string {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .sort();
  const groups = files.flatMap((name) => file.parse(parse(readFileSync(join(folder, name), 'utf8'))).groups);
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'lamplighter', labels: { 'app.kubernetes.io/name': 'lamplighter' } },
    spec: { groups },
  };
  return `${HEAD}${stringify(rule, { lineWidth: 0 })}`;
}

if (import.meta.main) {
  const made = prometheusRule(RULES);
  if (!process.argv.includes('--check')) writeFileSync(MADE, made);
  else if (readFileSync(MADE, 'utf8') !== made) {
    process.stderr.write('prometheus-rule.yaml is not what the rules make; run: node scripts/kubernetes-rules.ts\n');
    process.exitCode = 1;
  }
}
