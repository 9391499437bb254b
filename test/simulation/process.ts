import type { Instance } from '../../src/fleet/instance.ts';
import type { Snapshot } from '../../src/fleet/snapshot.ts';
import type { Watermark } from '../../src/store/watermark.ts';
import type { ReplicaEpoch } from './replica-ledger.ts';

/** A computer: what is on its disk outlives its processes. */
export interface Host {
  mark: Watermark | null;
}

/** One daemon, from its start to its death. */
export interface Process {
  readonly name: string;
  readonly host: Host;
  readonly epoch: ReplicaEpoch;
  readonly bornAt: number;
  alive: boolean;
  /** It has opened the ledger and takes jobs. */
  ready: boolean;
  /** SIGSTOP until then; nothing of it moves, and what arrives meanwhile waits. */
  pausedUntil: number;
  /** How often it was stopped so far: tells whether it was in between. */
  pauses: number;
  /** By how much its wall clock is wrong. */
  skewMs: number;
  /** Its connection to the store is there from then on. */
  connectedFrom: number;
  /** Has it looked at the ledger since the connection stands? */
  looked: boolean;
  readonly tasks: Set<Task>;
  /** How many of them carry out an operation. */
  acts: number;
}

/** One look at a machine by a task: when it began, in true time, and what it was shown. */
export interface Look {
  readonly startedAt: number;
  readonly row: Instance | null;
}

/** One run of a processor, or of a person's command. What it saw is noted, for the invariants. */
export interface Task {
  readonly number: number;
  readonly process: Process;
  readonly what: string;
  /** Which operation it was asked to carry out. */
  readonly operationId: string | null;
  /** The snapshot that it loaded last. */
  snapshot: Snapshot | null;
  readonly looks: Map<string, Look>;
  /** When it last began to list the account. */
  listedAt: number | null;
  readonly probes: Map<string, { readonly at: number; readonly verdict: string; readonly startedAt: number | null }>;
  /** When it last compared the ledger with what its machine knows of it. */
  comparedAt: number | null;
  /** The last yes of a send gate: when, and how often the process had been paused by then. */
  yes: { readonly at: number; readonly pauses: number } | null;
}

/** Something happened that must never happen. */
export class Breach extends Error {
  readonly invariant: string;

  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
    this.name = 'Breach';
    this.invariant = invariant;
  }
}
