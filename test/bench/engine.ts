import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActivityObserver } from '../../src/activity/observer.ts';
import { peopleStore } from '../../src/app/client.ts';
import { systemClock } from '../../src/app/clock.ts';
import { Control } from '../../src/app/control.ts';
import { queuePort } from '../../src/app/queue-port.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import type { Account } from '../../src/fleet/account.ts';
import { openProvider } from '../../src/providers/open-provider.ts';
import { Queues } from '../../src/queue/queue.ts';
import { Store } from '../../src/store/store.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import type { Standing, Work } from '../../src/work/ports.ts';
import type { SimulatorProcess } from './processes.ts';

/** More than a loopback can carry: what is measured is us and not the politeness towards a cloud. */
const NO_BUDGET = 1_000_000;

export interface Engine {
  readonly work: Work;
  readonly queues: Queues;
  readonly store: Store;
  readonly control: Control;
  readonly account: string;
  close(): Promise<void>;
}

/** The daemon's parts as `startDaemon` puts them together, over one account of the simulator, without its web and policies. */
export async function startEngine(redisUrl: string, simulator: SimulatorProcess): Promise<Engine> {
  const stateDir = await mkdtemp(join(tmpdir(), 'lamplighter-bench-'));
  const clock = systemClock;
  const random = Math.random;
  const account: Account = {
    name: simulator.accountName,
    provider: 'huixingyun',
    baseUrl: simulator.origin,
    pollEveryMs: 60_000,
    requestsPerSecond: NO_BUDGET,
    actions: ['stop', 'cardless-stop', 'start', 'restart'],
    statusWords: new Map(),
    billingWords: new Map(),
    prices: new Map(),
    spendLimit: null,
  };
  const store = new Store({ url: redisUrl, stateDir, clock: () => clock.now(), random, newId: randomUUID });
  await store.start({ waitMs: 5_000 });
  const queues = new Queues({
    url: redisUrl,
    prefix: 'lamplighter:queue',
    clock: () => clock.now(),
    random,
    onError: (queue, error) => process.stderr.write(`${queue}: ${error.message}\n`),
    onFailed: (queue, id, error) => process.stderr.write(`${queue} ${id}: ${error.stack ?? error.message}\n`),
  });
  await queues.start({ waitMs: 5_000 });
  const provider = openProvider({ account, token: simulator.token, clock, random });
  const observer = new ActivityObserver({ rules: [], store: store.readings, clock, onReading: () => {} });
  const standing: Standing = {
    policies: [],
    accounts: new Map([[account.name, { account, provider }]]),
    observer,
    notifiers: new Map(),
    zone: zoneNamed('Asia/Shanghai'),
    labels: () => ({}),
  };
  const work: Work = {
    clock,
    // Logged as in production, into nothing.
    log: makeLog({ level: 'info', destination: { write: () => {} }, scrub: (line) => line }),
    metrics: makeMetrics(),
    random,
    newId: randomUUID,
    store,
    queue: queuePort(queues, clock, store.outbox),
    standing: () => standing,
    paidWorkOff: () => store.paidWorkOff(),
    onEvent: () => {},
    onRefusals: () => {},
  };
  return {
    work,
    queues,
    store,
    control: new Control(work, peopleStore(store)),
    account: account.name,
    close: async () => {
      await queues.close(5_000);
      await provider.close();
      await store.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
