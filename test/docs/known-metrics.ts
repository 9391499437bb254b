import { Counter, Gauge, Histogram } from 'prom-client';
import type { ProbeReading } from '../../src/fleet/activity.ts';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import { FleetSeries, type FleetSeriesSource } from '../../src/telemetry/fleet-series.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';

export interface Known {
  readonly type: string;
  readonly labels: readonly string[];
}

const INSTANCE: Instance = {
  account: 'a',
  provider: 'chenyu',
  id: 'i',
  name: 'n',
  status: 'running',
  rawStatus: '2',
  billing: 'hourly',
  rawBilling: '1',
  gpu: 'g',
  gpuCount: 1,
  gpuType: 't',
  room: 'r',
  createdAt: 1,
  startedAt: 1,
  expiresAt: 1,
  hourlyFen: 1,
  orderId: null,
  imageId: null,
  savingImage: false,
  shutdownTimerAt: null,
  services: [],
  problems: [],
};

const READING: ProbeReading = {
  probe: 'push',
  at: 1,
  verdict: 'idle',
  reason: null,
  lastActiveAt: 1,
  judges: 'work',
  evidence: NO_DETAIL,
};

/** An account that has everything, so that every series is written. */
const SOURCE: FleetSeriesSource = {
  snapshot: {
    account: 'a',
    provider: 'chenyu',
    takenAt: 1,
    finishedAt: 1,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    balance: { cashFen: 1, cardsFen: 1, at: 1 },
    instances: [
      {
        instance: INSTANCE,
        firstSeenAt: 1,
        statusSince: 1,
        upSince: 1,
        personStartAt: null,
        stopMode: null,
        stoppedBy: null,
      },
    ],
  },
  activities: [{ kind: 'idle', at: 1, since: 1, readings: [READING], watched: { from: 1, to: 1, holes: [] } }],
  burnFenPerHour: 1,
  runwayMs: 1,
  runwayPessimisticMs: 1,
  runwayOptimisticMs: 1,
  costFenPerHour: () => 1,
  renewals: () => [{ policy: 'p', mode: 'enforce', dueAt: 1 }],
};

function typeOf(metric: object): string {
  if (metric instanceof Counter) return 'counter';
  if (metric instanceof Gauge) return 'gauge';
  return metric instanceof Histogram ? 'histogram' : 'unknown';
}

/** Every `lamplighter_` metric of the code. */
export async function knownMetrics(): Promise<ReadonlyMap<string, Known>> {
  const all = new Map<string, Known>();
  for (const metric of makeMetrics().own.getMetricsAsArray()) {
    const labels = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
    const name = 'name' in metric ? String(metric.name) : '';
    all.set(name, { type: typeOf(metric), labels });
  }
  let text = '';
  for await (const piece of new FleetSeries().write([SOURCE])) text += Buffer.from(piece).toString();
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const series = new RegExp(`^${name}\\{(.*)\\} `, 'm').exec(text)?.[1] ?? '';
    all.set(name, { type, labels: [...series.matchAll(/(\w+)="/g)].map(([, label = '']) => label) });
  }
  return all;
}
