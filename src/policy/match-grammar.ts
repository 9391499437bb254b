import { z } from 'zod';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { BILLINGS, STATUSES } from '../fleet/status.ts';
import { globTest } from './glob.ts';
import { oneOrMany, pattern } from './grammar-parts.ts';

/** Labels have short plain names, so that they can be shown and typed anywhere. */
const LABEL_KEY = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;

export const labelKey = z
  .string()
  .regex(LABEL_KEY, 'a label is named by a letter and then letters, digits, ".", "-" and "_", at most 63 characters');

const provider = pattern('Which cloud: huixingyun, chenyu or chenyu-v1. `*` and `?` work.', [
  ...PROVIDER_KINDS,
]).superRefine((text, context) => {
  if (PROVIDER_KINDS.some(globTest(text))) return;
  context.addIssue({
    code: 'custom',
    message: `no provider is called "${text}"; there are ${PROVIDER_KINDS.join(', ')}`,
  });
});

const clauses = {
  account: oneOrMany(pattern('Name of an account in lamplighter.yaml. `*` and `?` work.', ['hxy-main'])).optional(),
  provider: oneOrMany(provider).optional(),
  id: oneOrMany(pattern("The cloud's id of the instance. `*` and `?` work.", ['gpu-105b6*'])).optional(),
  name: oneOrMany(pattern('The name of the instance, case included. `*` and `?` work.', ['dev-*'])).optional(),
  status: oneOrMany(z.enum(STATUSES).meta({ description: 'What the instance is doing.' })).optional(),
  billing: oneOrMany(z.enum(BILLINGS).meta({ description: 'How it is paid for.' })).optional(),
  gpu: oneOrMany(
    pattern('The GPU as the cloud names it, its label or its product key. `*` and `?` work.', ['*4090*']),
  ).optional(),
  room: oneOrMany(pattern('The machine room. `*` and `?` work.')).optional(),
  labels: z
    .record(labelKey, oneOrMany(pattern('A value of this label. `*` and `?` work.', ['dev'])))
    .refine(
      (labels) => Object.keys(labels).length > 0,
      'the map is empty, so it says nothing; name a label or leave it out',
    )
    .meta({
      description: 'Labels that lamplighter.yaml gives to instances; every one named must fit.',
      examples: [{ env: 'dev' }],
    })
    .optional(),
};

/** A map of clauses that must all hold; empty it would hold for everything, which is never meant. */
const EMPTY = 'the map is empty and would match everything; write match: all if that is meant';

const excluded = z
  .strictObject(clauses)
  .refine((map) => Object.keys(map).length > 0, 'the map is empty and would leave out everything; name something')
  .meta({ description: 'Instances to leave alone.' });

export const matchMap = z
  .strictObject({
    ...clauses,
    not: oneOrMany(excluded)
      .optional()
      .meta({ description: 'Instances to leave alone: one map of clauses, or a list of them.' }),
  })
  .refine((map) => Object.keys(map).length > 0, EMPTY);

/** Of another text than "all"; for other types the map has the word. */
function notAMatch({ input }: { readonly input?: unknown }): string | undefined {
  if (typeof input !== 'string') return undefined;
  return `must be "all" or a map such as { name: "dev-*" }, not the text ${JSON.stringify(input.slice(0, 64))}`;
}

export const matchGrammar = z
  .union([z.literal('all', { error: notAMatch }), matchMap], {
    error: 'must be "all" or a map such as { name: "dev-*" }',
  })
  .meta({
    description:
      'Which instances this policy is about. Every key must fit; of a list any value may. `all` says it out loud.',
  });

export type MatchMap = z.output<typeof matchMap>;
export type MatchClauses = z.output<typeof excluded>;
export type MatchText = z.output<typeof matchGrammar>;
