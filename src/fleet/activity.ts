import type { Detail } from './detail/detail.ts';
/** Why nothing can be said about an instance's activity. */
export const UNKNOWN_ACTIVITY_REASONS = [
  'no-probe',
  'no-reading',
  'unreachable',
  'unauthorised',
  'bad-answer',
  'address-refused',
  'no-credentials',
  'host-key-changed',
  'no-data',
  'counter-reset',
  'stale',
  'not-judged',
] as const;
export type UnknownActivityReason = (typeof UNKNOWN_ACTIVITY_REASONS)[number];

export const ACTIVITY_VERDICTS = ['active', 'idle', 'unknown', 'not-applicable'] as const;
export type ActivityVerdict = (typeof ACTIVITY_VERDICTS)[number];

/** What a probe can see of a machine, apart from each other: one of them may be active while another cannot be read. */
export const ACTIVITY_SIGNALS = [
  'gpu',
  'gpu-processes',
  'cpu',
  'disk',
  'network',
  'queue',
  'kernel',
  'requests',
  'model',
  'metric',
  'session',
  'tab',
  'terminal',
  'transfer',
  'keep-alive',
] as const;
export type ActivitySignal = (typeof ACTIVITY_SIGNALS)[number];

/** Does it judge work (GPU, kernels) or only people (connections)? Only work may prove idleness. */
export const JUDGED = ['work', 'people'] as const;
export type Judged = (typeof JUDGED)[number];

/** What one signal of a reading says. */
export interface SignalReading {
  readonly signal: ActivitySignal;
  readonly verdict: ActivityVerdict;
  readonly judges: Judged;
  /** What was measured and from where on it is activity, both in `unit`. `null`: could not be measured, or has no measure. */
  readonly value: number | null;
  readonly threshold: number | null;
  /** Such as "%", "B/s", "sessions"; "" where there is none. */
  readonly unit: string;
  /** May prove activity and never idleness: that it is silent says nothing. */
  readonly onlyPositive: boolean;
  /** Last activity of this signal, epoch ms of our clock, where it can tell by itself. */
  readonly lastActiveAt: number | null;
  /** What was seen or why it could not be, for people; nothing that the machine sent word for word. */
  readonly detail: Detail;
}

/** Somebody on the machine asks that it be kept. Ends by itself. */
export interface KeepAlive {
  readonly owner: string;
  readonly reason: string;
  readonly endsAt: number;
}

/** What is remembered of the people that a probe sees. */
export interface Presence {
  /** Their last sign of life: a keystroke, or that somebody came. Epoch ms. */
  readonly at: number;
  /** How many there were at the last look that could tell. */
  readonly count: number;
  /** The most that were there lately, and when they last were: whoever is back soon has not come. */
  readonly most?: { readonly count: number; readonly at: number };
}

/** A time within a watch of which nothing is known. */
export interface Hole {
  readonly at: number;
  readonly ms: number;
}

/**
 * For how long somebody could tell what the instance does. From `from` to `to` without a hole of more than three rounds;
 * the shorter ones stand in `holes`, oldest first. Epoch ms.
 */
export interface Watched {
  readonly from: number;
  readonly to: number;
  readonly holes: readonly Hole[];
}

/** What makes an instance active although nothing computes there, and how long it will: people, or a lease. */
export interface Protection {
  readonly by: 'people' | 'keep-alive';
  readonly until: number;
}

/** How a signal has behaved on one machine since `from`, epoch ms, under one threshold. */
export interface Noise {
  readonly threshold: number;
  readonly from: number;
  readonly looks: number;
  /** Of those: at or above the threshold; that while everything else rested; and below it while something else worked. */
  readonly active: number;
  readonly alone: number;
  readonly beside: number;
  /** The highest value. */
  readonly most: number;
  /** How high it stood when alone: how often on each step, see activity/noise.ts. */
  readonly heights: Readonly<Record<string, number>>;
}

/** One probe's reading of one instance. */
export interface ProbeReading {
  readonly probe: string;
  readonly at: number;
  readonly verdict: ActivityVerdict;
  readonly reason: UnknownActivityReason | null;
  /** Last proven activity by this probe, epoch ms, where it can tell. */
  readonly lastActiveAt: number | null;
  readonly judges: Judged;
  /** What was seen, for people: "2 kernels idle, 0 busy". */
  readonly evidence: Detail;
  /** The parts it is made of, where the probe sees several things. */
  readonly signals?: readonly SignalReading[];
  /** A keep-alive that holds now. Its signal is `keep-alive`. */
  readonly keepAlive?: KeepAlive;
  /** What is remembered of people: absent where none were ever seen. */
  readonly presence?: Presence;
  /**
   * What the next reading is held against: counters as they stood, and digests of what was last in a list, by names of the
   * probe's own. Digests are numbers, so that nothing that the machine sent is kept.
   */
  readonly marks?: Readonly<Record<string, number>>;
  /** How each signal has behaved so far, where it has a measure. */
  readonly noise?: Readonly<Record<string, Noise>>;
}

/**
 * The verdict on one instance. `at` is when the oldest reading it rests on was taken; `since` the last proven activity, or
 * the boot. All times epoch ms.
 */
export type Activity =
  | {
      readonly kind: 'active';
      readonly at: number;
      readonly readings: readonly ProbeReading[];
      /** Absent: it works. */
      readonly protection?: Protection;
      readonly watched?: Watched;
    }
  | {
      readonly kind: 'idle';
      readonly at: number;
      readonly since: number;
      readonly readings: readonly ProbeReading[];
      readonly watched: Watched;
    }
  | {
      readonly kind: 'unknown';
      readonly at: number;
      readonly reason: UnknownActivityReason;
      /** The cause, for people. */
      readonly detail?: Detail;
      readonly readings: readonly ProbeReading[];
      /** Absent: nobody could ever tell. */
      readonly watched?: Watched;
    }
  | { readonly kind: 'not-applicable'; readonly at: number };
