import { isIP } from 'node:net';
import { z } from 'zod';
import { formatDuration } from '../calendar/duration.ts';
import { duration, timezone } from '../policy/grammar-parts.ts';
import { labelKey, matchGrammar } from '../policy/match-grammar.ts';
import { accountGrammar, tokenKeys } from './account-grammar.ts';
import { consoleUrlProblem, parseListen, redisProblem } from './addresses.ts';
import { notifierGrammar } from './notifier-grammar.ts';
import { probeGrammar } from './probe-grammar.ts';
import { size } from './size.ts';

/** The same for accounts and notifiers: they stand in keys, labels and addresses. */
const NAME = /^[a-z0-9-]{1,63}$/;
export const name = z.string().regex(NAME, {
  error: ({ input }) => `${JSON.stringify(input)} is not a name, which is 1 to 63 of a-z, 0-9 and "-"`,
});

/** A text with a test that says what is wrong with it. */
const checked = (key: string, problem: (text: string) => string | null) =>
  z.string().superRefine((text, context) => {
    const found = problem(text);
    if (found !== null) context.addIssue({ code: 'custom', message: `${key} ${found}` });
  });

export const labelGrammar = z
  .strictObject({
    match: matchGrammar,
    set: z
      .record(labelKey, z.string().max(128))
      .refine((set) => Object.keys(set).length > 0, 'no label is set')
      .meta({
        description: 'Labels to set; protect: "true" keeps everything that interrupts away.',
        examples: [{ env: 'prod' }],
      }),
  })
  .meta({ description: 'Gives labels to instances; a later rule wins per label.' });

/** A probe costs a connection to every running instance each time. */
const SHORTEST_PROBE_MS = 5_000;

export const activityGrammar = z
  .strictObject({
    match: matchGrammar,
    every: duration('How often to look, 5s or more.', ['60s'])
      .refine((ms) => ms >= SHORTEST_PROBE_MS, {
        error: ({ input }) => `must be 5s or more, not ${formatDuration(Number(input))}`,
      })
      .prefault('60s'),
    presence: duration(
      'How long people (sessions, pages) protect after their last sign of life.',
      ['2h'],
      'zero',
    ).prefault('2h'),
    probes: z.array(probeGrammar).min(1, 'no probe is named'),
  })
  .meta({ description: 'Which probes judge which instances; the last rule that fits an instance holds.' });

function cidrProblem(text: string): string | null {
  const [net = '', bits = '', ...more] = text.split('/');
  const family = isIP(net);
  const fits = /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  return family !== 0 && fits && more.length === 0 ? null : 'is no range of addresses such as 10.20.0.0/16';
}

const listenProblem = (text: string) =>
  parseListen(text) === null ? 'must be HOST:PORT such as 127.0.0.1:8080 or [::1]:8080' : null;

/** Everything but the sections that are read entry by entry. */
const own = {
  timezone: timezone('For everything that names no zone of its own.').default('Asia/Shanghai'),
  mode: z
    .enum(['observe', 'enforce'])
    .default('observe')
    .meta({ description: 'For policies that do not say. observe: only say what would be done.' }),
  policies: z
    .string()
    .min(1)
    .default('./policies')
    .meta({ description: 'Folder of policy files, relative to this file.' }),
  redis: checked('redis', redisProblem)
    .default('redis://127.0.0.1:6379/0')
    .meta({ description: 'redis:// or rediss://; the variable REDIS_URL overrides it.' }),
  listen: checked('listen', listenProblem)
    .default('127.0.0.1:8080')
    .meta({ description: 'HOST:PORT of metrics, API and console.', examples: ['127.0.0.1:8080'] }),
  network: z
    .strictObject({
      allow: z.array(checked('this', cidrProblem)).default([]).meta({ description: 'Ranges like 10.20.0.0/16.' }),
    })
    .default({ allow: [] })
    .meta({ description: "Beyond public addresses, what probes may reach when a cloud's listing names it." }),
  control: z
    .strictObject(tokenKeys('The token of the control API'))
    .optional()
    .meta({ description: 'Without it the control API does not exist.' }),
  console: z
    .strictObject({
      url: checked('url', consoleUrlProblem)
        .optional()
        .meta({
          description: 'Where people open the console, as they write it: for links in messages and behind a proxy.',
          examples: ['https://lamplighter.example.com'],
        }),
      viewerToken: z
        .string()
        .optional()
        .meta({ description: `Lets people look at the console and change nothing; as \${VARIABLE}.` }),
      viewerTokenFile: z
        .string()
        .min(1)
        .optional()
        .meta({
          description: 'File that holds the token that lets people look and change nothing.',
          examples: ['/run/secrets/viewer_token'],
        }),
    })
    .default({})
    .meta({ description: 'The pages for people. The control token opens them as well.' }),
  stateDir: z
    .string()
    .min(1)
    .default('./data')
    .meta({ description: 'Folder for the watermark file and the embedded Redis.' }),
  recording: z
    .strictObject({
      keep: duration('How long it is kept; 0s: nothing is recorded.', ['7d'], 'zero').prefault('7d'),
      maxSize: size('How large it may get; what is older goes first. 1MB or more.', ['256MB']).prefault('256MB'),
    })
    .prefault({})
    .meta({ description: 'What passes knew and decided, in the state folder, for lamplighter record and simulate.' }),
  reload: z
    .enum(['normal', 'careful'])
    .default('normal')
    .meta({ description: 'careful: a reload that widens reach waits until it is acknowledged.' }),
};

const noAccount = 'no account is named';
const someAccount = (map: object) => Object.keys(map).length > 0;

/** The frame alone: the entries of its sections are checked one by one, so that a mistake in one hides none in another. */
export const labelParts = labelGrammar.partial();
export const activityParts = activityGrammar.partial();

export const configFrame = z.strictObject({
  ...own,
  accounts: z.record(name, z.unknown()).refine(someAccount, noAccount),
  labels: z.array(z.unknown()).optional(),
  activity: z.array(z.unknown()).optional(),
  notifiers: z.record(name, z.unknown()).optional(),
});

export const frameParts = configFrame.partial();

/** The whole file, for the JSON Schema. */
export const configGrammar = z
  .strictObject({
    ...own,
    accounts: z
      .record(name, accountGrammar)
      .refine(someAccount, noAccount)
      .meta({ description: 'Credentials by names of ours.' }),
    labels: z.array(labelGrammar).optional().meta({ description: 'Labels for instances, since the clouds have none.' }),
    activity: z.array(activityGrammar).optional().meta({ description: 'How to find out what instances are doing.' }),
    notifiers: z
      .record(name, notifierGrammar)
      .optional()
      .meta({ description: 'Where notifications go, by names of ours.' }),
  })
  .meta({ title: 'Lamplighter configuration', description: 'lamplighter.yaml' });

export type ConfigFrame = z.output<typeof configFrame>;
export type FrameParts = z.output<typeof frameParts>;
export type ActivityParts = z.output<typeof activityParts>;
