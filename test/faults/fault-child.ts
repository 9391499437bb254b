import { fileURLToPath } from 'node:url';
import { Child, type ChildOptions } from '../support/child.ts';
import type { Point, Strike, StrikeInput } from './fault-points.ts';
import { fromDaemon, type Launch, type ToDaemon } from './launch.ts';

const MAIN = fileURLToPath(new URL('./daemon-main.ts', import.meta.url));

export interface Reached {
  readonly point: Point;
  readonly instance: string;
  readonly action: string;
  /** What was done to it there. */
  readonly struck: Strike['do'] | null;
}

/** A daemon in a process of its own that can be struck at its fault points. */
export class FaultChild extends Child {
  /** Every point it came by, in order. */
  readonly points: Reached[] = [];
  /** One on standby is ready to begin. */
  loaded = false;
  /** Stands still, so that nobody waits for it to hear the time. */
  #deaf = false;
  /** Has it been told to begin? One on standby has not. */
  #begun: boolean;
  readonly #hearing = new Map<number, (() => void)[]>();

  constructor(launch: Launch, options: ChildOptions) {
    super(MAIN, [JSON.stringify(launch)], options);
    this.#begun = launch.standby !== true;
    this.process.on('message', (message: unknown) => {
      const told = fromDaemon.parse(message);
      switch (told.kind) {
        case 'heard':
          for (const heard of this.#hearing.get(told.at) ?? []) heard();
          this.#hearing.delete(told.at);
          this.#deaf = false;
          break;
        case 'loaded':
          this.loaded = true;
          break;
        case 'reached':
          this.points.push(told);
          this.#deaf = told.struck === 'stop' || told.struck === 'block';
          break;
      }
      options.onOutput?.();
    });
  }

  /** Has it come by this point (so many times)? */
  reached(point: Point, times = 1): boolean {
    return this.points.filter((one) => one.point === point).length >= times;
  }

  /** The point at which it was struck, once it was. */
  get struck(): Reached | undefined {
    return this.points.find(({ struck }) => struck !== null);
  }

  /** SIGSTOP: it stands still, with its connections open. */
  freeze(): void {
    this.#deaf = true;
    this.process.kill('SIGSTOP');
  }

  /** SIGCONT, also for one that stopped itself at a point. What time it is meanwhile, it hears first. */
  thaw(): void {
    this.#deaf = false;
    this.process.kill('SIGCONT');
  }

  /** Lets whoever waits at a point go on. */
  go(): void {
    this.#send({ kind: 'go' });
  }

  /** For one on standby. */
  begin(at: number, strikes: readonly StrikeInput[]): void {
    this.#begun = true;
    this.#send({ kind: 'begin', at, strikes: [...strikes] });
  }

  /** Tells it the time; resolves when it has it, has ended, or stands still. */
  override async tellTime(at: number): Promise<void> {
    if (!this.#begun) return;
    if (this.#deaf) {
      this.#send({ kind: 'time', at });
      return;
    }
    const heard = new Promise<void>((resolve) => {
      this.#hearing.set(at, [...(this.#hearing.get(at) ?? []), resolve]);
    });
    this.#send({ kind: 'time', at });
    await Promise.race([heard, this.ended]);
  }

  #send(what: ToDaemon): void {
    // The end of the process is told by `ended`.
    if (this.process.connected) this.process.send(what, () => {});
  }
}
