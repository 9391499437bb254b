import type { Control } from '../../src/app/control.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import type { Cloud, Machine } from './cloud.ts';
import type { Dice } from './dice.ts';
import type { Monitor } from './monitor.ts';
import type { Process } from './process.ts';
import type { Scenario } from './scenario.ts';
import type { StoreModel } from './store-model.ts';
import type { Timeline } from './timeline.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What people and circumstances need of a run. */
export interface Stage {
  readonly dice: Dice;
  readonly timeline: Timeline;
  readonly scenario: Scenario;
  readonly store: StoreModel;
  readonly cloud: Cloud;
  readonly monitor: Monitor;
  readonly processes: readonly Process[];
  storeDownUntil: number;
  note(process: Process | null, what: string): void;
  restartStore(older: StoreModel | null): void;
  /** A person's command to one of the daemons; `null`: nothing is known of what came of it. */
  command<T>(process: Process, what: string, run: (control: Control) => Promise<T>): Promise<T | null>;
  reconcile(process: Process): Promise<void>;
}

export interface Deeds {
  /** The store came back older than it was; somebody will hear of it. */
  wentBack(): void;
  /** An operation waits for a person, who may answer soon, later, twice or not at all. */
  escalated(operationId: string): void;
  /** How much people still mean to do. */
  readonly pending: number;
}

/** An answer to one operation, and how often people come back to it. */
const MOST_ANSWERS = 3;

/** Plans what people do, in the daemon and past it in the cloud's own console, and what happens to clocks and to the store. */
export function planDeeds(stage: Stage): Deeds {
  const { dice, timeline, scenario } = stage;
  const { weather, startAt, roughUntil } = scenario;
  const sometime = (happen: () => void): void => timeline.at(dice.between(startAt, roughUntil), happen);

  for (let count = 0; count < weather.outages; count += 1) {
    sometime(() => {
      stage.storeDownUntil = timeline.now + dice.wait(500, 2 * MINUTE);
      stage.note(null, 'the store is away');
      stage.restartStore(null);
    });
  }
  for (let count = 0; count < weather.clockSteps; count += 1) {
    sometime(() => {
      const process = dice.pick(stage.processes);
      process.skewMs += dice.pick([-HOUR, -2 * MINUTE, -4_000, 4_000, 2 * MINUTE, HOUR]);
      stage.monitor.clocksAreOff();
      stage.note(process, `clock ${process.skewMs}`);
    });
  }
  for (let count = 0; count < weather.deeds; count += 1) sometime(() => deed(stage));
  // People come and go at their machines whatever the weather.
  for (let count = dice.between(0, 4); count > 0; count -= 1) {
    sometime(() => {
      const machine = someMachine(stage);
      if (machine?.status === 'running') {
        stage.cloud.set(machine, { busy: !machine.busy, lastBusyAt: timeline.now });
      }
    });
  }
  let pending = 0;
  const answered = new Map<string, number>();
  const soon = (mostMs: number, happen: () => void): void => {
    pending += 1;
    timeline.after(dice.wait(5_000, mostMs), () => {
      pending -= 1;
      happen();
    });
  };
  return {
    get pending() {
      return pending;
    },
    escalated(operationId) {
      const times = answered.get(operationId) ?? 0;
      if (times >= MOST_ANSWERS || dice.chance(0.4)) return;
      answered.set(operationId, times + 1);
      const answer = dice.pick([approveOne, approveOne, closeOne]);
      for (let count = dice.pick([1, 1, 2]); count > 0; count -= 1) {
        soon(12 * MINUTE, () => {
          const process = someProcess(stage);
          if (process !== null) answer(stage, process, operationId);
        });
      }
    },
    wentBack() {
      if (dice.chance(0.4)) return;
      soon(12 * MINUTE, () => {
        const process = someProcess(stage);
        if (process !== null) void stage.reconcile(process);
      });
    },
  };
}

function deed(stage: Stage): void {
  const { dice } = stage;
  const process = someProcess(stage);
  const machine = someMachine(stage);
  const inDaemon = [approve, close, hold, pause, byHand, byHand, order] as const;
  const inConsole = [renewed, stopped, started, replaced, replaced] as const;
  if (process !== null && dice.chance(0.65)) dice.pick(inDaemon)(stage, process, machine);
  else if (machine !== null) dice.pick(inConsole)(stage, machine);
}

function someProcess({ processes, dice, timeline }: Stage): Process | null {
  const there = processes.filter(({ alive, ready, pausedUntil }) => alive && ready && pausedUntil <= timeline.now);
  return there.length === 0 ? null : dice.pick(there);
}

function someMachine({ cloud, dice }: Stage): Machine | null {
  return cloud.machines.size === 0 ? null : dice.pick([...cloud.machines.values()]);
}

function escalated({ store, dice }: Stage): string | null {
  const waiting = store.ledger.all().filter(({ state, reason }) => state === 'escalated' || reason === 'approved');
  return waiting.length === 0 ? null : dice.pick(waiting).id;
}

function approve(stage: Stage, process: Process): void {
  const id = escalated(stage);
  if (id !== null) approveOne(stage, process, id);
}

function approveOne(stage: Stage, process: Process, id: string): void {
  // Whatever comes of it, and however often it is said: it is one authorisation.
  stage.monitor.approved(id);
  void stage.command(process, `approve ${id.slice(0, 6)}`, (control) => control.approve(id, 'li', 'once more'));
}

function close(stage: Stage, process: Process): void {
  const id = escalated(stage);
  if (id !== null) closeOne(stage, process, id);
}

function closeOne(stage: Stage, process: Process, id: string): void {
  void stage.command(process, `close ${id.slice(0, 6)}`, (control) => control.close(id, 'li', 'not charged'));
}

function hold(stage: Stage, process: Process, machine: Machine | null): void {
  if (machine === null) return;
  const instance = `${stage.cloud.account}/${machine.id}`;
  void stage.command(process, `hold ${machine.id}`, (control) =>
    control.hold({ instance, for: '10m', reason: 'mine', owner: 'li' }),
  );
}

function pause(stage: Stage, process: Process): void {
  void stage.command(process, 'pause', (control) => control.setPaused(true, 'li', 'a drill'));
  stage.timeline.after(stage.dice.wait(MINUTE, 8 * MINUTE), () => {
    const another = someProcess(stage);
    if (another !== null) void stage.command(another, 'resume', (control) => control.setPaused(false, 'li', ''));
  });
}

function byHand(stage: Stage, process: Process, machine: Machine | null): void {
  if (machine === null) return;
  const unit = machine.billing === 'monthly' ? 'monthly' : 'daily';
  const calls: readonly ActionCall[] = [
    { kind: 'stop' },
    { kind: 'start', stopMode: 'unknown' },
    { kind: 'restart' },
    { kind: 'renew', unit, periods: 1 },
    { kind: 'lengthen', to: 'monthly' },
    { kind: 'destroy' },
    { kind: 'destroy' },
  ];
  const call = stage.dice.pick(calls);
  void stage.command(process, `${call.kind} ${machine.id}`, (control) =>
    control.act(`${stage.cloud.account}/${machine.id}`, call, 'li'),
  );
}

function order(stage: Stage, process: Process): void {
  const slot = stage.dice.pick(['a', 'a', 'b']);
  void stage.command(process, `create ${slot}`, (control) => control.create(stage.cloud.account, slot, slot, 'li'));
}

function renewed(stage: Stage, machine: Machine): void {
  if (machine.expiresAt === null) return;
  stage.note(null, `console renews ${machine.id}`);
  stage.cloud.set(machine, { expiresAt: machine.expiresAt + (machine.billing === 'daily' ? DAY : 30 * DAY) });
}

function stopped(stage: Stage, machine: Machine): void {
  if (machine.status === 'running') stage.cloud.set(machine, { status: 'stopped', busy: false });
}

function started(stage: Stage, machine: Machine): void {
  if (machine.status !== 'stopped') return;
  stage.cloud.set(machine, { status: 'running', startedAt: stage.timeline.now, lastBusyAt: stage.timeline.now });
}

/** The machine is given back, and another one gets its id. */
function replaced(stage: Stage, machine: Machine): void {
  stage.note(null, `console replaces ${machine.id}`);
  stage.cloud.remove(machine);
  stage.timeline.after(stage.dice.pick([1, MINUTE]), () =>
    stage.cloud.put({ ...machine, createdAt: stage.timeline.now, lastBusyAt: stage.timeline.now }),
  );
}
