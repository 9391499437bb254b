import { z } from 'zod';

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
export const ACTIVITY = z.strictObject({
  instance: z
    .string()
    .max(300)
    .regex(/^[^/]+\/./, 'must be account/id'),
  verdict: z.enum(['active', 'idle']),
  lastActiveAt: z.iso.datetime({ offset: true }).optional(),
  evidence: z.string().max(200).optional(),
});
export type ActivityReportInput = z.infer<typeof ACTIVITY>;
