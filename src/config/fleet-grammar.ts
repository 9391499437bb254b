import { z } from 'zod';
import { duration } from '../policy/grammar-parts.ts';
import { isOnADay, machineGrammar, moment, NO_DAY } from '../policy/test-grammar.ts';
import { yuan } from '../policy/when-grammar.ts';
import { accountGrammar } from './account-grammar.ts';
import { name } from './config-grammar.ts';

/** More machines are no fleet that a person would write down. */
const MOST_OF_A_KIND = 10_000;

/** Decisions are made each minute; what goes faster would only fill the memory. */
const SHORTEST_ROUND_MS = 60_000;

const SHARE = /^(100|[1-9]?\d)%$/;

const during = (about: string, examples: readonly string[]) =>
  z
    .string()
    .min(1)
    .meta({ description: about, examples: [...examples] });

/** Work by the clock, or in stretches of its own. */
const ownWork = z
  .strictObject({
    hours: during('Somebody works there in these hours; words as of `during`, in the zone of lamplighter.yaml.', [
      'Mon-Fri 09:00-21:00',
    ]).optional(),
    share: z
      .string()
      .regex(SHARE, 'must be a share such as "70%"')
      .transform((text) => Number(text.slice(0, -1)) / 100)
      .meta({
        description: 'How much of the hours it is at work, in stretches by dice; 80% where it is left out.',
        examples: ['70%'],
      })
      .optional(),
    comesBack: z
      .boolean()
      .meta({
        description:
          'When work begins and it is down, its person starts it; where it is left out true for hours and false otherwise.',
      })
      .optional(),
    busyFor: duration('It works so long, and idles then.', ['6h']).optional(),
    every: duration('…and works again so long after it began; once where it is left out.', ['1d']).optional(),
    from: moment.meta({ description: 'When that begins first; by dice where it is left out.' }).optional(),
    spread: duration('By so much each time may be earlier or later, by dice.', ['30m'], 'zero').optional(),
  })
  .superRefine((work, context) => {
    const issue = (message: string, key?: string) =>
      context.addIssue({ code: 'custom', message, ...(key === undefined ? {} : { path: [key] }) });
    if ((work.hours === undefined) === (work.busyFor === undefined)) issue('needs either "hours" or "busyFor"');
    if (work.hours === undefined && work.share !== undefined) issue('goes with "hours"', 'share');
    for (const key of ['every', 'from'] as const)
      if (work.busyFor === undefined && work[key] !== undefined) issue(`goes with "busyFor"`, key);
    if (work.every !== undefined && work.every < SHORTEST_ROUND_MS) issue('must be at least 1m', 'every');
    if (work.every !== undefined && work.busyFor !== undefined && work.every <= work.busyFor)
      issue('must be longer than busyFor, or it never idles; write `workload: busy` for that', 'every');
  });

const WORKLOADS = ['office', 'busy', 'idle', 'unknown'] as const;

const workload = z.union([z.enum(WORKLOADS), ownWork]).meta({
  description:
    'What runs on it: `office` (Mon-Fri 09:00-18:00 with pauses, and its person comes back in the morning), `busy`, `idle`, `unknown`, or hours or stretches of its own. Left out: as `activity` and `idleFor` say, and it stays so.',
});

const machine = machineGrammar.extend({
  count: z
    .int()
    .min(1)
    .max(MOST_OF_A_KIND)
    .meta({ description: 'So many alike, named ID-1, ID-2 and so on.', examples: [200] })
    .optional(),
  workload: workload.optional(),
});

const noCards = z.strictObject({
  gpuType: z.string().min(1).optional().meta({ description: 'Of this product; of any where it is left out.' }),
  during: during('When there are none to be had; words as of `during`.', ['Mon-Fri 09:00-11:00']),
});

const account = accountGrammar
  .pick({ provider: true, actions: true, prices: true, spendLimit: true })
  .extend({
    provider: accountGrammar.shape.provider.optional(),
    balance: yuan('Yuan on the account at the beginning; without it nothing runs out.', [5000]).optional(),
    topUp: z
      .strictObject({
        below: yuan('Whenever no more than this is left.', [500]),
        by: yuan('Somebody pays in so much.', [5000]).refine((fen) => fen > 0, 'must be above 0'),
      })
      .optional(),
    noCards: z.array(noCards).min(1).meta({ description: 'When a start is refused for want of cards.' }).optional(),
  })
  .meta({
    description: 'One of lamplighter.yaml, of which this says more; or another one, which then needs its provider.',
  });

/** A fleet that exists nowhere, for `lamplighter simulate --fleet`. */
export const fleetFileGrammar = z.strictObject({
  from: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2} ([01]\d|2[0-3]):[0-5]\d$/, 'must be a date and time such as "2026-11-23 00:00"')
    .refine(isOnADay, NO_DAY)
    .meta({ description: 'When it begins, in the zone of lamplighter.yaml; today at 00:00 where it is left out.' })
    .optional(),
  accounts: z.record(name, account.or(z.null())).optional(),
  fleet: z.record(z.string().min(1).max(128), machine.or(z.null())).meta({ description: 'Machines by id.' }),
});

export type FleetFileText = z.output<typeof fleetFileGrammar>;
export type FleetAccountText = z.output<typeof account>;
export type FleetMachineText = z.output<typeof machine>;
export type WorkloadText = z.output<typeof workload>;
export type OwnWorkText = z.output<typeof ownWork>;
