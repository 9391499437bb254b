import { expect, test } from 'vitest';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { knownMetrics } from '../docs/known-metrics.ts';
import { dashboards } from './dashboard-files.ts';
import { alerts, recordings } from './rule-files.ts';

const ours = await knownMetrics();

/** What Prometheus adds by itself, or makes of a name that is taken. */
const ADDED = ['job', 'instance', 'exported_instance', 'le'];

/** Labels of a series of the code by the name that Prometheus has it under; `null`: there is no such series. */
function labelsOf(name: string): readonly string[] | null {
  const [, family = name] = /^(\w+)_(?:bucket|sum|count)$/.exec(name) ?? [];
  const known = ours.get(name) ?? (ours.get(family)?.type === 'histogram' ? ours.get(family) : undefined);
  return known?.labels ?? null;
}

const asked = [
  ...dashboards.flatMap(({ name, panels, dashboard }) => [
    ...panels.flatMap(({ id, targets }) => targets.map(({ expr }) => ({ where: `${name} ${id}`, expr }))),
    ...dashboard.annotations.list.map((each) => ({ where: `${name} ${each.name}`, expr: each.expr })),
    ...dashboard.templating.list.map((each) => ({ where: `${name} ${each.name}`, expr: each.query })),
  ]),
  ...alerts.map(({ alert, expr }) => ({ where: alert, expr })),
  ...recordings.map(({ record, expr }) => ({ where: record, expr })),
];

/** Every series that is asked for, with its labels that are compared. Recorded names have colons and are not among them. */
const series = asked.flatMap(({ where, expr }) =>
  [...expr.matchAll(/(?<![\w:])((?:lamplighter|nodejs|process)_\w+)(?![\w:])(?:\{([^}]*)\})?/g)].map(
    ([, name = '', matchers = '']) => ({
      where,
      name,
      labels: [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label),
    }),
  ),
);

test('no dashboard and no rule asks for a metric, or a label of it, that the code does not have', async () => {
  const runtime = await makeMetrics().processes.metrics();
  const missing = series.flatMap(({ where, name, labels }) => {
    if (!name.startsWith('lamplighter_'))
      return runtime.includes(`# TYPE ${name.replace(/_(sum|count)$/, '')}`) ? [] : [`${where}: ${name}`];
    const known = labelsOf(name);
    if (known === null) return [`${where}: ${name}`];
    return labels
      .filter((label) => !known.includes(label) && !ADDED.includes(label))
      .map((label) => `${where}: ${name}{${label}}`);
  });
  expect(missing).toEqual([]);
  expect(series.length).toBeGreaterThan(150);
});

/** Shown in another form, or for programs of one's own. */
const NOT_SHOWN = new Set([
  // The sum of what `lamplighter_operations_escalated` tells by account.
  'lamplighter_operation_escalated',
  // As many as `lamplighter_policy_enabled` has series.
  'lamplighter_policies_loaded',
  // Told beside the sum by `lamplighter savings`: on a graph an hour without a price says nothing.
  'lamplighter_saved_unpriced_seconds_total',
]);

test('every metric is on a dashboard or in a rule, or it is said why not', () => {
  const shown = new Set(series.map(({ name }) => name));
  const unseen = [...ours.keys()].filter(
    (name) =>
      !['', '_bucket', '_sum', '_count'].some((suffix) => shown.has(`${name}${suffix}`)) && !NOT_SHOWN.has(name),
  );
  expect(unseen).toEqual([]);
});
