import { z } from 'zod';
import { ACTIONS, POLICY_ACTIONS } from '../fleet/action.ts';
import { RENEWAL_PERIODS } from '../fleet/action-call.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { SEVERITIES, type Severity } from '../fleet/event.ts';
import { unknownKey, unknownWord } from '../yaml/check-shape.ts';
import { oneOrMany } from './grammar-parts.ts';
import type { Step } from './policy.ts';

/** A policy with more steps is a program, and programs belong elsewhere. */
const MAX_STEPS = 8;

/** Long enough for a sentence in a chat. */
const MAX_TEXT = 1000;

const DEFAULT_IMAGE_NAME = '{name}-{date}';
const DEFAULT_SEVERITY: Severity = 'warning';
const PLACEHOLDERS = ['name', 'id', 'date', 'time'];

/** Words that need arguments cannot stand alone: nothing that costs money has a default. */
const BARE_WORDS = POLICY_ACTIONS.filter((action) => action !== 'renew' && action !== 'lengthen');

function aboutWord(input: unknown): string {
  if (input === 'renew') return 'renew must say for how long, such as { renew: { periods: 1 } }';
  if (input === 'lengthen') return 'lengthen must say to what, such as { lengthen: { to: monthly } }';
  return byHandOnly(input) ?? unknownWord(input, POLICY_ACTIONS);
}

function byHandOnly(word: unknown): string | null {
  const known = ACTIONS.find((action) => action === word);
  if (known === undefined || POLICY_ACTIONS.some((action) => action === word)) return null;
  return `${known} is done by hand only and never by a policy; see lamplighter do ${known} --help`;
}

const bareAction = z
  .enum(BARE_WORDS, { error: (issue) => (typeof issue.input === 'string' ? aboutWord(issue.input) : undefined) })
  .meta({ description: 'An action without arguments.' });

/** `stop:` and `stop: {}` say the same as `stop`. */
const noArguments = (about: string) =>
  z
    .union([z.null(), z.strictObject({})], { error: 'takes no arguments' })
    .optional()
    .meta({ description: about });

const dailyPeriods = z.literal([1, 3, 7]).meta({ description: 'Days: 1, 3 or 7.' });
const monthlyPeriods = z.literal([1, 3, 12]).meta({ description: 'Months: 1, 3 or 12.' });

const periods = z
  .union(
    [
      z.literal([1, 3, 7, 12]).meta({ description: "Of the instance's own unit: days 1, 3, 7 or months 1, 3, 12." }),
      z
        .strictObject({ daily: dailyPeriods.optional(), monthly: monthlyPeriods.optional() })
        .refine((map) => Object.keys(map).length > 0, 'name daily, monthly or both'),
    ],
    { error: 'must be 1, 3, 7 (days) or 1, 3, 12 (months), or a map such as { daily: 3, monthly: 1 }' },
  )
  .meta({ description: 'How many days or months to pay for.', examples: [1, { daily: 3, monthly: 1 }] });

const imageName = z
  .string()
  .min(1)
  .max(128)
  .superRefine((name, context) => {
    for (const match of name.matchAll(/\{([^{}]*)\}/g)) {
      if (PLACEHOLDERS.includes(match[1] ?? '')) continue;
      const message = `"${match[0]}" is not filled in; known: ${PLACEHOLDERS.map((each) => `{${each}}`).join(' ')}`;
      context.addIssue({ code: 'custom', message, params: { offset: match.index, length: match[0].length } });
    }
  })
  .meta({
    description: "The image's name; {name}, {id}, {date} and {time} are filled in.",
    examples: [DEFAULT_IMAGE_NAME],
  });

const notifyArguments = z.strictObject({
  to: oneOrMany(z.string().min(1))
    .optional()
    .meta({ description: 'Names of notifiers in lamplighter.yaml; without it every one of them.' }),
  severity: z.enum(SEVERITIES).optional().meta({ description: 'info, warning (if left out) or critical.' }),
  text: z
    .string()
    .min(1)
    .max(MAX_TEXT)
    .optional()
    .meta({ description: 'What to say; without it a sentence about the facts.' }),
});

const actionMap = z
  .strictObject(
    {
      stop: noArguments('Stop it; its disk stays.'),
      'cardless-stop': noArguments('Stop it without cards: it can be started cheaply to reach its disk (huixingyun).'),
      start: noArguments('Start it.'),
      restart: noArguments('Restart it.'),
      destroy: noArguments("Destroy it and its disk; must be listed in the account's actions."),
      snapshot: z
        .union([z.null(), z.strictObject({ name: imageName.optional() })])
        .optional()
        .meta({ description: 'Save an image of it.' }),
      renew: z.strictObject({ periods }).optional().meta({ description: 'Pay for more time; needs a spendLimit.' }),
      lengthen: z
        .strictObject({ to: z.enum(['daily', 'monthly']) })
        .optional()
        .meta({ description: "Change how it is billed; must be listed in the account's actions." }),
      notify: z.union([z.null(), notifyArguments]).optional().meta({ description: 'Tell people.' }),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => byHandOnly(key) ?? unknownKey(key, POLICY_ACTIONS)).join('\n')
          : undefined,
    },
  )
  .refine((map) => Object.keys(map).length === 1, { error: ({ input }) => notOneAction(input) })
  .meta({ description: 'One action with its arguments.' });

function notOneAction(map: unknown): string {
  const names = typeof map === 'object' && map !== null ? Object.keys(map) : [];
  if (names.length === 0) return 'the map is empty; name an action such as stop';
  return `one map holds one action, not ${names.join(' and ')}; for several write a list such as [${names.join(', ')}]`;
}

const WHAT =
  'must be an action such as stop, a map of one action such as { renew: { periods: 1 } }, or a list of these';
const step = z.union([bareAction, actionMap], { error: WHAT });

export const doGrammar = z
  .union([step, z.array(step).min(1, 'the list is empty; name an action').max(MAX_STEPS)], { error: WHAT })
  .transform((value): Step[] => (Array.isArray(value) ? value : [value]).map(toStep))
  .meta({ description: 'What to do: an action, a map of one action to its arguments, or a list of these in order.' });

function toStep(text: z.output<typeof step>): Step {
  if (typeof text === 'string') {
    switch (text) {
      case 'snapshot':
        return { kind: 'snapshot', name: DEFAULT_IMAGE_NAME };
      case 'notify':
        return { kind: 'notify', to: null, severity: DEFAULT_SEVERITY, text: null };
      case 'stop':
      case 'cardless-stop':
      case 'start':
      case 'restart':
      case 'destroy':
        return { kind: text };
      default:
        return assertNever(text);
    }
  }
  if (text.renew !== undefined) return { kind: 'renew', periods: byUnit(text.renew.periods) };
  if (text.lengthen !== undefined) return { kind: 'lengthen', to: text.lengthen.to };
  if ('snapshot' in text) return { kind: 'snapshot', name: text.snapshot?.name ?? DEFAULT_IMAGE_NAME };
  if ('stop' in text) return { kind: 'stop' };
  if ('cardless-stop' in text) return { kind: 'cardless-stop' };
  if ('start' in text) return { kind: 'start' };
  if ('restart' in text) return { kind: 'restart' };
  if ('destroy' in text) return { kind: 'destroy' };
  return {
    kind: 'notify',
    to: text.notify?.to ?? null,
    severity: text.notify?.severity ?? DEFAULT_SEVERITY,
    text: text.notify?.text ?? null,
  };
}

type Periods = z.output<typeof periods>;

/** A bare number counts for every unit that sells that many (慧星云 API doc, 实例续费). */
function byUnit(value: Periods): { daily: number | null; monthly: number | null } {
  if (typeof value !== 'number') return { daily: value.daily ?? null, monthly: value.monthly ?? null };
  return {
    daily: RENEWAL_PERIODS.daily.includes(value) ? value : null,
    monthly: RENEWAL_PERIODS.monthly.includes(value) ? value : null,
  };
}
