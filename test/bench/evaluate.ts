/**
 * How many instance-policy pairs a pass decides in a second, on one core and with every guard on. Run by itself it
 * prints a table; the bench command takes {@link measureEvaluate} and writes its numbers down.
 */
import { evaluate } from '../../src/decide/evaluate.ts';
import type { AccountView, InstanceView, World } from '../../src/decide/world.ts';
import { compile } from '../../src/policy/compile.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { account, at, DAY, HOUR, idle, MINUTE, TestHistory, view } from '../decide/kit.ts';

export interface EvaluateResult {
  readonly instances: number;
  readonly policies: number;
  /** Median of the runs by the clock on the wall, ms; what else runs on the machine is in it. */
  readonly wallMs: number;
  /** Median of the thread's own time, ms: what one core of its own would take. */
  readonly ms: number;
  readonly pairsPerSecond: number;
  readonly acts: number;
  readonly refusals: number;
  readonly counts: ReadonlyMap<string, number>;
}

const NOW = at('23:30');
const ENVS = ['dev', 'test', 'prod', 'batch'] as const;

/** Four fifths huixingyun, as many as `size` instances over accounts of 500. */
export function makeFleet(size: number): readonly AccountView[] {
  const accounts: AccountView[] = [];
  for (let first = 0; first < size; first += 500) {
    const number = first / 500;
    const provider = number % 5 === 4 ? 'chenyu' : 'huixingyun';
    const name = `${provider}-${number}`;
    const views: InstanceView[] = [];
    for (let index = first; index < Math.min(size, first + 500); index += 1)
      views.push(makeView(index, name, provider));
    accounts.push(
      account(views, {
        name,
        provider,
        takenAt: NOW - 20_000,
        balanceFen: provider === 'chenyu' ? 50_000 : null,
        runwayMs: provider === 'chenyu' ? 5 * DAY : null,
        balanceBelowSince: () => NOW - HOUR,
        runwayBelowSince: () => NOW - HOUR,
      }),
    );
  }
  return accounts;
}

function makeView(index: number, name: string, provider: 'huixingyun' | 'chenyu'): InstanceView {
  const billing =
    provider === 'chenyu' ? 'unknown' : (['hourly', 'daily', 'monthly', 'hourly'] as const)[(index >> 2) % 4];
  const status = (['running', 'running', 'stopped', 'running', 'starting', 'running', 'stopped'] as const)[index % 7];
  const up = status === 'running' || status === 'starting';
  const expires = billing === 'daily' || billing === 'monthly' ? NOW + ((index * 37) % 700) * HOUR : null;
  const since = NOW - ((index * 13) % 600) * MINUTE;
  const activity =
    index % 10 === 0
      ? null
      : index % 3 === 0
        ? idle(since, NOW - 30_000)
        : ({ kind: 'active', at: NOW - 30_000, readings: [] } as const);
  return view(
    {
      account: name,
      provider,
      id: `gpu-${index.toString(36)}`,
      name: `${ENVS[index % 4]}-${index % 97}`,
      status: status ?? 'running',
      billing: billing ?? 'hourly',
      expiresAt: expires,
      gpuType: `type-${index % 9}`,
    },
    {
      now: NOW,
      labels: {
        env: ENVS[index % 4] ?? 'dev',
        owner: `owner-${index % 31}`,
        ...(index % 50 === 0 ? { protect: 'true' } : {}),
      },
      activity: up ? activity : { kind: 'not-applicable', at: NOW - 30_000 },
      tracked: {
        statusSince: since,
        upSince: up ? since : null,
        personStartAt: index % 11 === 0 ? NOW - 10 * MINUTE : null,
      },
    },
  );
}

/** Twenty as a team might write them: idle stops, windows, renewals, reminders, with every kind of limit. */
const POLICIES = `
policies:
  - { name: idle-dev, match: { labels: { env: dev } }, when: { idleFor: 30m }, do: stop, notice: 10m }
  - { name: idle-test, match: { labels: { env: test }, billing: hourly }, when: { idleFor: 1h }, do: stop, cooldown: 1h }
  - { name: idle-batch, match: { labels: { env: batch } }, when: { idleFor: 4h }, do: stop, mode: observe }
  - { name: lights-out, match: { name: "dev-1*" }, when: { during: "Mon-Sun 23:00-08:00" }, do: cardless-stop, afterwards: start }
  - { name: lights-out-idle, match: { name: "dev-*" }, when: { during: "Mon-Sun 23:00-08:00", idleFor: 15m }, do: cardless-stop, afterwards: start }
  - { name: night-test, match: { name: [ "test-*", "tests-*" ], not: { labels: { owner: owner-7 } } }, when: { during: "Mon-Sun 23:00-08:00", idleFor: 15m }, do: stop, limits: { perHour: 20, percent: "20%" } }
  - { name: keep-production-paid, match: { labels: { env: prod }, billing: [ daily, monthly ] }, when: { expiresWithin: 12h }, do: { renew: { periods: 1 } } }
  - { name: keep-daily-paid, match: { billing: daily }, when: { expiresWithin: 6h }, do: { renew: { periods: 1 } }, limits: { perPass: 50 } }
  - { name: monthly-soon, match: { billing: monthly }, when: { expiresWithin: 2d }, do: { notify: { to: [ ops ] } } }
  - { name: office-start, match: { labels: { env: dev }, status: stopped }, when: { during: "Mon-Fri 08:30-21:00" }, do: start }
  - { name: stuck, match: all, when: { statusFor: { status: [ starting, stopping ], for: 30m } }, do: { notify: { to: [ ops ] } } }
  - { name: stopped-too-long, match: { labels: { env: dev } }, when: { stoppedFor: 7d }, do: { notify: { to: [ ops ] } } }
  - { name: running-too-long, match: { labels: { env: test } }, when: { runningFor: 5d }, do: { notify: { to: [ ops ] } } }
  - { name: nightly-snapshot, match: { name: "prod-*" }, when: { cron: "0 3 * * *" }, do: { snapshot: { name: "{name}-{date}" } } }
  - { name: restart-batch, match: { name: "batch-?" }, when: { cron: "*/30 * * * *" }, do: restart, mode: observe }
  - { name: low-balance, match: { provider: chenyu }, when: { balanceBelow: 200 }, do: { notify: { to: [ ops ], severity: critical } } }
  - { name: short-runway, match: { provider: chenyu }, when: { runwayBelow: 1d }, do: { notify: { to: [ ops ] } } }
  - { name: weekend, match: { name: "batch-*" }, when: { during: "Sat-Sun 00:00-24:00", idleFor: 1h }, do: [ { notify: { to: [ ops ] } }, stop ] }
  - { name: idle-4090, match: { gpu: "*4090*", not: { labels: { env: prod } } }, when: { during: "Mon-Fri 08:30-21:00", idleFor: 2h }, do: stop }
  - { name: prod-for-long, match: { labels: { env: prod } }, when: { runningFor: 30d }, do: { notify: { to: [ ops ] } }, mode: observe }
`;

export function makePolicies(): readonly Policy[] {
  const options = { accounts: null, notifiers: null, timezone: 'Asia/Shanghai', mode: 'enforce', now: NOW } as const;
  const compiled = compile([{ file: 'bench.yaml', text: POLICIES }], options);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors, null, 2));
  return compiled.set.policies;
}

export function makeWorld(size: number): World {
  return { now: NOW, paused: false, accounts: makeFleet(size), holds: new Map(), history: new TestHistory() };
}

/** The median of `runs` passes over a fleet of `size`, after one that warms up. */
export function measureEvaluate(size: number, runs = 7): EvaluateResult {
  const world = makeWorld(size);
  const policies = makePolicies();
  evaluate(policies, world);
  const wall: number[] = [];
  const own: number[] = [];
  let last = evaluate(policies, world);
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now();
    const before = process.threadCpuUsage();
    last = evaluate(policies, world);
    const used = process.threadCpuUsage(before);
    wall.push(performance.now() - startedAt);
    own.push((used.user + used.system) / 1000);
  }
  const ms = median(own);
  return {
    instances: size,
    policies: policies.length,
    wallMs: median(wall),
    ms,
    pairsPerSecond: (size * policies.length * 1000) / ms,
    acts: last.acts.length,
    refusals: last.refusals.length,
    counts: last.counts,
  };
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

if (import.meta.main) {
  for (const size of [10_000, 100_000]) {
    const result = measureEvaluate(size);
    const rate = (result.pairsPerSecond / 1e6).toFixed(2);
    process.stdout.write(
      `${size} x ${result.policies}: ${result.ms.toFixed(1)} ms of one core (${result.wallMs.toFixed(1)} on the wall), ${rate} M pairs/s, ${result.acts} acts, ${result.refusals} refusals\n`,
    );
    if (process.argv.includes('--counts')) {
      for (const [key, count] of result.counts) process.stdout.write(`  ${key.replaceAll('\u0000', ' ')} ${count}\n`);
    }
  }
}
