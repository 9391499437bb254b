import type { ActionCall, Order } from '../../src/fleet/action-call.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { ProviderKind } from '../../src/fleet/provider-kind.ts';
import type { Billing, Status } from '../../src/fleet/status.ts';

const DAY_MS = 86_400_000;
/** A month, as this cloud counts. */
const MONTH_MS = 30 * DAY_MS;

/** One machine as it really is. Never changed in place. */
export interface Machine {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly status: Status;
  readonly billing: Billing;
  readonly expiresAt: number | null;
  readonly startedAt: number | null;
  readonly orderId: string | null;
  /** Is somebody at work on it? */
  readonly busy: boolean;
  readonly lastBusyAt: number;
  /** The cloud's own timer for a stop. */
  readonly timerAt: number | null;
}

/** One request that has reached the wire. */
export interface Request {
  readonly number: number;
  readonly at: number;
  readonly call: ActionCall;
  /** The machine that had the id when the request arrived. */
  readonly machine: Machine | null;
  /** How often it was carried out so far. */
  commits: number;
  /** The sender was told, in the documented way, that nothing was done. */
  provenRefused: boolean;
}

export type Machines = ReadonlyMap<string, Machine>;

/** The cloud's own truth: what there is, what there was, and every request that came. */
export class Cloud {
  readonly account: string;
  readonly provider: ProviderKind;
  readonly requests: Request[] = [];
  readonly #now: () => number;
  readonly #after: (ms: number, happen: () => void) => void;
  #machines: Machines = new Map();
  #past: { readonly at: number; readonly machines: Machines }[] = [];
  #orders = 0;

  constructor(options: {
    readonly account: string;
    readonly provider: ProviderKind;
    readonly now: () => number;
    readonly after: (ms: number, happen: () => void) => void;
  }) {
    this.account = options.account;
    this.provider = options.provider;
    this.#now = options.now;
    this.#after = options.after;
  }

  get machines(): Machines {
    return this.#machines;
  }

  /** As it was so long ago. */
  seen(lagMs: number): Machines {
    const at = this.#now() - lagMs;
    for (let index = this.#past.length - 1; index >= 0; index -= 1) {
      const then = this.#past[index];
      if (then !== undefined && (then.at <= at || index === 0)) return then.machines;
    }
    return this.#machines;
  }

  put(machine: Machine): void {
    this.#change(new Map(this.#machines).set(machine.id, machine));
  }

  /** Changes a machine if it is still that one. */
  set(machine: Machine, change: Partial<Machine>): void {
    const now = this.#machines.get(machine.id);
    if (now === undefined || now.createdAt !== machine.createdAt) return;
    this.put({ ...now, ...change });
  }

  remove(machine: Machine): void {
    const now = this.#machines.get(machine.id);
    if (now === undefined || now.createdAt !== machine.createdAt) return;
    const machines = new Map(this.#machines);
    machines.delete(machine.id);
    this.#change(machines);
  }

  receive(id: string, call: ActionCall): Request {
    const request: Request = {
      number: this.requests.length,
      at: this.#now(),
      call,
      machine: this.#machines.get(id) ?? null,
      commits: 0,
      provenRefused: false,
    };
    this.requests.push(request);
    return request;
  }

  /** Carries a request out, if what it asks can be done. Answers the order that it made, or why not. */
  commit(request: Request, settleMs: number): { readonly orderId: string | null } | { readonly refusal: string } {
    if (request.call.kind === 'create') {
      request.commits += 1;
      return { orderId: this.#create(request.call.order) };
    }
    const target = request.machine;
    const machine = target === null ? undefined : this.#machines.get(target.id);
    if (target === null || machine === undefined || machine.createdAt !== target.createdAt) {
      return { refusal: 'there is no such machine' };
    }
    const refusal = this.#carryOut(request.call, machine, settleMs);
    if (refusal !== null) return { refusal };
    request.commits += 1;
    return { orderId: null };
  }

  /** `null`: done. */
  #carryOut(call: Exclude<ActionCall, { kind: 'create' }>, machine: Machine, settleMs: number): string | null {
    const { status, billing } = machine;
    const now = this.#now();
    switch (call.kind) {
      case 'stop':
      case 'cardless-stop':
        if (status !== 'running' && status !== 'starting') return `it is ${status}`;
        this.set(machine, { status: 'stopping' });
        this.#after(settleMs, () => this.#becomes(machine, 'stopping', { status: 'stopped', busy: false }));
        return null;
      case 'start':
        if (status !== 'stopped') return `it is ${status}`;
        this.set(machine, { status: 'starting' });
        this.#after(settleMs, () =>
          this.#becomes(machine, 'starting', { status: 'running', startedAt: this.#now(), lastBusyAt: this.#now() }),
        );
        return null;
      case 'restart':
        if (status !== 'running') return `it is ${status}`;
        this.set(machine, { status: 'restarting', busy: false });
        this.#after(settleMs, () =>
          this.#becomes(machine, 'restarting', { status: 'running', startedAt: this.#now(), lastBusyAt: this.#now() }),
        );
        return null;
      case 'renew':
        if (billing !== call.unit || machine.expiresAt === null) return `it is billed ${billing}`;
        this.set(machine, {
          expiresAt: machine.expiresAt + call.periods * (call.unit === 'daily' ? DAY_MS : MONTH_MS),
        });
        return null;
      case 'lengthen':
        if (billing === call.to || billing === 'monthly') return `it is billed ${billing}`;
        this.set(machine, { billing: call.to, expiresAt: now + (call.to === 'daily' ? DAY_MS : MONTH_MS) });
        return null;
      case 'destroy':
        if (this.provider === 'huixingyun' && (billing !== 'hourly' || status !== 'stopped')) return `it is ${status}`;
        this.remove(machine);
        return null;
      case 'shutdown-timer': {
        this.set(machine, { timerAt: call.at });
        if (call.at !== null) this.#ring(machine, call.at);
        return null;
      }
      case 'snapshot':
      case 'rebuild':
        return 'not here';
    }
  }

  #ring(machine: Machine, at: number): void {
    this.#after(at - this.#now(), () => {
      const now = this.#machines.get(machine.id);
      if (now?.createdAt !== machine.createdAt || now.timerAt !== at) return;
      this.set(now, { timerAt: null, ...(now.status === 'running' && { status: 'stopped' as const, busy: false }) });
    });
  }

  #becomes(machine: Machine, from: Status, change: Partial<Machine>): void {
    const now = this.#machines.get(machine.id);
    if (now?.createdAt === machine.createdAt && now.status === from) this.set(now, change);
  }

  #create(order: Order): string {
    this.#orders += 1;
    const orderId = `order-${this.#orders}`;
    this.put({
      id: `new-${this.#orders}`,
      name: `new-${String(order.name ?? '')}`,
      createdAt: this.#now(),
      status: 'running',
      billing: 'hourly',
      expiresAt: null,
      startedAt: this.#now(),
      orderId,
      busy: true,
      lastBusyAt: this.#now(),
      timerAt: null,
    });
    return orderId;
  }

  #change(machines: Machines): void {
    this.#machines = machines;
    this.#past.push({ at: this.#now(), machines });
    // Nobody looks back farther than a listing lags.
    if (this.#past.length > 100) this.#past = this.#past.slice(-50);
  }
}

/** A machine as a listing shows it. */
export function rowOf(machine: Machine, account: string, provider: ProviderKind): Instance {
  return {
    account,
    provider,
    id: machine.id,
    name: machine.name,
    status: machine.status,
    rawStatus: machine.status,
    billing: machine.billing,
    rawBilling: machine.billing,
    gpu: '4090',
    gpuCount: 1,
    gpuType: 'rtx',
    room: 'room',
    createdAt: machine.createdAt,
    startedAt: machine.startedAt,
    expiresAt: provider === 'huixingyun' ? machine.expiresAt : null,
    hourlyFen: null,
    orderId: machine.orderId,
    imageId: null,
    savingImage: false,
    shutdownTimerAt: null,
    services: [],
    problems: [],
  };
}
