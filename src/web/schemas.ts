import { z } from 'zod';
import { ACTIVITY_SIGNALS, ACTIVITY_VERDICTS } from '../fleet/activity.ts';

/** Who asks: shown in the audit. The API has one token for all, so the name is taken on trust. */
const BY = z.string().trim().min(1).max(100).default('api');
const REASON = z.string().trim().max(500).default('');

export const HOLD = z.strictObject({
  instance: z.string().min(1).max(300),
  for: z.string().min(1).max(40),
  reason: z.string().trim().min(1).max(500),
  owner: z.string().trim().min(1).max(100),
});
export const PERSON = z.strictObject({ by: BY, reason: REASON });
/** `acknowledge`: the id by which a held reload was told of. */
export const RELOAD = z.strictObject({ acknowledge: z.string().max(64).nullable().default(null) });
/** Far more than an agent has to tell; what is longer is no report. */
const MOST_SIGNALS = 20;
const SAID = z.string().max(200);
/** By the sender's clock alone, so that it may be wrong. */
const AGE_SECONDS = z
  .number()
  .nonnegative()
  .max(10 * 366 * 86_400);

const COUNT = z.number().nonnegative();

const SIGNAL = z.strictObject({
  signal: z.enum(ACTIVITY_SIGNALS),
  verdict: z.enum(ACTIVITY_VERDICTS),
  value: z.number().nullable().optional(),
  threshold: z.number().nullable().optional(),
  unit: z.string().max(20).optional(),
  detail: SAID.optional(),
  /** How long ago it was last active, where that is known. */
  lastActiveSecondsAgo: AGE_SECONDS.optional(),
});

export const ACTIVITY = z.strictObject({
  instance: z
    .string()
    .max(300)
    .regex(/^[^/]+\/./, 'must be account/id'),
  /** With `signals` these decide, and it only adds what the sender knows besides. */
  verdict: z.enum(['active', 'idle', 'unknown']),
  lastActiveAt: z.iso.datetime({ offset: true }).optional(),
  evidence: SAID.optional(),
  signals: z.array(SIGNAL).max(MOST_SIGNALS).optional(),
  /** How many cards the sender sees: fewer or more than are rented leave its verdict open. */
  cards: z.int().min(0).max(1024).optional(),
  /** Counters since its boot: what happened since its last report is told by how far they went. */
  counters: z
    .strictObject({
      boot: z.string().min(1).max(64),
      upSeconds: COUNT,
      ownCpuUs: COUNT.optional(),
      cpuUs: COUNT.optional(),
      diskBytes: COUNT.optional(),
      networkBytes: COUNT.optional(),
    })
    .optional(),
  /** The first line of the keep-alive file, and how long ago the file was written. */
  keepAlive: z
    .strictObject({
      text: z.string().max(512),
      writtenSecondsAgo: AGE_SECONDS,
      /** For how long the process has run that it names, where it lives. */
      processSeconds: AGE_SECONDS.optional(),
    })
    .optional(),
});
export type ActivityReportInput = z.infer<typeof ACTIVITY>;
