import { z } from 'zod';
import { formatDuration } from '../calendar/duration.ts';
import { CLOUD_ACTIONS } from '../fleet/action.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { BILLINGS, STATUSES } from '../fleet/status.ts';
import { duration } from '../policy/grammar-parts.ts';
import { yuan } from '../policy/when-grammar.ts';
import { baseUrlProblem } from './addresses.ts';

/** Faster than this no cloud tells anything new, and slower than this nothing is watched. */
const SHORTEST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 3_600_000;

/** A guess at what the clouds bear: neither documents a limit. */
const DEFAULT_REQUESTS_PER_SECOND = 5;

const words = <V extends z.ZodType>(value: V, about: string) =>
  z
    .record(z.string().min(1).max(64), value)
    .superRefine((map, context) => {
      const seen = new Map<string, string>();
      for (const word of Object.keys(map)) {
        const before = seen.get(word.toLowerCase());
        seen.set(word.toLowerCase(), word);
        if (before === undefined) continue;
        const message = `"${word}" is "${before}" in other letters; case does not matter here`;
        context.addIssue({ code: 'custom', message, path: [word], params: { part: 'key' } });
      }
    })
    .optional()
    .meta({ description: about });

const price = z
  .strictObject({
    hourly: yuan('Yuan per hour.', [1.98]).optional(),
    daily: yuan('Yuan per day.', [40]).optional(),
    monthly: yuan('Yuan per month.', [900]).optional(),
    stopped: yuan('Yuan per hour that an hourly instance still costs while it is stopped.', [0.1]).optional(),
    cardless: yuan('The same while it is stopped without cards; without it `stopped`.', [0.05]).optional(),
  })
  .refine((map) => Object.keys(map).length > 0, 'no price is named; known: hourly, daily, monthly, stopped, cardless');

const spendLimit = z
  .strictObject({
    perDay: yuan('At most this many yuan a day; needs prices.', [500]).optional(),
    callsPerDay: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: 'At most this many paid calls a day.', examples: [10] }),
  })
  .refine((map) => Object.keys(map).length > 0, 'no limit is named; known: perDay, callsPerDay')
  .meta({ description: 'What may be spent; without it nothing is paid.' });

export const tokenKeys = (what: string) => ({
  token: z
    .string()
    .optional()
    .meta({ description: `${what}, as \${VARIABLE}.`, examples: [`\${HXY_TOKEN}`] }),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: `File that holds ${what.toLowerCase()}.`, examples: ['/run/secrets/hxy_token'] }),
});

export const accountGrammar = z
  .strictObject({
    provider: z
      .enum(PROVIDER_KINDS)
      .meta({ description: 'Which cloud: 慧星云, 晨羽智云 open v2, or 晨羽智云 v1 (center-ai).' }),
    ...tokenKeys('The API token'),
    baseUrl: z
      .string()
      .superRefine((text, context) => {
        const problem = baseUrlProblem(text);
        if (problem !== null) context.addIssue({ code: 'custom', message: `baseUrl ${problem}` });
      })
      .optional()
      .meta({ description: "Origin of the API, if not the cloud's own.", examples: ['http://127.0.0.1:9000'] }),
    pollEvery: duration('How often the account is read, 1s to 1h.', ['60s'])
      .refine((ms) => ms >= SHORTEST_POLL_MS && ms <= LONGEST_POLL_MS, {
        error: ({ input }) => `must be from 1s to 1h, not ${formatDuration(Number(input))}`,
      })
      .prefault('60s'),
    requestsPerSecond: z
      .number()
      .positive()
      .max(100)
      .default(DEFAULT_REQUESTS_PER_SECOND)
      .meta({ description: 'Budget of this account, reads and writes together.' }),
    actions: z.array(z.enum(CLOUD_ACTIONS)).optional().meta({
      description:
        'What may be done there. Without it stop, cardless-stop, start, restart, snapshot and renew; the rest only when listed.',
    }),
    statusWords: words(z.enum(STATUSES), 'Teaches words for statuses that the cloud has begun to use.'),
    billingWords: words(z.enum(BILLINGS), 'Teaches words for ways of billing.'),
    prices: z
      .record(z.string().min(1).max(128), price)
      .optional()
      .meta({ description: 'Yuan for one card, by product key (`gpu_type`), where the API gives no price.' }),
    spendLimit: spendLimit.optional(),
  })
  .meta({ description: 'One set of credentials at one cloud.' });

/** The same with nothing required: for what is left of an account with mistakes. */
export const accountParts = accountGrammar.partial();

export type AccountParts = z.output<typeof accountParts>;
export type AccountText = z.output<typeof accountGrammar>;
