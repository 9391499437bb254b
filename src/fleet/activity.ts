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
  readonly detail: string;
}

/** Somebody on the machine asks that it be kept. Ends by itself. */
export interface KeepAlive {
  readonly owner: string;
  readonly reason: string;
  readonly endsAt: number;
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
  readonly evidence: string;
  /** The parts it is made of, where the probe sees several things. */
  readonly signals?: readonly SignalReading[];
  /** A keep-alive that holds now. Its signal is `keep-alive`. */
  readonly keepAlive?: KeepAlive;
  /**
   * What the next reading is held against: counters as they stood, and digests of what was last in a list, by names of the
   * probe's own. Digests are numbers, so that nothing that the machine sent is kept.
   */
  readonly marks?: Readonly<Record<string, number>>;
}

/** The verdict on one instance. `at` is when the oldest reading it rests on was taken. All times epoch ms. */
export type Activity =
  | { readonly kind: 'active'; readonly at: number; readonly readings: readonly ProbeReading[] }
  | { readonly kind: 'idle'; readonly at: number; readonly since: number; readonly readings: readonly ProbeReading[] }
  | {
      readonly kind: 'unknown';
      readonly at: number;
      readonly reason: UnknownActivityReason;
      readonly readings: readonly ProbeReading[];
    }
  | { readonly kind: 'not-applicable'; readonly at: number };
