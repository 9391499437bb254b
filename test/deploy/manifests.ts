import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate as askDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as askStatefulSet } from 'kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet';
import { validate as askNamespace } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Namespace';
import { validate as askPersistentVolumeClaim } from 'kubernetes-models/_schemas/IoK8sApiCoreV1PersistentVolumeClaim';
import { validate as askSecret } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Secret';
import { validate as askService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as askServiceAccount } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ServiceAccount';
import { validate as askNetworkPolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy';
import { validate as askPodDisruptionBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Namespace, PersistentVolumeClaim, Secret, Service, ServiceAccount } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../support/child.ts';
import { unasked } from './unasked.ts';

export const FOLDER = join(ROOT, 'deploy', 'kubernetes');

/** As kubectl reads it: YAML 1.1, in which 0440 is octal. */
export function readManifests(file: string): readonly unknown[] {
  const documents = parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8'), { version: '1.1' });
  if (!Array.isArray(documents)) throw new Error(`${file} is empty`);
  return documents.map((document) => {
    const [first] = document.errors;
    if (first !== undefined) throw first;
    return document.toJS();
  });
}

/** Custom resources are not in the library: as their definitions have them, as far as they are used here. */
const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({ name: z.string(), namespace: z.string().optional(), labels: labels.optional() });
const custom = {
  ServiceMonitor: z.strictObject({
    apiVersion: z.literal('monitoring.coreos.com/v1'),
    kind: z.literal('ServiceMonitor'),
    metadata,
    spec: z.strictObject({
      jobLabel: z.string().optional(),
      selector: z.strictObject({ matchLabels: labels }),
      endpoints: z.array(
        z.strictObject({
          port: z.string(),
          path: z.string(),
          interval: z.string().regex(/^\d+s$/),
          scrapeTimeout: z.string().regex(/^\d+s$/),
          honorLabels: z.boolean().optional(),
        }),
      ),
    }),
  }),
  PrometheusRule: z.strictObject({
    apiVersion: z.literal('monitoring.coreos.com/v1'),
    kind: z.literal('PrometheusRule'),
    metadata,
    spec: z.strictObject({
      groups: z.array(
        z.strictObject({
          name: z.string(),
          interval: z.string().optional(),
          limit: z.int().optional(),
          labels: labels.optional(),
          rules: z.array(
            z.strictObject({
              record: z.string().optional(),
              alert: z.string().optional(),
              expr: z.string(),
              for: z.string().optional(),
              keep_firing_for: z.string().optional(),
              labels: labels.optional(),
              annotations: labels.optional(),
            }),
          ),
        }),
      ),
    }),
  }),
};

/** Each with its validator, which the model itself does not show. */
const MODELS = {
  Deployment: { Model: Deployment, ask: askDeployment },
  StatefulSet: { Model: StatefulSet, ask: askStatefulSet },
  NetworkPolicy: { Model: NetworkPolicy, ask: askNetworkPolicy },
  PodDisruptionBudget: { Model: PodDisruptionBudget, ask: askPodDisruptionBudget },
  Namespace: { Model: Namespace, ask: askNamespace },
  PersistentVolumeClaim: { Model: PersistentVolumeClaim, ask: askPersistentVolumeClaim },
  Secret: { Model: Secret, ask: askSecret },
  Service: { Model: Service, ask: askService },
  ServiceAccount: { Model: ServiceAccount, ask: askServiceAccount },
};

const named = z.looseObject({ apiVersion: z.string(), kind: z.string() });

/** Everything that is wrong with a manifest by its schema, misspelt keys included. */
export function mistakes(manifest: unknown): readonly string[] {
  const { apiVersion, kind } = named.parse(manifest);
  for (const [name, schema] of Object.entries(custom)) {
    if (name !== kind) continue;
    const read = schema.safeParse(manifest);
    return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('/')}: ${message}`);
  }
  for (const [name, { Model, ask }] of Object.entries(MODELS)) {
    if (name !== kind) continue;
    if (Model.apiVersion !== apiVersion) return [`${kind} is of ${Model.apiVersion}, not ${apiVersion}`];
    const unknown = unasked(manifest, ask).map((path) => `${path} is not known`);
    try {
      Object.assign(new Model(), manifest).validate();
      return unknown;
    } catch (error) {
      return [error instanceof Error ? error.message : String(error), ...unknown];
    }
  }
  return [`nothing is known of a ${kind}`];
}
