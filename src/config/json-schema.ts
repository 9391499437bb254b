import { z } from 'zod';
import { policyFileGrammar } from '../policy/policy-grammar.ts';
import { testFileGrammar } from '../policy/test-grammar.ts';
import { configGrammar } from './config-grammar.ts';
import { fleetFileGrammar } from './fleet-grammar.ts';

/**
 * The JSON Schema (draft 2020-12) of a policy file, for completion and hover texts in editors. It knows every key and
 * word; what depends on accounts, calendars or the time only `lamplighter validate` knows.
 */
export function policyJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(policyFileGrammar, { io: 'input' });
}

/** The same for lamplighter.yaml. */
export function configJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(configGrammar, { io: 'input' });
}

/** The same for `NAME.test.yaml`, the tests beside the policies. */
export function testJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(testFileGrammar, { io: 'input' });
}

/** The same for a fleet given in a file, for `lamplighter simulate --fleet`. */
export function fleetJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(fleetFileGrammar, { io: 'input' });
}

/** What there are schemas of, by the name that a person gives it. */
export const JSON_SCHEMAS = {
  policy: policyJsonSchema,
  config: configJsonSchema,
  test: testJsonSchema,
  fleet: fleetJsonSchema,
} as const;
