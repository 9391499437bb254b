import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../support/child.ts';

const route = z.looseObject({ receiver: z.string(), matchers: z.array(z.string()).default([]) });
const config = z
  .object({
    global: z.object({ resolve_timeout: z.string() }),
    route: z.looseObject({ receiver: z.string(), routes: z.array(route) }),
    inhibit_rules: z.array(
      z.object({
        source_matchers: z.array(z.string()),
        target_matchers: z.array(z.string()),
        equal: z.array(z.string()).optional(),
      }),
    ),
    receivers: z.array(z.looseObject({ name: z.string() })),
  })
  .parse(parse(readFileSync(join(ROOT, 'deploy/alertmanager/alertmanager.yml'), 'utf8')));

const rules = join(ROOT, 'deploy/prometheus/rules');
const texts = readdirSync(rules).map((name) => readFileSync(join(rules, name), 'utf8'));
const all = (pattern: RegExp) => new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, word]) => word)));

test('every route leads to a receiver, every receiver is led to, and as it stands nobody is told', () => {
  const used = new Set([config.route.receiver, ...config.route.routes.map(({ receiver }) => receiver)]);
  expect(new Set(config.receivers.map(({ name }) => name))).toEqual(used);
  for (const receiver of config.receivers) expect(Object.keys(receiver)).toEqual(['name']);
});

test('every severity of the alerts has its route, and the watchdog has its own before them', () => {
  const matchers = config.route.routes.map((each) => each.matchers.join());
  const severities = [...all(/severity: (\w+)/g)].filter((word) => word !== 'none');
  expect(severities).toContain('critical');
  for (const severity of severities) expect(matchers).toContain(`severity = ${severity}`);
  expect(matchers[0]).toBe('alertname = LamplighterWatchdog');
});

test('only alerts that there are are named', () => {
  const alerts = all(/alert: (\w+)/g);
  const named = [
    ...config.route.routes.flatMap(({ matchers }) => matchers),
    ...config.inhibit_rules.flatMap(({ source_matchers, target_matchers }) => [...source_matchers, ...target_matchers]),
  ].flatMap((matcher) => matcher.match(/Lamplighter[A-Z]\w+/g) ?? []);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !alerts.has(name))).toEqual([]);
});
