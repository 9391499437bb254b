import { DAY_MS } from '../calendar/civil.ts';
import type { Zone } from '../calendar/zone.ts';
import { type ComingDecision, type Forecast, nextOf } from '../decide/forecast.ts';
import { MISSING } from '../decide/guards.ts';
import { hourlyCostFen } from '../decide/hourly-cost.ts';
import type { Price } from '../fleet/account.ts';
import type { Activity } from '../fleet/activity.ts';
import { verbatim } from '../fleet/detail/detail.ts';
import type { Hold } from '../fleet/hold.ts';
import { type Instance, instanceKey } from '../fleet/instance.ts';
import { isProtected, type Labels } from '../fleet/label.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import type { Store } from '../store/store.ts';
import type { Chrome, Coming, ConsoleSource, Fleet, FleetRow, InstanceBoard, Timeline } from '../web/console/source.ts';
import type { Readiness } from '../web/source.ts';
import { byInstance } from '../work/facts.ts';
import type { Work } from '../work/ports.ts';
import { lastSeen } from './last-seen.ts';
import { comingByInstance, OUTLOOK_MS, type Outlook } from './outlook.ts';
import type { Reader } from './reader.ts';

const HOUR_MS = 3_600_000;
const NO_PRICES: ReadonlyMap<string, Price> = new Map();

export interface ConsoleSourceParts {
  readonly work: Work;
  readonly store: Store;
  readonly ready: () => Promise<Readiness>;
  readonly reader: Reader;
  readonly outlook: Outlook;
}

/** A page is not kept waiting longer for what is coming; it is put in when it is there. */
const OUTLOOK_WAIT_MS = 250;

/** What the console shows, from the store and the policies in force. */
export function makeConsoleSource(parts: ConsoleSourceParts): ConsoleSource {
  const { work, store } = parts;

  async function chrome(): Promise<Chrome> {
    const readiness = await parts.ready();
    const problems = Object.entries(readiness.checks)
      .filter(([, check]) => !check.ok)
      .map(([name, { detail, told }]) => ({ name, told: told ?? verbatim(detail) }));
    const redis = readiness.checks.redis?.ok === true;
    if (!redis) return { ready: false, problems, redis, paused: null, escalated: 0 };
    const [paused, open] = await Promise.all([store.settings.paused(), store.ledger.openCounts()]);
    return { ready: readiness.ready, problems, redis, paused, escalated: open.get('escalated') ?? 0 };
  }

  async function fleet(): Promise<Fleet> {
    return await fleetWith(await parts.outlook.look(OUTLOOK_WAIT_MS));
  }

  async function fleetWith(forecasts: ReadonlyMap<string, Forecast>): Promise<Fleet> {
    const coming = comingByInstance(forecasts.values());
    const standing = work.standing();
    const now = work.clock.now();
    const [snapshots, holds, ...healths] = await Promise.all([
      lastSeen(work),
      work.store.holds(now),
      ...[...standing.accounts.keys()].map((name) => work.store.health(name)),
    ]);
    const held = byInstance(holds);
    const rows = await Promise.all(
      snapshots.map(async (snapshot) => {
        const activities = await standing.observer.activities(snapshot, standing.labels, now);
        const prices = standing.accounts.get(snapshot.account)?.account.prices ?? NO_PRICES;
        return snapshot.instances.map((tracked) => {
          const key = instanceKey(tracked.instance);
          return rowOf({
            tracked,
            labels: standing.labels(tracked.instance),
            activity: activities.get(key) ?? null,
            hold: held.get(key) ?? null,
            prices,
            coming: forecasts.has(snapshot.account) ? (coming.get(key) ?? []) : null,
            now,
            zone: standing.zone,
          });
        });
      }),
    );
    return {
      rows: rows.flat(),
      accounts: [...standing.accounts.values()].map(({ account }, place) => {
        const health = healths[place];
        const snapshot = snapshots.find((each: Snapshot) => each.account === account.name);
        return {
          name: account.name,
          provider: account.provider,
          ok: health !== undefined && health.failures === 0 && health.okAt !== null,
          detail: health?.detail ?? '',
          listedAt: snapshot?.takenAt ?? null,
        };
      }),
    };
  }

  async function timeline(): Promise<Timeline> {
    const forecasts = await parts.outlook.look(OUTLOOK_WAIT_MS);
    const coming = comingByInstance(forecasts.values());
    const { rows } = await fleetWith(forecasts);
    const from = work.clock.now();
    return {
      from,
      until: from + OUTLOOK_MS,
      rows: rows.map((row) => ({ row, coming: (coming.get(row.key) ?? []).map(comingOf) })),
      accounts: [...forecasts].flatMap(([account, forecast]) => {
        const own = forecast.coming.filter(({ instance }) => instance === null).map(comingOf);
        return own.length === 0 ? [] : [{ account, coming: own }];
      }),
      missing: [...work.standing().accounts.keys()].filter((name) => !forecasts.has(name)),
    };
  }

  async function instance(key: string): Promise<InstanceBoard | null> {
    const answer = await parts.reader.why(key);
    if (answer.kind !== 'done') return null;
    const forecasts = await parts.outlook.look(OUTLOOK_WAIT_MS);
    const coming = comingByInstance(forecasts.values());
    const { rows, accounts } = await fleetWith(forecasts);
    const { policies, notices, obligations, idle, operations, audit, instance: shown } = answer.value;
    const row = rows.find((each) => each.key === shown.key);
    if (row === undefined) return null;
    const at = (text: string | null) => (text === null ? null : Date.parse(text));
    return {
      row,
      rawStatus: shown.rawStatus,
      upSince: at(shown.upSince),
      createdAt: at(shown.createdAt),
      listedAt: accounts.find(({ name }) => name === row.account)?.listedAt ?? null,
      coming: (coming.get(row.key) ?? []).map(comingOf),
      policies,
      notices,
      obligations,
      idle,
      operations,
      audit,
    };
  }

  return {
    now: () => work.clock.now(),
    timezone: () => work.standing().zone.name,
    chrome,
    fleet,
    instance,
    timeline,
  };
}

interface RowParts {
  readonly tracked: Tracked;
  readonly labels: Labels;
  readonly activity: Activity | null;
  readonly hold: Hold | null;
  readonly prices: ReadonlyMap<string, Price>;
  /** `null`: it is still being worked out. */
  readonly coming: readonly ComingDecision[] | null;
  readonly now: number;
  readonly zone: Zone;
}

function rowOf({ tracked, labels, activity, hold, prices, coming, now, zone }: RowParts): FleetRow {
  const { instance, missing = 0 } = tracked;
  // Where it is, and how, is not known, whatever it was when it was last listed.
  const isMissing = missing > 0;
  const costFenPerHour = hourlyCostFen(instance, prices);
  const next = nextOf((coming ?? []).filter(({ at, isNow }) => isNow || at >= now - JUST_MS));
  return {
    key: instanceKey(instance),
    account: instance.account,
    id: instance.id,
    name: instance.name,
    provider: instance.provider,
    status: isMissing ? 'unknown' : instance.status,
    cardless: tracked.stopMode === 'cardless',
    statusSince: tracked.statusSince,
    billing: instance.billing,
    gpu: instance.gpu,
    gpuCount: instance.gpuCount,
    room: instance.room,
    labels,
    isProtected: isProtected(labels),
    expiresAt: instance.expiresAt,
    activity: activity === null ? null : activityOf(activity),
    hold,
    costFenPerHour,
    todayFen: costFenPerHour === null ? null : costFenPerHour * hoursToday(tracked, instance, now, zone),
    next: next === null ? null : comingOf(next),
    isForeseen: coming !== null,
    problems: [...(isMissing ? [MISSING] : []), ...instance.problems.map(verbatim)],
  };
}

/** What was due a moment ago is being done. */
const JUST_MS = 120_000;

function comingOf({ kind, at, isNow, action, policy, reason, told, assumesIdle }: ComingDecision): Coming {
  return { kind, at, isNow, action, policy, reason, told, assumesIdle };
}

function activityOf(activity: Activity): FleetRow['activity'] {
  return {
    verdict: activity.kind,
    since: activity.kind === 'idle' ? activity.since : null,
    why:
      activity.kind === 'unknown'
        ? (activity.detail ?? { kind: 'blind-by', reason: activity.reason, why: null })
        : null,
  };
}

/** For how much of the local day it has cost what it costs now: an hourly one since it came up, a prepaid one all along. */
function hoursToday({ upSince }: Tracked, { billing, createdAt }: Instance, now: number, zone: Zone): number {
  const wall = now + zone.offsetMs(now);
  const midnight = zone.firstReading(Math.floor(wall / DAY_MS) * DAY_MS);
  const isPrepaid = billing === 'daily' || billing === 'monthly';
  const from = Math.max(midnight, (isPrepaid ? createdAt : upSince) ?? midnight);
  return Math.max(0, now - from) / HOUR_MS;
}
