import { localDay, type Zone } from '../../src/calendar/zone.ts';
import type { Account } from '../../src/fleet/account.ts';
import { actionClass, interrupts, needsClearView } from '../../src/fleet/action.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import type { Hold } from '../../src/fleet/hold.ts';
import { isTerminal, OPERATION_EDGES, type Operation } from '../../src/fleet/operation.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { Machine, Request } from './cloud.ts';
import type { Change } from './ledger-model.ts';
import { Breach, type Task } from './process.ts';

/** As src/work/send.ts has them: what is held against the product is written down a second time. */
const SEND_WINDOW_MS = 2_000;
const CLOSE_LOOK_MS = 60_000;
const PLAIN_LOOK_MS = 5 * 60_000;
/** A look begins some time before what it looks at; the cloud takes some time to answer. */
const SLACK_MS = 3_000;
const SETTLE_MS = 10 * 60_000;
const PATIENT_SETTLE_MS = 15 * 60_000;
/** A listing is believed for two polls and a slow one. */
const SLOW_POLL_MS = 30_000;

/** Reasons that only a reading can give. */
const BY_READING: ReadonlySet<string> = new Set([
  'seen',
  'seen-late',
  'excess',
  'odd-change',
  'gone',
  'not-seen',
  'failed',
]);

const UNDER_WAY: ReadonlySet<string> = new Set(['sending', 'accepted', 'uncertain', 'verifying']);

interface Sending {
  readonly version: number;
  readonly seq: number;
  readonly task: Task | null;
  readonly at: number;
}

export interface Counts {
  sends: number;
  commits: number;
  doubles: number;
  lost: number;
  escalated: number;
  confirmed: number;
  rejected: number;
  operations: number;
}

/**
 * Watches a run from outside, with the true time and the cloud's own history, and throws {@link Breach} at the first thing
 * that must never happen. It shares no code with what it watches but the words.
 */
export class Monitor {
  readonly counts: Counts = {
    sends: 0,
    commits: 0,
    doubles: 0,
    lost: 0,
    escalated: 0,
    confirmed: 0,
    rejected: 0,
    operations: 0,
  };
  /** Which invariants are asked for; `null`: all. */
  readonly #only: ReadonlySet<string> | null;
  readonly #now: () => number;
  readonly #account: Account;
  readonly #policies: readonly Policy[];
  readonly #zone: Zone;
  #breach: Breach | null = null;
  /** Some wall clock is or was wrong: what goes by wall clocks is not asked for any more. */
  #clocksAreOff = false;
  /** The ledger went back, and a person accepted it as it is: what it does not know any more does not count. */
  #reconciled = false;
  #wentBackAt = Number.NEGATIVE_INFINITY;
  #seq = 0;
  readonly #sendings = new Map<string, Sending>();
  /** When the last request of an operation reached the wire. */
  readonly #onWire = new Map<string, number>();
  /** Requests by what they are about, whichever attempt. */
  readonly #sent = new Map<string, Request[]>();
  readonly #committed = new Map<string, Set<Request>>();
  readonly #authorised = new Map<string, number>();
  readonly #approved = new Set<string>();
  readonly #keyOfRequest = new Map<Request, string>();
  readonly #open = new Map<string, Set<string>>();
  /** Destructions that are under way: sent, and neither seen nor before a person. */
  readonly #destroying = new Set<string>();
  readonly #paidOn = new Map<string, { readonly request: Request; readonly costFen: number }[]>();
  readonly #told = new Set<string>();
  actor: Task | null = null;
  operation: (id: string) => Operation | null = () => null;
  holds: () => readonly Hold[] = () => [];
  /** Is it kept what the operation rests on? */
  evidence: (id: string) => boolean = () => true;
  #pausedSince: number | null = null;

  constructor(options: {
    readonly only: ReadonlySet<string> | null;
    readonly now: () => number;
    readonly account: Account;
    readonly policies: readonly Policy[];
    readonly zone: Zone;
  }) {
    this.#only = options.only;
    this.#now = options.now;
    this.#account = options.account;
    this.#policies = options.policies;
    this.#zone = options.zone;
  }

  /** Throws what was found since it was last asked. */
  check(): void {
    if (this.#breach !== null) throw this.#breach;
  }

  clocksAreOff(): void {
    this.#clocksAreOff = true;
  }

  /** The store came back as it was at that number. */
  wentBack(seq: number, operations: readonly Operation[]): void {
    this.#seq = seq;
    this.#wentBackAt = this.#now();
    this.#open.clear();
    this.#destroying.clear();
    for (const operation of operations) {
      if (isGuarded(operation)) this.#hold(operation);
      this.#destroys(operation);
    }
  }

  /** A person accepted the ledger as it is, having compared it with the cloud: whatever may have left is theirs to answer for. */
  reconciledAt(seq: number): void {
    this.#must('I5', seq === this.#seq + 1, () => `the ledger went from ${this.#seq} to ${seq}`);
    this.#seq = seq;
    this.#reconciled = true;
    for (const key of this.#sent.keys()) this.#authorise(key);
  }

  /** A person authorised one more request. However often they say so, it is one. */
  approved(operationId: string): void {
    if (this.#approved.has(operationId)) return;
    this.#approved.add(operationId);
    this.#authorise(keyOf(operationId));
  }

  get isPaused(): boolean {
    return this.#pausedSince !== null;
  }

  /** The kill switch was thrown, or thrown back. */
  paused(isPaused: boolean): void {
    this.#pausedSince = isPaused ? this.#now() : null;
  }

  told(operationId: string): void {
    this.#told.add(operationId);
  }

  changed({ before, after, seq }: Change): void {
    const { id, state, reason } = after;
    this.#must('I5', seq === this.#seq + 1, () => `the ledger went from ${this.#seq} to ${seq}`);
    this.#seq = seq;
    if (before === null) {
      this.counts.operations += 1;
      this.#must('I3', state === 'armed' && after.version === 1, () => `${id} began as ${state}`);
    } else {
      this.#must(
        'I3',
        OPERATION_EDGES[before.state].includes(state) && after.version === before.version + 1,
        () => `${id} went from ${before.state} to ${state}`,
      );
    }
    if (state === 'sending') this.#sending(after, seq);
    if (state === 'confirmed') this.counts.confirmed += 1;
    if (state === 'rejected') this.counts.rejected += 1;
    if (BY_READING.has(reason)) this.#byReading(after);
    this.#destroys(after);
    if (!isGuarded(after)) return;
    if (isTerminal(state)) this.#open.get(after.instance)?.delete(id);
    else this.#hold(after);
    const open = this.#open.get(after.instance);
    this.#must('I4', (open?.size ?? 0) <= 1, () => `open on ${after.instance}: ${[...(open ?? [])].join(', ')}`);
  }

  /** The send gate said yes: from here on nothing can hold the request back. */
  saidYes(task: Task, call: ActionCall): void {
    const operation = this.#carriedOut(task, call);
    if (operation === null) return;
    const sending = this.#sendings.get(operation.id);
    this.#must(
      'I2',
      sending !== undefined && sending.task === task,
      () => `${operation.id} is about to be sent by task ${task.number}, which has written no SENDING`,
    );
    if (sending === undefined) return;
    const waited = this.#now() - sending.at;
    this.#restsOn(task, operation);
    if (isGuarded(operation)) {
      const compared = task.comparedAt ?? Number.NEGATIVE_INFINITY;
      this.#must(
        'I5',
        compared >= sending.at - CLOSE_LOOK_MS && compared <= sending.at,
        () => `${operation.id} is sent, and nobody asked whether the ledger had gone back`,
      );
    }
    this.#must('I2', waited <= SEND_WINDOW_MS, () => `${operation.id} is sent ${waited} ms after its SENDING`);
    const { mark } = task.process.host;
    if (isGuarded(operation) && mark?.epoch === task.process.epoch.epoch) {
      this.#must(
        'I2',
        mark.seq >= sending.seq,
        () => `${operation.id} is sent at ${sending.seq}, and the file says ${mark.seq}`,
      );
    }
    // A clock that is ahead takes a sender for gone; a store that went back in these two seconds knows nothing of it.
    if (!this.#clocksAreOff && this.#wentBackAt < sending.at) {
      this.#must(
        'I2',
        operation.state === 'sending' && operation.version === sending.version,
        () => `${operation.id} is sent, and is ${operation.state} at version ${operation.version} by now`,
      );
    }
  }

  /** A request has reached the wire. */
  sent(task: Task, request: Request, call: ActionCall): void {
    this.counts.sends += 1;
    const operation = this.#carriedOut(task, call);
    if (operation === null) return;
    // One that was stopped after the yes sends at a time that nobody can know of.
    if (wasStopped(task)) this.#onWire.delete(operation.id);
    else this.#onWire.set(operation.id, this.#now());
    this.#lookedAt(task, operation);
    this.#isLetBe(task, operation);
    if (!isGuarded(operation)) return;
    const key = keyOf(operation.id);
    this.#keyOfRequest.set(request, key);
    const requests = [...(this.#sent.get(key) ?? []), request];
    this.#sent.set(key, requests);
    const open = requests.filter(({ provenRefused }) => !provenRefused).length;
    const allowed = 1 + (this.#authorised.get(key) ?? 0);
    this.#must('I1', open <= allowed, () => `${open} requests for ${key} (${operation.action}), ${allowed} allowed`);
    if (actionClass(operation.action) === 'paid') this.#spent(operation, request);
  }

  /** The cloud has carried a request out. */
  committed(request: Request, machine: Machine | null): void {
    this.counts.commits += 1;
    const key = this.#keyOfRequest.get(request);
    if (key === undefined) return;
    const requests = this.#committed.get(key) ?? new Set();
    this.#committed.set(key, requests.add(request));
    const allowed = 1 + (this.#authorised.get(key) ?? 0);
    if (requests.size > allowed) this.counts.doubles += 1;
    this.#must(
      'double',
      requests.size <= allowed,
      () => `${key} was carried out ${requests.size} times on ${machine?.id}`,
    );
  }

  /** A command that was sent twice with one txid must be told the same twice. */
  resent(first: unknown, second: unknown): void {
    const told = kindOf(second);
    this.#must(
      'replay',
      kindOf(first) !== 'moved' || told === 'moved',
      () => `a transition that was carried out was told "${String(told)}" when it was asked again`,
    );
  }

  bug(error: Error): void {
    this.#must('bug', false, () => error.stack ?? error.message);
  }

  /** Faults are off and time has gone on: everything has ended, or is in front of a person who was told. */
  end(operations: readonly Operation[], freezes: readonly string[]): void {
    for (const { id, state } of operations) {
      if (state === 'escalated') {
        this.counts.escalated += 1;
        this.#must('told', this.#told.has(id), () => `${id} is escalated, and nobody was told`);
      } else if (!isTerminal(state)) {
        this.counts.lost += 1;
        this.#must('lost', false, () => `${id} is still ${state}`);
      }
    }
    const own = freezes.find((reason) => reason === 'invariant');
    this.#must('bug', own === undefined, () => 'the product froze a class of its own accord');
    this.check();
  }

  /** One destruction at a time. */
  #destroys({ id, action, state }: Operation): void {
    if (action !== 'destroy') return;
    if (UNDER_WAY.has(state)) this.#destroying.add(id);
    else this.#destroying.delete(id);
    const all = [...this.#destroying];
    this.#must('one by one', all.length <= 1, () => `destroyed at once: ${all.join(', ')}`);
  }

  #sending(after: Operation, seq: number): void {
    const task = this.actor;
    this.#sendings.set(after.id, { version: after.version, seq, task, at: this.#now() });
  }

  /** What a decision of a policy rests on, when nothing can hold its request back any more. */
  #restsOn(task: Task, after: Operation): void {
    if (after.policy === null || !after.by.startsWith('policy ') || this.#clocksAreOff) return;
    const { snapshot } = task;
    const policy = this.#policies.find(({ name }) => name === after.policy);
    const owed = after.transitions[0]?.reason === 'afterwards';
    if (!owed) {
      const { pollEveryMs, name } = this.#account;
      const age = snapshot === null ? Number.POSITIVE_INFINITY : this.#now() - snapshot.takenAt;
      const most = 2 * pollEveryMs + SLOW_POLL_MS + maxLookMs(after, policy) + SEND_WINDOW_MS;
      this.#must('I6', age <= most && snapshot?.account === name, () => `${after.id} rests on a listing ${age} ms old`);
      const whole = snapshot?.complete === true && !snapshot.shrunken;
      this.#must(
        'I6',
        whole || !needsClearView(after.action, after.provider),
        () => `${after.id} (${after.action}) rests on a listing that is not whole`,
      );
    }
    const idle = policy?.conditions.some(({ kind }) => kind === 'idleFor') ?? false;
    if (!idle || !interrupts(after.action, after.provider)) return;
    const probe = task.probes.get(after.instanceId);
    const fresh = probe !== undefined && this.#now() - probe.at <= CLOSE_LOOK_MS + SEND_WINDOW_MS;
    this.#must('I8', fresh && probe.verdict === 'idle', () => `${after.id} rests on ${probe?.verdict ?? 'no probe'}`);
    this.#must('I8', (probe?.startedAt ?? 0) <= (probe?.at ?? 0), () => `${after.id} rests on what was before a start`);
    // What Redis lost by going back was kept all the same.
    const isKept = this.evidence(after.id) || this.#wentBackAt > Number.NEGATIVE_INFINITY;
    this.#must('I8', isKept, () => `${after.id} is sent and what it rests on is not kept`);
  }

  /** What a reading says of an operation must come from one that began after its request. */
  #byReading(after: Operation): void {
    if (this.#clocksAreOff || this.actor === null) return;
    const sentAt = this.#onWire.get(after.id);
    const looked =
      after.action === 'create'
        ? this.actor.listedAt
        : (this.actor.looks.get(after.instanceId)?.startedAt ?? this.actor.listedAt);
    // What never left cannot be seen too early.
    if (sentAt === undefined || looked === null) return;
    this.#must(
      'I6',
      looked >= sentAt - SEND_WINDOW_MS,
      () =>
        `${after.id} is ${after.state} (${after.reason}) by a reading from ${sentAt - looked} ms before its request`,
    );
    if (after.reason !== 'not-seen') return;
    const settle = actionClass(after.action) === 'reversible' ? SETTLE_MS : PATIENT_SETTLE_MS;
    this.#must(
      'I6',
      this.#now() - sentAt >= settle - SEND_WINDOW_MS,
      () => `${after.id} was given up before its settle time`,
    );
  }

  /** The fence: the last look was recent and showed the very machine, unpaid as it was when this was decided. */
  #lookedAt(task: Task, operation: Operation): void {
    if (operation.action === 'create') return;
    const look = task.looks.get(operation.instanceId);
    const { observed } = operation;
    const row = look?.row ?? null;
    const age = this.#now() - (look?.startedAt ?? 0);
    const policy = this.#policies.find(({ name }) => name === operation.policy);
    this.#must(
      'fence',
      age <= maxLookMs(operation, policy) + SEND_WINDOW_MS + SLACK_MS || wasStopped(task),
      () => `${operation.id} (${operation.action}) is sent ${age} ms after its last look`,
    );
    this.#must('fence', row?.createdAt === observed.createdAt, () => `${operation.id} is sent to another machine`);
    if (actionClass(operation.action) !== 'paid') return;
    this.#must(
      'fence',
      row?.expiresAt === observed.expiresAt,
      () => `${operation.id} is sent after its expiry has moved`,
    );
  }

  /** What a person stopped long enough ago for every look to have seen it does not happen. */
  #isLetBe(task: Task, operation: Operation): void {
    if (wasStopped(task) || this.#clocksAreOff) return;
    const policy = this.#policies.find(({ name }) => name === operation.policy);
    const seen = this.#now() - maxLookMs(operation, policy) - SEND_WINDOW_MS - SLACK_MS;
    const since = this.#pausedSince ?? Number.POSITIVE_INFINITY;
    this.#must('people', since >= seen, () => `${operation.id} (${operation.action}) is sent although all is paused`);
    if (!needsClearView(operation.action, operation.provider)) return;
    const hold = this.holds().find(
      ({ instance, createdAt, until }) => instance === operation.instance && createdAt < seen && until > this.#now(),
    );
    this.#must('people', hold === undefined, () => `${operation.id} (${operation.action}) is sent in spite of a hold`);
  }

  #spent(operation: Operation, request: Request): void {
    const limit = this.#account.spendLimit;
    if (limit === null || this.#clocksAreOff || this.#reconciled) return;
    const day = localDay(operation.sendingAt ?? 0, this.#zone);
    const all = [...(this.#paidOn.get(day) ?? []), { request, costFen: operation.costFen ?? 0 }];
    this.#paidOn.set(day, all);
    // A request that the cloud turned away unread is given back; one that it refused was a request.
    const counted = all.filter(({ request: { provenRefused } }) => !provenRefused);
    const fen = counted.reduce((sum, { costFen }) => sum + costFen, 0);
    const calls = counted.length;
    this.#must('I7', calls <= (limit.callsPerDay ?? calls), () => `${calls} paid requests on ${day}`);
    this.#must('I7', fen <= (limit.perDayFen ?? fen), () => `${fen} fen on ${day}`);
  }

  #carriedOut(task: Task, call: ActionCall): Operation | null {
    if (task.operationId === null || call.kind === 'shutdown-timer') return null;
    return this.operation(task.operationId);
  }

  #authorise(key: string): void {
    this.#authorised.set(key, (this.#authorised.get(key) ?? 0) + 1);
  }

  #hold(operation: Operation): void {
    const open = this.#open.get(operation.instance) ?? new Set();
    this.#open.set(operation.instance, open.add(operation.id));
  }

  #must(invariant: string, holds: boolean, what: () => string): void {
    if (holds || this.#breach !== null || (this.#only !== null && !this.#only.has(invariant))) return;
    this.#breach = new Breach(invariant, what());
  }
}

/** Since its send gate said yes: from there on nothing can be held against it. */
function wasStopped({ yes, process }: Task): boolean {
  return yes !== null && yes.pauses !== process.pauses;
}

function isGuarded(operation: Operation): boolean {
  const cls = actionClass(operation.action);
  return cls === 'paid' || cls === 'destructive';
}

function maxLookMs(operation: Operation, policy: Policy | undefined): number {
  const idle = policy?.conditions.some(({ kind }) => kind === 'idleFor') ?? false;
  return actionClass(operation.action) === 'reversible' && !idle ? PLAIN_LOOK_MS : CLOSE_LOOK_MS;
}

/** What an operation is about, whichever attempt it is. */
export function keyOf(operationId: string): string {
  return operationId.slice(0, operationId.lastIndexOf('-'));
}

function kindOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'kind' in answer ? answer.kind : null;
}
