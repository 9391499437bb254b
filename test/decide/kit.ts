import { parseCron } from '../../src/calendar/cron.ts';
import { parseWindow } from '../../src/calendar/parse-window.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import type { AccountView, History, InstanceView, StepState, World } from '../../src/decide/world.ts';
import { DEFAULT_ACCOUNT_ACTIONS } from '../../src/fleet/action.ts';
import type { Activity } from '../../src/fleet/activity.ts';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import type { Hold } from '../../src/fleet/hold.ts';
import { type Instance, type InstanceKey, instanceKey } from '../../src/fleet/instance.ts';
import type { Labels } from '../../src/fleet/label.ts';
import type { Notice } from '../../src/fleet/notice.ts';
import { noticeId } from '../../src/fleet/notice.ts';
import type { Obligation } from '../../src/fleet/obligation.ts';
import type { Tracked } from '../../src/fleet/snapshot.ts';
import type { Condition, Match, Policy } from '../../src/policy/policy.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A Thursday, noon in Shanghai. */
export const NOON = Date.parse('2026-10-08T12:00:00+08:00');

/** A time on that Thursday, or `days` later, in Shanghai. */
export function at(clock: string, days = 0): number {
  return Date.parse(`2026-10-08T${clock}${clock.length === 5 ? ':00' : ''}+08:00`) + days * DAY;
}

export function during(text: string): Condition {
  const parsed = parseWindow(text, { zone: zoneNamed('Asia/Shanghai'), calendars: new Map() });
  if (!parsed.ok) throw new Error(parsed.message);
  return { kind: 'during', window: parsed.window, text };
}

export function cron(text: string): Condition {
  const parsed = parseCron(text, zoneNamed('Asia/Shanghai'));
  if (!parsed.ok) throw new Error(parsed.message);
  return { kind: 'cron', ticks: parsed.cron, text, timezone: 'Asia/Shanghai' };
}

export const idleFor = (ms: number): Condition => ({ kind: 'idleFor', ms });
export const expiresWithin = (ms: number): Condition => ({ kind: 'expiresWithin', ms });

export const MATCH_ALL: Match = {
  all: true,
  account: () => true,
  instance: () => true,
  instanceWhateverStatus: () => true,
  text: 'all',
};

export function matching(test: (instance: Instance, labels: Labels) => boolean): Match {
  return { ...MATCH_ALL, all: false, instance: test, instanceWhateverStatus: test, text: 'some' };
}

export function policy(fields: Partial<Policy> = {}): Policy {
  const conditions = fields.conditions ?? [idleFor(30 * MINUTE)];
  return {
    name: 'p',
    description: '',
    enabled: true,
    mode: 'enforce',
    match: MATCH_ALL,
    conditions,
    steps: [{ kind: 'stop' }],
    afterwards: null,
    noticeMs: 0,
    requireNotice: false,
    minimumUptimeMs: conditions.some((each) => each.kind === 'idleFor') ? 30 * MINUTE : 0,
    cooldownMs: 0,
    catchUpMs: 15 * MINUTE,
    limits: null,
    timezone: 'Asia/Shanghai',
    scope: 'instance',
    place: { file: 'p.yaml', line: 1, column: 1 },
    hash: 'h',
    ...fields,
  };
}

export function instance(fields: Partial<Instance> = {}): Instance {
  return {
    account: 'hxy',
    provider: 'huixingyun',
    id: 'gpu-1',
    name: 'dev-1',
    status: 'running',
    rawStatus: 'Running',
    billing: 'hourly',
    rawBilling: 'Hour',
    gpu: 'NVIDIA 4090',
    gpuCount: 1,
    gpuType: 'geforce_rtx_4090',
    room: 'r1',
    createdAt: NOON - 30 * DAY,
    startedAt: NOON - DAY,
    expiresAt: null,
    hourlyFen: null,
    orderId: null,
    imageId: null,
    savingImage: false,
    shutdownTimerAt: null,
    services: [],
    problems: [],
    ...fields,
  };
}

export function idle(since: number, readAt: number): Activity {
  return {
    kind: 'idle',
    at: readAt,
    since,
    watched: { from: since, to: readAt, holes: [] },
    readings: [
      {
        probe: 'jupyter',
        at: readAt,
        verdict: 'idle',
        reason: null,
        lastActiveAt: since,
        judges: 'work',
        evidence: verbatim('1 kernel idle'),
      },
    ],
  };
}

/** An instance that has been up for a day; idle for two hours unless told otherwise. */
export function view(
  fields: Partial<Instance> = {},
  rest: { tracked?: Partial<Tracked>; labels?: Labels; activity?: Activity | null; now?: number } = {},
): InstanceView {
  const row = instance(fields);
  const now = rest.now ?? NOON;
  const up = row.status === 'running';
  return {
    key: instanceKey(row),
    tracked: {
      instance: row,
      firstSeenAt: NOON - 30 * DAY,
      statusSince: now - DAY,
      upSince: up ? now - DAY : null,
      personStartAt: null,
      stopMode: null,
      stoppedBy: null,
      ...rest.tracked,
    },
    labels: rest.labels ?? {},
    activity: rest.activity === undefined ? idle(now - 2 * HOUR, now) : rest.activity,
  };
}

export function account(instances: readonly InstanceView[], fields: Partial<AccountView> = {}): AccountView {
  const first = instances[0]?.tracked.instance;
  return {
    name: first?.account ?? 'hxy',
    provider: first?.provider ?? 'huixingyun',
    allowed: new Set(DEFAULT_ACCOUNT_ACTIONS),
    trust: 'good',
    takenAt: NOON,
    instances,
    balanceFen: null,
    runwayMs: null,
    balanceBelowSince: () => null,
    runwayBelowSince: () => null,
    paidWork: 'open',
    breakerOpen: false,
    prices: new Map(),
    spend: { callsPerDay: 10, perDayFen: null, callsToday: 0, spentTodayFen: 0 },
    interruptedAt: [],
    ...fields,
  };
}

/** A history that can be written to, as simple as can be. */
export class TestHistory implements History {
  readonly steps = new Map<string, StepState>();
  readonly acted: { policy: string; target: string; account: string; at: number }[] = [];
  readonly openOn = new Map<InstanceKey, 'any' | 'paid'>();
  readonly renewed = new Map<InstanceKey, number>();
  readonly noticesById = new Map<string, Notice>();
  obligationList: Obligation[] = [];
  since: number | null = 0;
  readonly low = new Map<string, string>();

  static key(policy: string, target: string, occurrence: string, step: number): string {
    return `${policy}|${target}|${occurrence}|${step}`;
  }
  set(policy: string, target: string, occurrence: string, step: number, state: StepState): void {
    this.steps.set(TestHistory.key(policy, target, occurrence, step), state);
  }
  step(policy: string, target: string, occurrence: string, step: number): StepState {
    return this.steps.get(TestHistory.key(policy, target, occurrence, step)) ?? 'none';
  }
  lastActedAt(policy: string, target: string): number | null {
    const times = this.acted.filter((each) => each.policy === policy && each.target === target).map((each) => each.at);
    return times.length === 0 ? null : Math.max(...times);
  }
  actedAt(policy: string, name: string): readonly number[] {
    return this.acted.filter((each) => each.policy === policy && each.account === name).map((each) => each.at);
  }
  open(key: InstanceKey): 'none' | 'any' | 'paid' {
    return this.openOn.get(key) ?? 'none';
  }
  lastRenewedAt(key: InstanceKey): number | null {
    return this.renewed.get(key) ?? null;
  }
  notice(policy: string, key: InstanceKey, occurrence: string): Notice | null {
    return this.noticesById.get(noticeId({ policy, instance: key, occurrence })) ?? null;
  }
  notices(name: string): readonly Notice[] {
    return [...this.noticesById.values()].filter((each) => each.instance.startsWith(`${name}/`));
  }
  obligations(name: string): readonly Obligation[] {
    return this.obligationList.filter((each) => each.instance.startsWith(`${name}/`));
  }
  policySince(): number | null {
    return this.since;
  }
  lowBalance(policy: string, name: string): string | null {
    return this.low.get(`${policy}|${name}`) ?? null;
  }
}

export function world(accounts: readonly AccountView[], fields: Partial<World> = {}): World {
  return {
    now: NOON,
    paused: false,
    accounts,
    holds: new Map<InstanceKey, Hold>(),
    history: new TestHistory(),
    ...fields,
  };
}

export function hold(key: InstanceKey, until: number): ReadonlyMap<InstanceKey, Hold> {
  return new Map([[key, { id: 'h1', instance: key, owner: 'wang', reason: 'demo', createdAt: 0, until }]]);
}
