import { z } from 'zod';
import { parseDay } from '../calendar/civil.ts';
import { POLICY_ACTIONS, type PolicyAction } from '../fleet/action.ts';
import { SEVERITIES } from '../fleet/event.ts';
import { DECISION_REASONS } from '../fleet/reason.ts';
import { BILLINGS, STATUSES } from '../fleet/status.ts';
import { duration, oneOrMany } from './grammar-parts.ts';
import { labelKey } from './match-grammar.ts';

export const NO_DAY = {
  error: ({ input }: { readonly input?: unknown }) => `there is no day ${String(input).slice(0, 10)}`,
};

/** Of a text with a date: is there such a day? */
export function isOnADay(text: string): boolean {
  return text.length < 10 || parseDay(text.slice(0, 10)) !== null;
}

const ACTIVITIES = ['active', 'idle', 'unknown'] as const;
/** How a decision comes out: done, told, announced, only observed, or kept from being done. */
export const EXPECTED_KINDS = ['act', 'notify', 'announce', 'observe', 'kept'] as const;
export type ExpectedKind = (typeof EXPECTED_KINDS)[number];

/** Times are those of the configuration's zone; what is repeated every day is meant for the first day. */
const TIME = /^(\d{4}-\d{2}-\d{2} )?([01]\d|2[0-3]):[0-5]\d$/;
export const moment = z
  .string()
  .regex(TIME, 'must be a time such as "22:30" or "2026-11-24 22:30"')
  .refine(isOnADay, NO_DAY)
  .meta({ description: 'A local time: the first such moment at or after the beginning, or a whole date and time.' });

const yuan = z.number().min(0).meta({ description: 'Yuan.' });

/** What may be said of a machine, at the beginning and later on. */
const facts = {
  status: z.enum(STATUSES).optional(),
  activity: z.enum(ACTIVITIES).meta({ description: 'What its probes say; idle begins then.' }).optional(),
  expiresIn: duration('Until the end of its paid time, from then.', ['6h']).optional(),
  labels: z.record(labelKey, z.string()).meta({ description: 'Beside those of lamplighter.yaml.' }).optional(),
};

/** One machine in a few words. */
export const machineGrammar = z.strictObject({
  ...facts,
  account: z
    .string()
    .meta({ description: 'An account of lamplighter.yaml; the first one where it is left out.' })
    .optional(),
  name: z.string().meta({ description: 'Its id where it is left out.' }).optional(),
  billing: z.enum(BILLINGS).optional(),
  gpu: z.string().optional(),
  gpuType: z.string().meta({ description: 'The product key that prices go by.' }).optional(),
  room: z.string().optional(),
  hourly: yuan.optional(),
  upFor: duration('Up, or in its status, for so long already.', ['1d'], 'zero').optional(),
  idleFor: duration('Idle for so long already.', ['2h'], 'zero').optional(),
  stoppedBy: z.string().meta({ description: 'The policy that has stopped it.' }).optional(),
});

const account = z.strictObject({
  balance: yuan.optional(),
  runway: duration('How long the money lasts.', ['20h']).optional(),
});

const event = z
  .strictObject({
    at: moment.optional(),
    after: duration('So long after the beginning.', ['10m'], 'zero').optional(),
    set: z
      .record(z.string(), z.strictObject(facts))
      .meta({ description: 'Machines, with what becomes otherwise.' })
      .optional(),
    accounts: z.record(z.string(), account).optional(),
    hold: z.strictObject({ instance: z.string(), for: duration('For how long.', ['4h']) }).optional(),
    personStarts: z.string().meta({ description: 'A machine that somebody starts.' }).optional(),
  })
  .refine((each) => (each.at === undefined) !== (each.after === undefined), 'needs either "at" or "after"')
  .refine(
    ({ set, accounts, hold, personStarts }) => [set, accounts, hold, personStarts].some((each) => each !== undefined),
    'nothing happens then; name "set", "accounts", "hold" or "personStarts"',
  );

const NOT_TOGETHER = 'what is told (do: notify) is of kind notify, observe or kept, and nothing else is of kind notify';

/** May a decision to do this come out so? */
function goTogether({
  do: action,
  kind,
}: {
  readonly do?: string | undefined;
  readonly kind?: ExpectedKind | undefined;
}) {
  if (action === undefined || kind === undefined) return true;
  return action === 'notify' ? kind !== 'act' && kind !== 'announce' : kind !== 'notify';
}

const WITH = {
  periods: z.number().meta({ description: 'Of renew: how many days or months.' }).optional(),
  to: oneOrMany(z.string())
    .meta({ description: 'Of lengthen: daily or monthly. Of notify: the notifiers that the policy names.' })
    .optional(),
  severity: z.enum(SEVERITIES).meta({ description: 'Of notify.' }).optional(),
  name: z.string().meta({ description: 'Of snapshot: as the policy writes it.' }).optional(),
};

/** What can be said of an action besides its word. */
const ARGUMENTS: Readonly<Partial<Record<PolicyAction, readonly (keyof typeof WITH)[]>>> = {
  renew: ['periods'],
  lengthen: ['to'],
  notify: ['to', 'severity'],
  snapshot: ['name'],
};

const expectation = z
  .strictObject({
    at: moment.optional(),
    after: duration('So long after the beginning.', ['10m'], 'zero').optional(),
    do: z.enum(POLICY_ACTIONS).meta({ description: 'What is decided.' }),
    kind: z
      .enum(EXPECTED_KINDS)
      .meta({ description: 'How it comes out; where it is left out act, and notify of do: notify.' })
      .optional(),
    instance: z.string().optional(),
    policy: z.string().optional(),
    reason: z.enum(DECISION_REASONS).optional(),
    with: z
      .strictObject(WITH)
      .meta({ description: 'What the policy gives the action, as far as it matters.' })
      .optional(),
  })
  .refine((each) => each.at === undefined || each.after === undefined, '"at" and "after" say the same; leave one out')
  .refine(goTogether, NOT_TOGETHER)
  .superRefine(({ do: action, with: asked = {} }, context) => {
    const known: readonly string[] = ARGUMENTS[action] ?? [];
    for (const key of Object.keys(asked)) {
      if (known.includes(key)) continue;
      const which = known.length === 0 ? 'it has none' : `there is ${known.join(' and ')}`;
      context.addIssue({
        code: 'custom',
        path: ['with', key],
        message: `"${key}" is not said of ${action}; ${which}`,
        params: { part: 'key' },
      });
    }
  });

const never = z
  .strictObject({
    do: z.enum(POLICY_ACTIONS).optional(),
    instance: z.string().optional(),
    policy: z.string().optional(),
    kind: z.enum(EXPECTED_KINDS).optional(),
  })
  .refine(goTogether, NOT_TOGETHER);

const MODE = z.enum(['observe', 'enforce']).meta({
  description: 'For policies that do not say; enforce where it is left out, whatever lamplighter.yaml says.',
});

export const policyTestGrammar = z.strictObject({
  name: z.string().min(1),
  now: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2} ([01]\d|2[0-3]):[0-5]\d$/, 'must be a date and time such as "2026-11-24 22:00"')
    .refine(isOnADay, NO_DAY)
    .meta({ description: 'When it begins, in the zone of lamplighter.yaml.' }),
  for: duration('How long it goes on.', ['12h']),
  policies: z.array(z.string()).min(1).meta({ description: 'Only these; all where it is left out.' }).optional(),
  accounts: z.record(z.string(), account).optional(),
  fleet: z
    .record(z.string(), machineGrammar.or(z.null()))
    .meta({ description: 'Machines by id; `dev-01..12` gives twelve alike.' }),
  timeline: z.array(event).optional(),
  expect: z.array(expectation).optional(),
  never: z.array(never).optional(),
  others: z
    .enum(['forbidden', 'allowed'])
    .meta({ description: 'May anything else be done? forbidden where it is left out.' })
    .optional(),
});

/** The same with nothing required: for what is left of a test with mistakes. */
export const policyTestParts = policyTestGrammar.partial();

const name = z.string().optional().catch(undefined);
const keys = z.record(z.string(), z.unknown()).default({}).catch({});
const list = <S extends z.ZodType>(item: S) => z.array(item).default([]).catch([]);
const named = list(z.object({ instance: name, policy: name }).catch({}));

/** The names in a test, whatever else is wrong with it. */
export const namesInTest = z
  .object({
    policies: list(name),
    fleet: z
      .record(z.string(), z.object({ account: name, stoppedBy: name }).nullable().catch(null))
      .optional()
      .catch(undefined),
    accounts: keys,
    timeline: list(
      z
        .object({ set: keys, accounts: keys, hold: z.object({ instance: name }).catch({}), personStarts: name })
        .catch({ set: {}, accounts: {}, hold: {} }),
    ),
    expect: named,
    never: named,
  })
  .catch({ policies: [], accounts: {}, timeline: [], expect: [], never: [] });

/** The frame alone; tests are checked one by one so that one mistake does not hide the others. */
export const testFileFrame = z.strictObject({
  mode: MODE.optional(),
  tests: z.array(z.unknown()).min(1),
});

/** `NAME.test.yaml`: what policies are expected to do with a fleet given in a few lines. */
export const testFileGrammar = z.strictObject({
  mode: MODE.optional(),
  tests: z.array(policyTestGrammar).min(1),
});

export type TestFileText = z.output<typeof testFileGrammar>;
export type PolicyTestParts = z.output<typeof policyTestParts>;
export type PolicyTestText = z.output<typeof policyTestGrammar>;
/** The same as it is written, with durations as texts. */
export type PolicyTestInput = z.input<typeof policyTestGrammar>;
export type MachineInput = z.input<typeof machineGrammar>;
export type MachineText = z.output<typeof machineGrammar>;
export type FactsText = Pick<MachineText, keyof typeof facts>;
export type AccountText = z.output<typeof account>;
export type EventText = z.output<typeof event>;
export type ExpectationText = z.output<typeof expectation>;
export type NeverText = z.output<typeof never>;

/** How what is expected, or must never come, comes out where it does not say. */
export function kindOf({ kind, do: action }: NeverText): ExpectedKind {
  return kind ?? (action === 'notify' ? 'notify' : 'act');
}
