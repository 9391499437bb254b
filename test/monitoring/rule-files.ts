import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROMETHEUS_DIR } from './promtool.ts';

const RECORDING = z.strictObject({ record: z.string(), expr: z.string() });
const ALERT = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  keep_firing_for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'none']) }),
  annotations: z.strictObject({
    summary: z.string(),
    summary_zh: z.string(),
    description: z.string(),
    description_zh: z.string(),
    runbook_url: z.string(),
    runbook_url_zh: z.string(),
    dashboard_url: z.string(),
  }),
});
const RULES = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(z.union([RECORDING, ALERT])) })),
});
export type Recording = z.infer<typeof RECORDING>;
export type Alert = z.infer<typeof ALERT>;

const TESTS = z.object({
  tests: z.array(
    z.object({
      name: z.string(),
      input_series: z.array(z.object({ series: z.string() })),
      promql_expr_test: z.array(z.object({ exp_samples: z.array(z.object({ labels: z.string() })) })),
    }),
  ),
});
export type RuleTest = z.infer<typeof TESTS>['tests'][number];

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(PROMETHEUS_DIR, folder));
  return names.filter((name) => name.endsWith('.yml')).map((name) => join(folder, name));
}

export const ruleFiles = await filesIn('rules');
export const testFiles = await filesIn('tests');

const groups = await Promise.all(
  ruleFiles.map(async (file) => RULES.parse(parse(await readFile(join(PROMETHEUS_DIR, file), 'utf8'))).groups),
);
const rules = groups.flat().flatMap((group) => group.rules);
export const recordings = rules.flatMap((rule) => ('record' in rule ? [rule] : []));
export const alerts = rules.flatMap((rule) => ('alert' in rule ? [rule] : []));

const tests = await Promise.all(
  testFiles.map(async (file) => TESTS.parse(parse(await readFile(join(PROMETHEUS_DIR, file), 'utf8'))).tests),
);
export const ruleTests = tests.flat();
