/** Why nothing can be said about an instance's activity. */
export const UNKNOWN_ACTIVITY_REASONS = [
  'no-probe',
  'no-reading',
  'unreachable',
  'unauthorised',
  'bad-answer',
  'address-refused',
  'stale',
  'not-judged',
] as const;
export type UnknownActivityReason = (typeof UNKNOWN_ACTIVITY_REASONS)[number];

export const ACTIVITY_VERDICTS = ['active', 'idle', 'unknown', 'not-applicable'] as const;
export type ActivityVerdict = (typeof ACTIVITY_VERDICTS)[number];

/** One probe's reading of one instance. */
export interface ProbeReading {
  readonly probe: string;
  readonly at: number;
  readonly verdict: ActivityVerdict;
  readonly reason: UnknownActivityReason | null;
  /** Last proven activity by this probe, epoch ms, where it can tell. */
  readonly lastActiveAt: number | null;
  /** Does it judge work (GPU, kernels) or only people (connections)? Only work may prove idleness. */
  readonly judges: 'work' | 'people';
  /** What was seen, for people: "2 kernels idle, 0 busy". */
  readonly evidence: string;
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
