import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { startAlertmanagerWith } from '../support/alertmanager.ts';
import { ROOT } from '../support/child.ts';

const route = z.looseObject({ receiver: z.string(), matchers: z.array(z.string()).default([]) });
const shipped = readFileSync(join(ROOT, 'deploy/alertmanager/alertmanager.yml'), 'utf8');
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
  .parse(parse(shipped));

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

const ALERTS = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    receivers: z.array(z.object({ name: z.string() })),
    status: z.object({ inhibitedBy: z.array(z.string()) }),
  }),
);

test('a real Alertmanager takes it, leads alerts to their receivers, and leaves out what another explains', async () => {
  await using alertmanager = await startAlertmanagerWith(shipped);
  const told = async (
    alerts: readonly Readonly<Record<string, string>>[],
  ): Promise<Readonly<Record<string, string>>> => {
    const body = JSON.stringify(alerts.map((labels) => ({ labels: { job: 'lamplighter', ...labels } })));
    const headers = { 'content-type': 'application/json' };
    const sent = await fetch(`${alertmanager.origin}/api/v2/alerts`, { method: 'POST', headers, body });
    expect(sent.status).toBe(200);
    const all = ALERTS.parse(await (await fetch(`${alertmanager.origin}/api/v2/alerts`)).json());
    return Object.fromEntries(
      all.map(({ labels, receivers, status }) => [
        [labels.alertname, labels.severity, labels.account].filter(Boolean).join(' '),
        status.inhibitedBy.length > 0 ? 'left out' : receivers.map(({ name }) => name).join(),
      ]),
    );
  };
  expect(
    await told([
      { alertname: 'LamplighterWatchdog', severity: 'none' },
      { alertname: 'LamplighterBalanceRunway', severity: 'critical', account: 'a' },
      { alertname: 'LamplighterBalanceRunway', severity: 'warning', account: 'a' },
      { alertname: 'LamplighterBalanceRunway', severity: 'warning', account: 'b' },
      { alertname: 'LamplighterPaidWorkFrozen', severity: 'critical' },
      { alertname: 'LamplighterClockInDoubt', severity: 'critical' },
      { alertname: 'SomebodyElses', severity: 'info' },
    ]),
  ).toEqual({
    'LamplighterWatchdog none': 'deadman',
    'LamplighterBalanceRunway critical a': 'critical',
    'LamplighterBalanceRunway warning a': 'left out',
    'LamplighterBalanceRunway warning b': 'warning',
    'LamplighterPaidWorkFrozen critical': 'left out',
    'LamplighterClockInDoubt critical': 'critical',
    'SomebodyElses info': 'info',
  });
  // One cause: a cloud that is away, or that refuses our credentials.
  expect(
    await told([
      { alertname: 'LamplighterAccountUnreachable', severity: 'critical', account: 'c' },
      { alertname: 'LamplighterPollStale', severity: 'warning', account: 'c' },
      { alertname: 'LamplighterBreakerOpen', severity: 'warning', account: 'c' },
      { alertname: 'LamplighterProviderErrors', severity: 'warning', account: 'c' },
      { alertname: 'LamplighterExpiryNear', severity: 'warning', account: 'c' },
      { alertname: 'LamplighterPollStale', severity: 'warning', account: 'd' },
    ]),
  ).toMatchObject({
    'LamplighterAccountUnreachable critical c': 'critical',
    'LamplighterPollStale warning c': 'left out',
    'LamplighterBreakerOpen warning c': 'left out',
    'LamplighterProviderErrors warning c': 'left out',
    'LamplighterExpiryNear warning c': 'warning',
    'LamplighterPollStale warning d': 'warning',
  });
  // A bug of ours freezes; the freeze is told by itself when the breach is.
  expect(
    await told([
      { alertname: 'LamplighterInvariantBreached', severity: 'critical' },
      { alertname: 'LamplighterWorkFrozen', severity: 'critical', reason: 'invariant' },
    ]),
  ).toMatchObject({
    'LamplighterInvariantBreached critical': 'critical',
    'LamplighterWorkFrozen critical': 'left out',
  });
  // Without writes no job begins.
  expect(
    await told([
      { job: 'full', alertname: 'LamplighterRedisFull', severity: 'critical' },
      { job: 'full', alertname: 'LamplighterRedisFull', severity: 'warning' },
      { job: 'full', alertname: 'LamplighterLoopStalled', severity: 'critical' },
      { alertname: 'LamplighterLoopStalled', severity: 'critical', account: 'only for its name here' },
    ]),
  ).toMatchObject({
    'LamplighterRedisFull critical': 'critical',
    'LamplighterRedisFull warning': 'left out',
    'LamplighterLoopStalled critical': 'left out',
    'LamplighterLoopStalled critical only for its name here': 'critical',
  });
  // A Lamplighter without Redis explains what it does not do itself, and nothing of another one.
  expect(
    await told([
      { job: 'staging', alertname: 'LamplighterRedisDown', severity: 'critical' },
      { job: 'staging', alertname: 'LamplighterPaused', severity: 'warning' },
      { alertname: 'LamplighterExpiryNear', severity: 'warning', account: 'e' },
      { alertname: 'LamplighterRedisDown', severity: 'warning' },
      { alertname: 'LamplighterCronMissed', severity: 'warning' },
    ]),
  ).toMatchObject({
    'LamplighterRedisDown critical': 'critical',
    'LamplighterPaused warning': 'left out',
    'LamplighterExpiryNear warning e': 'warning',
    'LamplighterRedisDown warning': 'warning',
    'LamplighterCronMissed warning': 'warning',
  });
  expect(await told([{ alertname: 'LamplighterAbsent', severity: 'critical' }])).toMatchObject({
    'LamplighterAbsent critical': 'critical',
    'LamplighterWatchdog none': 'deadman',
    'LamplighterBalanceRunway critical a': 'critical',
    'LamplighterBalanceRunway warning b': 'left out',
    'SomebodyElses info': 'info',
  });
});
