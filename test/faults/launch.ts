import { z } from 'zod';
import { POINTS, STRIKES, strikeSchema } from './fault-points.ts';

/** The argument of daemon-main.ts. */
export const launchSchema = z.strictObject({
  configFile: z.string(),
  /** Epoch ms. */
  at: z.number(),
  strikes: z.array(strikeSchema).default([]),
  level: z.enum(['trace', 'debug', 'info']).default('debug'),
  /** How long one exchange with a cloud may take, real ms, where not as usual. */
  limits: z
    .strictObject({ headersTimeoutMs: z.number(), bodyTimeoutMs: z.number(), deadlineMs: z.number() })
    .optional(),
  /** Loads everything, then waits for `begin`. */
  standby: z.boolean().default(false),
});
export type Launch = z.input<typeof launchSchema>;

/** What the test tells a daemon. */
export const toDaemon = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('time'), at: z.number() }),
  z.strictObject({ kind: z.literal('go') }),
  z.strictObject({ kind: z.literal('begin'), at: z.number(), strikes: z.array(strikeSchema) }),
]);
export type ToDaemon = z.input<typeof toDaemon>;

/** What a daemon tells the test. */
export const fromDaemon = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('heard'), at: z.number() }),
  z.strictObject({ kind: z.literal('loaded') }),
  z.strictObject({
    kind: z.literal('reached'),
    point: z.enum(POINTS),
    instance: z.string(),
    action: z.string(),
    /** What happens to it there, if anything. */
    struck: z.enum(STRIKES).nullable(),
  }),
]);
export type FromDaemon = z.output<typeof fromDaemon>;
