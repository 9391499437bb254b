import { z } from 'zod';
import { yuanToFen } from '../fleet/money.ts';
import { STATUSES } from '../fleet/status.ts';
import { duration, oneOrMany, timezone } from './grammar-parts.ts';

/** An amount in yuan with at most two decimals, read into fen. */
export function yuan(about: string, examples: readonly number[]) {
  return z
    .number()
    .nonnegative()
    .meta({ description: about, examples: [...examples] })
    .transform((value, context) => {
      const fen = yuanToFen(value);
      if (fen !== null) return fen;
      context.issues.push({
        code: 'custom',
        message: `${value} is not an amount in yuan; at most two decimals`,
        input: value,
      });
      return z.NEVER;
    });
}

const statusFor = z
  .union(
    [
      duration('Any status: how long it has been unchanged.', ['20m']),
      z.strictObject({
        status: oneOrMany(z.enum(STATUSES)).meta({ description: 'One status, or a list of them.' }),
        for: duration('How long it has been unchanged.', ['20m']),
      }),
    ],
    { error: 'must be a duration such as 20m, or a map such as { status: starting, for: 20m }' },
  )
  .transform((value) =>
    typeof value === 'number' ? { status: null, ms: value } : { status: value.status, ms: value.for },
  );

/** Every key but `timezone` is a condition. */
export const whenGrammar = z
  .strictObject({
    idleFor: duration('Probes have shown no work for this long.', ['30m', '2h']).optional(),
    during: z
      .string()
      .meta({
        description: 'Inside a window of time.',
        examples: ['Mon-Fri 08:30-21:00', 'Mon-Sun 23:00-08:00', 'cn.workdays 09:00-20:00'],
      })
      .optional(),
    cron: z
      .string()
      .meta({ description: 'At the ticks of a cron pattern: minute hour day month weekday.', examples: ['0 3 * * *'] })
      .optional(),
    expiresWithin: duration('Its paid time ends within this time.', ['12h', '3d']).optional(),
    runningFor: duration('It has been up for this long.', ['8h']).optional(),
    stoppedFor: duration('It has been stopped for this long.', ['7d']).optional(),
    statusFor: statusFor
      .meta({ description: 'Its status has been the same for this long: a duration, or { status: …, for: … }.' })
      .optional(),
    balanceBelow: yuan("The account's cash is below this many yuan.", [200]).optional(),
    runwayBelow: duration(
      "The account's cash is expected to last less than this, with what the policies stop by the calendar and the renewals due.",
      ['24h'],
    ).optional(),
    timezone: timezone('For `during` and `cron` of this policy.').optional(),
  })
  .refine(
    (when) => Object.keys(when).some((key) => key !== 'timezone'),
    'no condition is named, and the policy would act at once and always; for that write during: always',
  )
  .meta({ description: 'When to act: every condition named must hold.' });

export type WhenText = z.output<typeof whenGrammar>;
export const CONDITION_KEYS = [
  'idleFor',
  'during',
  'cron',
  'expiresWithin',
  'runningFor',
  'stoppedFor',
  'statusFor',
  'balanceBelow',
  'runwayBelow',
] as const satisfies readonly (keyof WhenText)[];
