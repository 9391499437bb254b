import { z } from 'zod';
import { oneOrMany } from '../policy/grammar-parts.ts';
import { unknownWord } from '../yaml/check-shape.ts';
import { MAIL_HOST, MAIL_HOST_FORM, parseMailbox } from './mailbox.ts';
import { tellingKeys } from './telling-grammar.ts';

export const NOTIFIER_TYPES = ['webhook', 'feishu', 'dingtalk', 'wecom', 'slack', 'email', 'alertmanager'] as const;
export type NotifierType = (typeof NOTIFIER_TYPES)[number];
const LATER_TYPES = ['telegram', 'discord', 'pagerduty'];

/** Labels that every alert bears: they say which alert it is. */
export const OWN_ALERT_LABELS = ['alertname', 'severity', 'account', 'instance', 'policy', 'action', 'reason'] as const;

function aboutType(word: unknown): string {
  if (typeof word === 'string' && LATER_TYPES.includes(word)) {
    return `the type ${word} is not available in this version; known: ${NOTIFIER_TYPES.join(', ')}`;
  }
  return unknownWord(word, NOTIFIER_TYPES);
}

const type = <T extends NotifierType>(word: T) => z.literal(word).meta({ description: 'How it is reached.' });

const url = (example: string) => ({
  url: z
    .string()
    .optional()
    .meta({
      description: 'Where to POST; as good as a password with many receivers, so better in a file.',
      examples: [example],
    }),
  urlFile: z.string().min(1).optional().meta({ description: 'File that holds the address.' }),
});

const secret = (about: string) => ({
  secret: z
    .string()
    .optional()
    .meta({ description: `${about}; as \${VARIABLE}.` }),
  secretFile: z.string().min(1).optional().meta({ description: 'File that holds the secret.' }),
});

const password = (about: string) => ({
  user: z.string().min(1).max(256).optional().meta({ description: about }),
  password: z.string().optional().meta({ description: `Its password; as \${VARIABLE}.` }),
  passwordFile: z.string().min(1).optional().meta({ description: 'File that holds the password.' }),
});

const keyword = {
  keyword: z
    .string()
    .min(1)
    .max(64)
    .regex(/^\P{Cc}+$/u, 'must be one line')
    .optional()
    .meta({ description: 'Stands in every message: for a bot whose security setting asks for a keyword.' }),
};

/** Who is called by name; ids are put into the format word by word, so that their characters are few. */
const mentions = (about: string, pattern: RegExp, forms: string) => {
  const who = oneOrMany(
    z.string().regex(pattern, {
      error: ({ input }) => `${JSON.stringify(String(input).slice(0, 64))} is nobody to mention here; ${forms}`,
    }),
  ).optional();
  return {
    mentions: z
      .strictObject({ info: who, warning: who, critical: who })
      .optional()
      .meta({ description: `Who is mentioned from a severity on: ${about}`, examples: [{ critical: ['all'] }] }),
  };
};

const mailbox = z.string().superRefine((text, context) => {
  if (parseMailbox(text) !== null) return;
  context.addIssue({ code: 'custom', message: 'is no mailbox such as ops@example.com or "Ops <ops@example.com>"' });
});

/** Of Prometheus and Alertmanager; two underscores in front are theirs. */
const ALERT_LABEL = /^(?!__)[A-Za-z_][A-Za-z0-9_]{0,63}$/;

const alertLabel = z.string().superRefine((name, context) => {
  const wrong = (message: string) => context.addIssue({ code: 'custom', message });
  if (!ALERT_LABEL.test(name)) wrong(`${JSON.stringify(name)} is no label of Alertmanager: a-z, A-Z, 0-9 and "_"`);
  if (OWN_ALERT_LABELS.some((own) => own === name)) wrong(`the label ${name} is set by us`);
});

const GRAMMARS = {
  webhook: z.strictObject({
    type: type('webhook'),
    ...url('https://example.com/hook'),
    ...secret('Signs by Standard Webhooks'),
    ...tellingKeys,
  }),
  feishu: z.strictObject({
    type: type('feishu'),
    ...url('https://open.feishu.cn/open-apis/bot/v2/hook/…'),
    ...secret('Of 签名校验'),
    ...keyword,
    ...mentions(
      'all, an open_id, a user_id or a mail address.',
      /^(?:[A-Za-z0-9_]{1,64}|[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190})$/,
      'all, an open_id (ou_…), a user_id or a mail address',
    ),
    ...tellingKeys,
  }),
  dingtalk: z.strictObject({
    type: type('dingtalk'),
    ...url('https://oapi.dingtalk.com/robot/send?access_token=…'),
    ...secret('Of 加签'),
    ...keyword,
    ...mentions(
      'all, a mobile number or a userId.',
      /^(?:\+?\d[\d-]{5,19}|[A-Za-z0-9_.-]{1,64})$/,
      'all, a mobile number or a userId',
    ),
    ...tellingKeys,
  }),
  wecom: z.strictObject({
    type: type('wecom'),
    ...url('https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…'),
    ...mentions(
      'all, a mobile number or a userid.',
      /^(?:\+?\d{6,20}|[A-Za-z0-9_.@-]{1,64})$/,
      'all, a mobile number or a userid',
    ),
    ...tellingKeys,
  }),
  slack: z.strictObject({
    type: type('slack'),
    ...url('https://hooks.slack.com/services/…'),
    ...mentions(
      'channel, here, or the id of a member or a group.',
      /^(?:all|channel|here|everyone|[UWS][A-Z0-9]{5,20})$/,
      'channel, here, everyone, or an id such as U012AB3CD',
    ),
    ...tellingKeys,
  }),
  email: z.strictObject({
    type: type('email'),
    host: z
      .string()
      .regex(MAIL_HOST, MAIL_HOST_FORM)
      .meta({ description: 'The mail server.', examples: ['smtp.example.com'] }),
    port: z.int().min(1).max(65_535).optional().meta({ description: '465 where TLS is there from the start, or 587.' }),
    secure: z.boolean().optional().meta({
      description: 'TLS from the start (the default on 465); false: STARTTLS, which the server must then have.',
    }),
    ...password('Who sends, to the mail server.'),
    from: mailbox.meta({ description: 'Whom mail comes from.', examples: ['Lamplighter <lamplighter@example.com>'] }),
    to: oneOrMany(mailbox).meta({ description: 'Who gets it.', examples: [['ops@example.com']] }),
    ...tellingKeys,
  }),
  alertmanager: z.strictObject({
    type: type('alertmanager'),
    ...url('http://127.0.0.1:9093'),
    labels: z
      .record(alertLabel, z.string().min(1).max(256))
      .optional()
      .meta({ description: 'Labels that every alert gets besides ours.', examples: [{ team: 'gpu' }] }),
    token: z.string().optional().meta({ description: `Bearer token of a proxy in front of it; as \${VARIABLE}.` }),
    tokenFile: z.string().min(1).optional().meta({ description: 'File that holds the token.' }),
    ...password('User of basic authentication.'),
    ...tellingKeys,
  }),
};

/** Each type has keys of its own. */
export const notifierGrammar = z
  .discriminatedUnion('type', [
    GRAMMARS.webhook,
    GRAMMARS.feishu,
    GRAMMARS.dingtalk,
    GRAMMARS.wecom,
    GRAMMARS.slack,
    GRAMMARS.email,
    GRAMMARS.alertmanager,
  ])
  .meta({ description: 'Where notifications go.' });

const PARTS = {
  webhook: GRAMMARS.webhook.partial(),
  feishu: GRAMMARS.feishu.partial(),
  dingtalk: GRAMMARS.dingtalk.partial(),
  wecom: GRAMMARS.wecom.partial(),
  slack: GRAMMARS.slack.partial(),
  email: GRAMMARS.email.partial(),
  alertmanager: GRAMMARS.alertmanager.partial(),
};

/** Of a type that is not known, nothing else can be called right or wrong. */
const untyped = z.looseObject({
  type: z.enum(NOTIFIER_TYPES, {
    error: (issue) => (issue.input === undefined ? '"type" is missing' : aboutType(issue.input)),
  }),
});

/** What may be there of each type, with nothing required. */
export type PartsOf = { readonly [T in NotifierType]: z.output<(typeof PARTS)[T]> };
export type NotifierParts = PartsOf[NotifierType];

/** The grammar of one notifier, by the type that stands in it; and the same with nothing required. */
export function notifierSchemas(written: unknown) {
  const word = typeof written === 'object' && written !== null && 'type' in written ? written.type : undefined;
  const known = NOTIFIER_TYPES.find((each) => each === word);
  return known === undefined
    ? { known: null, whole: untyped, parts: untyped.partial() }
    : { known, whole: GRAMMARS[known], parts: PARTS[known] };
}
