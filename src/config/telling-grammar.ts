import { z } from 'zod';
import { formatDuration } from '../calendar/duration.ts';
import { EVENTS, SEVERITIES } from '../fleet/event.ts';
import { duration, oneOrMany, timezone } from '../policy/grammar-parts.ts';
import { labelKey } from '../policy/match-grammar.ts';

/** The languages that a notifier may speak. */
export const LANGUAGES = ['en', 'zh-CN'] as const;

/** What is open is looked at twice a minute. */
const SHORTEST_REPEAT_MS = 60_000;

const events = () => oneOrMany(z.enum(EVENTS)).optional();

export const routeGrammar = z
  .strictObject({
    events: events().meta({ description: 'Only these events; without it all of them.' }),
    severity: z.enum(SEVERITIES).optional().meta({ description: 'Only events of this severity or above.' }),
    accounts: oneOrMany(z.string().min(1))
      .optional()
      .meta({ description: 'Only what is about one of these accounts.', examples: [['hxy-main']] }),
    labels: z
      .record(labelKey, oneOrMany(z.string()))
      .refine((labels) => Object.keys(labels).length > 0, 'no label is named')
      .optional()
      .meta({
        description: 'Only what is about an instance with these labels; several values: any of them.',
        examples: [{ owner: 'wang' }],
      }),
  })
  .refine((route) => Object.values(route).some((value) => value !== undefined), {
    error: 'the route says nothing; name events, a severity, accounts or labels, or leave routes out',
  })
  .meta({ description: 'All of it must fit; one route that fits is enough.' });

/** The keys that every notifier has, whatever its type: who is told, in which words and when. */
export const tellingKeys = {
  events: events().meta({
    description: 'Only these events; without it all of them. With routes: where a route names none.',
  }),
  severity: z
    .enum(SEVERITIES)
    .default('info')
    .meta({ description: 'Only events of this severity or above. With routes: where a route names none.' }),
  routes: z
    .array(routeGrammar)
    .min(1, 'no route is named; without routes every event is told')
    .max(64)
    .optional()
    .meta({ description: 'Who is told what: one route that fits is enough. Without routes every event is told.' }),
  language: z
    .enum(LANGUAGES)
    .default('en')
    .meta({ description: 'The language of the messages; the JSON of a webhook stays English.' }),
  timezone: timezone(
    'In which times are told, and quietHours meant; that of the whole file where it is left out.',
  ).optional(),
  quietHours: z
    .string()
    .optional()
    .meta({
      description: 'When messages of severity info wait; they come as one at the end of it.',
      examples: ['Mon-Sun 22:00-08:00'],
    }),
  repeatEvery: duration('How often what is still open is told again; without it once is enough.', ['4h'])
    .refine((ms) => ms >= SHORTEST_REPEAT_MS, {
      error: ({ input }) => `must be 1m or more, not ${formatDuration(Number(input))}`,
    })
    .optional(),
};

const tellingText = z.strictObject(tellingKeys).partial();
export type TellingText = z.output<typeof tellingText>;
