import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { MADE, prometheusRule } from '../../scripts/monitoring/kubernetes-rules.ts';
import { LINKS } from '../../scripts/monitoring/links.ts';
import { ROOT } from '../support/child.ts';
import { runCommand } from '../support/command.ts';
import { FOLDER, mistakes, readManifests } from './manifests.ts';

const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: z.literal('lamplighter'),
  resources: z.array(z.string()),
  images: z
    .array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string().regex(/^\d/) }))
    .default([]),
  configMapGenerator: z
    .array(
      z.strictObject({
        name: z.string(),
        files: z.array(z.string()),
        options: z.strictObject({ disableNameSuffixHash: z.boolean() }).optional(),
      }),
    )
    .default([]),
});

const readKustomization = (folder: string) =>
  kustomization.parse(parse(readFileSync(join(FOLDER, folder, 'kustomization.yaml'), 'utf8')));
const base = readKustomization('.');
const monitoring = readKustomization('monitoring');
const files = [...base.resources, 'secret.example.yaml', ...monitoring.resources.map((file) => `monitoring/${file}`)];

const mount = z.looseObject({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() });
const container = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).default([]),
  volumeMounts: z.array(mount),
});
const workload = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.int(),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        containers: z.array(container).length(1),
        volumes: z.array(z.looseObject({ name: z.string() })).default([]),
      }),
    }),
  }),
});

function only(file: string, kind: string): unknown {
  const found = readManifests(file).find((each) => z.looseObject({ kind: z.string() }).parse(each).kind === kind);
  if (found === undefined) throw new Error(`${file} has no ${kind}`);
  return found;
}
const deployment = workload.parse(only('deployment.yaml', 'Deployment'));
const redis = workload.parse(only('redis.yaml', 'StatefulSet'));

describe('the manifests', () => {
  test.each(files)('%s is what its schema allows', (file) => {
    for (const manifest of readManifests(file)) expect(mistakes(manifest)).toEqual([]);
  });

  test('a misspelt key, a wrong type and a missing key would be seen', () => {
    const spec = {
      selector: { matchLabels: { a: 'b' } },
      template: { spec: { containers: [{ image: 'i', bogus: 1 }] } },
    };
    const made = mistakes({ apiVersion: 'apps/v1', kind: 'Deployment', spek: {}, spec: { ...spec, replicas: '1' } });
    expect(made.join('\n')).toMatch(/replicas must be integer/);
    expect(made.join('\n')).toMatch(/must have required property name/);
    expect(made).toContain('/spec/template/spec/containers/0/bogus is not known');
    expect(made).toContain('/spek is not known');
  });

  test('every file is part of a kustomization, and no namespace is said twice', () => {
    const present = (folder: string) => readdirSync(join(FOLDER, folder)).filter((name) => name.endsWith('.yaml'));
    expect(present('.').sort()).toEqual([...base.resources, 'kustomization.yaml', 'secret.example.yaml'].sort());
    expect(present('monitoring').sort()).toEqual([...monitoring.resources, 'kustomization.yaml'].sort());
    const generated = base.configMapGenerator.flatMap((each) => each.files);
    expect(
      present('policies')
        .map((name) => `policies/${name}`)
        .sort(),
    ).toEqual(generated.filter((name) => name.startsWith('policies/')).sort());
    for (const file of base.resources) {
      for (const manifest of readManifests(file)) expect(manifest).not.toHaveProperty('metadata.namespace');
    }
  });

  test.each([deployment, redis])('a pod of %s has no right that it need not have', (each) => {
    expect(each.spec.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    for (const one of each.spec.template.spec.containers) {
      expect(one).toMatchObject({
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        resources: {
          limits: { memory: expect.any(String) },
          requests: { cpu: expect.any(String), memory: expect.any(String) },
        },
        livenessProbe: expect.any(Object),
        readinessProbe: expect.any(Object),
        startupProbe: expect.any(Object),
      });
    }
  });

  test('one daemon at a time, which gets its time to end', () => {
    expect(deployment.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    // Calls in the air are waited for 32 s.
    expect(deployment.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(40);
  });

  test('whatever is mounted is there, and policies are mounted as a folder', () => {
    const [one] = deployment.spec.template.spec.containers;
    const volumes = deployment.spec.template.spec.volumes;
    expect(one?.volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.map(({ name }) => name).sort());
    expect(one?.volumeMounts.find(({ name }) => name === 'policies')).not.toHaveProperty('subPath');
    const maps = volumes.flatMap(
      (volume) => z.object({ configMap: z.object({ name: z.string() }) }).safeParse(volume).data ?? [],
    );
    expect(maps.map(({ configMap }) => configMap.name).sort()).toEqual(
      base.configMapGenerator.map(({ name }) => name).sort(),
    );
    // A changed name would start the daemon anew for each changed policy.
    expect(base.configMapGenerator.find(({ name }) => name === 'lamplighter-policies')?.options).toEqual({
      disableNameSuffixHash: true,
    });
  });

  test('Redis is set up as by docker-compose.yml', () => {
    const compose: unknown = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true });
    const { command, image } = z
      .object({ services: z.object({ redis: z.object({ command: z.array(z.string()), image: z.string() }) }) })
      .parse(compose).services.redis;
    const [one] = redis.spec.template.spec.containers;
    const upToBind = (args: readonly string[]) => args.slice(0, args.indexOf('noeviction') + 1);
    expect(upToBind(one?.command ?? [])).toEqual(upToBind(command));
    expect(image).toContain(`:-${one?.image}}`);
  });

  test('what selects pods selects those that are there', () => {
    const apps = [deployment, redis].map((each) => each.spec.template.metadata.labels['app.kubernetes.io/name'] ?? '');
    const text = files.map((file) => readFileSync(join(FOLDER, file), 'utf8')).join('\n');
    const selected = [...text.matchAll(/app\.kubernetes\.io\/name: ([\w-]+)/g)].map(([, name]) => name);
    expect(new Set(selected)).toEqual(new Set(apps));
  });
});

test('the configuration and the policies of the ConfigMaps are valid, and want exactly the keys of the Secret', async () => {
  const secret = z
    .object({ stringData: z.record(z.string(), z.string()) })
    .parse(only('secret.example.yaml', 'Secret'));
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-kubernetes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'secrets'));
  const keys = Object.keys(secret.stringData);
  for (const key of keys) writeFileSync(join(folder, 'secrets', key), 'https://ops.example/token', { mode: 0o400 });
  const text = readFileSync(join(FOLDER, 'config', 'lamplighter.yaml'), 'utf8');
  expect(new Set(text.matchAll(/\/run\/secrets\/(\w+)/g).map(([, name]) => name))).toEqual(new Set(keys));
  const config = join(folder, 'lamplighter.yaml');
  const policies = join(FOLDER, 'policies');
  writeFileSync(
    config,
    text.replaceAll('/run/secrets/', `${folder}/secrets/`).replace('/etc/lamplighter/policies', policies),
  );
  const { code, err } = await runCommand(['validate', '--config', config], { cwd: folder });
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
});

describe('the NetworkPolicy', () => {
  const labels = z.strictObject({ matchLabels: z.record(z.string(), z.string()) });
  const peer = z.union([
    z.strictObject({ namespaceSelector: labels }),
    z.strictObject({ podSelector: labels }),
    z.strictObject({ ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }) }),
  ]);
  const rule = z.strictObject({
    to: z.array(peer),
    ports: z.array(z.strictObject({ port: z.number(), protocol: z.enum(['TCP', 'UDP']) })).optional(),
  });
  const { egress } = z
    .looseObject({ spec: z.looseObject({ egress: z.array(rule) }) })
    .parse(only('network.yaml', 'NetworkPolicy')).spec;

  const isWithin = (ip: string, cidr: string): boolean => {
    const [network = '', bits = ''] = cidr.split('/');
    // A list takes an IPv4 address for one of IPv6 as well; a cluster does not.
    if (network.includes(':') !== ip.includes(':')) return false;
    const list = new BlockList();
    list.addSubnet(network, Number(bits), network.includes(':') ? 'ipv6' : 'ipv4');
    return list.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4');
  };
  const isIn = (wanted: z.infer<typeof labels>, given: Readonly<Record<string, string>>): boolean =>
    Object.entries(wanted.matchLabels).every(([key, value]) => given[key] === value);

  /** May the daemon reach a TCP port there? `namespace`: its labels; absent: outside of the cluster. */
  function reaches(to: { ip: string; port: number; namespace?: Readonly<Record<string, string>> }): boolean {
    return egress.some(
      ({ to: peers, ports }) =>
        (ports?.some(({ port, protocol }) => protocol === 'TCP' && port === to.port) ?? true) &&
        peers.some((each) => {
          if ('ipBlock' in each) {
            const { cidr, except } = each.ipBlock;
            return isWithin(to.ip, cidr) && !except.some((range) => isWithin(to.ip, range));
          }
          return (
            'namespaceSelector' in each && to.namespace !== undefined && isIn(each.namespaceSelector, to.namespace)
          );
        }),
    );
  }

  const NOTIFIERS = { 'lamplighter/notifier': 'true' };
  test.each([
    ['a bot or a cloud outside', { ip: '203.0.113.7', port: 443 }, true],
    ['a mail server outside', { ip: '203.0.113.7', port: 465 }, true],
    ['an Alertmanager in the cluster', { ip: '10.1.2.3', port: 9093, namespace: NOTIFIERS }, true],
    ['a mail relay with STARTTLS', { ip: '10.1.2.3', port: 587, namespace: NOTIFIERS }, true],
    ['a mail relay with TLS', { ip: '10.1.2.3', port: 465, namespace: NOTIFIERS }, true],
    ['a mail relay on the old port', { ip: '10.1.2.3', port: 25, namespace: NOTIFIERS }, true],
    ['something else beside them', { ip: '10.1.2.3', port: 5432, namespace: NOTIFIERS }, false],
    ['an Alertmanager whose namespace nobody labelled', { ip: '10.1.2.3', port: 9093, namespace: {} }, false],
    ['the address that tells a node its credentials', { ip: '169.254.169.254', port: 80 }, false],
    ['the cluster by its other addresses', { ip: 'fd00::1', port: 443, namespace: {} }, false],
  ])('%s: %j reached is %j', (_what, to, allowed) => {
    expect(reaches(to)).toBe(allowed);
  });
});

test('the policies are the shipped ones', () => {
  for (const name of readdirSync(join(FOLDER, 'policies'))) {
    const [, ...here] = readFileSync(join(FOLDER, 'policies', name), 'utf8').split('\n');
    const [, ...there] = readFileSync(join(ROOT, 'policies', name), 'utf8').split('\n');
    expect(here).toEqual(there);
  }
});

test('the PrometheusRule is made of the rules, every one of them, and leads elsewhere where it is told to', () => {
  const committed = readFileSync(MADE, 'utf8');
  expect(committed).toBe(prometheusRule(LINKS));
  const count = (text: string) => text.match(/^ +- (?:alert|record): /gm)?.length ?? 0;
  const rules = join(ROOT, 'deploy', 'prometheus', 'rules');
  const sources = readdirSync(rules).map((name) => readFileSync(join(rules, name), 'utf8'));
  expect(count(committed)).toBe(sources.reduce((sum, text) => sum + count(text), 0));
  const elsewhere = prometheusRule({
    runbooks: 'https://docs.example/runbooks',
    runbooksZh: 'https://docs.example/zh-CN/runbooks',
    dashboards: 'https://grafana.example/d',
  });
  expect(elsewhere).not.toMatch(/externalURL|127\.0\.0\.1/);
});

test('the ServiceMonitor reads the metrics as often as docker-compose’s Prometheus', () => {
  const prometheus = readFileSync(join(ROOT, 'deploy', 'prometheus', 'prometheus.yml'), 'utf8');
  const [, interval] = /scrape_interval: (\w+)/.exec(prometheus) ?? [];
  expect(only('monitoring/service-monitor.yaml', 'ServiceMonitor')).toMatchObject({
    spec: { endpoints: [{ port: 'http', path: '/metrics', interval }] },
  });
});
