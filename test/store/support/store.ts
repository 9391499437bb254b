import { randomUUID } from 'node:crypto';
import type { Instance } from '../../../src/fleet/instance.ts';
import type { Snapshot, Tracked } from '../../../src/fleet/snapshot.ts';
import { Store } from '../../../src/store/store.ts';
import { NOON, temporaryDirectory } from './ledger.ts';

export async function openStore(
  url: string,
  options: { prefix?: string; stateDir?: string; now?: number; waitMs?: number } = {},
): Promise<Store> {
  const store = new Store({
    url,
    prefix: options.prefix ?? 'test:',
    stateDir: options.stateDir ?? (await temporaryDirectory()),
    clock: () => options.now ?? NOON,
    random: () => 0.5,
    newId: () => randomUUID(),
  });
  try {
    await store.start({ waitMs: options.waitMs ?? 5_000 });
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

export function instance(change: Partial<Instance> = {}): Instance {
  return {
    account: 'hxy',
    provider: 'huixingyun',
    id: 'gpu-1',
    name: '训练 1',
    status: 'running',
    rawStatus: 'Running',
    billing: 'hourly',
    rawBilling: 'Hour',
    gpu: 'NVIDIA 4090',
    gpuCount: 1,
    gpuType: 'rtx_4090',
    room: 'room-105',
    createdAt: NOON - 86_400_000,
    startedAt: NOON - 3_600_000,
    expiresAt: null,
    hourlyFen: null,
    orderId: 'o-1',
    imageId: null,
    savingImage: false,
    shutdownTimerAt: null,
    services: [{ title: 'jupyter', url: 'https://gpu-1.example.com/lab', kind: 'http' }],
    problems: [],
    ...change,
  };
}

export function tracked(change: Partial<Instance> = {}, more: Partial<Tracked> = {}): Tracked {
  return {
    instance: instance(change),
    firstSeenAt: NOON - 86_400_000,
    statusSince: NOON - 3_600_000,
    upSince: NOON - 3_600_000,
    personStartAt: null,
    stopMode: null,
    stoppedBy: null,
    ...more,
  };
}

export function snapshot(change: Partial<Snapshot> = {}): Snapshot {
  return {
    account: 'hxy',
    provider: 'huixingyun',
    takenAt: NOON,
    finishedAt: NOON + 500,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    instances: [tracked()],
    balance: null,
    ...change,
  };
}
