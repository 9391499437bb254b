import { LedgerUnclear, StoreDown } from '../../src/store/store-error.ts';
import type { Watermark } from '../../src/store/watermark.ts';
import type { Dice } from './dice.ts';
import type { LedgerModel } from './ledger-model.ts';
import type { Process, Task } from './process.ts';
import { COMPARE, type LedgerLink, type WatermarkDisk } from './replica-ledger.ts';
import type { StoreModel } from './store-model.ts';
import type { Timeline } from './timeline.ts';
import type { StoreLink } from './virtual-store.ts';
import type { Weather } from './weather.ts';

/** What the wires need of the run. */
export interface Ground {
  readonly dice: Dice;
  readonly timeline: Timeline;
  readonly weather: Weather;
  readonly store: StoreModel;
  readonly storeIsDown: boolean;
  /** Something reaches a process after so long: dropped when it is dead, kept waiting while it is paused. */
  arrive(process: Process, afterMs: number, happen: () => void): void;
  note(process: Process | null, what: string): void;
  /** Whoever changes the store next. */
  actor: Task | null;
  /** A command that was sent twice: what it was told each time. */
  resent(first: unknown, second: unknown): void;
}

/** The client gives up on a command after this, as src/store/ledger-client.ts does. */
const CALL_LIMIT_MS = 2_500;
const SLOWEST_MS = 8_000;

interface Call {
  readonly task: Task | null;
  readonly what: string;
  readonly run: (store: StoreModel) => unknown;
  readonly mayBeResent: boolean;
  readonly reject: (error: Error) => void;
  /** Gives what the last run brought to whoever asked. */
  readonly hand: () => void;
}

interface Batch {
  readonly calls: Call[];
  cut: boolean;
}

/**
 * A process's connection to the store: commands go in order, several in one packet or each alone, and are carried out whole;
 * answers come in order, late, or not at all.
 */
export class StoreWire {
  readonly #ground: Ground;
  readonly #process: () => Process;
  #batch: Batch | null = null;
  #flying: Batch[] = [];
  #lastAt = 0;

  constructor(ground: Ground, process: () => Process) {
    this.#ground = ground;
    this.#process = process;
  }

  /** The links that a task uses, so that it is known who asked. */
  linkFor(task: Task | null): StoreLink & { readonly ledger: LedgerLink } {
    return {
      ask: (what, command) => this.#ask(task, what, command, false),
      ledger: {
        ask: <T>(what: string, command: (ledger: LedgerModel) => T) =>
          this.#ask(task, what, (store) => command(store.ledger), true),
      },
    };
  }

  /** The connection is lost: nobody knows what became of the commands under way. */
  cut(): void {
    for (const batch of this.#flying) batch.cut = true;
    this.#batch = null;
  }

  #ask<T>(task: Task | null, what: string, run: (store: StoreModel) => T, mayBeResent: boolean): Promise<T> {
    const ground = this.#ground;
    const process = this.#process();
    return new Promise<T>((resolve, reject) => {
      const { dice, weather, timeline } = ground;
      if (ground.storeIsDown || timeline.now < process.connectedFrom || dice.chance(weather.commandRefused)) {
        ground.arrive(process, 0, () => reject(new StoreDown(what, null)));
        return;
      }
      let value: T;
      const call: Call = {
        task,
        what,
        mayBeResent,
        run: (store) => {
          value = run(store);
          return value;
        },
        reject,
        hand: () => resolve(value),
      };
      if (this.#batch !== null && dice.chance(0.85)) {
        this.#batch.calls.push(call);
        return;
      }
      const batch: Batch = { calls: [call], cut: false };
      const slow = dice.chance(weather.storeSlow);
      const delay = slow ? dice.between(100, SLOWEST_MS) : dice.wait(0, 4);
      const at = Math.max(this.#lastAt, timeline.now + delay);
      this.#lastAt = at;
      this.#batch = batch;
      this.#flying.push(batch);
      timeline.at(at, () => this.#flush(batch));
      if (slow) {
        ground.arrive(process, CALL_LIMIT_MS, () => {
          for (const late of batch.calls) late.reject(new LedgerUnclear(late.what, null));
        });
      }
    });
  }

  #flush(batch: Batch): void {
    const ground = this.#ground;
    const process = this.#process();
    const { dice, weather } = ground;
    if (this.#batch === batch) this.#batch = null;
    this.#flying = this.#flying.filter((one) => one !== batch);
    const answers: (() => void)[] = [];
    for (const call of batch.calls) {
      const lost = batch.cut || ground.storeIsDown;
      // Of a dead process's packets some were on the wire already.
      if ((lost || !process.alive) && dice.chance(0.5)) {
        answers.push(() => call.reject(new LedgerUnclear(call.what, null)));
        continue;
      }
      ground.note(process, call.what);
      ground.actor = call.task;
      const first = call.run(ground.store);
      if (call.task !== null && call.what === COMPARE) call.task.comparedAt = ground.timeline.now;
      if (lost || dice.chance(weather.answerLost)) {
        answers.push(() => call.reject(new LedgerUnclear(call.what, null)));
        continue;
      }
      if (call.mayBeResent && dice.chance(weather.resent)) ground.resent(first, call.run(ground.store));
      answers.push(call.hand);
    }
    ground.actor = null;
    const later = dice.chance(0.15) ? dice.wait(0, 50) : 0;
    ground.arrive(process, later, () => {
      for (const answer of answers) answer();
    });
  }
}

/** The watermark file of a host as one of its processes writes it; src/store/watermark.ts. */
export class VirtualDisk implements WatermarkDisk {
  readonly #ground: Ground;
  readonly #process: () => Process;

  constructor(ground: Ground, process: () => Process) {
    this.#ground = ground;
    this.#process = process;
  }

  async load(): Promise<Watermark | null> {
    return this.#process().host.mark;
  }

  save(mark: Watermark): Promise<void> {
    const ground = this.#ground;
    const process = this.#process();
    const { host } = process;
    if (isCovered(host.mark, mark)) return Promise.resolve();
    return new Promise((resolve) => {
      const delay = ground.dice.chance(ground.weather.storeSlow) ? ground.dice.between(10, 3_000) : 1;
      ground.arrive(process, delay, () => {
        if (!isCovered(host.mark, mark)) host.mark = mark;
        ground.note(process, `mark ${mark.seq}`);
        resolve();
      });
    });
  }
}

/** Does what stands there say as much as the new mark? */
export function isCovered(there: Watermark | null, mark: Watermark): boolean {
  if (there === null || there.epoch !== mark.epoch || there.seq < mark.seq) return false;
  if (mark.sent === undefined || there.seq > mark.seq) return true;
  return there.sent?.id === mark.sent.id && there.sent.version >= mark.sent.version;
}
