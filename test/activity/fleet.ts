import type { ProbeReading } from '../../src/fleet/activity.ts';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import type { Instance, Service } from '../../src/fleet/instance.ts';
import type { Snapshot, Tracked } from '../../src/fleet/snapshot.ts';

export const NOON = Date.UTC(2026, 10, 21, 4);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export function instance(fields: Partial<Instance> = {}): Instance {
  return {
    account: 'cy',
    provider: 'chenyu',
    id: 'inst_a',
    name: 'dev-1',
    status: 'running',
    rawStatus: '2',
    billing: 'hourly',
    rawBilling: '1',
    gpu: 'NVIDIA 4090',
    gpuCount: 1,
    gpuType: 'gpu-4090',
    room: '105',
    createdAt: NOON - 24 * HOUR,
    startedAt: NOON - 10 * HOUR,
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

export function jupyterAt(url: string): Service {
  return { title: 'Jupyter Lab', url, kind: 'http' };
}

export function tracked(of: Instance = instance(), fields: Partial<Tracked> = {}): Tracked {
  return {
    instance: of,
    firstSeenAt: NOON - 24 * HOUR,
    statusSince: NOON - 10 * HOUR,
    upSince: NOON - 10 * HOUR,
    personStartAt: null,
    stopMode: null,
    stoppedBy: null,
    ...fields,
  };
}

export function snapshot(instances: readonly Tracked[], fields: Partial<Snapshot> = {}): Snapshot {
  return {
    account: 'cy',
    provider: 'chenyu',
    takenAt: NOON,
    finishedAt: NOON,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    instances,
    balance: null,
    ...fields,
  };
}

export function reading(fields: Partial<ProbeReading> = {}): ProbeReading {
  return {
    probe: 'jupyter',
    at: NOON,
    verdict: 'idle',
    reason: null,
    lastActiveAt: NOON - HOUR,
    judges: 'work',
    evidence: verbatim('1 kernels, 0 not idle, 0 terminals'),
    ...fields,
  };
}

export const forever = (): AbortSignal => new AbortController().signal;
