import { ActivityObserver } from '../../src/activity/observer.ts';
import type { Probe } from '../../src/activity/probe.ts';
import type { PeopleStore } from '../../src/app/control.ts';
import type { Clock } from '../../src/fleet/clock.ts';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import type { Notification } from '../../src/fleet/event.ts';
import { type Instance, instanceKey } from '../../src/fleet/instance.ts';
import type { Channel } from '../../src/notify/channel.ts';
import { Notifier } from '../../src/notify/notifier.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import type { AccountRuntime, Standing, Work } from '../../src/work/ports.ts';
import type { Cloud } from './cloud.ts';
import { CloudClient } from './cloud-client.ts';
import type { Monitor } from './monitor.ts';
import type { Process, Task } from './process.ts';
import { ReplicaLedger } from './replica-ledger.ts';
import type { Scenario } from './scenario.ts';
import { QueueDoor, type VirtualQueue } from './virtual-queue.ts';
import { idleBooks, VirtualReadings, VirtualStore, VirtualWatches } from './virtual-store.ts';
import type { Ground, StoreWire } from './wires.ts';

/** Between two rounds of the probes. */
export const OBSERVE_MS = 2 * 60_000;

// Made once: they decide nothing, and making them costs more than a run.
const LOG = makeLog({ level: 'silent', destination: { write: () => {} }, scrub: (line) => line });
const METRICS = makeMetrics();

export interface WorkRoomOptions {
  readonly ground: Ground;
  readonly scenario: Scenario;
  readonly cloud: Cloud;
  readonly queue: VirtualQueue;
  readonly monitor: Monitor;
  readonly newId: () => string;
}

/** Puts together what each task works with: the real collaborators over the virtual store, cloud, queue and clock. */
export class WorkRoom {
  readonly #on: WorkRoomOptions;

  constructor(options: WorkRoomOptions) {
    this.#on = options;
  }

  workFor(task: Task, wire: StoreWire): { readonly work: Work; readonly people: PeopleStore } {
    const { ground, scenario, cloud, queue, monitor, newId } = this.#on;
    const { process } = task;
    const link = wire.linkFor(task);
    const clock = this.#clockOf(process);
    const store = new VirtualStore(link, new ReplicaLedger(link.ledger, process.epoch), (snapshot) => {
      task.snapshot = snapshot;
    });
    const { account, policies, zone } = scenario;
    const runtime: AccountRuntime = { account, provider: new CloudClient(ground, cloud, task, monitor) };
    const probe = { probe: this.#probeFor(task, clock), staleAfterMs: null };
    const standing: Standing = {
      policies,
      accounts: new Map([[account.name, runtime]]),
      observer: new ActivityObserver({
        rules: [{ covers: () => true, everyMs: OBSERVE_MS, probes: [probe] }],
        store: new VirtualReadings(link),
        watches: new VirtualWatches(link),
        clock,
        onReading: () => {},
      }),
      notifiers: new Map([['ops', this.#notifierFor(process)]]),
      zone,
      labels: () => ({}),
    };
    const work: Work = {
      clock,
      log: LOG,
      metrics: METRICS,
      random: ground.dice.next,
      newId,
      store,
      ...idleBooks(link),
      queue: new QueueDoor(queue, link, task, (notification) => this.#told(notification)),
      standing: () => standing,
      paidWorkOff: () => (process.looked ? null : 'Redis has not been looked at yet'),
      onEvent: () => {},
      onRefusals: () => {},
    };
    return { work, people: store };
  }

  #told(notification: Notification): void {
    const { operation } = notification.details;
    if (notification.event === 'operation.escalated' && typeof operation === 'string') this.#on.monitor.told(operation);
  }

  /** A probe that judges work: it sees what was so when it was answered, however late the answer is read. */
  #probeFor(task: Task, clock: Clock): Probe {
    const { ground, cloud } = this.#on;
    const { dice, timeline } = ground;
    return {
      name: 'jupyter',
      kind: 'pull',
      read: (instance: Instance) =>
        new Promise((resolve) => {
          const at = clock.now();
          const trueAt = timeline.now;
          timeline.after(dice.wait(5, 1_000), () => {
            const machine = cloud.machines.get(instance.id);
            const blind =
              machine === undefined || machine.status !== 'running' || dice.chance(ground.weather.readFails / 2);
            const verdict = blind ? 'unknown' : machine.busy ? 'active' : 'idle';
            ground.arrive(task.process, dice.wait(1, 1_000), () => {
              task.probes.set(instance.id, { at: trueAt, verdict, startedAt: machine?.startedAt ?? null });
              ground.note(task.process, `probe ${instanceKey(instance)} ${verdict}`);
              resolve({
                probe: 'jupyter',
                at,
                verdict,
                reason: blind ? 'unreachable' : null,
                lastActiveAt: blind ? null : machine.busy ? at : machine.lastBusyAt + task.process.skewMs,
                judges: 'work',
                evidence: NO_DETAIL,
              });
            });
          });
        }),
    };
  }

  #notifierFor(process: Process): Notifier {
    return new Notifier({
      channel: this.#channelFor(process),
      routes: [],
      language: 'en',
      zone: this.#on.scenario.zone.name,
      quietUntil: () => null,
      repeatEveryMs: null,
    });
  }

  #channelFor(process: Process): Channel {
    const { ground } = this.#on;
    return {
      name: 'ops',
      kind: 'webhook',
      reader: 'program',
      limits: [],
      send: () =>
        new Promise((resolve) => {
          ground.arrive(process, ground.dice.wait(5, 500), () => {
            const fails = ground.dice.chance(ground.weather.readFails);
            resolve(fails ? { kind: 'retry', detail: 'busy', afterMs: null } : { kind: 'delivered', answer: '' });
          });
        }),
    };
  }

  #clockOf(process: Process): Clock {
    const { ground } = this.#on;
    return {
      now: () => ground.timeline.now + process.skewMs,
      monotonic: () => ground.timeline.now - process.bornAt,
      sleep: (ms) => new Promise((resolve) => ground.arrive(process, ms, resolve)),
      toReal: (ms) => ms,
    };
  }
}
