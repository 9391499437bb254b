import type { Notification } from '../../src/fleet/event.ts';
import type { Parcel } from '../../src/fleet/parcel.ts';
import type { ActQueue, QueuePort } from '../../src/work/ports.ts';
import type { Process, Task } from './process.ts';
import type { StoreLink } from './virtual-store.ts';
import type { Ground } from './wires.ts';

export type Job =
  | { readonly kind: 'poll' | 'evaluate' | 'look' | 'observe'; readonly account: string }
  | { readonly kind: 'act' | 'verify'; readonly operationId: string }
  | { readonly kind: 'notify'; readonly notifier: string; readonly notification: Notification }
  | { readonly kind: 'tick' };

/** A job whose process died or stands still is given to another after this. */
const TAKEN_OVER_MS = 40_000;
const NOBODY_THERE_MS = 2_000;
/** After a restart from an older disk so many of the last jobs may come again. */
const REMEMBERED = 30;

/** The queue: a doorbell that rings late, twice, out of order, not at all, or again after somebody has died at the door. */
export class VirtualQueue {
  readonly #ground: Ground;
  readonly #run: (process: Process, job: Job) => Promise<'done' | 'failed' | 'died'>;
  readonly #processes: () => readonly Process[];
  /** Ids that are there: waiting, running or failed. The same id is not taken twice. */
  readonly #present = new Set<string>();
  #last: Job[] = [];

  constructor(
    ground: Ground,
    processes: () => readonly Process[],
    run: (process: Process, job: Job) => Promise<'done' | 'failed' | 'died'>,
  ) {
    this.#ground = ground;
    this.#processes = processes;
    this.#run = run;
  }

  add(job: Job, id: string | null, delayMs: number): void {
    const { dice, weather } = this.#ground;
    if (id !== null) {
      if (this.#present.has(id)) return;
      this.#present.add(id);
    }
    if (job.kind === 'act' || job.kind === 'verify') this.#last = [...this.#last, job].slice(-REMEMBERED);
    if (dice.chance(weather.jobLost)) return;
    const late = dice.chance(weather.jobLate) ? dice.wait(1_000, 120_000) : 0;
    this.#ground.timeline.after(delayMs + late, () => this.#give(job, id));
    if (dice.chance(weather.jobTwice)) {
      this.#ground.timeline.after(delayMs + dice.wait(0, 90_000), () => this.#give(job, null));
    }
  }

  /** The store came back from an older disk, and with it jobs that were done already. */
  again(): void {
    const { dice } = this.#ground;
    for (const job of this.#last) {
      if (dice.chance(0.6)) this.#ground.timeline.after(dice.wait(0, 60_000), () => this.#give(job, null));
    }
  }

  #give(job: Job, id: string | null): void {
    const { dice, timeline, weather } = this.#ground;
    const now = timeline.now;
    const there = this.#processes().filter(
      ({ alive, connectedFrom, pausedUntil }) =>
        alive && connectedFrom <= now && (pausedUntil <= now || weather.pause > 0),
    );
    if (there.length === 0 || this.#ground.storeIsDown) {
      timeline.after(NOBODY_THERE_MS, () => this.#give(job, id));
      return;
    }
    const process = dice.pick(there);
    let settled = false;
    const takeOver = (): void => {
      if (settled || !dice.chance(0.8)) return;
      settled = true;
      this.#give(job, id);
    };
    // A process that stands still holds on to its job; its lock runs out, and somebody else has it as well.
    if (process.pausedUntil > now) timeline.after(TAKEN_OVER_MS, takeOver);
    this.#ground.arrive(process, 0, () => {
      void this.#run(process, job).then((end) => {
        if (end === 'done' && id !== null) this.#present.delete(id);
        if (end !== 'died') settled = true;
      });
    });
    timeline.after(TAKEN_OVER_MS, () => {
      if (!process.alive) takeOver();
    });
  }
}

/** The queue as one task of one process reaches it: over the same store, so that adding may fail or hang. */
export class QueueDoor implements QueuePort {
  readonly #queue: VirtualQueue;
  readonly #link: StoreLink;
  readonly #task: Task;
  readonly #onNotify: (notification: Notification) => void;

  constructor(queue: VirtualQueue, link: StoreLink, task: Task, onNotify: (notification: Notification) => void) {
    this.#queue = queue;
    this.#link = link;
    this.#task = task;
    this.#onNotify = onNotify;
  }

  poll(account: string): Promise<void> {
    return this.#add({ kind: 'poll', account }, null, 0);
  }
  evaluate(account: string): Promise<void> {
    return this.#add({ kind: 'evaluate', account }, null, 0);
  }
  act(_queue: ActQueue, operationId: string, jobId: string, delayMs: number): Promise<void> {
    return this.#add({ kind: 'act', operationId }, jobId, delayMs);
  }
  verify(operationId: string, jobId: string, delayMs: number): Promise<void> {
    return this.#add({ kind: 'verify', operationId }, jobId, delayMs);
  }
  look(account: string, delayMs: number): Promise<void> {
    return this.#add({ kind: 'look', account }, null, delayMs);
  }
  async notify(notifier: string, { notification }: Parcel): Promise<void> {
    await this.#add({ kind: 'notify', notifier, notification }, `${notifier}.${notification.id}`, 0);
    this.#onNotify(notification);
  }

  #add(job: Job, id: string | null, delayMs: number): Promise<void> {
    const what = `queue ${job.kind} by ${this.#task.number}`;
    return this.#link.ask(what, () => this.#queue.add(job, id, delayMs));
  }
}
