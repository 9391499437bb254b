import { expect, test } from 'vitest';
import {
  bornAtZero,
  countDecision,
  countNotification,
  countOutcome,
  type Metrics,
  makeMetrics,
  unknownWordCounter,
} from '../../src/telemetry/metrics.ts';
import { promtool } from './promtool.ts';

/** Writes something into every metric, so that none is checked empty. */
function fill(metrics: Metrics): void {
  metrics.pollLastSuccess.set({ account: 'hxy' }, 1_795_000_000.5);
  metrics.pollFailures.set({ account: 'hxy' }, 2);
  metrics.pollInterval.set({ account: 'hxy' }, 60);
  metrics.jobs.inc({ queue: 'poll', outcome: 'done' });
  metrics.jobDuration.observe({ queue: 'poll' }, 0.3);
  metrics.pollDuration.observe({ account: 'hxy' }, 0.2);
  metrics.providerRequests.inc({ account: 'hxy', operation: 'list', outcome: 'ok' });
  metrics.providerRequestDuration.observe({ account: 'hxy', operation: 'list' }, 0.1);
  unknownWordCounter(metrics)('hxy', 'status', 'Booting');
  metrics.evaluations.inc(800);
  metrics.evaluationDuration.observe(0.004);
  countDecision(metrics, 'lights-out', 'stop', 'not-due', 3);
  metrics.conflicts.inc({ policy: 'lights-out' });
  countOutcome(metrics, { account: 'hxy', action: 'stop', createdAt: 1_000 }, 'confirmed', 31_000);
  metrics.operationsOpen.set({ state: 'armed' }, 1);
  metrics.operationEscalated.set(0);
  metrics.reloadSuccessful.set(1);
  metrics.reloadSuccessTime.set(1_795_000_000);
  metrics.policiesLoaded.set(8);
  metrics.policyEnabled.set({ policy: 'lights-out', mode: 'enforce' }, 1);
  metrics.holdsActive.set(0);
  metrics.paused.set(0);
  metrics.paidWorkFrozen.set(0);
  metrics.operationsUncertain.set({ account: 'hxy' }, 1);
  metrics.operationsEscalated.set({ account: 'hxy' }, 1);
  metrics.escalatedAge.set({ account: 'hxy' }, 60);
  metrics.settleSeconds.observe({ account: 'hxy', action: 'renew' }, 40);
  metrics.paidCallsToday.set({ account: 'hxy' }, 1);
  metrics.paidCallsLimit.set({ account: 'hxy' }, 10);
  metrics.paidYuanToday.set({ account: 'hxy' }, 40);
  metrics.paidYuanLimit.set({ account: 'hxy' }, 500);
  metrics.frozen.set({ class: 'paid', reason: 'amnesia' }, 1);
  metrics.clockTrusted.set(1);
  metrics.clockSteps.inc({ direction: 'backward' });
  metrics.clockAhead.set({ account: 'hxy' }, -3);
  metrics.recordedPasses.inc({ outcome: 'kept' });
  metrics.recordingBytes.set(1_000);
  metrics.breakerOpen.set({ account: 'hxy' }, 0);
  metrics.queueJobs.set({ queue: 'poll', state: 'waiting' }, 2);
  metrics.notificationsWaiting.set({ notifier: 'ops' }, 2);
  metrics.notificationOldest.set({ notifier: 'ops' }, 60);
  metrics.notifierMuted.set({ notifier: 'ops' }, 1);
  metrics.queueOldest.set({ queue: 'poll' }, 0.5);
  countNotification(metrics, 'ops', 'delivered', 'operation.confirmed');
  metrics.probes.inc({ account: 'hxy', probe: 'jupyter', verdict: 'idle' });
  metrics.probeLastSuccess.set({ account: 'hxy', probe: 'jupyter' }, 1);
  metrics.probeDuration.observe({ account: 'hxy', probe: 'jupyter' }, 0.2);
  metrics.shadowStops.inc({ policy: 'lights-out', outcome: 'right' });
  metrics.shadowSavedGpuSeconds.inc({ policy: 'lights-out' }, 3_600);
  metrics.shadowSavedYuan.inc({ policy: 'lights-out' }, 1.98);
  metrics.savedGpuSeconds.inc({ policy: 'lights-out' }, 3_600);
  metrics.savedYuan.inc({ policy: 'lights-out' }, 1.98);
  metrics.savedUnpricedSeconds.inc({ policy: 'lights-out' }, 60);
  metrics.savedStops.inc({ policy: 'lights-out' }, 3);
  metrics.wrongStops.inc({ policy: 'lights-out' }, 1);
  metrics.buildInfo.set({ version: '0.1.0', node: '26' }, 1);
}

/** Sample lines of one metric. */
async function samples(metrics: Metrics, name: string): Promise<readonly string[]> {
  const all = await metrics.own.metrics();
  return all.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

test('our own registry is clean under promtool, full and empty', async () => {
  const metrics = makeMetrics();
  expect(await promtool(await metrics.own.metrics())).toBe('');
  fill(metrics);
  const all = await metrics.own.metrics();
  expect(await promtool(all)).toBe('');
  for (const line of all.split('\n').filter((each) => each.startsWith('# TYPE'))) {
    const [, , name = ''] = line.split(' ');
    expect(
      all.split('\n').some((each) => each.startsWith(name)),
      `${name} was not filled`,
    ).toBe(true);
  }
});

test('promtool is there to find something: a gauge named _total is not clean', async () => {
  const bad = '# HELP lamps_total lamps\n# TYPE lamps_total gauge\nlamps_total 1\n';
  expect(await promtool(bad)).toContain('lamps_total');
  expect(await promtool('lamps{a="1} 2\n')).not.toBe('');
});

test('every metric has the prefix, and Node’s own are apart', async () => {
  const metrics = makeMetrics();
  fill(metrics);
  const names = metrics.own.getMetricsAsArray().map(({ name }) => name);
  expect(names.filter((name) => !name.startsWith('lamplighter_'))).toEqual([]);
  expect(metrics.processes.getMetricsAsArray().some(({ name }) => name.startsWith('lamplighter_'))).toBe(false);
  expect(await metrics.processes.metrics()).toContain('process_resident_memory_bytes');
});

test('two daemons in one process do not share a registry', async () => {
  const [one, two] = [makeMetrics(), makeMetrics()];
  one.evaluations.inc(5);
  expect(await samples(two, 'lamplighter_evaluations_total')).toEqual(['lamplighter_evaluations_total 0']);
});

test('the metrics of the public surface that are kept here are all there', async () => {
  const metrics = makeMetrics();
  const names = new Set(metrics.own.getMetricsAsArray().map(({ name }) => name));
  const promised = `
    poll_last_success_timestamp_seconds poll_duration_seconds provider_requests_total provider_request_duration_seconds
    evaluations_total evaluation_duration_seconds decisions_total operations_total operations_open
    operation_duration_seconds operation_escalated policy_last_reload_successful
    policy_last_reload_success_timestamp_seconds policies_loaded policy_enabled holds_active paused queue_jobs
    queue_oldest_job_seconds notifications_total saved_gpu_seconds_total saved_yuan_total build_info`;
  const missing = promised
    .trim()
    .split(/\s+/)
    .filter((name) => !names.has(`lamplighter_${name}`));
  expect(missing).toEqual([]);
});

test('raw words are told apart up to a bound, per field and account', async () => {
  const metrics = makeMetrics();
  const count = unknownWordCounter(metrics);
  for (let i = 0; i < 10_000; i += 1) count('hxy', 'status', `Word${i}`);
  for (let i = 0; i < 3; i += 1) count('hxy', 'status', 'Word0');
  count('hxy', 'billing', 'Weekly');
  count('cy', 'status', 'Word77');
  const lines = await samples(metrics, 'lamplighter_unknown_words_total');
  expect(lines).toHaveLength(20 + 1 + 1 + 1);
  expect(lines).toContain('lamplighter_unknown_words_total{account="hxy",field="status",word="other"} 9980');
  expect(lines).toContain('lamplighter_unknown_words_total{account="hxy",field="status",word="Word0"} 4');
});

test('a raw word is cut, and cannot break the scrape', async () => {
  const metrics = makeMetrics();
  const count = unknownWordCounter(metrics);
  const hostile = ['x'.repeat(10_000), 'a"b\\c\nd', 'nul\u0000', '\u202egnihsarc', '\ud800', '', '\u001b[2J'];
  for (const word of hostile) count('hxy', 'status', word);
  const lines = await samples(metrics, 'lamplighter_unknown_words_total');
  expect(lines).toHaveLength(hostile.length);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(150);
  expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(await promtool(await metrics.own.metrics())).toBe('');
});

test('what is in force is counted from 0 on, so that the first rejection is an increase', async () => {
  const metrics = makeMetrics();
  const standing = {
    accounts: new Map([['hxy', { account: { actions: ['stop', 'renew', 'notify'] as const } }]]),
    notifiers: new Map([['ops', {}]]),
    policies: [{ name: 'lights-out', steps: [{ kind: 'stop' as const }] }],
  };
  countOutcome(metrics, { account: 'hxy', action: 'stop', createdAt: 0 }, 'rejected', 0);
  bornAtZero(metrics, standing);
  bornAtZero(metrics, standing);
  const operations = await samples(metrics, 'lamplighter_operations_total');
  expect(operations).toHaveLength(2 * 5);
  expect(operations.filter((line) => !line.endsWith(' 0'))).toEqual([
    'lamplighter_operations_total{account="hxy",action="stop",outcome="rejected"} 1',
  ]);
  expect(await samples(metrics, 'lamplighter_notifications_total')).toContain(
    'lamplighter_notifications_total{notifier="ops",outcome="failed"} 0',
  );
  expect(await samples(metrics, 'lamplighter_policy_conflicts_total')).toEqual([
    'lamplighter_policy_conflicts_total{policy="lights-out"} 0',
  ]);
  expect(await samples(metrics, 'lamplighter_decisions_total')).toEqual([
    'lamplighter_decisions_total{policy="lights-out",action="stop",reason="missed"} 0',
  ]);
});

test('an operation that ends is counted with its time, which is never negative', async () => {
  const metrics = makeMetrics();
  countOutcome(metrics, { account: 'hxy', action: 'stop', createdAt: 5_000 }, 'confirmed', 3_000);
  countOutcome(metrics, { account: 'hxy', action: 'stop', createdAt: 5_000 }, 'escalated', 35_000);
  expect(await samples(metrics, 'lamplighter_operations_total')).toEqual([
    'lamplighter_operations_total{account="hxy",action="stop",outcome="confirmed"} 1',
    'lamplighter_operations_total{account="hxy",action="stop",outcome="escalated"} 1',
  ]);
  expect(await samples(metrics, 'lamplighter_operation_duration_seconds_sum')).toEqual([
    'lamplighter_operation_duration_seconds_sum{action="stop"} 30',
  ]);
});
