import type { SimOperation } from './history.ts';
import type { Random } from './random.ts';

/** When a spoilt request takes effect. */
export type EffectTime = 'now' | 'never' | { readonly afterMs: number };

/** What can go wrong with one request. */
export type FaultKind =
  /** The effect is committed, the connection ends without a byte. */
  | { readonly kind: 'lost-answer' }
  /** The connection ends before anything happened. */
  | { readonly kind: 'reset' }
  | {
      readonly kind: 'http-status';
      readonly status: number;
      readonly effect?: EffectTime;
      readonly retryAfter?: string;
    }
  /** 429 without effect. */
  | { readonly kind: 'throttled'; readonly retryAfter?: string }
  /** A web page with status 200. */
  | { readonly kind: 'html'; readonly effect?: EffectTime }
  /** `{}` with status 200. */
  | { readonly kind: 'empty-object'; readonly effect?: EffectTime }
  /** No answer until released, or until the caller hangs up. */
  | { readonly kind: 'hang'; readonly effect?: EffectTime }
  /** Answered as done, done later. */
  | { readonly kind: 'delayed-effect'; readonly delayMs: number }
  | { readonly kind: 'redirect'; readonly location?: string }
  /** As with a wrong token. */
  | { readonly kind: 'unauthorised' }
  /** Refused for no fault of the caller's: the id in `fails`, or a code that is neither 0, 2 nor -2. Without effect. */
  | { readonly kind: 'refused' }
  /** chenyu's code -2 in a 200; huixingyun: a 500 with JSON. */
  | { readonly kind: 'system-fault'; readonly effect?: EffectTime }
  /** The last `drop` rows (default 1) are missing, the total is right. */
  | { readonly kind: 'partial-page'; readonly drop?: number }
  | { readonly kind: 'wrong-total'; readonly by?: number }
  /** Every page is page 1. */
  | { readonly kind: 'repeat-page' }
  | { readonly kind: 'empty-list' }
  /** One row is nonsense; with `keepId` (default) its id can still be read. */
  | { readonly kind: 'bad-row'; readonly row?: number; readonly keepId?: boolean }
  /** One row (`row`, default 0) or, with `all`, every row has a status no document shows. */
  | { readonly kind: 'status-word'; readonly word: string | number; readonly row?: number; readonly all?: boolean }
  /** The success list names another id than the one asked about. */
  | { readonly kind: 'wrong-id'; readonly id?: string }
  | { readonly kind: 'both-lists' }
  | { readonly kind: 'neither-list' }
  /** The body is cut after `bytes` (default half), with `Connection: close` and no length. */
  | { readonly kind: 'truncated'; readonly bytes?: number }
  /** `chunkBytes` (default 1) every `everyMs` of real time (default 1000). */
  | { readonly kind: 'slow-drip'; readonly chunkBytes?: number; readonly everyMs?: number }
  /** The answer followed by blanks up to `bytes` (default 500 MB). */
  | { readonly kind: 'huge-body'; readonly bytes?: number };

/** Which requests a fault spoils. */
export interface FaultTarget {
  readonly account?: string;
  readonly operation?: SimOperation | readonly SimOperation[];
  /** How many requests, default 1. `Infinity` until removed. */
  readonly times?: number;
  /** How many matching requests pass unharmed first. */
  readonly skip?: number;
}
export type FaultSpec = FaultTarget & FaultKind;

/** A running fault. */
export interface FaultHandle {
  /** How many requests it has spoilt. */
  readonly hits: number;
  remove(): void;
  /** Answers the requests that hang on it, as if nothing had been wrong. */
  release(): void;
}

const LISTING_KINDS = new Set(['partial-page', 'wrong-total', 'repeat-page', 'empty-list', 'bad-row', 'status-word']);
const ID_KINDS = new Set(['wrong-id', 'both-lists', 'neither-list']);
const ID_OPERATIONS = new Set<SimOperation>([
  'stop',
  'start',
  'cardless-start',
  'restart',
  'rebuild',
  'destroy',
  'lengthen',
  'renew',
]);

/** Whether a fault of this kind can spoil this operation at all. */
function canSpoil(kind: FaultKind['kind'], operation: SimOperation): boolean {
  if (LISTING_KINDS.has(kind)) return operation === 'list';
  return !ID_KINDS.has(kind) || ID_OPERATIONS.has(operation);
}

class Fault implements FaultHandle {
  readonly spec: FaultSpec;
  hits = 0;
  readonly releases = new Set<() => void>();
  readonly #forget: (fault: Fault) => void;
  #toSkip: number;

  constructor(spec: FaultSpec, forget: (fault: Fault) => void) {
    this.spec = spec;
    this.#forget = forget;
    this.#toSkip = spec.skip ?? 0;
  }

  take(account: string | null, operation: SimOperation): boolean {
    const { spec } = this;
    if (this.hits >= (spec.times ?? 1) || !canSpoil(spec.kind, operation)) return false;
    if (spec.account !== undefined && spec.account !== account) return false;
    if (!matchesOperation(spec.operation, operation)) return false;
    if (this.#toSkip > 0) {
      this.#toSkip -= 1;
      return false;
    }
    this.hits += 1;
    return true;
  }

  remove(): void {
    this.#forget(this);
    this.release();
  }

  release(): void {
    const waiting = [...this.releases];
    this.releases.clear();
    for (const release of waiting) release();
  }
}

function matchesOperation(wanted: FaultTarget['operation'], operation: SimOperation): boolean {
  // An instance's Jupyter or app is not the vendor's API: only a fault that names it reaches it.
  if (wanted === undefined) return operation !== 'app' && !operation.startsWith('jupyter-');
  return typeof wanted === 'string' ? wanted === operation : wanted.includes(operation);
}

/** A fault chosen for a request: what to do, and where to register if the request has to wait. */
export interface ChosenFault {
  readonly spec: FaultKind;
  readonly onRelease: (release: () => void) => () => void;
}

/** The bad days in store. Earlier faults go first. */
export class Faults {
  readonly #random: Random;
  #faults: Fault[] = [];
  #chaos: { rate: number; specs: readonly FaultSpec[]; faults: Set<Fault> }[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Spoils the next requests that match. */
  add(spec: FaultSpec): FaultHandle {
    const fault = new Fault(spec, (gone) => {
      this.#faults = this.#faults.filter((kept) => kept !== gone);
    });
    this.#faults.push(fault);
    return fault;
  }

  /** Spoils a share `rate` (0 to 1) of all requests, each with one of `kinds`; an entry's own target still holds. */
  chaos(options: { rate: number; kinds: readonly FaultSpec[] }): { remove(): void } {
    const entry = { rate: options.rate, specs: options.kinds, faults: new Set<Fault>() };
    this.#chaos.push(entry);
    return {
      remove: () => {
        this.#chaos = this.#chaos.filter((kept) => kept !== entry);
        for (const fault of entry.faults) fault.release();
      },
    };
  }

  /** Ends all faults and releases what hangs. */
  clear(): void {
    const gone = [...this.#faults, ...this.#chaos.flatMap((entry) => [...entry.faults])];
    this.#faults = [];
    this.#chaos = [];
    for (const fault of gone) fault.release();
  }

  /** The fault for a request, if it is to have one. */
  choose(account: string | null, operation: SimOperation): ChosenFault | null {
    const fault =
      this.#faults.find((candidate) => candidate.take(account, operation)) ?? this.#roll(account, operation);
    if (fault === null) return null;
    return {
      spec: fault.spec,
      onRelease: (release) => {
        fault.releases.add(release);
        return () => {
          fault.releases.delete(release);
        };
      },
    };
  }

  #roll(account: string | null, operation: SimOperation): Fault | null {
    for (const entry of this.#chaos) {
      if (this.#random() >= entry.rate) continue;
      const fitting = entry.specs.map((spec) => new Fault({ ...spec, times: 1 }, () => {}));
      const willing = fitting.filter((fault) => fault.take(account, operation));
      const fault = willing[Math.floor(this.#random() * willing.length)];
      if (fault === undefined) continue;
      if (fault.spec.kind === 'hang') entry.faults.add(fault);
      return fault;
    }
    return null;
  }
}
