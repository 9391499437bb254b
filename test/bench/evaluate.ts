/**
 * How many instance-policy pairs a pass decides in a second, on one core and with every guard on. Run by itself it
 * prints a table; the bench command takes {@link measureEvaluate} and writes its numbers down.
 */
import { evaluate } from '../../src/decide/evaluate.ts';
import type { AccountView, InstanceView, World } from '../../src/decide/world.ts';
import type { Policy } from '../../src/policy/policy.ts';
import {
  account,
  at,
  cron,
  DAY,
  during,
  HOUR,
  idle,
  MINUTE,
  matching,
  policy,
  TestHistory,
  view,
} from '../decide/kit.ts';

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
  const billing = provider === 'chenyu' ? 'unknown' : (['hourly', 'daily', 'monthly', 'hourly'] as const)[index % 4];
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

const byEnv = (env: string) => matching((_, labels) => labels.env === env);
const byName = (prefix: string) => matching((row) => row.name.startsWith(prefix));

/** Twenty as a team might have them: idle stops, windows, renewals, reminders. */
export function makePolicies(): readonly Policy[] {
  const night = during('Mon-Sun 23:00-08:00');
  const office = during('Mon-Fri 08:30-21:00');
  const stop = [{ kind: 'stop' }] as const;
  const tell = [{ kind: 'notify', to: ['ops'], severity: 'warning', text: null }] as const;
  const renew = [{ kind: 'renew', periods: { daily: 1, monthly: 1 } }] as const;
  const idleFor = (ms: number) => ({ kind: 'idleFor', ms }) as const;
  const expires = (ms: number) => ({ kind: 'expiresWithin', ms }) as const;
  const parts: Partial<Policy>[] = [
    { match: byEnv('dev'), conditions: [idleFor(30 * MINUTE)], steps: stop, noticeMs: 10 * MINUTE },
    { match: byEnv('test'), conditions: [idleFor(HOUR)], steps: stop },
    { match: byEnv('batch'), conditions: [idleFor(4 * HOUR)], steps: stop, mode: 'observe' },
    { match: byName('dev-1'), conditions: [night], steps: [{ kind: 'cardless-stop' }], afterwards: 'start' },
    {
      match: byName('dev-'),
      conditions: [night, idleFor(15 * MINUTE)],
      steps: [{ kind: 'cardless-stop' }],
      afterwards: 'start',
    },
    { match: byName('test-'), conditions: [night, idleFor(15 * MINUTE)], steps: stop },
    { match: byEnv('prod'), conditions: [expires(12 * HOUR)], steps: renew },
    { match: matching((row) => row.billing === 'daily'), conditions: [expires(6 * HOUR)], steps: renew },
    { match: matching((row) => row.billing === 'monthly'), conditions: [expires(2 * DAY)], steps: tell },
    { match: byEnv('dev'), conditions: [office], steps: [{ kind: 'start' }] },
    { conditions: [{ kind: 'statusFor', status: ['starting', 'stopping'], ms: 30 * MINUTE }], steps: tell },
    { match: byEnv('dev'), conditions: [{ kind: 'stoppedFor', ms: 7 * DAY }], steps: tell },
    { match: byEnv('test'), conditions: [{ kind: 'runningFor', ms: 5 * DAY }], steps: tell },
    { match: byName('prod-'), conditions: [cron('0 3 * * *')], steps: [{ kind: 'snapshot', name: '{name}-{date}' }] },
    { match: byName('batch-'), conditions: [cron('*/30 * * * *')], steps: [{ kind: 'restart' }], mode: 'observe' },
    { scope: 'account', conditions: [{ kind: 'balanceBelow', fen: 20_000 }], steps: tell },
    { scope: 'account', conditions: [{ kind: 'runwayBelow', ms: DAY }], steps: tell },
    { match: byName('batch-'), conditions: [during('Sat-Sun 00:00-24:00'), idleFor(HOUR)], steps: stop },
    { match: matching((row) => row.gpuType === 'type-3'), conditions: [office, idleFor(2 * HOUR)], steps: stop },
    { match: byEnv('prod'), conditions: [{ kind: 'runningFor', ms: 30 * DAY }], steps: tell, mode: 'observe' },
  ];
  return parts.map((fields, index) => policy({ name: `policy-${index}`, ...fields }));
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
