import { z } from 'zod';
import { doGrammar } from './do-grammar.ts';
import { duration, timezone } from './grammar-parts.ts';
import { matchGrammar } from './match-grammar.ts';
import { whenGrammar } from './when-grammar.ts';

/** More policies than anybody can oversee; keeps the time of a pass bounded. */
export const MAX_POLICIES = 500;

const NAME = /^[a-z0-9-]{1,63}$/;

/** Capitals, spaces and underscores are what people write; the rest is for them to find. */
function notAName(name: string): string {
  const near = name.toLowerCase().replaceAll(/[\s_]+/g, '-');
  const hint = NAME.test(near) ? `; ${JSON.stringify(near)} would be one` : '';
  return `${JSON.stringify(name.slice(0, 64))} is not a name for a policy, which is 1 to 63 of a-z, 0-9 and "-"${hint}`;
}

const count = (about: string) => z.int().min(1).meta({ description: about });

const limits = z
  .strictObject({
    perPass: count('At most this many instances of one account at once.').optional(),
    perHour: count('At most this many instances within an hour, over all accounts.').optional(),
    percent: z
      .string({ error: () => 'must be a text with a percent sign, such as "10%"' })
      .regex(/^(?:100|[1-9]\d?)%$/, 'must be a whole percentage from "1%" to "100%"')
      .transform((text) => Number(text.slice(0, -1)))
      .meta({ description: "At most this share of an account's instances at once.", examples: ['10%'] })
      .optional(),
  })
  .refine((map) => Object.keys(map).length > 0, 'no limit is named; known: perPass, perHour, percent')
  .meta({
    description: 'How much may be done; replaces the default limits (10 %, at most 3 a minute) for this policy.',
  });

export const policyGrammar = z
  .strictObject({
    name: z
      .string()
      .regex(NAME, { error: ({ input }) => notAName(String(input)) })
      .meta({ description: 'Its name everywhere; unique over all files.', examples: ['stop-idle-dev'] }),
    description: z.string().max(1000).optional().meta({ description: 'For people.' }),
    enabled: z.boolean().optional().meta({ description: 'false: checked, shown and never evaluated.' }),
    mode: z
      .enum(['observe', 'enforce'])
      .optional()
      .meta({ description: 'observe: only say what would be done. Without it what lamplighter.yaml says.' }),
    match: matchGrammar.optional(),
    when: whenGrammar,
    do: doGrammar,
    limits: limits.optional(),
    afterwards: z
      .literal('start')
      .optional()
      .meta({ description: 'When the window closes, start what was stopped inside it.' }),
    notice: duration('Announce first and wait this long; a hold or any activity cancels.', ['10m'], 'zero').optional(),
    requireNotice: z.boolean().optional().meta({ description: 'true: act only if a notifier took the announcement.' }),
    minimumUptime: duration(
      'With idleFor: leave an instance alone this long after its start (30m).',
      ['30m'],
      'zero',
    ).optional(),
    cooldown: duration('After acting on an instance leave it alone for this long.', ['1h'], 'zero').optional(),
    timezone: timezone('For the times of this policy; nearest wins.').optional(),
    catchUp: duration('How late a missed cron tick is still made up (15m).', ['15m', '2h'], 'zero').optional(),
  })
  .meta({ description: 'One policy.' });

/** The same with nothing required: for what is left of a policy with mistakes. */
export const policyParts = policyGrammar.partial();

const dates = (about: string) =>
  z
    .array(z.string())
    .max(1000)
    .optional()
    .meta({ description: about, examples: [['2026-10-01..2026-10-08', '2027-01-01']] });

export const calendarGrammar = z
  .strictObject({
    timezone: timezone('Where its dates are meant.').optional(),
    holidays: dates('Days off: dates YYYY-MM-DD or ranges with "..", both ends included.'),
    workdays: dates('Weekend days that are worked to make up for holidays.'),
  })
  .refine((map) => map.holidays !== undefined || map.workdays !== undefined, 'neither holidays nor workdays are named')
  .meta({ description: 'A calendar: `NAME.workdays`, `NAME.restdays` and `NAME.holidays` can then stand in windows.' });

/** The frame alone; policies and calendars are checked one by one so that one mistake does not hide the others. */
export const policyFileFrame = z.strictObject({
  policies: z.array(z.unknown()).max(MAX_POLICIES).optional(),
  calendars: z.record(z.string(), z.unknown()).optional(),
});

/** A whole file, for the JSON Schema. */
export const policyFileGrammar = z
  .strictObject({
    policies: z
      .array(policyGrammar)
      .max(MAX_POLICIES)
      .optional()
      .meta({ description: 'In order: of two that disagree the earlier wins.' }),
    calendars: z
      .record(z.string(), calendarGrammar)
      .optional()
      .meta({ description: 'Named calendars, shared by all files of the folder.' }),
  })
  .meta({ title: 'Lamplighter policies', description: 'What to do with which instances, and when.' });

export type PolicyParts = z.output<typeof policyParts>;
export type PolicyText = z.output<typeof policyGrammar>;
export type CalendarText = z.output<typeof calendarGrammar>;
