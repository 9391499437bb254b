import { actionClass } from '../../src/fleet/action.ts';
import type { ActionCall, Order } from '../../src/fleet/action-call.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { ProviderKind } from '../../src/fleet/provider-kind.ts';
import type { Balance, IncompleteReason, Listing } from '../../src/fleet/snapshot.ts';
import {
  type ActOptions,
  type CallOutcome,
  type Provider,
  ProviderError,
  type ReadOperation,
  type SavedImage,
} from '../../src/providers/port.ts';
import { type Cloud, type Machines, type Request, rowOf } from './cloud.ts';
import type { Monitor } from './monitor.ts';
import type { Task } from './process.ts';
import type { Ground } from './wires.ts';

/** One request to a cloud takes no longer. */
const CALL_MS = 30_000;
/** The timed stop of chenyu v1 comes so much later. */
const TIMER_MS = 3 * 60_000;

/** What a request meets on its way: see {@link Weather}. */
type Fate =
  | 'yes'
  | 'answer-cut'
  | 'never-done'
  | 'done-late'
  | 'yes-late'
  | 'yes-never'
  | 'refused'
  | 'throttled'
  | 'unauthorised'
  | 'twice';

/** The cloud as one task of one process reaches it: a real provider in its outcomes, with a bad day in everything else. */
export class CloudClient implements Provider {
  readonly kind: ProviderKind;
  readonly account: string;
  readonly reads: readonly ReadOperation[] = [];
  readonly #ground: Ground;
  readonly #cloud: Cloud;
  readonly #task: Task;
  readonly #monitor: Monitor;

  constructor(ground: Ground, cloud: Cloud, task: Task, monitor: Monitor) {
    this.kind = cloud.provider;
    this.account = cloud.account;
    this.#ground = ground;
    this.#cloud = cloud;
    this.#task = task;
    this.#monitor = monitor;
  }

  async list(): Promise<Listing> {
    const { dice, weather, timeline } = this.#ground;
    const startedAt = this.#clock();
    const trueStart = timeline.now;
    const machines = await this.#ask('list');
    const rows = [...machines.values()].map((machine) => rowOf(machine, this.account, this.kind));
    let incomplete: IncompleteReason | null = null;
    let instances: readonly Instance[] = rows;
    if (dice.chance(weather.listIncomplete)) {
      incomplete = dice.pick(['page-failed', 'total-mismatch', 'bad-rows'] as const);
      instances = rows.filter(() => dice.chance(0.6));
    } else if (dice.chance(weather.listEmpty)) instances = [];
    this.#task.listedAt = trueStart;
    for (const row of rows) this.#task.looks.set(row.id, { startedAt: trueStart, row });
    return { startedAt, finishedAt: this.#clock(), instances, incomplete, serverTimeAt: timeline.now };
  }

  async read(id: string): Promise<Instance | null> {
    const startedAt = this.#ground.timeline.now;
    const machine = (await this.#ask('read')).get(id);
    const row = machine === undefined ? null : rowOf(machine, this.account, this.kind);
    this.#task.looks.set(id, { startedAt, row });
    return row;
  }

  async balance(): Promise<Balance | null> {
    return null;
  }

  async savedImage(): Promise<SavedImage> {
    return 'absent';
  }

  parseOrder(argument: unknown): Order {
    return { name: String(argument) };
  }

  async close(): Promise<void> {}

  async act(id: string, call: ActionCall, { gate }: ActOptions): Promise<CallOutcome> {
    const { dice, weather } = this.#ground;
    const process = this.#task.process;
    await this.#hop(dice.wait(1, 400));
    if (dice.chance(weather.unreachable)) return { kind: 'not-sent', detail: 'not sent: refused' };
    let open: boolean;
    try {
      open = await gate();
    } catch (error) {
      return { kind: 'not-sent', detail: `not sent: ${error instanceof Error ? error.message : 'no reason'}` };
    }
    if (!open) return { kind: 'not-sent', detail: 'not sent: the send gate refused' };
    this.#task.yes = { at: this.#ground.timeline.now, pauses: process.pauses };
    this.#monitor.saidYes(this.#task, call);
    // The last moment at which the process may stop: after it nothing can hold the request back.
    await this.#hop(0);
    if (dice.chance(weather.unsent)) return { kind: 'not-sent', detail: 'not sent: the socket was gone' };
    const request = this.#cloud.receive(id, call);
    this.#ground.note(process, `send ${request.number} ${call.kind} ${id}`);
    this.#monitor.sent(this.#task, request, call);
    return await this.#answer(request, call);
  }

  /** The server carries it out or not, now or later; the answer comes back or not. */
  #answer(request: Request, call: ActionCall): Promise<CallOutcome> {
    const { dice, weather, timeline } = this.#ground;
    const fate = this.#fate(call);
    const soon = dice.wait(50, 3_000);
    const late = dice.between(soon, Math.max(soon, weather.mostLateMs));
    return new Promise((resolve) => {
      const answer = (afterMs: number, outcome: CallOutcome): void => {
        this.#ground.arrive(this.#task.process, afterMs, () => {
          const { kind } = outcome;
          request.provenRefused ||= kind === 'rejected' || kind === 'throttled' || kind === 'unauthorised';
          resolve(outcome);
        });
      };
      const cut: CallOutcome = { kind: 'uncertain', detail: 'sent, no usable answer' };
      const commit = (afterMs: number, then: (done: CallOutcome) => void): void => {
        timeline.after(afterMs, () => then(this.#commit(request)));
      };
      // Whatever happens, the client waits no longer; one that was paused meanwhile finds whichever came first.
      answer(CALL_MS, cut);
      switch (fate) {
        case 'yes':
          commit(soon, (done) => answer(dice.wait(1, 200), done));
          return;
        case 'twice':
          commit(soon, (done) => {
            if (call.kind === 'renew') this.#cloud.commit(request, 0);
            answer(1, done);
          });
          return;
        case 'answer-cut':
          commit(soon, () => answer(1, cut));
          return;
        case 'never-done':
          answer(soon, cut);
          return;
        case 'done-late':
          commit(late, (done) => answer(1, done));
          return;
        case 'yes-late':
          answer(soon, { kind: 'accepted', orderId: null, effectiveAt: null, detail: 'yes' });
          commit(late, () => {});
          return;
        case 'yes-never':
          answer(soon, { kind: 'accepted', orderId: null, effectiveAt: null, detail: 'yes' });
          return;
        case 'refused':
          answer(soon, { kind: 'rejected', detail: 'no' });
          return;
        case 'throttled':
          answer(soon, { kind: 'throttled', retryAfterMs: dice.wait(1_000, 600_000), detail: 'later' });
          return;
        case 'unauthorised':
          answer(soon, { kind: 'unauthorised', detail: 'who are you?' });
          return;
      }
    });
  }

  #fate(call: ActionCall): Fate {
    const { dice, weather } = this.#ground;
    const chances: readonly (readonly [Fate, number])[] = [
      ['answer-cut', weather.answerCut],
      ['never-done', weather.neverDone],
      ['done-late', weather.doneLate],
      ['yes-late', actionClass(call.kind) === 'message' ? 0 : weather.yesLate],
      ['yes-never', weather.yesNever],
      ['refused', weather.refused],
      ['throttled', weather.throttled],
      ['unauthorised', weather.unauthorised],
      ['twice', weather.twice],
    ];
    for (const [fate, chance] of chances) if (dice.chance(chance * 0.5)) return fate;
    return 'yes';
  }

  #commit(request: Request): CallOutcome {
    const { dice } = this.#ground;
    const { call, machine } = request;
    const timed = this.kind === 'chenyu-v1' && call.kind === 'stop';
    const at = this.#ground.timeline.now + TIMER_MS;
    const asked: Request = timed ? { ...request, call: { kind: 'shutdown-timer', at } } : request;
    const done = this.#cloud.commit(asked, dice.between(3_000, 40_000));
    request.commits = asked.commits;
    this.#ground.note(null, `commit ${request.number} ${'refusal' in done ? done.refusal : 'done'}`);
    if ('refusal' in done) return { kind: 'rejected', detail: done.refusal };
    this.#monitor.committed(request, machine);
    return {
      kind: 'accepted',
      orderId: done.orderId,
      effectiveAt: timed ? at + this.#task.process.skewMs : null,
      detail: 'yes',
    };
  }

  /** A request that reads: what it brings is from between its beginning and its end, or older by the cloud's own lag. */
  #ask(what: string): Promise<Machines> {
    const { dice, weather, timeline } = this.#ground;
    return new Promise((resolve, reject) => {
      const { process } = this.#task;
      timeline.after(dice.wait(5, 500), () => {
        const fails = dice.chance(weather.readFails);
        const machines = this.#cloud.seen(dice.chance(0.5) ? 0 : dice.wait(0, weather.mostLagMs));
        const back = dice.chance(0.05) ? dice.wait(100, 20_000) : dice.wait(1, 300);
        this.#ground.arrive(process, back, () => {
          this.#ground.note(process, what);
          if (fails) reject(new ProviderError('uncertain', this.account, what, 'no usable answer'));
          else resolve(machines);
        });
      });
    });
  }

  #hop(ms: number): Promise<void> {
    return new Promise((resolve) => this.#ground.arrive(this.#task.process, ms, resolve));
  }

  #clock(): number {
    return this.#ground.timeline.now + this.#task.process.skewMs;
  }
}
