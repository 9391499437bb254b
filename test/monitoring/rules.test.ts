import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LINKS, withLinks } from '../../scripts/monitoring/links.ts';
import { PROMETHEUS_DIR, promtool } from './promtool.ts';
import { alerts, type RuleTest, recordings, ruleFiles, ruleTests, testFiles } from './rule-files.ts';

test('promtool finds nothing to say about the rules, and loads them by prometheus.yml', async () => {
  expect(await promtool('check', 'rules', '--lint=all', '--lint-fatal', ...ruleFiles)).toContain('SUCCESS');
  expect(await promtool('check', 'config', 'prometheus.yml')).toContain(`${ruleFiles.length} rule files found`);
});

test.each(testFiles)('what %s says comes true', async (file) => {
  expect(await promtool('test', 'rules', file)).toContain('SUCCESS');
});

/** The names of the alerts that fire at each time that a test looks at. */
function firing(one: RuleTest): readonly (readonly string[])[] {
  return one.promql_expr_test.map(({ exp_samples }) =>
    exp_samples.flatMap(({ labels }) => /alertname="(\w+)"/.exec(labels)?.[1] ?? []),
  );
}

test('of every alert it is shown that it fires, and that it does not where its metrics are there', () => {
  const looks = ruleTests.map(firing);
  const both = [...new Set(alerts.map(({ alert }) => alert))].filter(
    (name) =>
      name !== 'LamplighterWatchdog' &&
      !looks.some((times) => times.some((all) => all.includes(name)) && times.some((all) => !all.includes(name))),
  );
  expect(both).toEqual([]);
  const watched = looks.filter((times) => times.some((all) => all.includes('LamplighterWatchdog')));
  expect(watched.length).toBeGreaterThan(10);
  expect(watched.every((times) => times.every((all) => all.includes('LamplighterWatchdog')))).toBe(true);
});

/** What is over with the process that it was about. */
const OF_ONE_PROCESS = ['LamplighterEventLoopLag', 'LamplighterRedisDown'];

test('a restart of the daemon is no end of what has been raised for minutes', () => {
  const long = alerts.filter(({ for: wait = '0m' }) => wait.endsWith('h') || Number.parseInt(wait, 10) >= 5);
  const forgetful = long.filter(
    ({ expr, keep_firing_for }) => keep_firing_for === undefined && !/\[\w+\]|rate\d+m/.test(expr),
  );
  expect(forgetful.map(({ alert }) => alert).sort()).toEqual([...OF_ONE_PROCESS].sort());
});

describe('annotations', () => {
  test.each(alerts.map((alert) => [alert.alert, alert] as const))('of %s are as they should be', (name, alert) => {
    const { summary, summary_zh, description, description_zh, runbook_url, runbook_url_zh, dashboard_url } =
      alert.annotations;
    expect(name).toMatch(/^Lamplighter[A-Z][A-Za-z]+$/);
    expect(`${summary}${summary_zh}`).not.toContain('{{');
    expect(summary).toMatch(/^[A-Z].*\.$/);
    expect(description).toMatch(/^[A-Z{].*\.$/);
    for (const chinese of [summary_zh, description_zh]) expect(chinese).toMatch(/\p{Script=Han}.*。$/u);
    const filled = (text: string) => (text.match(/\{\{ \$[a-z.]+/g) ?? []).sort();
    expect(filled(description_zh)).toEqual(filled(description));
    expect(runbook_url).toBe(`${LINKS.runbooks}/${name}.md`);
    expect(runbook_url_zh).toBe(`${LINKS.runbooksZh}/${name}.md`);
    expect(dashboard_url).toMatch(/^http:\/\/127\.0\.0\.1:3000\/d\/lamplighter-[a-z-]+$/);
  });

  test('lead elsewhere where they are told to, and are otherwise as they were', async () => {
    const texts = await Promise.all(ruleFiles.map((file) => readFile(join(PROMETHEUS_DIR, file), 'utf8')));
    const text = texts.join('');
    const bases = {
      runbooks: "https://docs.example.com/it's",
      runbooksZh: 'https://docs.example.com/zh',
      dashboards: 'https://grafana.example.com/d',
    };
    const led = withLinks(text, bases);
    expect(led).not.toContain('$externalURL');
    expect(led).not.toContain('127.0.0.1');
    expect(led).toContain("runbook_url: 'https://docs.example.com/it''s/LamplighterAbsent.md'");
    expect(led).toContain("runbook_url_zh: 'https://docs.example.com/zh/LamplighterAbsent.md'");
    expect(led.split('\n')).toHaveLength(text.split('\n').length);
    expect(withLinks(text, LINKS)).toBe(text);
  });
});

test('recorded series are named level:metric:operation, and what an alert asks of them is recorded', () => {
  for (const { record } of recordings) expect(record).toMatch(/^[a-z_]+:lamplighter_[a-z_]+:[a-z0-9_]+$/);
  const names = recordings.map(({ record }) => record);
  const asked = alerts.flatMap(({ expr }) => expr.match(/[a-z_]+:lamplighter_[a-z_]+:[a-z0-9_]+/g) ?? []);
  expect(asked.filter((name) => !names.includes(name))).toEqual([]);
});
