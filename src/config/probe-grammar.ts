import { z } from 'zod';
import { nearestWord } from '../fleet/nearest-word.ts';
import { duration } from '../policy/grammar-parts.ts';
import { unknownKey } from '../yaml/check-shape.ts';
import { tokenKeys } from './account-grammar.ts';
import { httpProblem } from './addresses.ts';

export const PROBES = ['jupyter', 'push'] as const;
const LATER_PROBES = ['ssh', 'http', 'prometheus', 'comfyui', 'webui'];

/** What is filled in for each instance. */
const URL_PLACEHOLDERS = ['{id}', '{name}', '{account}'];

const jupyterUrl = z.string().superRefine((url, context) => {
  const wrong = (message: string, params = {}) => context.addIssue({ code: 'custom', message, params });
  const unknown = [...url.matchAll(/\{[^{}]*\}?|\}/g)].filter(([text]) => !URL_PLACEHOLDERS.includes(text));
  for (const { 0: text, index } of unknown) {
    wrong(unknownPlaceholder(text), { offset: index, length: text.length });
  }
  // What nothing is filled in for has its error already: a number there is right as a name and as a port.
  const filledIn = url.replaceAll(/\{[^{}]*\}?/g, (text) => (URL_PLACEHOLDERS.includes(text) ? 'x' : '1'));
  const problem = httpProblem(filledIn);
  if (problem !== null) wrong(`url ${problem}`);
});

function unknownPlaceholder(text: string): string {
  const near = nearestWord(text, URL_PLACEHOLDERS);
  const allowed = near === null ? `there are ${URL_PLACEHOLDERS.join(', ')}` : `did you mean ${near}?`;
  return `nothing is filled in for ${JSON.stringify(text.slice(0, 40))}; ${allowed}`;
}

/** One entry of a rule's `probes`: a map with one probe in it. */
export const probeGrammar = z
  .strictObject(
    {
      jupyter: z
        .union([
          z.null(),
          z.strictObject({
            url: jupyterUrl.optional().meta({
              description: 'Where it is, with {id}, {name} and {account} filled in; without it what the cloud lists.',
            }),
            ...tokenKeys("Jupyter's token"),
          }),
        ])
        .optional()
        .meta({ description: 'Reads kernels and terminals of a Jupyter server.' }),
      push: z
        .union([
          z.null(),
          z.strictObject({ staleAfter: duration('How long a report is believed (5m).', ['5m']).optional() }),
        ])
        .optional()
        .meta({ description: 'The instance reports by itself: POST /api/v1/activity.' }),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys
              .map((key) =>
                LATER_PROBES.includes(key)
                  ? `the ${key} probe is not available in this version; known: ${PROBES.join(', ')}`
                  : unknownKey(key, PROBES),
              )
              .join('\n')
          : undefined,
    },
  )
  .refine((map) => Object.keys(map).length === 1, 'one map holds one probe');
