import { localDay, type Zone } from '../calendar/zone.ts';
import type { Account } from '../fleet/account.ts';
import type { Activity, ProbeReading } from '../fleet/activity.ts';
import { type Instance, type InstanceKey, instanceKey } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { Notice } from '../fleet/notice.ts';
import { isUp } from '../fleet/status.ts';
import type { AccountText, FactsText, MachineText, PolicyTestText } from '../policy/test-grammar.ts';
import type { AccountView, History, InstanceView, World } from './world.ts';

const DAY_MS = 86_400_000;
/** Longer than any policy looks back. */
const LONG_AGO_MS = 400 * DAY_MS;

/** What a test of policies is about: accounts as configured, and machines given in a few words. */
export interface GivenFleet {
  readonly accounts: readonly Account[];
  readonly money: Readonly<Record<string, AccountText>>;
  readonly machines: Readonly<Record<string, MachineText | null>>;
  readonly labelsOf: (instance: Instance) => Labels;
}

/** More machines than a test needs to reach any limit. */
const MOST_ALIKE = 1_000;
/** `dev-01..12`: the machines `dev-01` to `dev-12`. */
const MANY = /^(.*?)(\d+)\.\.(\d+)$/;

/** Machines by id, with those that were given many at a time one by one. */
export function eachMachine(given: PolicyTestText['fleet']): PolicyTestText['fleet'] {
  return Object.fromEntries(Object.entries(given).flatMap(([id, machine]) => idsOf(id).map((each) => [each, machine])));
}

/** Is it written like several machines? */
export function isMany(id: string): boolean {
  return MANY.test(id);
}

/** `dev-01..12` is twelve ids, anything else is itself. */
export function idsOf(id: string): readonly string[] {
  const [, stem = '', first = '', last = ''] = MANY.exec(id) ?? [];
  const count = last === '' ? 0 : Number(last) - Number(first) + 1;
  if (!(count >= 1 && count <= MOST_ALIKE)) return [id];
  return Array.from(
    { length: count },
    (_, index) => `${stem}${String(Number(first) + index).padStart(first.length, '0')}`,
  );
}

/** The key of a machine that is given as `id`; `null`: there is none, or no account for it. */
export function givenKey(given: Pick<GivenFleet, 'accounts' | 'machines'>, id: string): InstanceKey | null {
  const machine = given.machines[id];
  const account = machine?.account ?? given.accounts[0]?.name;
  return machine === undefined || account === undefined ? null : instanceKey({ account, id });
}

/** The world at the beginning of a test: freshly listed, nothing done yet, every limit open. */
export function givenWorld(given: GivenFleet, now: number): World {
  const accounts = given.accounts.map((account): AccountView => {
    const instances = Object.entries(given.machines)
      .filter(([id]) => givenKey(given, id)?.startsWith(`${account.name}/`) === true)
      .map(([id, machine]) => viewOf(account, id, machine ?? {}, given.labelsOf, now));
    const view: AccountView = {
      name: account.name,
      provider: account.provider,
      allowed: new Set(account.actions),
      trust: 'good',
      takenAt: now,
      instances,
      balanceFen: null,
      runwayMs: null,
      balanceBelowSince: () => null,
      runwayBelowSince: () => null,
      paidWork: 'open',
      breakerOpen: false,
      prices: account.prices,
      spend: account.spendLimit === null ? null : { ...account.spendLimit, callsToday: 0, spentTodayFen: 0 },
      interruptedAt: [],
    };
    return withMoney(view, given.money[account.name] ?? {}, now);
  });
  return { now, paused: false, accounts, holds: new Map(), history: NOTHING_YET };
}

/** What is not said stays as it is. */
export function withMoney(view: AccountView, { balance, runway }: AccountText, now: number): AccountView {
  const balanceFen = balance === undefined ? view.balanceFen : Math.round(balance * 100);
  const runwayMs = runway ?? view.runwayMs;
  return {
    ...view,
    balanceFen,
    runwayMs,
    balanceBelowSince: (fen) => (balanceFen !== null && balanceFen < fen ? now : null),
    runwayBelowSince: (ms) => (runwayMs !== null && runwayMs < ms ? now : null),
  };
}

function viewOf(
  account: Account,
  id: string,
  machine: MachineText,
  labelsOf: GivenFleet['labelsOf'],
  now: number,
): InstanceView {
  const { upFor = DAY_MS, status = 'running', billing = 'hourly', idleFor } = machine;
  const instance: Instance = {
    account: account.name,
    provider: account.provider,
    id,
    name: machine.name ?? id,
    status,
    rawStatus: status,
    billing,
    rawBilling: billing,
    gpu: machine.gpu ?? 'GPU',
    gpuCount: 1,
    gpuType: machine.gpuType ?? [...account.prices.keys()][0] ?? 'gpu',
    room: machine.room ?? '',
    createdAt: now - LONG_AGO_MS,
    startedAt: null,
    expiresAt: machine.expiresIn === undefined ? null : now + machine.expiresIn,
    hourlyFen: machine.hourly === undefined ? null : Math.round(machine.hourly * 100),
    orderId: null,
    imageId: null,
    savingImage: false,
    shutdownTimerAt: null,
    services: [],
    problems: [],
  };
  const up = isUp(status);
  const said = machine.activity ?? (idleFor === undefined ? undefined : 'idle');
  return {
    key: instanceKey(instance),
    tracked: {
      instance,
      firstSeenAt: now - LONG_AGO_MS,
      statusSince: now - upFor,
      upSince: up ? now - upFor : null,
      personStartAt: null,
      stopMode: machine.stoppedBy === undefined ? null : 'normal',
      stoppedBy: machine.stoppedBy ?? null,
    },
    labels: { ...labelsOf(instance), ...machine.labels },
    activity: up ? activityOf(said, now - (idleFor ?? 0), now) : { kind: 'not-applicable', at: now },
  };
}

/** A machine with what becomes otherwise at `now`. */
export function withFacts(view: InstanceView, facts: FactsText, now: number): InstanceView {
  const { tracked } = view;
  const status = facts.status ?? tracked.instance.status;
  const isOther = status !== tracked.instance.status;
  const up = isUp(status);
  const wasUp = isUp(tracked.instance.status);
  const expiresAt = facts.expiresIn === undefined ? tracked.instance.expiresAt : now + facts.expiresIn;
  const activity = facts.activity === undefined ? view.activity : activityOf(facts.activity, now, now);
  return {
    ...view,
    labels: { ...view.labels, ...facts.labels },
    activity: up ? activity : { kind: 'not-applicable', at: now },
    tracked: {
      ...tracked,
      instance: { ...tracked.instance, status, expiresAt },
      statusSince: isOther ? now : tracked.statusSince,
      upSince: up ? (wasUp ? tracked.upSince : now) : null,
      ...(isOther ? { stopMode: null, stoppedBy: null } : {}),
    },
  };
}

/** A person starts it: it is up, and nobody can say yet what it does. */
export function startedByPerson(view: InstanceView, now: number): InstanceView {
  const { tracked } = view;
  const instance = { ...tracked.instance, status: 'running' as const };
  return {
    ...view,
    activity: activityOf('active', now, now),
    tracked: {
      ...tracked,
      instance,
      statusSince: now,
      upSince: now,
      personStartAt: now,
      stopMode: null,
      stoppedBy: null,
    },
  };
}

function activityOf(said: FactsText['activity'], since: number, now: number): Activity | null {
  switch (said) {
    case undefined:
      return null;
    case 'active':
      return { kind: 'active', at: now, readings: [] };
    case 'unknown':
      return { kind: 'unknown', at: now, reason: 'unreachable', readings: [] };
    case 'idle': {
      const reading: ProbeReading = {
        probe: 'given',
        at: now,
        verdict: 'idle',
        reason: null,
        lastActiveAt: since,
        judges: 'work',
        evidence: { kind: 'given-idle' },
      };
      return { kind: 'idle', at: now, since, watched: { from: since, to: now, holes: [] }, readings: [reading] };
    }
  }
}

/** Nothing was done before, and every policy has been there for long. */
const NOTHING_YET: History = {
  step: () => 'none',
  lastActedAt: () => null,
  actedAt: () => [],
  open: () => 'none',
  lastRenewedAt: () => null,
  notice: (): Notice | null => null,
  notices: () => [],
  obligations: () => [],
  policySince: () => 0,
  lowBalance: () => null,
};

/**
 * A local time as epoch ms: with its date, or the first such moment at or after `from`.
 * @param text "22:30" or "2026-11-24 22:30", checked before
 */
export function momentOf(text: string, from: number, zone: Zone): number {
  const at = (local: string) =>
    Temporal.PlainDateTime.from(local.replace(' ', 'T')).toZonedDateTime(zone.name).epochMilliseconds;
  if (text.length > 5) return at(text);
  const today = at(`${localDay(from, zone)} ${text}`);
  return today >= from ? today : at(`${localDay(from + DAY_MS, zone)} ${text}`);
}
