import { z } from 'zod';
import { JUDGED } from '../fleet/activity.ts';
import { nearestWord } from '../fleet/nearest-word.ts';
import { SERVICE_KINDS } from '../fleet/service-kind.ts';
import { duration } from '../policy/grammar-parts.ts';
import { unknownKey } from '../yaml/check-shape.ts';
import { tokenKeys } from './account-grammar.ts';
import { httpProblem } from './addresses.ts';
import { parseQueryTemplate } from './query-template.ts';
import { sshGrammar } from './ssh-grammar.ts';

export const PROBES = ['ssh', 'jupyter', ...SERVICE_KINDS, 'prometheus', 'push'] as const;
const LATER_PROBES = ['http'];

/** Why there is no probe of that name. */
const NO_PROBES: Readonly<Record<string, string>> = {
  'llama-cpp': 'there is no llama-cpp probe: asking it keeps its model loaded; use prometheus, or what its GPU does',
};

/** What is filled in for each instance. */
const URL_PLACEHOLDERS = ['{id}', '{name}', '{account}', '{ip}'];

const serviceUrl = z.string().superRefine((url, context) => {
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

/** A service on the instance that is asked over HTTP. */
const service = (about: string, name: string, token: string) =>
  z
    .union([
      z.null(),
      z.strictObject({
        url: serviceUrl.optional().meta({
          description: 'Where it is, with {id}, {name}, {account} and {ip} filled in; without it what the cloud lists.',
          examples: [`http://{ip}:8888/`],
        }),
        optional: z
          .boolean()
          .default(false)
          .meta({ description: `${name} need not run: where nobody listens, this probe says nothing.` }),
        ...tokenKeys(token),
      }),
    ])
    .optional()
    .meta({ description: about });

const queryText = z.string().superRefine((query, context) => {
  for (const { message, offset, length } of parseQueryTemplate(query).problems) {
    context.addIssue({ code: 'custom', message, params: { offset, length } });
  }
  if (query.trim() === '') context.addIssue({ code: 'custom', message: 'the query is empty' });
});

const PROBE_NAME = /^[a-z0-9-]{1,40}$/;

const prometheus = z
  .strictObject({
    url: z
      .string()
      .superRefine((url, context) => {
        const problem = prometheusProblem(url);
        if (problem !== null) context.addIssue({ code: 'custom', message: `url ${problem}` });
      })
      .meta({ description: 'Of the Prometheus server, without api/v1.', examples: ['http://127.0.0.1:9090'] }),
    query: queryText.meta({
      description: 'PromQL; {id}, {name}, {account} and {ip} stand in the quotes behind a label.',
      examples: ['DCGM_FI_DEV_GPU_UTIL{instance="{ip}:9400"}'],
    }),
    threshold: z
      .number()
      .meta({ description: 'From this value on it is activity; of several series the highest counts.', examples: [5] }),
    judges: z.enum(JUDGED).default('work').meta({ description: 'Is it work that the query shows, or people?' }),
    name: z
      .string()
      .regex(PROBE_NAME, 'is 1 to 40 of a-z, 0-9 and "-"')
      .optional()
      .meta({ description: 'Where a rule has several: this one is prometheus-NAME.', examples: ['gpu'] }),
    staleAfter: duration('How old a sample may be (3m); for a query that is one metric and its labels.', [
      '3m',
    ]).optional(),
    ...tokenKeys("Prometheus's token"),
  })
  .superRefine(({ query, staleAfter }, context) => {
    if (staleAfter === undefined || parseQueryTemplate(query).isPlainSelector) return;
    const message =
      'the age can be asked only of one metric and its labels; write "and time() - timestamp(METRIC) < 180" into the query';
    context.addIssue({ code: 'custom', message, path: ['staleAfter'] });
  });

function prometheusProblem(text: string): string | null {
  const problem = httpProblem(text);
  const url = URL.parse(text);
  if (problem !== null || url === null) return problem;
  if (url.username !== '' || url.password !== '') return 'must hold no user and no password';
  return url.search !== '' || url.hash !== '' ? 'must end with its path' : null;
}

/** One entry of a rule's `probes`: a map with one probe in it. */
export const probeGrammar = z
  .strictObject(
    {
      ssh: z
        .union([z.null(), sshGrammar])
        .optional()
        .meta({ description: 'Logs in over SSH and looks at cards, CPU and people.' }),
      jupyter: service('Reads kernels and terminals of a Jupyter server.', 'Jupyter', "Jupyter's token"),
      comfyui: service('Reads the queue and history of ComfyUI.', 'ComfyUI', "ComfyUI's token"),
      'sd-webui': service(
        'Reads the queue and progress of Stable Diffusion WebUI or Forge.',
        'The WebUI',
        'user:password of its API',
      ),
      fooocus: service('Reads the queue of Fooocus-API, or of Fooocus itself.', 'Fooocus', "Fooocus-API's key"),
      'open-webui': service('Reads who has Open WebUI open.', 'Open WebUI', "An administrator's token"),
      ollama: service('Reads which models Ollama has in use.', 'Ollama', "Ollama's token"),
      vllm: service('Reads the metrics of vLLM.', 'vLLM', "vLLM's token"),
      tgi: service('Reads the metrics of Text Generation Inference.', 'TGI', "TGI's token"),
      sglang: service('Reads the metrics of SGLang.', 'SGLang', "SGLang's token"),
      prometheus: prometheus.optional().meta({ description: 'Asks a Prometheus server.' }),
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
                  : (NO_PROBES[key] ?? unknownKey(key, PROBES)),
              )
              .join('\n')
          : undefined,
    },
  )
  .refine((map) => Object.keys(map).length === 1, 'one map holds one probe');

/** Asking the WebUI while it works makes it render a preview: more often than this would slow it down. */
const SHORTEST_WEBUI_MS = 30_000;

/** What is wrong between the probes of one rule: each is told at its place in the list. */
export function probesProblems(
  probes: readonly z.output<typeof probeGrammar>[],
  everyMs: number,
): readonly { readonly index: number; readonly message: string }[] {
  const seen = new Set<string>();
  return probes.flatMap((probe, index) => {
    const found: { index: number; message: string }[] = [];
    const [key = ''] = Object.keys(probe);
    const name = key === 'prometheus' ? prometheusName(probe.prometheus?.name) : key;
    if (seen.has(name)) {
      const hint = key === 'prometheus' ? '; give each a name of its own' : '';
      found.push({ index, message: `${name} is there twice in this rule${hint}` });
    }
    seen.add(name);
    if (key === 'sd-webui' && everyMs < SHORTEST_WEBUI_MS) {
      found.push({ index, message: 'sd-webui needs "every" of 30s or more: each look makes it render a preview' });
    }
    return found;
  });
}

/** Under which name its readings are kept. */
export function prometheusName(name: string | undefined): string {
  return name === undefined ? 'prometheus' : `prometheus-${name}`;
}
