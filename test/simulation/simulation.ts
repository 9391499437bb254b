import { Control, type PeopleStore } from '../../src/app/control.ts';
import { isTerminal } from '../../src/fleet/operation.ts';
import { ProviderError } from '../../src/providers/port.ts';
import { LedgerUnclear, StoreDown } from '../../src/store/store-error.ts';
import type { Work } from '../../src/work/ports.ts';
import { Cloud } from './cloud.ts';
import { type Deeds, planDeeds, type Stage } from './deeds.ts';
import { Dice } from './dice.ts';
import { type Counts, Monitor } from './monitor.ts';
import { Breach, type Host, type Process, type Task } from './process.ts';
import { ReplicaEpoch } from './replica-ledger.ts';
import { carryOut, NotDelivered } from './run-job.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { StoreModel } from './store-model.ts';
import { Timeline } from './timeline.ts';
import { type Job, VirtualQueue } from './virtual-queue.ts';
import { CALM, type Weather } from './weather.ts';
import { type Ground, StoreWire, VirtualDisk } from './wires.ts';
import { OBSERVE_MS, WorkRoom } from './work-room.ts';

/** What is put around the parts of a run, to see whether the run notices. */
export interface Variant {
  /** Puts something around what a processor works with. */
  readonly decorate?: (work: Work, task: Task) => Work;
  /** Another watch over the ledger's identity. */
  readonly epoch?: (disk: VirtualDisk, newId: () => string) => ReplicaEpoch;
  /** Changes what the dice have chosen, so that the fault at hand comes up. */
  readonly scenario?: (scenario: Scenario, dice: Dice) => Scenario;
  /** Only these invariants are asked for; left out: all. */
  readonly only?: readonly string[];
}

export interface Outcome extends Counts {
  readonly seed: number;
  readonly steps: number;
  readonly kills: number;
  readonly pauses: number;
  readonly rollbacks: number;
  readonly breach: Breach | null;
  /** What happened, line by line, where it was asked for. */
  readonly trace: readonly string[];
}

/** Between two rounds of the tick; in production 30 s, here as rare as what it makes up for allows. */
const TICK_MS = 60_000;
/** A daemon that was killed is started again within this. */
const RESTART_MS = 90_000;
const PAUSES_MS = [3_000, 45_000, 3 * 60_000, 20 * 60_000] as const;
const BOOT_AGAIN_MS = 5_000;
/** While somebody acts, trouble is so many times as likely: what happens in the hours between teaches little. */
const NERVE = 5;
/** Many times what a run takes: something goes round in a circle. */
const MOST_STEPS = 30_000;
/** A disk that loses its end more often than that is thrown away. */
const MOST_ROLLBACKS = 2;
/** Copies of the store's disk that are kept, for going back to. */
const COPIES = 6;

/** Runs one seed to its end. The same seed and variant give the same, to the last line of the trace. */
export async function simulate(seed: number, variant: Variant = {}, traced = false): Promise<Outcome> {
  return await new Simulation(seed, variant, traced).run();
}

class Simulation implements Ground, Stage {
  readonly dice: Dice;
  readonly timeline: Timeline;
  readonly scenario: Scenario;
  weather: Weather;
  store = new StoreModel();
  storeDownUntil = 0;
  actor: Task | null = null;
  readonly monitor: Monitor;
  readonly cloud: Cloud;
  readonly queue: VirtualQueue;
  readonly processes: Process[] = [];
  readonly #seed: number;
  readonly #variant: Variant;
  readonly #trace: string[] | null;
  readonly #wires = new Map<Process, StoreWire>();
  readonly #room: WorkRoom;
  readonly #deeds: Deeds;
  #copies: StoreModel[] = [];
  #woke = false;
  #ids = 0;
  #tasks = 0;
  #steps = 0;
  #kills = 0;
  #pauses = 0;
  #rollbacks = 0;

  constructor(seed: number, variant: Variant, traced: boolean) {
    this.#seed = seed;
    this.#variant = variant;
    this.#trace = traced ? [] : null;
    this.dice = new Dice(seed);
    const drawn = scenarioOf(this.dice);
    this.scenario = variant.scenario?.(drawn, this.dice) ?? drawn;
    const { account, policies, zone, startAt } = this.scenario;
    this.weather = this.scenario.weather;
    this.timeline = new Timeline(startAt);
    const now = () => this.timeline.now;
    this.monitor = new Monitor({
      only: variant.only === undefined ? null : new Set(variant.only),
      now,
      account,
      policies,
      zone,
    });
    this.monitor.operation = (id) => this.store.ledger.get(id);
    this.monitor.holds = () => [...this.store.holds.values()];
    this.monitor.evidence = (id) => this.store.evidence.has(id);
    this.store.ledger.onChange = (change) => {
      this.monitor.actor = this.actor;
      this.note(
        null,
        `ledger ${change.seq} ${change.after.id.slice(0, 6)} ${change.after.action} ${change.after.state} ${change.after.reason}`,
      );
      this.monitor.changed(change);
      if (change.after.state === 'escalated') this.#deeds.escalated(change.after.id);
    };
    this.store.ledger.onReconcile = (seq) => this.monitor.reconciledAt(seq);
    this.cloud = new Cloud({
      account: account.name,
      provider: account.provider,
      now,
      after: (ms, happen) => this.timeline.after(ms, happen),
    });
    for (const machine of this.scenario.machines) this.cloud.put(machine);
    this.queue = new VirtualQueue(
      this,
      () => this.processes,
      (process, job) => this.#runJob(process, job),
    );
    this.#room = new WorkRoom({
      ground: this,
      scenario: this.scenario,
      cloud: this.cloud,
      queue: this.queue,
      monitor: this.monitor,
      newId: this.#newId,
    });
    this.#deeds = planDeeds(this);
  }

  get storeIsDown(): boolean {
    return this.storeDownUntil > this.timeline.now;
  }

  async run(): Promise<Outcome> {
    const { roughUntil, endAt, processes } = this.scenario;
    const shared: Host = { mark: null };
    // Replicas on one computer share the watermark file; on several each has its own. Then a store that goes back behind what
    // only a dead replica knew cannot be told by the others, and nothing is promised; so these two do not come together.
    const apart = this.dice.chance(0.5) && this.weather.rollback === 0;
    for (let index = 0; index < processes; index += 1) this.#born(`p${index}`, apart ? { mark: null } : shared);
    this.#every(this.scenario.account.pollEveryMs, () =>
      this.queue.add({ kind: 'poll', account: this.#account }, null, 0),
    );
    this.#every(OBSERVE_MS, () => this.queue.add({ kind: 'observe', account: this.#account }, null, 0));
    this.#every(TICK_MS, () => this.queue.add({ kind: 'tick' }, null, 0));
    this.timeline.at(roughUntil, () => this.#calm());
    let breach: Breach | null = null;
    try {
      for (let happen = this.timeline.take(); happen !== null; happen = this.timeline.take()) {
        this.#steps += 1;
        if (this.#steps > MOST_STEPS) throw new Breach('endless', `after ${MOST_STEPS} steps there is no end`);
        happen();
        if (this.#woke) {
          this.#woke = false;
          await settled();
        }
        this.monitor.check();
        if (this.store.paused !== this.monitor.isPaused) this.monitor.paused(this.store.paused);
        if (this.weather === CALM) {
          if (this.timeline.now >= endAt || (this.#steps % 8 === 0 && this.#isOver())) break;
        } else this.#strike();
      }
      const freezes = (['paid', 'destructive', 'reversible'] as const).flatMap((cls) => {
        const freeze = this.store.ledger.frozen(cls, cls === 'reversible' ? this.#account : null);
        return freeze === null ? [] : [freeze.reason];
      });
      this.monitor.end(this.store.ledger.all(), freezes);
    } catch (error) {
      if (!(error instanceof Breach)) throw error;
      breach = error;
    }
    return {
      seed: this.#seed,
      steps: this.#steps,
      kills: this.#kills,
      pauses: this.#pauses,
      rollbacks: this.#rollbacks,
      ...this.monitor.counts,
      breach,
      trace: this.#trace ?? [],
    };
  }

  arrive(process: Process, afterMs: number, happen: () => void): void {
    this.timeline.after(afterMs, () => this.#arrived(process, happen));
  }

  note(process: Process | null, what: string): void {
    this.#trace?.push(`${this.timeline.now} ${process?.name ?? '-'} ${what}`);
  }

  resent(first: unknown, second: unknown): void {
    this.monitor.resent(first, second);
  }

  async command<T>(process: Process, what: string, run: (control: Control) => Promise<T>): Promise<T | null> {
    let value: T | null = null;
    await this.#task(process, what, null, async (work, _task, people) => {
      value = await run(new Control(work, people));
    });
    return value;
  }

  /** A person accepts the ledger as it is. */
  async reconcile(process: Process): Promise<void> {
    await this.#task(process, 'reconcile', null, async (_work, task) => {
      await process.epoch.reconcile(this.#wire(process).linkFor(task).ledger);
    });
  }

  kill(process: Process): void {
    this.#kills += 1;
    process.alive = false;
    this.note(process, 'killed');
    this.timeline.after(this.dice.wait(200, RESTART_MS), () => this.#born(process.name, process.host));
  }

  /** The store goes away and comes back as it was, or older. */
  restartStore(older: StoreModel | null): void {
    for (const process of this.processes) {
      this.#wire(process).cut();
      process.connectedFrom = Number.POSITIVE_INFINITY;
      process.looked = false;
    }
    if (older !== null) {
      this.store = older.copy();
      this.monitor.wentBack(this.store.ledger.seq ?? 0, this.store.ledger.unfinished());
    }
    const back = Math.max(this.storeDownUntil, this.timeline.now);
    for (const process of this.processes) this.#reconnect(process, back + this.dice.wait(1, 2_000));
  }

  get #account(): string {
    return this.scenario.account.name;
  }

  #arrived(process: Process, happen: () => void): void {
    if (!process.alive) return;
    if (process.pausedUntil > this.timeline.now) {
      this.timeline.at(process.pausedUntil, () => this.#arrived(process, happen));
      return;
    }
    this.#woke = true;
    happen();
  }

  #every(ms: number, happen: () => void): void {
    const offset = this.dice.between(0, ms);
    for (let at = this.scenario.startAt + offset; at < this.scenario.endAt; at += ms) this.timeline.at(at, happen);
  }

  /** What chance brings after a step. */
  #strike(): void {
    const { dice, weather } = this;
    const acting = this.processes.some(({ alive, acts }) => alive && acts > 0);
    const nerve = acting ? NERVE : 1;
    if (weather.kill > 0 && dice.chance(weather.kill * nerve)) {
      const victim = this.#someone();
      if (victim !== null) this.kill(victim);
    }
    if (weather.pause > 0 && dice.chance(weather.pause * nerve)) {
      const victim = this.#someone();
      if (victim !== null) this.#pause(victim);
    }
    if (weather.rollback > 0 && this.#rollbacks < MOST_ROLLBACKS) {
      if (dice.chance(0.03 * nerve)) this.#copies = [...this.#copies, this.store.copy()].slice(-COPIES);
      if (this.#copies.length > 0 && dice.chance(weather.rollback * nerve)) this.#rollBack();
    }
  }

  /** Whoever is at something, rather than one that is idle. */
  #someone(): Process | null {
    const busy = this.processes.filter(({ alive, pausedUntil, tasks }) => {
      return alive && pausedUntil <= this.timeline.now && tasks.size > 0;
    });
    return busy.length === 0 ? null : this.dice.pick(busy);
  }

  #pause(process: Process): void {
    this.#pauses += 1;
    process.pauses += 1;
    process.pausedUntil = this.timeline.now + this.dice.wait(200, this.dice.pick(PAUSES_MS));
    this.note(process, 'paused');
  }

  #rollBack(): void {
    this.#rollbacks += 1;
    const older = this.dice.pick(this.#copies);
    this.note(null, `rolled back from ${this.store.ledger.seq} to ${older.ledger.seq}`);
    this.restartStore(older);
    this.queue.again();
    this.#deeds.wentBack();
  }

  #calm(): void {
    this.weather = CALM;
    this.storeDownUntil = 0;
    this.store.paused = false;
    this.note(null, 'calm');
    for (const process of this.processes) {
      process.pausedUntil = Math.min(process.pausedUntil, this.timeline.now);
      process.skewMs = 0;
    }
  }

  /** Nothing waits any more, and everybody who must know was told. */
  #isOver(): boolean {
    const { ledger } = this.store;
    return (
      this.#deeds.pending === 0 &&
      ledger.unfinished().every(({ state }) => state === 'escalated' || isTerminal(state)) &&
      ledger.untold(Number.POSITIVE_INFINITY).length === 0
    );
  }

  #born(name: string, host: Host): void {
    const { timeline } = this;
    const at = this.processes.findIndex((process) => process.name === name);
    const holder: { process: Process | null } = { process: null };
    const self = (): Process => {
      if (holder.process === null) throw new Error('a wire was used before its process was there');
      return holder.process;
    };
    const disk = new VirtualDisk(this, self);
    const epoch = this.#variant.epoch?.(disk, this.#newId) ?? new ReplicaEpoch(disk, this.#newId);
    const process: Process = {
      name,
      host,
      epoch,
      bornAt: timeline.now,
      alive: true,
      ready: false,
      pausedUntil: 0,
      pauses: 0,
      skewMs: at === -1 ? 0 : (this.processes[at]?.skewMs ?? 0),
      connectedFrom: Number.POSITIVE_INFINITY,
      looked: false,
      tasks: new Set(),
      acts: 0,
    };
    holder.process = process;
    this.#wires.set(process, new StoreWire(this, self));
    if (at === -1) this.processes.push(process);
    else this.processes[at] = process;
    this.note(process, 'born');
    this.#boot(process);
  }

  /** Opens the ledger, as a daemon does before it takes a job; without the store it tries again. */
  #boot(process: Process): void {
    process.connectedFrom = 0;
    void this.#task(process, 'boot', null, async (work, task) => {
      await process.epoch.open(this.#wire(process).linkFor(task).ledger, work.clock.now());
      process.looked = true;
      process.ready = true;
      await work.store.sawPolicies(
        this.scenario.policies.map(({ name }) => name),
        work.clock.now(),
      );
    }).then((end) => {
      if (end === 'failed') this.arrive(process, BOOT_AGAIN_MS, () => this.#boot(process));
    });
  }

  #reconnect(process: Process, at: number): void {
    this.arrive(process, at - this.timeline.now, () => {
      process.connectedFrom = this.timeline.now;
      void this.#task(process, 'look again', null, async (work, task) => {
        await process.epoch.look(this.#wire(process).linkFor(task).ledger, work.clock.now());
        process.looked = true;
      }).then((end) => {
        if (end === 'failed') this.#reconnect(process, this.timeline.now + BOOT_AGAIN_MS);
      });
    });
  }

  #runJob(process: Process, job: Job): Promise<'done' | 'failed' | 'died'> {
    const operationId = 'operationId' in job ? job.operationId : null;
    const what = `${job.kind} ${operationId?.slice(0, 6) ?? ''}`;
    return this.#task(process, what, job.kind === 'act' ? operationId : null, async (work) => {
      await carryOut(work, job);
    });
  }

  async #task(
    process: Process,
    what: string,
    operationId: string | null,
    run: (work: Work, task: Task, people: PeopleStore) => Promise<void>,
  ): Promise<'done' | 'failed' | 'died'> {
    this.#tasks += 1;
    const task: Task = {
      number: this.#tasks,
      process,
      what,
      operationId,
      snapshot: null,
      looks: new Map(),
      listedAt: null,
      probes: new Map(),
      comparedAt: null,
      yes: null,
    };
    process.tasks.add(task);
    if (operationId !== null) process.acts += 1;
    this.note(process, `begin ${task.number} ${what}`);
    try {
      const { work, people } = this.#room.workFor(task, this.#wire(process));
      await run(this.#variant.decorate?.(work, task) ?? work, task, people);
      return 'done';
    } catch (error) {
      if (!isWeather(error)) this.monitor.bug(error instanceof Error ? error : new Error('no error was thrown'));
      this.note(process, `failed ${task.number} ${error instanceof Error ? error.message : ''}`);
      return 'failed';
    } finally {
      process.tasks.delete(task);
      if (operationId !== null) process.acts -= 1;
    }
  }

  #wire(process: Process): StoreWire {
    const wire = this.#wires.get(process);
    if (wire === undefined) throw new Error(`${process.name} has no wire`);
    return wire;
  }

  readonly #newId = (): string => {
    this.#ids += 1;
    return `id-${this.#ids}`;
  };
}

/** Everything that can go on by itself has: the microtasks are done when the next turn of the loop begins. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What may fail in a run without anybody being wrong. */
function isWeather(error: unknown): boolean {
  return (
    error instanceof StoreDown ||
    error instanceof LedgerUnclear ||
    error instanceof ProviderError ||
    error instanceof NotDelivered
  );
}
