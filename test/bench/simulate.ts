/**
 * A month of a thousand machines that change what they are at several times a day, led through virtual time by policies like
 * the shipped ones.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateFile } from '../../src/app/simulate.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { atMost, type Row } from './rows.ts';
import { digits } from './statistics.ts';

const DAY_MS = 86_400_000;

const CONFIG = `
mode: enforce
policies: ./policies
accounts:
  hxy: { provider: huixingyun, token: bench-token-of-nobody, prices: { card: { hourly: 1.98, daily: 40, monthly: 900 } }, spendLimit: { perDay: 100000 } }
  chenyu: { provider: chenyu, token: bench-token-of-nobody, prices: { card: { hourly: 2.08 } }, spendLimit: { callsPerDay: 10 } }
activity: [ { match: all, probes: [ { push: {} } ] } ]
notifiers: { ops: { type: webhook, url: "http://127.0.0.1:9999/hook" } }
`;

const POLICIES = `
policies:
  - { name: stop-idle-dev, match: { labels: { env: dev }, billing: hourly, status: running }, when: { idleFor: 30m }, do: stop, notice: 10m, minimumUptime: 30m, limits: { percent: "20%" } }
  - { name: lights-out, match: { provider: huixingyun, name: "team-*" }, when: { during: "Mon-Sun 23:00-08:00", idleFor: 15m }, do: cardless-stop, afterwards: start, notice: 10m, limits: { perPass: 5, perHour: 400 } }
  - { name: keep-production-paid, match: { labels: { env: prod }, billing: [ daily, monthly ] }, when: { expiresWithin: 12h }, do: { renew: { periods: { daily: 3, monthly: 1 } } } }
  - { name: expiry-reminder, match: { provider: huixingyun, billing: [ daily, monthly ], not: { labels: { env: prod } } }, when: { expiresWithin: 1d }, do: { notify: {} } }
  - { name: low-balance, match: { provider: chenyu }, when: { balanceBelow: 200 }, do: { notify: { severity: critical } } }
  - { name: nightly-snapshot, match: { labels: { backup: nightly } }, when: { cron: "0 3 * * *" }, do: { snapshot: { name: "{name}-{date}" } } }
  - { name: stopped-too-long, match: { labels: { env: dev } }, when: { stoppedFor: 7d }, do: { notify: {} } }
  - { name: stuck-instance, match: all, when: { statusFor: { status: [ starting, stopping ], for: 30m } }, do: { notify: {} } }
`;

const FLEET = `
from: "2026-11-02 00:00"
accounts: { chenyu: { balance: 90000 } }
fleet:
  dev: { count: 250, account: hxy, gpuType: card, labels: { env: dev }, workload: office }
  late: { count: 150, account: chenyu, gpuType: card, billing: hourly, labels: { env: dev }, workload: { hours: "Mon-Sat 13:00-23:30", share: 60%, spread: 1h } }
  team: { count: 250, account: hxy, gpuType: card, workload: { hours: "Mon-Sun 08:00-22:00", share: 70%, spread: 45m, comesBack: false } }
  batch: { count: 200, account: hxy, gpuType: card, labels: { env: dev }, workload: { busyFor: 3h, every: 6h, spread: 40m } }
  prod: { count: 100, account: hxy, gpuType: card, billing: daily, expiresIn: 1d, labels: { env: prod, backup: nightly }, workload: busy }
  paid: { count: 50, account: hxy, gpuType: card, billing: monthly, expiresIn: 12d, workload: { busyFor: 2h, every: 5h } }
`;

export interface SimulateResult {
  readonly machines: number;
  readonly acts: number;
  readonly decisions: number;
  readonly changes: number;
  readonly isWhole: boolean;
  /** The thread's own time, s: what one core of its own would take. */
  readonly seconds: number;
  readonly wallSeconds: number;
  readonly heapMb: number;
}

export async function measureSimulate(days: number): Promise<SimulateResult> {
  const dir = await mkdtemp(join(tmpdir(), 'lamplighter-bench-'));
  try {
    const policies = join(dir, 'policies.yaml');
    await writeFile(policies, POLICIES);
    await writeFile(join(dir, 'fleet.yaml'), FLEET);
    const config = CONFIG.replace('./policies', dir);
    const policiesDir = await mkdtemp(join(dir, 'policies-'));
    await writeFile(join(policiesDir, 'all.yaml'), POLICIES);
    const read = await loadConfig(config, join(dir, 'lamplighter.yaml'), 'lamplighter.yaml', {
      environment: {},
      overrides: { policiesDir },
    });
    if (!read.ok) throw new Error(JSON.stringify(read.errors, null, 2));
    const startedAt = performance.now();
    const before = process.threadCpuUsage();
    const simulation = await simulateFile(read.config, {
      file: 'fleet.yaml',
      cwd: dir,
      now: 0,
      from: null,
      untilMs: days * DAY_MS,
      seed: 1,
    });
    const used = process.threadCpuUsage(before);
    const wallSeconds = (performance.now() - startedAt) / 1000;
    const heapMb = process.memoryUsage().heapUsed / 1e6;
    const machines = simulation.accounts.flatMap((account) => account.machines);
    return {
      machines: machines.length,
      acts: simulation.coming.filter(({ kind }) => kind === 'act').length,
      decisions: simulation.coming.length,
      changes: machines.reduce((sum, { timeline }) => sum + timeline.length, 0),
      isWhole: simulation.reached === simulation.from + days * DAY_MS,
      seconds: (used.user + used.system) / 1e6,
      wallSeconds,
      heapMb,
    };
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** On the thread's own time: one core of its own is what the target speaks of. */
export async function benchSimulate(): Promise<readonly Row[]> {
  const days = 30;
  const result = await measureSimulate(days);
  const { machines, acts, changes, wallSeconds, isWhole } = result;
  return [
    {
      what: `simulate ${days} days of ${machines} instances, one core`,
      // What was cut short has not been measured.
      measured: isWhole ? result.seconds : Number.NaN,
      unit: 's',
      target: atMost(10),
      detail: `${digits(wallSeconds)} s on the wall, ${acts} acts, ${changes} changes of machines`,
    },
    {
      what: 'heap after it',
      measured: result.heapMb,
      unit: 'MB',
      target: atMost(600),
      detail: `${result.decisions} decisions kept`,
    },
  ];
}

if (import.meta.main) {
  const [, , days = '30'] = process.argv;
  process.stdout.write(`${JSON.stringify(await measureSimulate(Number(days)), null, 1)}\n`);
}
